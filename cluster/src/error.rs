//! Why a cluster cannot be opened or served.

use std::path::PathBuf;

/// A failure of the cluster as a whole; failures of single requests are `Status` answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process has the data directory open.
    #[error("the data directory {} is in use by another process: stop it, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// A file or directory could not be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be read.
    #[error("the database {} cannot be opened: {message}; restore it or move it away to start empty", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
    /// Keys or certificates could not be made or used.
    #[error("TLS: {0}")]
    Tls(String),
}
