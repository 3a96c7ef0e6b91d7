//! What the build asks of the network, as a trait that the caller fulfils.

use std::sync::Arc;

use crate::files::Files;

/// A remote base that is a Git repository, taken apart from its URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GitSpec {
    /// The URL to clone from, without the path inside and without the query.
    pub repo: String,
    /// The directory inside the repository; empty for its root.
    pub path: String,
    /// Branch, tag or commit (`?ref=` or `?version=`); the default branch when absent.
    pub reference: Option<String>,
    /// Whether submodules are wanted (`?submodules=`, on by default).
    pub submodules: bool,
    /// How long the fetch may take, in seconds (`?timeout=`, 27 by default).
    pub timeout_seconds: u64,
}

/// Why something remote could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RemoteError {
    /// What went wrong and what to do about it.
    pub message: String,
    /// Whether trying again later may help.
    pub transient: bool,
}

/// Gives what remote resources name. The build itself touches no network.
pub trait Remote: Sync {
    /// The whole tree of a repository at the wanted reference.
    fn git(&self, spec: &GitSpec) -> Result<Arc<dyn Files + Send>, RemoteError>;

    /// The contents behind an `http://` or `https://` URL that is a plain file.
    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError>;
}

/// Refuses everything remote.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRemote;

impl NoRemote {
    fn refuse(what: &str) -> RemoteError {
        RemoteError {
            message: format!(
                "remote resource {what} refused: remote bases are turned off; put the files into the source itself"
            ),
            transient: false,
        }
    }
}

impl Remote for NoRemote {
    fn git(&self, spec: &GitSpec) -> Result<Arc<dyn Files + Send>, RemoteError> {
        Err(NoRemote::refuse(&spec.repo))
    }

    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        Err(NoRemote::refuse(url))
    }
}
