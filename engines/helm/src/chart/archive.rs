//! Chart archives: gzip around tar, read into memory within limits.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use crate::chart::File;
use crate::log::quote;
use crate::time::Time;

/// What a chart may hold. The defaults are Helm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChartLimits {
    /// Bytes of all files of one archive together.
    pub total: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of everything that is unpacked, archives within archives included. Helm has no such limit.
    pub unpacked: u64,
    /// How deep charts may lie in charts. Helm has no such limit.
    pub depth: usize,
}

impl Default for ChartLimits {
    fn default() -> Self {
        ChartLimits {
            total: 100 << 20,
            file: 5 << 20,
            unpacked: 512 << 20,
            depth: 32,
        }
    }
}

/// Why an archive holds no chart; in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Not gzip.
    #[error("gzip: invalid header")]
    NotGzip,
    /// Damaged, or no tar.
    #[error("{0}")]
    Damaged(String),
    /// An absolute path.
    #[error("chart illegally contains absolute paths")]
    AbsolutePath,
    /// A file outside of the chart's folder.
    #[error("chart illegally contains content outside the base directory: {}", quote(.0))]
    OutsideBase(String),
    /// A path with `..` in front.
    #[error("chart illegally references parent directory")]
    ParentPath,
    /// A path with a drive.
    #[error("chart contains illegally named files")]
    IllegalName,
    /// `Chart.yaml` at the top of the archive.
    #[error("chart yaml not in base directory")]
    NoBase,
    /// All files together are too large.
    #[error("decompressed chart is larger than the maximum size {0}")]
    TooLarge(u64),
    /// A file is too large.
    #[error("decompressed chart file {} is larger than the maximum file size {limit}", quote(.name))]
    FileTooLarge {
        /// Its path in the archive.
        name: String,
        /// What is allowed.
        limit: u64,
    },
    /// Nothing in it.
    #[error("no files in chart archive")]
    Empty,
}

/// What is left of the limits while charts within charts are read.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: ChartLimits,
    pub(crate) unpacked: u64,
}

impl Budget {
    pub(crate) fn new(limits: ChartLimits) -> Self {
        Budget { limits, unpacked: 0 }
    }
}

/// Counts what is unpacked, and stops where the budget ends.
struct Counted<'b, R> {
    inner: R,
    budget: &'b mut Budget,
    /// What one archive may unpack to: its files, and headers for all of them.
    left: u64,
    exceeded: bool,
    position: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = count as u64;
        self.budget.unpacked += bytes;
        if bytes > self.left || self.budget.unpacked > self.budget.limits.unpacked {
            self.exceeded = true;
            return Err(io::Error::other("limit"));
        }
        self.left -= bytes;
        self.position += bytes;
        Ok(count)
    }
}

/// Only forward, by reading: what fills files up to whole blocks is passed over in small pieces, for which the reader of archives
/// would clear a large buffer each time.
impl<R: Read> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let distance = match to {
            SeekFrom::Current(distance) => u64::try_from(distance).ok(),
            SeekFrom::Start(_) | SeekFrom::End(_) => None,
        };
        let mut left = distance.ok_or_else(|| io::Error::other("an archive is read forward only"))?;
        let mut passed = [0; 512];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(passed.len());
            match self.read(&mut passed[..wanted])? {
                0 => return Err(io::Error::other("unexpected EOF during skip")),
                count => left -= count as u64,
            }
        }
        Ok(self.position)
    }
}

/// The files of an archive, with paths relative to the chart. Links become empty files, as in Helm: nothing is followed.
///
/// # Errors
/// Damaged, too large, or with a path that leaves the chart.
pub fn read_archive(archive: &[u8], limits: &ChartLimits) -> Result<Vec<File>, ArchiveError> {
    read_within(&mut &*archive, &mut Budget::new(*limits), &mut |_| ())
}

