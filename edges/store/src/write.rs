//! Writing an archive whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use flux_artifact::{Algorithm, Packed, Tree, pack};

use crate::error::StoreError;
use crate::garbage::LOCK;

/// Packs `tree` into `target`.
pub(crate) fn write(target: &Path, tree: &Tree, algorithm: Algorithm) -> Result<Packed, StoreError> {
    write_with(target, |out| pack(tree, algorithm, out))
}

/// Writes `bytes` into `target` as they are.
pub(crate) fn write_bytes(target: &Path, bytes: &[u8], algorithm: Algorithm) -> Result<Packed, StoreError> {
    write_with(target, |out| {
        out.write_all(bytes)?;
        Ok(Packed {
            digest: algorithm.digest(bytes),
            size: bytes.len() as u64,
        })
    })
}

/// Writes into a file of another name first, which then takes the place of the target. A reader sees the old archive or the new
/// one. Writers of the same target wait for each other, also across processes.
///
/// It is not forced to the disk: after a power failure the digest in the status tells, and the source is fetched again.
fn write_with(
    target: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<Packed>,
) -> Result<Packed, StoreError> {
    let directory = target.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory).map_err(StoreError::io("create directory", directory))?;
    let _lock = lock(target)?;

    let temporary = Temporary::beside(target);
    let failed = || StoreError::io("write", target);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary.path);
    let mut out = BufWriter::with_capacity(128 * 1024, file.map_err(failed())?);
    let packed = content(&mut out).map_err(failed())?;
    out.flush().map_err(failed())?;
    fs::rename(&temporary.path, target).map_err(failed())?;
    temporary.keep();
    Ok(packed)
}

/// Makes the symbolic link `link` lead to `target`, in one step.
pub(crate) fn link(target: &Path, link: &Path) -> Result<(), StoreError> {
    let temporary = Temporary::beside(link);
    let failed = || StoreError::io("link", link);
    std::os::unix::fs::symlink(target, &temporary.path).map_err(failed())?;
    fs::rename(&temporary.path, link).map_err(failed())?;
    temporary.keep();
    Ok(())
}

/// Holds the lock of an artifact as long as the file is open.
fn lock(target: &Path) -> Result<File, StoreError> {
    let mut path = target.as_os_str().to_owned();
    path.push(LOCK);
    let path = PathBuf::from(path);
    let failed = || StoreError::io("lock", &path);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(failed())?;
    file.lock().map_err(failed())?;
    Ok(file)
}

/// A file that goes when it is not kept.
struct Temporary {
    path: PathBuf,
    kept: bool,
}

impl Temporary {
    fn beside(target: &Path) -> Self {
        // Two writers in one process never share a name; two processes differ in their id.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut path = target.as_os_str().to_owned();
        path.push(format!(".{}-{count}.tmp", std::process::id()));
        Temporary {
            path: path.into(),
            kept: false,
        }
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            // It may never have been there; what else fails is collected as garbage later.
            let _ = fs::remove_file(&self.path);
        }
    }
}
