//! A set of files in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::ignore::Ignore;

/// The files of a source by their path: relative, `/` between the parts, no empty part, no `.` and no `..`, and no file
/// where another one has its directory. There are no links in it and no empty directories. Cloning copies no content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, File>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its content.
    pub bytes: Arc<[u8]>,
    /// Whether anyone may execute it.
    pub executable: bool,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A file.
    File(&'a File),
    /// A directory with at least one file somewhere below.
    Directory,
}

/// A path that a [`Tree`] cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid file path {path:?}: {cause}")]
pub struct InvalidPath {
    /// The path, shortened.
    pub path: String,
    /// What is wrong with it.
    pub cause: &'static str,
}

const MAX_PATH: usize = 4096;

impl Tree {
    /// A tree without files.
    pub fn new() -> Self {
        Tree::default()
    }

    /// Adds a file, or replaces the one at this path.
    ///
    /// # Errors
    /// The path is not relative and clean, is longer than 4096 bytes, or a file stands where it needs a directory (or the
    /// other way round). Backslashes are refused as upstream's consumers refuse them.
    pub fn insert(
        &mut self,
        path: &str,
        bytes: impl Into<Arc<[u8]>>,
        executable: bool,
    ) -> Result<(), InvalidPath> {
        self.check(path)?;
        let bytes = bytes.into();
        self.files.insert(path.into(), File { bytes, executable });
        Ok(())
    }

    fn check(&self, path: &str) -> Result<(), InvalidPath> {
        let invalid = |cause| InvalidPath {
            path: path.chars().take(256).collect(),
            cause,
        };
        if path.len() > MAX_PATH {
            return Err(invalid("it is longer than 4096 bytes"));
        }
        if path.starts_with('/') {
            return Err(invalid("it is absolute"));
        }
        if path.contains(['\\', '\0']) {
            return Err(invalid(
                "it contains a backslash or NUL, which artifacts cannot carry",
            ));
        }
        if path.split('/').any(|part| part == "..") {
            return Err(invalid("it leaves the artifact"));
        }
        if path.split('/').any(|part| part.is_empty() || part == ".") {
            return Err(invalid("it is not clean"));
        }
        if self.is_dir(path) {
            return Err(invalid("there is a directory of that name"));
        }
        let mut ancestors = path.match_indices('/').map(|(end, _)| &path[..end]);
        if ancestors.any(|ancestor| self.files.contains_key(ancestor)) {
            return Err(invalid("one of its directories is a file"));
        }
        Ok(())
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &str) -> Option<File> {
        self.files.remove(path)
    }

    /// The file at exactly this path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// What stands at this path; `""` and `"."` are the root.
    pub fn entry(&self, path: &str) -> Option<Entry<'_>> {
        match self.files.get(path) {
            Some(file) => Some(Entry::File(file)),
            None => self.is_dir(path).then_some(Entry::Directory),
        }
    }

    /// Whether files lie below this path; the root is always a directory.
    pub fn is_dir(&self, path: &str) -> bool {
        if is_root(path) {
            return true;
        }
        let prefix = format!("{path}/");
        self.from(&prefix)
            .next()
            .is_some_and(|(first, _)| first.starts_with(&prefix))
    }

    fn from<'a>(&'a self, start: &str) -> impl Iterator<Item = (&'a String, &'a File)> + use<'a> {
        self.files
            .range::<str, _>((Bound::Included(start), Bound::Unbounded))
    }

    /// The names directly in a directory, sorted by bytes, with what they are. Its cost grows with the number of names, not
    /// with what lies below them.
    pub fn list(&self, directory: &str) -> Vec<(&str, Entry<'_>)> {
        let prefix = if is_root(directory) {
            String::new()
        } else {
            format!("{directory}/")
        };
        let mut names = Vec::new();
        let mut start = prefix.clone();
        while let Some((path, file)) = self.from(&start).next() {
            let Some(rest) = path.strip_prefix(&prefix) else {
                break;
            };
            match rest.split_once('/') {
                None => {
                    names.push((rest, Entry::File(file)));
                    // The next possible key: a file has nothing below it.
                    start = format!("{path}\0");
                }
                Some((name, _)) => {
                    names.push((name, Entry::Directory));
                    // '0' follows '/': past everything below this directory.
                    start = format!("{prefix}{name}0");
                }
            }
        }
        names.sort_by_key(|(name, _)| *name);
        names
    }

    /// All files, sorted by the bytes of their path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes of content, the paths included: what holding it costs.
    pub fn size(&self) -> u64 {
        self.files
            .iter()
            .map(|(path, file)| (path.len() + file.bytes.len()) as u64)
            .sum()
    }

    /// Drops the files that the rules exclude.
    pub fn retain(&mut self, ignore: &Ignore) {
        self.files.retain(|path, _| !ignore.excludes(path, false));
    }

    /// The files below `directory`, with paths relative to it. Shares their content.
    pub fn subtree(&self, directory: &str) -> Tree {
        if is_root(directory) {
            return self.clone();
        }
        let prefix = format!("{directory}/");
        let below = self
            .from(&prefix)
            .map_while(|(path, file)| Some((path.strip_prefix(&prefix)?, file)));
        Tree {
            files: below.map(|(path, file)| (path.into(), file.clone())).collect(),
        }
    }
}

fn is_root(path: &str) -> bool {
    path.is_empty() || path == "."
}

#[cfg(test)]
mod tests;
