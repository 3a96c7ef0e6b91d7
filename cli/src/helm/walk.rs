//! The files of a chart's directory.

use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use flux_helm::chart::{ChartLimits, File, IgnoreRules};
use flux_helm::{Level, Log, Threads, Time};

use super::{Failure, file_error};

/// The files of a chart's directory without those that `.helmignore` names. Links are followed, as Helm does.
pub fn dir_files(root: &Path, log: &mut Log) -> Result<Vec<File>, Failure> {
    walk(root, Threads::from(1), log, &mut |_| ())
}

/// The same, read on one or two threads; `each` is shown every file as soon as it is there, in no order.
pub fn walk(
    root: &Path,
    threads: Threads,
    log: &mut Log,
    each: &mut dyn FnMut(&mut File),
) -> Result<Vec<File>, Failure> {
    let ignore = fs::read(root.join(".helmignore")).ok();
    let rules = IgnoreRules::new(ignore.as_deref()).map_err(|error| error.to_string())?;
    let listing = Listing {
        rules,
        entries: AtomicUsize::new(0),
    };
    let work = Work {
        found: listing.first(root),
        listing,
        next: AtomicUsize::new(0),
    };
    let mut files = Vec::new();
    for piece in work.share(threads, each) {
        for (path, resolved) in piece.links {
            log.push(
                Level::Info,
                "found symbolic link in path. Contents of linked file included and used",
                &[
                    ("path", &path.to_string_lossy()),
                    ("resolved", &resolved.to_string_lossy()),
                ],
            );
        }
        files.extend(piece.files);
        piece.end?;
    }
    Ok(files)
}

/// What is met in a directory.
enum Found {
    /// What comes next is a link, and where it leads.
    Link(PathBuf, PathBuf),
    /// A file, and its name in the chart.
    File(PathBuf, String),
    /// A directory, what names in it begin with, and how deep it is.
    Dir(PathBuf, String, usize),
    /// What is wrong with what comes next.
    Bad(Failure),
}

/// Lists directories.
struct Listing {
    rules: IgnoreRules,
    /// Entries so far.
    entries: AtomicUsize,
}

/// Directories in directories, and entries altogether, beyond which a link must lead in circles.
const MAX_DEPTH: usize = 200;
const MAX_ENTRIES: usize = 1_000_000;

/// Directories that are enough to be shared.
const ENOUGH: usize = 16;

impl Listing {
    /// What is in the directory of a chart and, as long as they are few, in the directories in it; in order.
    fn first(&self, root: &Path) -> Vec<Found> {
        let mut found = vec![Found::Dir(root.to_owned(), String::new(), 0)];
        loop {
            let dirs = found.iter().filter(|found| matches!(found, Found::Dir(..)));
            if !(1..ENOUGH).contains(&dirs.count()) {
                return found;
            }
            let open = |found| match found {
                Found::Dir(dir, prefix, depth) => self.dir(&dir, &prefix, depth),
                other => vec![other],
            };
            found = found.into_iter().flat_map(open).collect();
        }
    }

    /// What is in a directory, in order.
    fn dir(&self, dir: &Path, prefix: &str, depth: usize) -> Vec<Found> {
        let names = match names(dir) {
            Ok(names) => names,
            Err(failure) => return vec![Found::Bad(failure)],
        };
        let entries = self.entries.fetch_add(names.len(), Ordering::Relaxed) + names.len();
        if depth > MAX_DEPTH || entries > MAX_ENTRIES {
            let dir = dir.display();
            return vec![Found::Bad(format!(
                "{dir}: links lead in circles, or there is too much in it"
            ))];
        }
        let mut found = Vec::with_capacity(names.len());
        for (name, kind) in names {
            let relative = format!("{prefix}{}", name.to_string_lossy());
            if let Err(failure) = self.entry(dir.join(&name), relative, kind, depth, &mut found) {
                found.push(Found::Bad(failure));
                break;
            }
        }
        found
    }

