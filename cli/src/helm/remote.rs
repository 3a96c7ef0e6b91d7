//! Repositories of charts over HTTP.

use bytes::Bytes;
use flux_helm::Log;
use flux_helm::repo::{IndexError, find_in_index};
use flux_http::{Auth, Client, Identity, Settings};
use url::Url;

use super::flags::Parsed;
use super::{Failure, file_error};

/// How large an index may be.
const INDEX: u64 = 256 << 20;
/// How large a packed chart may be.
pub const PACKED: u64 = 100 << 20;

/// How a server is reached, and who asks.
#[derive(Clone, Debug, Default)]
pub struct Login {
    pub username: String,
    pub password: String,
    /// Whether other servers, too, are told name and password.
    pub to_all: bool,
    pub ca_file: String,
    pub cert_file: String,
    pub key_file: String,
    pub insecure: bool,
}

impl Login {
    /// What the flags say.
    pub fn of(parsed: &Parsed) -> Self {
        let text = |name| parsed.text(name).to_owned();
        Login {
            username: text("username"),
            password: text("password"),
            to_all: parsed.on("pass-credentials"),
            ca_file: text("ca-file"),
            cert_file: text("cert-file"),
            key_file: text("key-file"),
            insecure: parsed.on("insecure-skip-tls-verify"),
        }
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let read = |path: &str| {
            std::fs::read(path).map_err(|error| {
                let cause = file_error("open", path.as_ref(), &error);
                format!("can't create TLS config for client: {cause}")
            })
        };
        let mut settings = Settings {
            insecure: self.insecure,
            ..Settings::default()
        };
        if !self.ca_file.is_empty() {
            settings.authorities = Some(read(&self.ca_file)?);
        }
        if !self.cert_file.is_empty() && !self.key_file.is_empty() {
            settings.identity = Some(Identity {
                certificate: read(&self.cert_file)?,
                key: read(&self.key_file)?,
            });
        }
        // As Helm: a name without a password is no credential.
        if !self.username.is_empty() && !self.password.is_empty() {
            settings.auth = Some(Auth::Basic {
                username: self.username.clone(),
                password: self.password.clone(),
            });
        }
        Ok(settings)
    }
}

/// The server of a repository, or of a chart.
pub struct Server {
    client: Client,
    base: Url,
    to_all: bool,
}

impl Server {
    /// The server at an address.
    pub fn new(address: &str, login: &Login) -> Result<Self, Failure> {
        let base =
            Url::parse(address).map_err(|_| format!("could not find protocol handler for: {address}"))?;
        if base.scheme() == "oci" {
            return Err(format!(
                "{address}: charts are not pulled from registries (oci://) here"
            ));
        }
        if !matches!(base.scheme(), "http" | "https") {
            return Err(format!("could not find protocol handler for: {}", base.scheme()));
        }
        let client = Client::new(&login.settings()?).map_err(|error| error.to_string())?;
        Ok(Server {
            client,
            base,
            to_all: login.to_all,
        })
    }

    /// What stands at an address; credentials go to the server of the repository only, unless all may have them.
    pub fn get(&self, address: &str, limit: u64) -> Result<Bytes, Failure> {
        let url = Url::parse(address).map_err(|error| format!("{}: {error}", shown(address)))?;
        let client = if self.to_all || url.origin() == self.base.origin() {
            self.client.clone()
        } else {
            self.client.anonymous()
        };
        let fetch = async {
            let answer = client.get(address).await.map_err(|error| error.to_string())?;
            if answer.status().as_u16() != 200 {
                return Err(format!(
                    "failed to fetch {} : {}",
                    shown(address),
                    answer.status()
                ));
            }
            answer.bytes(limit).await.map_err(|error| error.to_string())
        };
        // On a thread of its own: whoever calls may be within a runtime, where nothing may be waited for.
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map_err(|error| error.to_string())?.block_on(fetch)
            });
            thread
                .join()
                .unwrap_or_else(|_| Err("the network cannot be used".to_owned()))
        })
    }

    /// The index of the repository.
    pub fn index(&self) -> Result<Bytes, Failure> {
        self.get(&self.resolve("index.yaml")?, INDEX)
    }

    /// The address that an index means with a reference: an address, or a path below that of the repository.
    pub fn resolve(&self, reference: &str) -> Result<String, Failure> {
        if Url::parse(reference).is_ok() {
            return Ok(reference.to_owned());
        }
        let mut base = self.base.clone();
        base.set_path(&format!("{}/", base.path().trim_end_matches('/')));
        let mut url = base
            .join(reference)
            .map_err(|error| format!("failed to parse {reference} as URL: {error}"))?;
        // What the address of a repository asks for, such as a token, is asked of what belongs to it as well.
        url.set_query(self.base.query());
        Ok(url.into())
    }
}

