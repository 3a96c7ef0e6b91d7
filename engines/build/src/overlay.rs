//! Files that hide others: the generated kustomization file over the artifact.

use std::borrow::Cow;

use flux_kustomize::{FileError, FileKind, Files};

use crate::paths;

/// A tree with one file replaced or added.
#[derive(Clone, Copy)]
pub struct OverlayFiles<'a> {
    files: &'a dyn Files,
    path: &'a str,
    contents: &'a [u8],
}

impl<'a> OverlayFiles<'a> {
    /// `files` with `contents` at `path`, which is clean.
    pub fn new(files: &'a dyn Files, path: &'a str, contents: &'a [u8]) -> Self {
        OverlayFiles {
            files,
            path,
            contents,
        }
    }
}

impl Files for OverlayFiles<'_> {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        if path == self.path {
            Ok(Cow::Borrowed(self.contents))
        } else {
            self.files.read(path)
        }
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        if path == self.path {
            Some(FileKind::File)
        } else {
            self.files.kind(path)
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let mut names = self.files.list(dir)?;
        let (parent, name) = paths::split(self.path);
        if parent == dir && !names.iter().any(|found| found == name) {
            names.push(name.to_owned());
            names.sort();
        }
        Ok(names)
    }
}
