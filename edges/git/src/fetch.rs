//! The entry: what kind of repository it is, and where the work runs.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_artifact::transform_legacy;
use flux_http::{Auth, Client, Settings, redact};
use tokio::runtime::Handle;
use url::Url;

use crate::channel::{Channel, Interrupt};
use crate::error::GitError;
use crate::remote::Way;
use crate::request::{Outcome, Remote, Request, Selection};
use crate::ssh::Address;
use crate::{local, remote};

/// Clients kept for repositories seen before: connections and TLS sessions are used again.
const CLIENTS: usize = 32;
/// What the names of temporary directories begin with.
const PREFIX: &str = "flux-git-";
/// No fetch takes this long.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a thread may take to notice that its time is up.
const GRACE: Duration = Duration::from_secs(5);

/// Fetches commits. Cheap to clone.
#[derive(Clone)]
pub struct Git {
    inner: Arc<Inner>,
}

struct Inner {
    scratch: PathBuf,
    /// The most recently used one is the last.
    clients: Mutex<Vec<(Settings, Client)>>,
}

/// Removes what is surely nobody's any more. It is a courtesy: whatever fails stays for the next start.
fn sweep(scratch: &Path) {
    let old = |entry: &DirEntry| {
        let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        written
            .and_then(|written| written.elapsed().ok())
            .is_some_and(|age| age > ABANDONED)
    };
    let entries = std::fs::read_dir(scratch).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for entry in ours.filter(old) {
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// Where a repository is.
#[derive(Debug)]
enum Place {
    Here(PathBuf),
    Server { url: String, settings: Box<Settings> },
    Shell(Box<(Address, crate::Ssh)>),
}

impl Git {
    /// Keeps what it receives in temporary directories below `scratch`, each removed at the end of its fetch. What a process
    /// that was killed left there more than a day ago is removed now.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        let scratch = scratch.into();
        sweep(&scratch);
        Git {
            inner: Arc::new(Inner {
                scratch,
                clients: Mutex::default(),
            }),
        }
    }

    /// Finds the commit that is selected and reads its files. Blocking work runs on threads of its own. Must be called within a
    /// tokio runtime.
    ///
    /// # Errors
    /// See [`GitError`].
    pub async fn fetch(&self, remote: &Remote, request: &Request) -> Result<Outcome, GitError> {
        let place = place(remote)?;
        let mut request = request.clone();
        request.held = request.held.map(|held| transform_legacy(&held));
        if let Some(revision) = pinned(&request) {
            return Ok(Outcome::Unchanged { revision });
        }
        let (timeout, shown) = (request.timeout, redact(&remote.url));
        let interrupt = Arc::new(Interrupt::default());
        let work = self.work(place, remote.url.clone(), request, interrupt.clone())?;
        let mut running = tokio::task::spawn_blocking(work);
        // Also when this future is dropped the thread must come to an end.
        let guard = Guard(interrupt);
        let ended = tokio::time::timeout(timeout, &mut running).await;
        let Ok(ended) = ended else {
            drop(guard);
            // It removes what it put on the disk; a thread that hangs longer is left to itself.
            let _ = tokio::time::timeout(GRACE, running).await;
            return Err(GitError::Timeout {
                url: shown,
                after: timeout,
            });
        };
        ended.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(GitError::Network {
                url: shown,
                cause: error.to_string(),
            }),
        })
    }

    fn work(
        &self,
        place: Place,
        given: String,
        request: Request,
        interrupt: Arc<Interrupt>,
    ) -> Result<impl FnOnce() -> Result<Outcome, GitError> + Send + 'static, GitError> {
        let source = match place {
            Place::Here(path) => Err(path),
            Place::Server { url, settings } => {
                let settings = Settings {
                    timeout: Some(request.timeout),
                    ..*settings
                };
                let client = self
                    .client(&settings)
                    .map_err(|error| GitError::Settings(error.to_string()))?;
                Ok((url, Way::Http(client)))
            }
            Place::Shell(way) => Ok((given.clone(), Way::Ssh(way))),
        };
        let (runtime, scratch) = (Handle::current(), self.inner.scratch.clone());
        Ok(move || match source {
            Err(path) => local::fetch(&path, &given, &request),
            Ok((url, way)) => {
                let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&scratch);
                let directory = directory.map_err(|cause| GitError::Io {
                    action: "make a temporary directory in",
                    path: scratch.display().to_string(),
                    cause,
                })?;
                let channel = Channel {
                    url,
                    runtime,
                    interrupt,
                    timeout: request.timeout,
                    limit: request.limits.received,
                    received: AtomicU64::new(0),
                    failure: Mutex::default(),
                };
                remote::fetch(Arc::new(channel), way, directory.path(), &request)
            }
        })
    }

    fn client(&self, settings: &Settings) -> Result<Client, flux_http::Error> {
        let clients = || self.inner.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = clients();
        if let Some(at) = held.iter().position(|(known, _)| known == settings) {
            let entry = held.remove(at);
            let client = entry.1.clone();
            held.push(entry);
            return Ok(client);
        }
        drop(held);
        let client = Client::new(settings)?;
        let mut held = clients();
        if held.len() >= CLIENTS {
            held.remove(0);
        }
        held.push((settings.clone(), client.clone()));
        Ok(client)
    }
}