/// Where a version of a chart is, as the index of a repository tells.
pub fn find(
    repository: &str,
    name: &str,
    version: &str,
    login: &Login,
    log: &mut Log,
) -> Result<(Server, String), Failure> {
    let server = Server::new(repository, login)?;
    let shown = shown(repository);
    let index = server.index().map_err(|cause| {
        format!("looks like {shown:?} is not a valid chart repository or cannot be reached: {cause}")
    })?;
    let address = pick(&server, &index, name, version, log);
    let absent = |_: &str| format!("{} not found in {shown} repository", called(name, version));
    Ok((server, address.map_err(|error| error.told(absent))?))
}

/// Why an index tells no address.
pub enum PickError {
    /// There is no such chart or version.
    Absent(String),
    /// Anything else.
    Other(Failure),
}

impl PickError {
    /// In words; those for what is absent are the caller's.
    pub fn told(self, absent: impl FnOnce(&str) -> Failure) -> Failure {
        match self {
            PickError::Absent(cause) => absent(&cause),
            PickError::Other(failure) => failure,
        }
    }
}

/// Where a version of a chart is, as an index tells that is there.
pub fn pick(
    server: &Server,
    index: &[u8],
    name: &str,
    version: &str,
    log: &mut Log,
) -> Result<String, PickError> {
    let found = find_in_index(index, name, version, log).map_err(|error| match error {
        IndexError::NoChartName
        | IndexError::NoChartVersion
        | IndexError::NoVersion(..)
        | IndexError::Constraint(_) => PickError::Absent(error.to_string()),
        error => PickError::Other(error.to_string()),
    })?;
    let none = || PickError::Other(format!("{} has no downloadable URLs", called(name, version)));
    let reference = found.urls.first().ok_or_else(none)?;
    server.resolve(reference).map_err(PickError::Other)
}

/// An address for people: as it was given, unless there may be something secret in it.
pub fn shown(address: &str) -> String {
    if address.contains(['@', '?']) {
        flux_http::redact(address)
    } else {
        address.to_owned()
    }
}

fn called(name: &str, version: &str) -> String {
    match version {
        "" => format!("chart {name:?}"),
        version => format!("chart {name:?} version {version:?}"),
    }
}

/// The file name at the end of an address.
pub fn file_name(address: &str) -> Result<String, Failure> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    let last = url.path_segments().and_then(|mut segments| segments.next_back());
    match last {
        None | Some("" | "." | "..") => Err(format!("{}: there is no file name in it", shown(address))),
        Some(name) => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(repository: &str, reference: &str, expect: &str) {
        let server = Server::new(repository, &Login::default()).unwrap();
        assert_eq!(server.resolve(reference).unwrap(), expect);
    }

    #[test]
    fn references_belong_to_their_repository() {
        check("http://a/charts", "index.yaml", "http://a/charts/index.yaml");
        check("http://a/charts/", "web-1.tgz", "http://a/charts/web-1.tgz");
        check(
            "http://a/charts?token=x",
            "web-1.tgz",
            "http://a/charts/web-1.tgz?token=x",
        );
        check("http://a/charts", "/other/web-1.tgz", "http://a/other/web-1.tgz");
        check(
            "http://a/charts?token=x",
            "http://b/web-1.tgz",
            "http://b/web-1.tgz",
        );
    }
}
