//! The files of a chart's directory.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use flux_helm::chart::{ChartLimits, File, IgnoreRules};
use flux_helm::{Level, Log, Threads, Time};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};

use super::{Failure, file_error};

/// The files of a chart's directory without those that `.helmignore` names. Links are followed, as Helm does.
pub fn dir_files(root: &Path, log: &mut Log) -> Result<Vec<File>, Failure> {
    walk(root, Threads::from(1), log, &|_| ())
}

/// The same, read on one or two threads; `each` is shown every file where it is read, in no order.
pub fn walk(
    root: &Path,
    threads: Threads,
    log: &mut Log,
    each: &(dyn Fn(&mut File) + Sync),
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
    File(Entry, String),
    /// A directory, and its name in the chart.
    Dir(Entry, String),
    /// What is wrong with what comes next.
    Bad(Failure),
}

/// A name in a directory.
struct Entry(Arc<Dir>, OsString);

/// A directory that is open, so that the system need not find it again for each name in it.
struct Dir {
    open: rustix::fs::Dir,
    path: PathBuf,
    /// What the names of its files in the chart begin with.
    prefix: String,
    /// Directories around it.
    depth: usize,
}

impl Entry {
    fn path(&self) -> PathBuf {
        self.0.path.join(&self.1)
    }

    fn open(&self, flags: OFlags) -> io::Result<OwnedFd> {
        let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC;
        Ok(openat(self.0.open.fd()?, &self.1, flags, Mode::empty())?)
    }
}

impl Dir {
    fn root(path: &Path) -> Result<Self, Failure> {
        let open = fs::File::open(path).and_then(|open| Ok(rustix::fs::Dir::new(open)?));
        Ok(Dir {
            open: open.map_err(|error| file_error("open", path, &error))?,
            path: path.to_owned(),
            prefix: String::new(),
            depth: 0,
        })
    }

    fn within(entry: &Entry, name: &str) -> Result<Self, Failure> {
        let path = entry.path();
        let open = entry.open(OFlags::DIRECTORY);
        let open = open.and_then(|open| Ok(rustix::fs::Dir::new(open)?));
        Ok(Dir {
            open: open.map_err(|error| file_error("open", &path, &error))?,
            path,
            prefix: format!("{name}/"),
            depth: entry.0.depth + 1,
        })
    }

    /// The names in it, in order, and of what kind they are.
    fn names(&mut self) -> Result<Vec<(OsString, FileType)>, Failure> {
        let mut names = Vec::new();
        while let Some(entry) = self.open.read() {
            let entry = entry.map_err(|error| file_error("open", &self.path, &error.into()))?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let name = OsStr::from_bytes(name).to_owned();
            let kind = match entry.file_type() {
                FileType::Unknown => self.kind(&name)?,
                known => known,
            };
            names.push((name, kind));
        }
        names.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(names)
    }

    /// The kind of an entry where the file system does not tell it with the name.
    fn kind(&self, name: &OsStr) -> Result<FileType, Failure> {
        let open = self.open.fd();
        let stat = open.and_then(|open| statat(open, name, AtFlags::SYMLINK_NOFOLLOW));
        let stat = stat.map_err(|error| file_error("lstat", &self.path.join(name), &error.into()))?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }
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
        let mut found = self.list(Dir::root(root));
        loop {
            let dirs = found.iter().filter(|found| matches!(found, Found::Dir(..)));
            if !(1..ENOUGH).contains(&dirs.count()) {
                return found;
            }
            let open = |found| match found {
                Found::Dir(entry, name) => self.list(Dir::within(&entry, &name)),
                other => vec![other],
            };
            found = found.into_iter().flat_map(open).collect();
        }
    }

    /// What is in a directory, in order.
    fn list(&self, dir: Result<Dir, Failure>) -> Vec<Found> {
        let names = dir.and_then(|mut dir| Ok((dir.names()?, dir)));
        let (names, dir) = match names {
            Ok((names, dir)) => (names, Arc::new(dir)),
            Err(failure) => return vec![Found::Bad(failure)],
        };
        let entries = self.entries.fetch_add(names.len(), Ordering::Relaxed) + names.len();
        if dir.depth > MAX_DEPTH || entries > MAX_ENTRIES {
            let dir = dir.path.display();
            return vec![Found::Bad(format!(
                "{dir}: links lead in circles, or there is too much in it"
            ))];
        }
        let mut found = Vec::with_capacity(names.len());
        for (name, kind) in names {
            let relative = format!("{}{}", dir.prefix, name.to_string_lossy());
            if let Err(failure) = self.entry(Entry(dir.clone(), name), relative, kind, &mut found) {
                found.push(Found::Bad(failure));
                break;
            }
        }
        found
    }

    fn entry(
        &self,
        entry: Entry,
        relative: String,
        mut kind: FileType,
        found: &mut Vec<Found>,
    ) -> Result<(), Failure> {
        if kind == FileType::Symlink {
            let path = entry.path();
            let resolved = fs::canonicalize(&path).map_err(|error| {
                format!(
                    "error evaluating symlink {}: {}",
                    path.display(),
                    file_error("lstat", &path, &error)
                )
            })?;
            let stat = rustix::fs::stat(&resolved);
            let stat = stat.map_err(|error| file_error("lstat", &resolved, &error.into()))?;
            kind = FileType::from_raw_mode(stat.st_mode);
            found.push(Found::Link(path, resolved));
        }
        if self.rules.ignores(&relative, kind == FileType::Directory) {
            return Ok(());
        }
        match kind {
            FileType::Directory => found.push(Found::Dir(entry, relative)),
            FileType::RegularFile => found.push(Found::File(entry, relative)),
            _ => {
                return Err(format!(
                    "cannot load irregular file {} as it has file mode type bits set",
                    entry.path().display()
                ));
            }
        }
        Ok(())
    }
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