    fn entry(
        &self,
        path: PathBuf,
        relative: String,
        mut kind: FileType,
        depth: usize,
        found: &mut Vec<Found>,
    ) -> Result<(), Failure> {
        if kind.is_symlink() {
            let resolved = fs::canonicalize(&path).map_err(|error| {
                format!(
                    "error evaluating symlink {}: {}",
                    path.display(),
                    file_error("lstat", &path, &error)
                )
            })?;
            let metadata = fs::metadata(&resolved);
            kind = metadata
                .map_err(|error| file_error("lstat", &resolved, &error))?
                .file_type();
            found.push(Found::Link(path.clone(), resolved));
        }
        if self.rules.ignores(&relative, kind.is_dir()) {
            return Ok(());
        }
        if kind.is_dir() {
            found.push(Found::Dir(path, relative + "/", depth + 1));
        } else if kind.is_file() {
            found.push(Found::File(path, relative));
        } else {
            return Err(format!(
                "cannot load irregular file {} as it has file mode type bits set",
                path.display()
            ));
        }
        Ok(())
    }
}

/// The names in a directory, in order, and of what kind they are.
fn names(dir: &Path) -> Result<Vec<(OsString, FileType)>, Failure> {
    let unreadable = |error| file_error("open", dir, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry
            .file_type()
            .map_err(|error| file_error("lstat", &entry.path(), &error))?;
        names.push((entry.file_name(), kind));
    }
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(names)
}

/// What there is to be read, by whoever has time.
struct Work {
    listing: Listing,
    /// In order.
    found: Vec<Found>,
    /// What nobody has taken so far.
    next: AtomicUsize,
}

/// What came of one thing that was found, with everything in it, in order.
struct Piece {
    files: Vec<File>,
    links: Vec<(PathBuf, PathBuf)>,
    /// What is wrong with what comes next.
    end: Result<(), Failure>,
}

/// Files or directories that are worth another thread, and how many of them a thread takes at once.
const WORTH_A_THREAD: usize = 64;
const AT_ONCE: usize = 4;

impl Work {
    /// Reads everything on this thread and, where it is much, on another one: up to the first that fails, in order.
    fn share(&self, threads: Threads, each: &mut dyn FnMut(&mut File)) -> Vec<Piece> {
        let mut pieces = std::thread::scope(|scope| {
            let start = || threads.start(scope, Builder::new(), || self.read(&mut |_| ()));
            // Without another thread this one reads all of it.
            let beside = (threads.count > 1 && self.found.len() >= WORTH_A_THREAD).then(start);
            let mut pieces = self.read(each);
            if let Some(Ok(beside)) = beside {
                let others = beside.join();
                let mut others = others.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let files = others.iter_mut().flat_map(|(_, piece)| &mut piece.files);
                files.for_each(each);
                pieces.append(&mut others);
            }
            pieces
        });
        pieces.sort_unstable_by_key(|(index, _)| *index);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Reads until there is nothing left, or something fails: then everything before it is being read already.
    fn read(&self, each: &mut dyn FnMut(&mut File)) -> Vec<(usize, Piece)> {
        let mut pieces = Vec::new();
        while let Some(range) = self.take() {
            for index in range {
                let mut piece = Piece {
                    files: Vec::new(),
                    links: Vec::new(),
                    end: Ok(()),
                };
                piece.end = self.one(&self.found[index], &mut piece, each);
                let failed = piece.end.is_err();
                pieces.push((index, piece));
                if failed {
                    self.next.store(self.found.len(), Ordering::Relaxed);
                    return pieces;
                }
            }
        }
        pieces
    }

    fn take(&self) -> Option<Range<usize>> {
        let start = self.next.fetch_add(AT_ONCE, Ordering::Relaxed);
        let end = self.found.len().min(start.saturating_add(AT_ONCE));
        (start < end).then_some(start..end)
    }

    fn one(&self, found: &Found, piece: &mut Piece, each: &mut dyn FnMut(&mut File)) -> Result<(), Failure> {
        match found {
            Found::Link(path, resolved) => piece.links.push((path.clone(), resolved.clone())),
            Found::File(path, relative) => {
                let mut file = file(path, relative)?;
                each(&mut file);
                piece.files.push(file);
            }
            Found::Dir(dir, prefix, depth) => {
                let inside = self.listing.dir(dir, prefix, *depth);
                return inside.iter().try_for_each(|found| self.one(found, piece, each));
            }
            Found::Bad(failure) => return Err(failure.clone()),
        }
        Ok(())
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
        for threads in [1, 2, 2, 2].map(Threads::from) {
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
