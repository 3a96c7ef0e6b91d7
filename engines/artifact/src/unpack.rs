//! From an archive to files.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::tree::{InvalidPath, Tree};

/// How much an archive may hold. The defaults are far above what a fleet has and far below what hurts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all files together, uncompressed; 512 MiB unless set.
    pub bytes: u64,
    /// Entries of any kind; 200 000 unless set.
    pub entries: usize,
    /// What to do with links; skip unless set, as upstream's consumers do.
    pub links: Links,
}

/// What to do with links and other entries that are neither file nor directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// Leave symbolic links out; anything else is an error.
    #[default]
    Skip,
    /// Any of them is an error.
    Refuse,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 512 << 20,
            entries: 200_000,
            links: Links::Skip,
        }
    }
}

/// Why an archive was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// Not a readable gzip-compressed tar archive.
    #[error("invalid archive: {0}")]
    Invalid(#[from] io::Error),
    /// A path that leaves the archive or cannot be kept.
    #[error("archive contains an {0}")]
    Path(#[from] InvalidPath),
    /// More bytes than allowed.
    #[error(
        "archive is bigger than {limit} bytes uncompressed (at {path:?}): exclude large files with .sourceignore"
    )]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// The entry that went over.
        path: String,
    },
    /// More entries than allowed.
    #[error("archive has more than {limit} entries: exclude files with .sourceignore")]
    TooMany {
        /// Entries allowed.
        limit: usize,
    },
    /// A link, device or the like.
    #[error("archive entry {path:?} is a {kind}, which is not allowed")]
    Kind {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
}

/// Reads a `tar.gz` into memory. Later entries replace earlier ones of the same path. Nothing is allocated on the word of a
/// header: memory grows with the bytes that really come.
///
/// # Errors
/// See [`UnpackError`]; nothing of a broken archive is given back.
pub fn unpack<R: Read>(archive: R, limits: &Limits) -> Result<Tree, UnpackError> {
    // Headers and padding count too, so that an archive of endless extended headers ends.
    let overhead = (limits.entries as u64).saturating_mul(2048);
    let cap = limits.bytes.saturating_add(overhead).saturating_add(1 << 20);
    let mut archive = Archive::new(MultiGzDecoder::new(archive).take(cap));
    let (mut tree, mut total) = (Tree::new(), 0u64);
    for (count, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        if count >= limits.entries {
            return Err(UnpackError::TooMany {
                limit: limits.entries,
            });
        }
        let path = path_of(&entry);
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                let room = limits.bytes - total;
                let mut bytes = Vec::new();
                let read = (&mut entry)
                    .take(room.saturating_add(1))
                    .read_to_end(&mut bytes)? as u64;
                if read > room || entry.size() > room {
                    return Err(UnpackError::TooLarge {
                        limit: limits.bytes,
                        path,
                    });
                }
                if read != entry.size() {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
                total += read;
                let executable = entry.header().mode()? & 0o111 != 0;
                tree.insert(clean(&path), bytes, executable)?;
            }
            EntryType::Directory => check_directory(&path)?,
            EntryType::XGlobalHeader => {}
            EntryType::Symlink if limits.links == Links::Skip => {}
            kind => {
                return Err(UnpackError::Kind {
                    path,
                    kind: name_of(kind),
                });
            }
        }
    }
    // The checksum of the compressed stream stands behind the last entry.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(tree)
}

/// A name that is not UTF-8 is kept with replacement characters: upstream's sources pack such files, and nothing that is built
/// can refer to one.
fn path_of<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).into_owned()
}

/// `./a` and `a/` name the same as `a`.
fn clean(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path.trim_end_matches('/')
}

/// Directories are not kept, but one that leaves the archive shows that it was not made by a source.
fn check_directory(path: &str) -> Result<(), InvalidPath> {
    if path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == "..") {
        let cause = "it leaves the artifact";
        return Err(InvalidPath {
            path: path.chars().take(256).collect(),
            cause,
        });
    }
    Ok(())
}

fn name_of(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "symbolic link",
        EntryType::Link => "hard link",
        EntryType::Block | EntryType::Char => "device",
        EntryType::Fifo => "named pipe",
        EntryType::GNUSparse => "sparse file",
        _ => "file of an unknown kind",
    }
}

#[cfg(test)]
mod tests;
