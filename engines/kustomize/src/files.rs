//! What the build asks of a tree of files, as a trait, and a tree in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file with contents.
    File,
    /// A directory.
    Directory,
}

/// Why a path could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing stands there.
    #[error("no such file or directory")]
    NotFound,
    /// A file was wanted, a directory is there.
    #[error("it is a directory")]
    IsDirectory,
    /// A directory was wanted, a file is there.
    #[error("it is not a directory")]
    NotDirectory,
    /// The path leads out of the root.
    #[error("the path leads out of the root of the tree")]
    Outside,
    /// Anything else the store has to say.
    #[error("{0}")]
    Other(String),
}

/// A tree of files, as the build sees it.
///
/// Paths are relative to the root of the tree, separated by `/`, and clean: no `.`, no `..`, no empty part, no leading
/// or trailing slash. The root itself is the empty string. The build cleans every path before it asks, and refuses the
/// ones that leave the root, so an implementation need not follow `..`; one over a real disk must still refuse symbolic
/// links that lead out, with [`FileError::Outside`].
pub trait Files: Sync {
    /// The contents of a file.
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError>;

    /// What stands at a path; nothing when there is nothing (or when it may not be seen).
    fn kind(&self, path: &str) -> Option<FileKind>;

    /// Where a path that is there leads when symbolic links are followed, as a clean path; a tree without links leads
    /// everywhere by itself. Nothing when it leads out. What may be read, and where `..` goes from a directory, is
    /// decided by this path.
    fn real<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        Some(Cow::Borrowed(path))
    }

    /// The names (not paths) in a directory, sorted.
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError>;
}

/// A tree of files in memory. Directories exist when a file is below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemFiles {
    /// An empty tree.
    pub fn new() -> Self {
        MemFiles::default()
    }

    /// Puts a file, replacing what was there. The path is cleaned; `..` parts that leave the root stop at the root.
    pub fn insert(&mut self, path: &str, contents: impl Into<Vec<u8>>) {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        self.files.insert(parts.join("/"), contents.into());
    }

    /// Takes a file away; gives its contents.
    pub fn remove(&mut self, path: &str) -> Option<Vec<u8>> {
        self.files.remove(path)
    }

    /// The files with their contents, in order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, contents)| (path.as_str(), contents.as_slice()))
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.files
            .range(prefix.to_owned()..)
            .map(|(path, _)| path.as_str())
            .take_while(move |path| path.starts_with(prefix))
    }
}

impl<P: AsRef<str>, C: Into<Vec<u8>>> FromIterator<(P, C)> for MemFiles {
    fn from_iter<I: IntoIterator<Item = (P, C)>>(iter: I) -> Self {
        let mut files = MemFiles::new();
        for (path, contents) in iter {
            files.insert(path.as_ref(), contents);
        }
        files
    }
}

impl Files for MemFiles {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        match self.files.get(path) {
            Some(contents) => Ok(Cow::Borrowed(contents)),
            None if self.kind(path).is_some() => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        if path.is_empty() {
            return Some(FileKind::Directory);
        }
        if self.files.contains_key(path) {
            return Some(FileKind::File);
        }
        let prefix = format!("{path}/");
        self.below(&prefix).next().map(|_| FileKind::Directory)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        match self.kind(dir) {
            None => return Err(FileError::NotFound),
            Some(FileKind::File) => return Err(FileError::NotDirectory),
            Some(FileKind::Directory) => {}
        }
        let prefix = if dir.is_empty() {
            String::new()
        } else {
            format!("{dir}/")
        };
        let mut names: Vec<String> = Vec::new();
        for path in self.below(&prefix) {
            let rest = &path[prefix.len()..];
            let name = rest.split('/').next().unwrap_or(rest);
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}