/// Files or directories that are worth another thread.
const WORTH_A_THREAD: usize = 32;

impl Work {
    /// Reads everything on this thread and, where it is much, on another one: up to the first that fails, in order.
    fn share(&self, threads: Threads, each: &(dyn Fn(&mut File) + Sync)) -> Vec<Piece> {
        let mut pieces = std::thread::scope(|scope| {
            let start = || threads.start(scope, Builder::new(), || self.read(each));
            // Without another thread this one reads all of it.
            let beside = (threads.count > 1 && self.found.len() >= WORTH_A_THREAD).then(start);
            let mut pieces = self.read(each);
            if let Some(Ok(beside)) = beside {
                let others = beside.join();
                pieces.extend(others.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            pieces
        });
        pieces.sort_unstable_by_key(|(index, _)| *index);
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }

    /// Reads until there is nothing left, or something fails: then everything before it is being read already.
    fn read(&self, each: &(dyn Fn(&mut File) + Sync)) -> Vec<(usize, Piece)> {
        let mut pieces = Vec::new();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(found) = self.found.get(index) else {
                return pieces;
            };
            let mut piece = Piece {
                files: Vec::new(),
                links: Vec::new(),
                end: Ok(()),
            };
            piece.end = self.one(found, &mut piece, each);
            if piece.end.is_err() {
                self.next.store(self.found.len(), Ordering::Relaxed);
            }
            pieces.push((index, piece));
        }
    }

    fn one(
        &self,
        found: &Found,
        piece: &mut Piece,
        each: &(dyn Fn(&mut File) + Sync),
    ) -> Result<(), Failure> {
        match found {
            Found::Link(path, resolved) => piece.links.push((path.clone(), resolved.clone())),
            Found::File(entry, relative) => {
                let mut file = file(entry, relative)?;
                each(&mut file);
                piece.files.push(file);
            }
            Found::Dir(entry, relative) => {
                let inside = self.listing.list(Dir::within(entry, relative));
                return inside.iter().try_for_each(|found| self.one(found, piece, each));
            }
            Found::Bad(failure) => return Err(failure.clone()),
        }
        Ok(())
    }
}

/// A file of a chart.
fn file(entry: &Entry, relative: &str) -> Result<File, Failure> {
    let unreadable = |error| {
        format!(
            "error reading {relative}: {}",
            file_error("open", &entry.path(), &error)
        )
    };
    let mut opened = fs::File::from(entry.open(OFlags::empty()).map_err(unreadable)?);
    let metadata = opened.metadata().map_err(unreadable)?;
    let limit = ChartLimits::default().file;
    if metadata.len() > limit {
        let name = entry.1.to_string_lossy();
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
            let shown = AtomicUsize::new(0);
            let count = |_: &mut File| {
                shown.fetch_add(1, Ordering::Relaxed);
            };
            let files = walk(folder.path(), threads, &mut Log::new(), &count);
            match expect {
                Ok(count) => {
                    let files = files.unwrap();
                    let is_right =
                        |(number, file): (usize, &File)| file.data == number.to_string().as_bytes();
                    assert!(files.iter().enumerate().all(is_right));
                    assert_eq!((files.len(), shown.into_inner()), (count, count));
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
