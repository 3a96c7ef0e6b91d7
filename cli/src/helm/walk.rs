//! The files of a chart's directory.

use std::fs::{self, FileType};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use flux_helm::chart::{ChartLimits, File, IgnoreRules};
use flux_helm::{Level, Log, Time};

use super::{Failure, file_error};

/// The files of a chart's directory without those that `.helmignore` names. Links are followed, as Helm does.
pub fn dir_files(root: &Path, log: &mut Log) -> Result<Vec<File>, Failure> {
    walk(root, 1, log, &mut |_| ())
}

/// The same, read on one or two threads; `each` is shown every file as soon as it is there, in no order.
pub fn walk(
    root: &Path,
    threads: usize,
    log: &mut Log,
    each: &mut dyn FnMut(&mut File),
) -> Result<Vec<File>, Failure> {
    let ignore = fs::read(root.join(".helmignore")).ok();
    let rules = IgnoreRules::new(ignore.as_deref()).map_err(|error| error.to_string())?;
    let mut walk = Walk {
        rules,
        found: Vec::new(),
        log,
        entries: 0,
    };
    let walked = walk.dir(root, "", 0);
    // What cannot be read comes before what was met after it.
    let files = read_all(&walk.found, threads, each)?;
    walked.map(|()| files)
}

/// A file that was found but not read so far.
struct Found {
    path: PathBuf,
    relative: String,
}

struct Walk<'l> {
    rules: IgnoreRules,
    found: Vec<Found>,
    log: &'l mut Log,
    entries: usize,
}

/// Directories in directories, and entries altogether, beyond which a link must lead in circles.
const MAX_DEPTH: usize = 200;
const MAX_ENTRIES: usize = 1_000_000;

