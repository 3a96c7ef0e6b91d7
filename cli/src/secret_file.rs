//! Files that only their owner may read.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::Error;

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::message(format!("cannot write {}: {error}", path.display()))
}

/// A new file that only its owner may read; its folder is made.
pub fn create(path: &Path) -> Result<File, Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed(path))?;
    }
    // A leftover of a process that died here has to go first: its mode would stay.
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed(path))
}

/// Writes a file that is there as a whole or not at all.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    let beside = path.with_extension("new");
    create(&beside)?
        .write_all(text.as_bytes())
        .map_err(failed(path))?;
    std::fs::rename(&beside, path).map_err(failed(path))
}