/// Tells the thread of a fetch that nobody waits for it any more.
struct Guard(Arc<Interrupt>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// A commit does not change: when it is held, nothing needs to be asked.
fn pinned(request: &Request) -> Option<String> {
    let Selection::Commit { hash, .. } = &request.selection else {
        return None;
    };
    let revision = request.selection.revision(hash, None);
    request.held.as_ref().filter(|held| **held == revision).cloned()
}

fn place(remote: &Remote) -> Result<Place, GitError> {
    let shown = redact(&remote.url);
    let invalid = |cause: &str| GitError::Url {
        url: shown.clone(),
        cause: cause.into(),
    };
    let not_local = "repositories on this machine are not allowed here; use an http or https address";
    if let Some(ssh) = &remote.credentials.ssh
        && let Some(address) = Address::parse(&remote.url).map_err(|cause| invalid(&cause))?
    {
        if remote.proxy.is_some() {
            return Err(invalid("a proxy for ssh is not supported yet"));
        }
        return Ok(Place::Shell(Box::new((address, ssh.clone()))));
    }
    if !remote.url.contains("://") {
        return match remote.allow_local {
            true => Ok(Place::Here(PathBuf::from(&remote.url))),
            false => Err(invalid(not_local)),
        };
    }
    let mut url = Url::parse(&remote.url).map_err(|error| invalid(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => {}
        "file" if remote.allow_local => {
            return url
                .to_file_path()
                .map(Place::Here)
                .map_err(|()| invalid("it names no absolute path"));
        }
        "file" => return Err(invalid(not_local)),
        "ssh" => return Err(invalid("ssh is not supported yet; use an https address")),
        scheme => return Err(invalid(&format!("scheme {scheme:?} is not supported; use https"))),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(invalid("it names no host"));
    }
    let auth = remote.credentials.auth.clone().or_else(|| auth_of(&url));
    if url.scheme() == "http" && !remote.allow_insecure_credentials && !is_loopback(&url) {
        let refused = match &auth {
            Some(Auth::Basic { .. }) if remote.credentials.auth.is_none() => {
                "URL cannot contain credentials when using HTTP"
            }
            Some(Auth::Basic { .. }) => "basic auth cannot be sent over HTTP",
            Some(Auth::Bearer(_)) => "bearer token cannot be sent over HTTP",
            None => "",
        };
        if !refused.is_empty() {
            return Err(GitError::Settings(format!(
                "{refused}: use an https address for {shown}"
            )));
        }
    }
    // Both fail only for addresses without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let settings = Settings {
        auth,
        identity: remote.credentials.identity.clone(),
        authorities: remote.credentials.authorities.clone(),
        proxy: remote.proxy.clone(),
        ..Settings::default()
    };
    Ok(Place::Server {
        url: url.into(),
        settings: Box::new(settings),
    })
}

/// Undoes the escapes of an address.
pub(crate) fn decode(text: &str) -> String {
    // The form decoder takes `+` for a space and `&` for an end, which an address does not.
    let text = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    let value = url::form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned());
    value.unwrap_or_default()
}

/// Credentials that stand in the address itself.
fn auth_of(url: &Url) -> Option<Auth> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    Some(Auth::Basic {
        username: decode(url.username()),
        password: decode(url.password().unwrap_or_default()),
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