impl Walk<'_> {
    fn dir(&mut self, dir: &Path, prefix: &str, depth: usize) -> Result<(), Failure> {
        let entries = fs::read_dir(dir).map_err(|error| file_error("open", dir, &error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| file_error("open", dir, &error))?;
            let kind = entry
                .file_type()
                .map_err(|error| file_error("lstat", &entry.path(), &error))?;
            names.push((entry.file_name(), kind));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.entries += names.len();
        if depth > MAX_DEPTH || self.entries > MAX_ENTRIES {
            return Err(format!(
                "{}: links lead in circles, or there is too much in it",
                dir.display()
            ));
        }
        for (name, kind) in names {
            let path = dir.join(&name);
            let relative = format!("{prefix}{}", name.to_string_lossy());
            self.entry(path, relative, kind, depth)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: PathBuf,
        relative: String,
        kind: FileType,
        depth: usize,
    ) -> Result<(), Failure> {
        let kind = if kind.is_symlink() {
            let resolved = fs::canonicalize(&path).map_err(|error| {
                format!(
                    "error evaluating symlink {}: {}",
                    path.display(),
                    file_error("lstat", &path, &error)
                )
            })?;
            self.log.push(
                Level::Info,
                "found symbolic link in path. Contents of linked file included and used",
                &[
                    ("path", &path.to_string_lossy()),
                    ("resolved", &resolved.to_string_lossy()),
                ],
            );
            let metadata = fs::metadata(&resolved);
            metadata
                .map_err(|error| file_error("lstat", &resolved, &error))?
                .file_type()
        } else {
            kind
        };
        if self.rules.ignores(&relative, kind.is_dir()) {
            return Ok(());
        }
        if kind.is_dir() {
            return self.dir(&path, &format!("{relative}/"), depth + 1);
        }
        if !kind.is_file() {
            return Err(format!(
                "cannot load irregular file {} as it has file mode type bits set",
                path.display()
            ));
        }
        self.found.push(Found { path, relative });
        Ok(())
    }
}

/// Files that are worth another thread, and how many of them a thread takes at once.
const WORTH_A_THREAD: usize = 64;
const AT_ONCE: usize = 8;

/// Reads files on this thread and, where they are many, on another one; the first error counts.
fn read_all(found: &[Found], threads: usize, each: &mut dyn FnMut(&mut File)) -> Result<Vec<File>, Failure> {
    let work = Work {
        found,
        next: AtomicUsize::new(0),
    };
    let mut read = std::thread::scope(|scope| {
        let start = || std::thread::Builder::new().spawn_scoped(scope, || work.read(&mut |_| ()));
        // Without another thread this one reads all of them.
        let beside = (threads > 1 && found.len() >= WORTH_A_THREAD).then(start);
        let mut read = work.read(each);
        let others = beside.and_then(Result::ok).map(|beside| {
            let others = beside.join();
            others.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        for (index, mut file) in others.into_iter().flatten() {
            file.iter_mut().for_each(&mut *each);
            read.push((index, file));
        }
        read
    });
    read.sort_unstable_by_key(|(index, _)| *index);
    read.into_iter().map(|(_, file)| file).collect()
}

/// Files to be read by whoever has time.
struct Work<'w> {
    found: &'w [Found],
    next: AtomicUsize,
}

impl Work<'_> {
    fn take(&self) -> Option<Range<usize>> {
        let start = self.next.fetch_add(AT_ONCE, Ordering::Relaxed);
        let end = self.found.len().min(start.saturating_add(AT_ONCE));
        (start < end).then_some(start..end)
    }

    /// Reads until there are none left, or one cannot be read: then all before it are being read already.
    fn read(&self, each: &mut dyn FnMut(&mut File)) -> Vec<(usize, Result<File, Failure>)> {
        let mut read = Vec::new();
        while let Some(range) = self.take() {
            for index in range {
                let found = &self.found[index];
                let mut file = file(&found.path, &found.relative);
                file.iter_mut().for_each(&mut *each);
                let failed = file.is_err();
                read.push((index, file));
                if failed {
                    self.next.store(self.found.len(), Ordering::Relaxed);
                    return read;
                }
            }
        }
        read
    }
}

/// A file of a chart.
fn file(path: &Path, relative: &str) -> Result<File, Failure> {
    let unreadable = |error| format!("error reading {relative}: {}", file_error("open", path, &error));
    let mut opened = fs::File::open(path).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    let limit = ChartLimits::default().file;
    if metadata.len() > limit {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Err(format!(
            "chart file {name:?} is larger than the maximum file size {limit}"
        ));
    }
    let mut data = content(&mut opened, metadata.len()).map_err(unreadable)?;
    if data.starts_with(b"\xef\xbb\xbf") {
        data.drain(..3);
    }
    Ok(File {
        name: relative.to_owned(),
        data: data.into(),
        mod_time: modified(&metadata),
    })
}

/// As many bytes as the file is said to have, in one piece where that works; all there are where it is said to be empty.
fn content(file: &mut fs::File, length: u64) -> io::Result<Vec<u8>> {
    let mut data = vec![0; usize::try_from(length).unwrap_or(0)];
    if data.is_empty() {
        file.take(ChartLimits::default().file).read_to_end(&mut data)?;
        return Ok(data);
    }
    let mut filled = 0;
    while filled < data.len() {
        match file.read(&mut data[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(data)
}

fn modified(metadata: &fs::Metadata) -> Time {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    since.map_or_else(Time::default, |since| {
        Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(0), since.subsec_nanos())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a folder of a hundred files, of which some are too large, on one thread and on two.
    fn check(large: &[usize], expect: Result<usize, &str>) {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..100 {
            fs::write(folder.path().join(format!("f{number:03}")), number.to_string()).unwrap();
        }
        for number in large {
            let file = fs::File::create(folder.path().join(format!("f{number:03}"))).unwrap();
            file.set_len(ChartLimits::default().file + 1).unwrap();
        }
        for threads in [1, 2, 2, 2] {
            let mut shown = 0;
            let files = walk(folder.path(), threads, &mut Log::new(), &mut |_| shown += 1);
            match expect {
                Ok(count) => {
                    let files = files.unwrap();
                    let is_right =
                        |(number, file): (usize, &File)| file.data == number.to_string().as_bytes();
                    assert!(files.iter().enumerate().all(is_right));
                    assert_eq!((files.len(), shown), (count, count));
                }
                Err(error) => assert!(files.unwrap_err().contains(error)),
            }
        }
    }

    #[test]
    fn files_come_in_their_order() {
        check(&[], Ok(100));
    }

    #[test]
    fn the_first_that_cannot_be_read_counts() {
        check(&[40, 41, 60, 99], Err("\"f040\" is larger"));
        check(&[99], Err("\"f099\" is larger"));
    }
}
