//! Credentials and proxies out of Secrets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flux_api::gitrepository::GitRepository;
use flux_api::meta::LocalReference;
use flux_api::reason;
use flux_git::{Credentials, InvalidSecret, Remote};
use flux_kube::{Client, Gvk};
use flux_runtime::Error;
use serde_json::Value;

use crate::failure;
use crate::settings::Settings;

/// The repository of the object, with what its Secrets hold.
pub(crate) async fn remote(
    client: &Client,
    object: &GitRepository,
    settings: &Settings,
) -> Result<Remote, Error> {
    let namespace = &object.metadata.namespace;
    let mut remote = Remote {
        allow_local: settings.allow_local,
        // As upstream's controller: it is the one who wrote the address that decides.
        allow_insecure_credentials: true,
        ..Remote::new(&object.spec.url)
    };
    if let Some(LocalReference { name }) = &object.spec.proxy_secret_ref {
        let data = secret(client, namespace, name).await?;
        let proxy = Credentials::proxy_from_secret(&data);
        let proxy = proxy.map_err(|error| {
            failure::authentication(format!(
                "failed to configure proxy options: secret '{namespace}/{name}': {error}"
            ))
        })?;
        remote.proxy = Some(proxy);
    }
    if let Some(LocalReference { name }) = &object.spec.secret_ref {
        let data = secret(client, namespace, name).await?;
        remote.credentials =
            Credentials::from_secret(&data).map_err(|error| refused(&error, namespace, name))?;
    }
    Ok(remote)
}

fn refused(error: &InvalidSecret, namespace: &str, name: &str) -> Error {
    match error {
        InvalidSecret::GithubApp => failure::fetch(
            reason::INVALID_PROVIDER_CONFIGURATION,
            format!("secretRef '{namespace}/{name}' has github app data but provider is not set to github"),
        ),
        error => failure::authentication(format!(
            "failed to configure authentication options: secret '{namespace}/{name}': {error}"
        )),
    }
}

async fn secret(client: &Client, namespace: &str, name: &str) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let what = format!("failed to get secret '{namespace}/{name}'");
    read(client, namespace, name, &what).await
}

/// The data of a Secret; a failure begins with `what`.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
    what: &str,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let failed = |cause: &dyn std::fmt::Display| failure::authentication(format!("{what}: {cause}"));
    let kind = Gvk::new("v1", "Secret");
    let found = client
        .get_opt(&kind, namespace, name)
        .await
        .map_err(|error| failed(&error))?;
    let found = found.ok_or_else(|| failed(&format!("secrets {name:?} not found")))?;
    decode(&found["data"]).map_err(|key| failed(&format!("the value of {key:?} is not base64")))
}

/// The data of a Secret; or the key whose value is no base64.
fn decode(data: &Value) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let pairs = data.as_object().into_iter().flatten();
    pairs
        .map(|(key, value)| {
            let text = value.as_str().unwrap_or_default();
            STANDARD
                .decode(text)
                .map(|bytes| (key.clone(), bytes))
                .map_err(|_| key.clone())
        })
        .collect()
}