/// The same within a budget; `each` is shown every file as soon as it is there.
pub(crate) fn read_within(
    archive: &mut dyn BufRead,
    budget: &mut Budget,
    each: &mut dyn FnMut(&mut File),
) -> Result<Vec<File>, ArchiveError> {
    let begins = archive.fill_buf().map_err(damaged)?;
    if !begins.starts_with(&[0x1f, 0x8b]) {
        return Err(if begins.is_empty() {
            ArchiveError::Damaged("EOF".to_owned())
        } else {
            ArchiveError::NotGzip
        });
    }
    let limits = budget.limits;
    let counted = Counted {
        inner: MultiGzDecoder::new(archive),
        left: limits.total.saturating_mul(2),
        budget,
        exceeded: false,
        position: 0,
    };
    let mut archive = Archive::new(counted);
    let outcome = files(&mut archive, &limits, each);
    match outcome {
        Err(ArchiveError::Damaged(_)) if archive.into_inner().exceeded => {
            Err(ArchiveError::TooLarge(limits.total))
        }
        other => other,
    }
}

fn damaged(error: io::Error) -> ArchiveError {
    ArchiveError::Damaged(error.to_string())
}

fn files<R: Read + Seek>(
    archive: &mut Archive<R>,
    limits: &ChartLimits,
    each: &mut dyn FnMut(&mut File),
) -> Result<Vec<File>, ArchiveError> {
    let mut files = Vec::new();
    let mut remaining = limits.total;
    for entry in archive.entries_with_seek().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        let dir_by_name = path.ends_with('/') && matches!(kind, EntryType::Regular | EntryType::Continuous);
        if kind == EntryType::Directory || dir_by_name {
            continue;
        }
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let name = relative(&path)?;
        let size = if is_link(kind) { 0 } else { entry.size() };
        if size > remaining {
            return Err(ArchiveError::TooLarge(limits.total));
        }
        if size > limits.file {
            let limit = limits.file;
            return Err(ArchiveError::FileTooLarge { name: path, limit });
        }
        let data = content(&mut entry, size).map_err(damaged)?;
        remaining -= size.min(remaining);
        if remaining == 0 {
            return Err(ArchiveError::TooLarge(limits.total));
        }
        let modified = entry
            .header()
            .mtime()
            .ok()
            .and_then(|mtime| i64::try_from(mtime).ok());
        let mut file = File {
            name,
            data: without_bom(Bytes::from(data)),
            mod_time: modified.map_or_else(Time::default, |seconds| Time::from_unix(seconds, 0)),
        };
        each(&mut file);
        files.push(file);
    }
    if files.is_empty() {
        return Err(ArchiveError::Empty);
    }
    Ok(files)
}

/// What is in a file, in as few pieces as it can be unpacked.
fn content<R: Read>(entry: &mut Entry<'_, R>, size: u64) -> io::Result<Vec<u8>> {
    let mut data = vec![0; usize::try_from(size).unwrap_or(0)];
    let mut filled = 0;
    while filled < data.len() {
        match entry.read(&mut data[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    data.truncate(filled);
    Ok(data)
}

fn is_link(kind: EntryType) -> bool {
    !matches!(
        kind,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse
    )
}

pub(crate) fn without_bom(data: Bytes) -> Bytes {
    if data.starts_with(b"\xef\xbb\xbf") {
        data.slice(3..)
    } else {
        data
    }
}

/// The path below the chart's folder.
fn relative(path: &str) -> Result<String, ArchiveError> {
    let delimiter = if path.contains('\\') { '\\' } else { '/' };
    let (base, rest) = path.split_once(delimiter).unwrap_or((path, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(ArchiveError::AbsolutePath);
    }
    let cleaned = clean(rest);
    if cleaned == "." {
        return Err(ArchiveError::OutsideBase(path.to_owned()));
    }
    if cleaned.starts_with("..") {
        return Err(ArchiveError::ParentPath);
    }
    let mut start = cleaned.bytes();
    if let (Some(drive), Some(b':'), Some(b'/')) = (start.next(), start.next(), start.next())
        && drive.is_ascii_alphabetic()
    {
        return Err(ArchiveError::IllegalName);
    }
    if base == "Chart.yaml" {
        return Err(ArchiveError::NoBase);
    }
    Ok(cleaned)
}

/// Go's `path.Clean`.
pub(crate) fn clean(path: String) -> String {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    if path.split('/').all(is_plain) {
        return path;
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
