//! Why there is no commit.

use std::time::Duration;

use flux_artifact::InvalidPath;

/// Why a fetch failed. Every address in it is redacted.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The address cannot be used.
    #[error("invalid URL '{url}': {cause}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Certificates, proxy or credentials cannot be used.
    #[error("{0}")]
    Settings(String),
    /// The server wants other credentials.
    #[error("unable to clone '{url}': {cause}")]
    Unauthorized {
        /// The address.
        url: String,
        /// What the server said.
        cause: String,
    },
    /// There is no such repository, or nobody may see it.
    #[error("unable to clone: repository not found: git repository: '{url}'")]
    RepositoryNotFound {
        /// The address.
        url: String,
    },
    /// It has no commits.
    #[error("git repository is empty: '{url}'")]
    Empty {
        /// The address.
        url: String,
    },
    /// There is no such branch, tag or reference.
    #[error("unable to clone '{url}': couldn't find remote ref \"{reference}\"{}", hint(.nearby))]
    RefNotFound {
        /// The address.
        url: String,
        /// Its full name.
        reference: String,
        /// Similar ones that there are.
        nearby: Vec<String>,
    },
    /// The range of versions cannot be read.
    #[error("semver parse error: {0}")]
    Semver(#[from] flux_semver::InvalidConstraint),
    /// No tag is in the range.
    #[error("no match found for semver: {range}{}", hint(.nearby))]
    NoMatch {
        /// The range.
        range: String,
        /// The highest versions that there are.
        nearby: Vec<String>,
    },
    /// There is no such commit.
    #[error("unable to resolve commit object for '{hash}': {cause}")]
    CommitNotFound {
        /// Its hash.
        hash: String,
        /// Why not.
        cause: String,
    },
    /// A directory of the sparse checkout is not there.
    #[error("sparse checkout directory '{directory}' does not exist in the repository")]
    NoDirectory {
        /// The directory.
        directory: String,
    },
    /// A submodule cannot be had.
    #[error("submodule '{path}': {cause}")]
    Submodule {
        /// Its directory.
        path: String,
        /// Why not.
        cause: String,
    },
    /// The network failed us.
    #[error("unable to clone '{url}': {cause}")]
    Network {
        /// The address.
        url: String,
        /// Cause.
        cause: String,
    },
    /// It took too long.
    #[error("unable to clone '{url}': not done within {}s: raise spec.timeout or look at the network", .after.as_secs_f64())]
    Timeout {
        /// The address.
        url: String,
        /// The limit.
        after: Duration,
    },
    /// The server does not speak as expected, or sent broken objects.
    #[error("unable to clone '{url}': {cause}")]
    Protocol {
        /// The address.
        url: String,
        /// Cause.
        cause: String,
    },
    /// It is larger than allowed.
    #[error(
        "repository is too large: {what} is more than {limit}: exclude files with .sourceignore or spec.sparseCheckout"
    )]
    TooLarge {
        /// What is.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// A file cannot be carried by an artifact.
    #[error("{0}: rename it or exclude it with .sourceignore")]
    Path(#[from] InvalidPath),
    /// This machine's files cannot be read or written.
    #[error("cannot {action} {path:?}: {cause}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: String,
        /// Why it failed.
        cause: std::io::Error,
    },
    /// An object of a local repository is broken or missing.
    #[error("cannot read {what}: {cause}")]
    Object {
        /// Which one.
        what: String,
        /// Why not.
        cause: String,
    },
}

impl GitError {
    /// Whether the same fetch may succeed later without anyone changing the object that asked for it.
    pub fn is_transient(&self) -> bool {
        !matches!(
            self,
            GitError::Url { .. } | GitError::Semver(_) | GitError::Settings(_)
        )
    }
}

/// What an error of the Git library says, with its causes: the outermost alone tells nobody anything.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    match error.downcast_ref::<gix::Error>() {
        Some(error) => texts.extend(error.iter_errors().map(ToString::to_string)),
        None => {
            let mut next = Some(error);
            while let Some(error) = next {
                texts.push(error.to_string());
                next = error.source();
            }
        }
    }
    texts.dedup();
    texts.join(": ")
}

fn hint(nearby: &[String]) -> String {
    if nearby.is_empty() {
        String::new()
    } else {
        format!(" (there are: {})", nearby.join(", "))
    }
}
