//! Which archives nobody needs any more.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use crate::error::StoreError;

/// Files looked at in one directory; more are left for the next time.
const MOST: usize = 1000;
pub(crate) const LOCK: &str = ".lock";

/// One archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
    pub(crate) written: SystemTime,
}

/// The files of `files` to remove: never `current`; all that are older than `ttl`; and of the rest the oldest ones, as long
/// as more than `records` remain.
pub(crate) fn garbage(
    mut files: Vec<Kept>,
    current: &Path,
    now: SystemTime,
    ttl: Duration,
    records: usize,
) -> Vec<PathBuf> {
    let expired = |file: &Kept| now.duration_since(file.written).is_ok_and(|age| age > ttl);
    files.sort_by(|a, b| a.written.cmp(&b.written).then_with(|| a.path.cmp(&b.path)));
    let mut remaining = files.len();
    let mut removed = Vec::new();
    // Oldest first: once a file is neither expired nor too many, no younger one is.
    for file in files.into_iter().filter(|file| file.path != current) {
        if !expired(&file) && remaining <= records {
            break;
        }
        remaining -= 1;
        removed.push(file.path);
    }
    removed
}

/// The archives in a directory; locks and symbolic links do not count.
pub(crate) fn files(directory: &Path) -> Result<Vec<Kept>, StoreError> {
    let failed = |action| StoreError::io(action, directory);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list")(error)),
    };
    let mut files = Vec::new();
    for entry in entries.take(2 * MOST) {
        let entry = entry.map_err(failed("list"))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(failed("examine"))?;
        if !kind.is_file() || path.extension().is_some_and(|extension| extension == "lock") {
            continue;
        }
        // Gone in the meantime: no garbage any more.
        let Ok(metadata) = entry.metadata() else { continue };
        files.push(Kept {
            path,
            written: metadata.modified().map_err(failed("examine"))?,
        });
    }
    files.truncate(MOST);
    Ok(files)
}

/// Removes a file that may be gone already, and its lock.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    let mut lock = path.as_os_str().to_owned();
    lock.push(LOCK);
    for path in [path, Path::new(&lock)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files as (name, age in seconds), with a minute to live, two to keep, and `current` as the current one.
    #[track_caller]
    fn check(files: &[(&str, u64)], expect: &[&str]) {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let files = files.iter().map(|(name, age)| Kept {
            path: name.into(),
            written: now - Duration::from_secs(*age),
        });
        let removed = garbage(
            files.collect(),
            Path::new("current"),
            now,
            Duration::from_secs(60),
            2,
        );
        assert_eq!(removed, expect.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn expired_ones_go() {
        check(&[("current", 100), ("a", 90), ("b", 61)], &["a", "b"]);
        check(&[("current", 1), ("a", 61)], &["a"]);
        check(&[("current", 1), ("a", 60)], &[]);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        check(&[("current", 1), ("a", 2), ("b", 3), ("c", 4)], &["c", "b"]);
        check(&[("current", 50), ("a", 2), ("b", 3)], &["b"]);
        check(&[("current", 1), ("a", 2), ("b", 3), ("c", 70)], &["c", "b"]);
        check(&[("current", 1), ("a", 2)], &[]);
    }

    #[test]
    fn the_current_one_never_goes() {
        check(&[("current", 1000)], &[]);
        check(&[("current", 1000), ("a", 1), ("b", 2), ("c", 3)], &["c", "b"]);
    }
}
