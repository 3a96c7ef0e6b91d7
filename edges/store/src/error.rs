//! What can go wrong with the artifact directory.

use std::io;
use std::path::{Path, PathBuf};

use flux_artifact::{Digest, InvalidDigest, UnpackError};

/// Why the artifact directory did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room. Nothing was left behind.
    #[error("no space left to store {path:?}: free space or enlarge the volume of the artifact directory")]
    Full {
        /// What was to be written.
        path: PathBuf,
    },
    /// A path that is not below the root.
    #[error("artifact path {path:?} is not below the artifact directory")]
    Escape {
        /// The path.
        path: String,
    },
    /// There is no such file.
    #[error("artifact {path:?} is not in storage")]
    Missing {
        /// Its path below the root.
        path: String,
    },
    /// The file is not what its status says.
    #[error("artifact {path:?}: computed digest {found} doesn't match '{expected}'")]
    Mismatch {
        /// Its path below the root.
        path: String,
        /// What the status says.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// The status names no usable digest.
    #[error("failed to parse artifact digest: {0}")]
    Digest(#[from] InvalidDigest),
    /// The archive cannot be read.
    #[error("artifact {path:?}: {cause}")]
    Archive {
        /// Its path below the root.
        path: String,
        /// What is wrong with it.
        cause: UnpackError,
    },
    /// The file system refused.
    #[error("cannot {action} {path:?}: {cause}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        cause: io::Error,
    },
    /// Removing old artifacts took longer than allowed.
    #[error("garbage collection did not end within {seconds} s")]
    Slow {
        /// The limit.
        seconds: u64,
    },
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        move |cause| match cause.kind() {
            // A limit on the size of files (`ulimit -f`) leaves no room either.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StoreError::Full { path: path.into() }
            }
            _ => StoreError::Io {
                action,
                path: path.into(),
                cause,
            },
        }
    }
}

/// Why there is no address to advertise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `host:port`.
    #[error("invalid storage address {address:?}: expected host:port, such as :9090")]
    Invalid {
        /// What was given.
        address: String,
    },
    /// Nothing to put in the place of `0.0.0.0`.
    #[error("the storage address is 0.0.0.0 and this host has no name: set --storage-adv-addr")]
    NoHostname,
}
