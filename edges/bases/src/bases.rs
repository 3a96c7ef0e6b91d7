//! Fetching what a build asks for.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use flux_git::{Credentials, Git, GitError, Outcome, Request, Selection};
use flux_http::{Client, Settings};
use flux_kustomize::{Files, GitSpec, Remote, RemoteError};
use tokio::runtime::Runtime;

use crate::ssh::SshHome;

use crate::tree::RepositoryFiles;

/// How large a manifest behind a URL may be.
const MANIFEST: u64 = 64 << 20;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Repository, reference and whether submodules are wanted.
type Key = (String, Option<String>, bool);

/// Fetches remote bases. Builds on several threads may share one.
pub struct Bases {
    scratch: PathBuf,
    allow_local: bool,
    ssh: Option<SshHome>,
    /// Made when the first remote base is met: most builds have none.
    reach: OnceLock<Result<Reach, RemoteError>>,
    held: Mutex<HashMap<Key, Arc<RepositoryFiles>>>,
}

struct Reach {
    runtime: Runtime,
    git: Git,
    http: Client,
}

impl Bases {
    /// Keeps what it receives below `scratch` while a fetch lasts.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Bases {
            scratch: scratch.into(),
            allow_local: false,
            ssh: None,
            reach: OnceLock::new(),
            held: Mutex::default(),
        }
    }

    /// Also allows `file://` repositories: right where the one who builds owns the machine, as on the command line.
    #[must_use]
    pub fn with_local(mut self) -> Self {
        self.allow_local = true;
        self
    }

    /// Also allows repositories over ssh, with the keys and known hosts of a person.
    #[must_use]
    pub fn with_ssh(mut self, home: SshHome) -> Self {
        self.ssh = Some(home);
        self
    }

    fn reach(&self) -> Result<&Reach, RemoteError> {
        let made = self.reach.get_or_init(|| {
            let failed = |cause: String| refused(format!("the network cannot be used: {cause}"));
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .map_err(|error| failed(error.to_string()))?;
            let settings = Settings {
                timeout: Some(PATIENCE),
                ..Settings::default()
            };
            let http = Client::new(&settings).map_err(|error| failed(error.to_string()))?;
            Ok(Reach {
                runtime,
                git: Git::new(&self.scratch),
                http,
            })
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// What stands behind an `http://` or `https://` address, at most `limit` bytes of it.
    ///
    /// # Errors
    /// There is no such thing, or it is larger.
    pub fn download(&self, url: &str, limit: u64) -> Result<Vec<u8>, RemoteError> {
        let Reach { runtime, http, .. } = self.reach()?;
        let answer = async { http.get(url).await?.success().await?.bytes(limit).await };
        let bytes = runtime.block_on(answer).map_err(|error| RemoteError {
            transient: !matches!(error, flux_http::Error::Url { .. }),
            message: error.to_string(),
        })?;
        Ok(bytes.to_vec())
    }

    fn fetch(&self, spec: &GitSpec) -> Result<RepositoryFiles, RemoteError> {
        let is_ssh = !spec.repo.contains("://") || spec.repo.starts_with("ssh://");
        if is_ssh && self.ssh.is_none() {
            return Err(refused(format!(
                "{}: repositories over ssh are not allowed here; use an https:// address",
                flux_http::redact(&spec.repo)
            )));
        }
        let Reach { runtime, git, .. } = self.reach()?;
        let remote = flux_git::Remote {
            allow_local: self.allow_local,
            credentials: Credentials {
                ssh: self.ssh.as_ref().map(SshHome::read),
                ..Credentials::default()
            },
            ..flux_git::Remote::new(spec.repo.as_str())
        };
        let request = Request {
            whole: true,
            timeout: Duration::from_secs(spec.timeout_seconds),
            ..Request::new(Selection::Any(spec.reference.clone()))
        };
        let all = async {
            let Outcome::Fetched(mut checkout) = git.fetch(&remote, &request).await? else {
                return Ok(RepositoryFiles::default());
            };
            if spec.submodules {
                git.add_submodules(&remote, &request, &mut checkout).await?;
            }
            Ok(RepositoryFiles::from(*checkout))
        };
        runtime.block_on(all).map_err(|error| told(&error))
    }
}

fn refused(message: String) -> RemoteError {
    RemoteError {
        message,
        transient: false,
    }
}

fn told(error: &GitError) -> RemoteError {
    let message = match error {
        GitError::Timeout { url, after } => format!(
            "unable to clone '{url}': not done within {}s: add ?timeout=120 to the address, or look at the network",
            after.as_secs_f64()
        ),
        error => error.to_string(),
    };
    RemoteError {
        message,
        transient: error.is_transient(),
    }
}

impl Remote for Bases {
    fn git(&self, spec: &GitSpec) -> Result<Arc<dyn Files + Send>, RemoteError> {
        let key = (spec.repo.clone(), spec.reference.clone(), spec.submodules);
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = held().get(&key) {
            return Ok(Arc::clone(files) as _);
        }
        let files = Arc::new(self.fetch(spec)?);
        held().insert(key, Arc::clone(&files));
        Ok(files)
    }

    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        self.download(url, MANIFEST)
    }
}
