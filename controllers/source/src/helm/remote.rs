//! Repositories of charts over HTTP.

use bytes::Bytes;
use flux_api::helmrepository::HelmRepositorySpec;
use flux_api::reason;
use flux_git::Credentials;
use flux_http::{Auth, Settings};
use flux_kube::Client;
use flux_runtime::Error;

use crate::{credentials, failure};

/// A repository with what its Secrets hold.
pub(crate) struct Remote {
    client: flux_http::Client,
    url: String,
    pass_credentials: bool,
}

impl Remote {
    /// The repository of a spec, with credentials of its namespace.
    ///
    /// # Errors
    /// The address cannot be used, or a Secret is missing or contradicts itself.
    pub(crate) async fn new(
        client: &Client,
        namespace: &str,
        spec: &HelmRepositorySpec,
    ) -> Result<Self, Error> {
        let url = normalize(&spec.url).map_err(|cause| {
            failure::stalled(
                reason::URL_INVALID,
                format!("invalid Helm repository URL: {cause}"),
            )
        })?;
        let mut settings = Settings {
            timeout: Some(spec.timeout()),
            ..Settings::default()
        };
        if let Some(reference) = &spec.cert_secret_ref {
            let what = format!(
                "failed to get TLS authentication secret '{namespace}/{}'",
                reference.name
            );
            let data = credentials::read(client, namespace, &reference.name, &what).await?;
            let invalid = |cause: &str| {
                failure::authentication(format!("failed to construct Helm client's TLS config: {cause}"))
            };
            let held = Credentials::from_secret(&data).map_err(|error| invalid(&error.to_string()))?;
            if held.identity.is_none() && held.authorities.is_none() {
                let name = format!("{namespace}/{}", reference.name);
                return Err(invalid(&format!(
                    "secret '{name}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'"
                )));
            }
            (settings.identity, settings.authorities) = (held.identity, held.authorities);
        }
        if let Some(reference) = &spec.secret_ref {
            let what = format!(
                "failed to get authentication secret '{namespace}/{}'",
                reference.name
            );
            let data = credentials::read(client, namespace, &reference.name, &what).await?;
            let held = Credentials::from_secret(&data).map_err(|error| {
                failure::authentication(format!(
                    "failed to detect authentication methods: secret '{namespace}/{}': {error}",
                    reference.name
                ))
            })?;
            // As Helm: a name without a password is no credential.
            settings.auth = held.auth.filter(
                |auth| matches!(auth, Auth::Basic { username, password } if !username.is_empty() && !password.is_empty()),
            );
            if spec.cert_secret_ref.is_none() {
                (settings.identity, settings.authorities) = (held.identity, held.authorities);
            }
        }
        let client = flux_http::Client::new(&settings).map_err(|error| {
            failure::stalled(
                reason::FAILED,
                format!("failed to construct Helm client: {error}"),
            )
        })?;
        Ok(Remote {
            client,
            url,
            pass_credentials: spec.pass_credentials,
        })
    }

    /// The index.
    pub(crate) async fn index(&self, limit: u64) -> Result<Bytes, String> {
        self.get(&format!("{}index.yaml", self.url), limit).await
    }

    /// What the index names as `reference`: an address, or a path below that of the repository.
    pub(crate) async fn chart(&self, reference: &str, limit: u64) -> Result<Bytes, String> {
        let base = url::Url::parse(&self.url).map_err(|error| error.to_string())?;
        let mut address = base.join(reference).map_err(|error| error.to_string())?;
        // What a repository's address asks for, such as a token, its charts are asked with as well.
        if address.query().is_none() && !reference.contains("://") {
            address.set_query(base.query());
        }
        self.get(address.as_str(), limit).await
    }

    async fn get(&self, address: &str, limit: u64) -> Result<Bytes, String> {
        let client = if self.pass_credentials || same_origin(&self.url, address) {
            self.client.clone()
        } else {
            self.client.anonymous()
        };
        let answer = client.get(address).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status != http::StatusCode::OK {
            let shown = flux_http::redact(address);
            return Err(format!("failed to fetch {shown} : {status}"));
        }
        answer.bytes(limit).await.map_err(|error| error.to_string())
    }
}

fn same_origin(a: &str, b: &str) -> bool {
    match (url::Url::parse(a), url::Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin() == b.origin(),
        _ => false,
    }
}

/// An address with exactly one `/` at the end of its path.
pub(crate) fn normalize(address: &str) -> Result<String, String> {
    let mut url = url::Url::parse(address).map_err(|error| format!("parse {address:?}: {error}"))?;
    match url.scheme() {
        "http" | "https" => {}
        "oci" => return Err("'oci' URL scheme cannot be used with 'default' HelmRepository type".into()),
        scheme => return Err(format!("scheme {scheme:?} not supported")),
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expect: Result<&str, &str>) {
        let found = normalize(address);
        match (found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(found, expect),
            (Err(found), Err(expect)) => assert!(found.contains(expect), "{found}"),
            (found, expect) => panic!("{found:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn addresses_end_in_one_slash() {
        check("https://example.com", Ok("https://example.com/"));
        check("https://example.com/charts", Ok("https://example.com/charts/"));
        check("https://example.com/charts//", Ok("https://example.com/charts/"));
        check("oci://example.com/charts", Err("'oci' URL scheme cannot be used"));
        check("example.com", Err("parse"));
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        assert!(same_origin("https://a/charts/", "https://a/other/c.tgz"));
        assert!(!same_origin("https://a/", "https://a:8443/c.tgz"));
        assert!(!same_origin("https://a/", "http://a/c.tgz"));
        assert!(!same_origin("https://a/", "https://b/c.tgz"));
    }
}
