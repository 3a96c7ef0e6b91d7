//! From files to an archive.

use std::collections::BTreeSet;
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::digest::{Algorithm, Digest, Hasher};
use crate::tree::Tree;

const FILE_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;
const DIRECTORY_MODE: u32 = 0o750;
/// What Go's gzip writer says of the operating system: unknown.
const UNKNOWN_SYSTEM: u8 = 255;
/// Bytes for a name in a ustar header.
const SHORT_NAME: usize = 100;

/// What is known of an archive once it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Over the compressed bytes.
    pub digest: Digest,
    /// Compressed bytes.
    pub size: u64,
}

/// Writes `tree` as a gzip-compressed tar archive whose bytes depend on nothing but the paths, contents and executable bits:
/// no owners, no times, modes 0600, 0700 and 0750, entries in the order of a directory walk, the root as `.` first.
/// This is how upstream lays out its artifacts.
///
/// # Errors
/// Only those of `out`.
pub fn pack<W: Write>(tree: &Tree, algorithm: Algorithm, out: W) -> io::Result<Packed> {
    let metered = Metered {
        out,
        hasher: algorithm.hasher(),
        size: 0,
    };
    let gzip = GzBuilder::new()
        .operating_system(UNKNOWN_SYSTEM)
        .write(metered, Compression::default());
    let mut archive = Builder::new(gzip);
    append(&mut archive, ".", DIRECTORY_MODE, EntryType::Directory, &[])?;

    let mut files: Vec<_> = tree.iter().collect();
    files.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    let mut directories = BTreeSet::new();
    for (path, file) in files {
        for (end, _) in path.match_indices('/') {
            if directories.insert(&path[..end]) {
                append(
                    &mut archive,
                    &path[..end],
                    DIRECTORY_MODE,
                    EntryType::Directory,
                    &[],
                )?;
            }
        }
        let mode = if file.executable {
            EXECUTABLE_MODE
        } else {
            FILE_MODE
        };
        append(&mut archive, path, mode, EntryType::Regular, &file.bytes)?;
    }

    let metered = archive.into_inner()?.finish()?;
    Ok(Packed {
        digest: metered.hasher.finish(),
        size: metered.size,
    })
}

fn append<W: Write>(
    archive: &mut Builder<W>,
    path: &str,
    mode: u32,
    kind: EntryType,
    bytes: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    if !put_name(&mut header, path) {
        archive.append_pax_extensions([("path", path.as_bytes())])?;
    }
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    archive.append(&header, bytes)
}

/// Puts `path` into the header, split into prefix and name when it is long. False when it needs an extended header; what then
/// stands in the plain one is only a hint for readers of the last century.
fn put_name(header: &mut Header, path: &str) -> bool {
    let Some(ustar) = header.as_ustar_mut() else {
        return false;
    };
    if path.is_ascii() {
        if path.len() <= SHORT_NAME {
            ustar.name[..path.len()].copy_from_slice(path.as_bytes());
            return true;
        }
        // The last separator that leaves a prefix short enough gives the shortest name.
        let mut fits = path
            .match_indices('/')
            .map(|(at, _)| at)
            .filter(|at| (1..=ustar.prefix.len()).contains(at));
        if let Some(at) = fits.next_back().filter(|at| path.len() - at - 1 <= SHORT_NAME) {
            ustar.prefix[..at].copy_from_slice(&path.as_bytes()[..at]);
            ustar.name[..path.len() - at - 1].copy_from_slice(&path.as_bytes()[at + 1..]);
            return true;
        }
    }
    let hint = path.bytes().filter(u8::is_ascii).take(SHORT_NAME);
    ustar.name.iter_mut().zip(hint).for_each(|(to, byte)| *to = byte);
    false
}

/// Counts and hashes what passes through.
struct Metered<W> {
    out: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> Write for Metered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
