//! The disk as the kustomize engine sees it: the whole file system, paths from its root.
//!
//! Confinement to the directory that is built is the engine's load restrictor's matter, as with kustomize; links are followed to
//! where they lead, and the engine is told that place.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use flux_kustomize::{FileError, FileKind, Files};

/// Files larger than this are refused: nobody keeps manifests of this size, and reading them whole would cost the memory.
const LARGEST: u64 = 256 << 20;

/// The file system of this machine.
#[derive(Debug, Default)]
pub struct Disk;

impl Disk {
    /// The path of a directory from the root of the file system, links resolved, as the engine wants it.
    pub fn path_of(directory: &str) -> Result<String, std::io::Error> {
        let real = std::fs::canonicalize(directory)?;
        Ok(real.to_string_lossy().trim_start_matches('/').to_owned())
    }

    fn absolute(path: &str) -> PathBuf {
        Path::new("/").join(path)
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        let path = Disk::absolute(path);
        let metadata = std::fs::metadata(&path).map_err(told)?;
        if metadata.is_dir() {
            return Err(FileError::IsDirectory);
        }
        if !metadata.is_file() {
            return Err(FileError::Other("it is not a regular file".into()));
        }
        if metadata.len() > LARGEST {
            return Err(FileError::Other(format!(
                "it has {} bytes; at most {LARGEST} are read",
                metadata.len()
            )));
        }
        std::fs::read(&path).map(Cow::Owned).map_err(told)
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let metadata = std::fs::metadata(Disk::absolute(path)).ok()?;
        Some(if metadata.is_dir() {
            FileKind::Directory
        } else {
            FileKind::File
        })
    }

    fn real<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let real = std::fs::canonicalize(Disk::absolute(path)).ok()?;
        Some(Cow::Owned(
            real.to_string_lossy().trim_start_matches('/').to_owned(),
        ))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let entries = std::fs::read_dir(Disk::absolute(directory)).map_err(told)?;
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(told)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

fn told(error: std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound => FileError::NotFound,
        ErrorKind::NotADirectory => FileError::NotDirectory,
        _ => FileError::Other(error.to_string()),
    }
}
