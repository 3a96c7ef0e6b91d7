//! Reading files from the place of a kustomization, within what it may see.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::files::{FileError, FileKind, Files};
use crate::limits;
use crate::options::LoadRestrictor;
use crate::paths;
use crate::remote::{GitSpec, Remote, RemoteError};
use crate::repo_url;

/// The tree that a kustomization lives in.
#[derive(Clone)]
enum Tree<'a> {
    Given(&'a dyn Files),
    Repo(Arc<dyn Files + Send>, Arc<GitSpec>),
}

impl Tree<'_> {
    fn files(&self) -> &dyn Files {
        match self {
            Tree::Given(files) => *files,
            Tree::Repo(files, _) => files.as_ref(),
        }
    }

    fn spec(&self) -> Option<&GitSpec> {
        match self {
            Tree::Given(_) => None,
            Tree::Repo(_, spec) => Some(spec),
        }
    }
}

/// A directory with a kustomization, and how it was reached.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    tree: Tree<'a>,
    root: String,
    restrictor: LoadRestrictor,
    remote: &'a dyn Remote,
    /// The directories on the way here, outermost first.
    visited: Arc<Vec<(Option<GitSpec>, String)>>,
    /// Bytes read so far by the whole build.
    spent: Rc<Cell<usize>>,
}

/// A kustomization that includes more levels than this is taken for a mistake.
const MAX_DEPTH: usize = 100;

fn file_error(path: &str, error: &FileError) -> Error {
    let kind = if *error == FileError::Outside {
        ErrorKind::Restricted
    } else {
        ErrorKind::File
    };
    Error::new(kind, format!("'{path}': {error}"))
}

fn remote_error(url: &str, error: &RemoteError) -> Error {
    let mut made = Error::new(ErrorKind::Remote, format!("'{url}': {error}"));
    made.transient = error.transient;
    made
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        path: &str,
        restrictor: LoadRestrictor,
        remote: &'a dyn Remote,
    ) -> Result<Self, Error> {
        let tree = Tree::Given(files);
        let root = directory(&tree, "", path)?;
        Ok(Loader {
            tree,
            root,
            restrictor,
            remote,
            visited: Arc::default(),
            spent: Rc::default(),
        })
    }

    /// The directory, relative to the root of its tree.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// The repository that the tree is a checkout of.
    pub(crate) fn repo(&self) -> Option<&str> {
        self.tree.spec().map(|spec| spec.repo.as_str())
    }

    /// A path as messages name it: relative to the root of the tree.
    pub(crate) fn display(&self, path: &str) -> String {
        if repo_url::is_http(path) {
            return path.to_owned();
        }
        paths::resolve(&self.root, path).unwrap_or_else(|| path.to_owned())
    }

    /// What stands at a local path; nothing for paths that lead out.
    pub(crate) fn kind(&self, path: &str) -> Option<FileKind> {
        self.tree.files().kind(&paths::resolve(&self.root, path)?)
    }

    /// The contents of a file or URL.
    pub(crate) fn load(&self, path: &str) -> Result<Cow<'_, [u8]>, Error> {
        if repo_url::is_http(path) {
            return self
                .remote
                .file(path)
                .map(Cow::Owned)
                .map_err(|error| remote_error(path, &error));
        }
        let clean = paths::resolve(&self.root, path).ok_or_else(|| file_error(path, &FileError::Outside))?;
        if self.restrictor == LoadRestrictor::RootOnly && !paths::is_below(&clean, &self.root) {
            return Err(Error::new(
                ErrorKind::Restricted,
                format!("security; file '{clean}' is not in or below '{}'", self.root),
            ));
        }
        match self.tree.files().read(&clean) {
            Ok(contents) => {
                self.spent.set(limits::load(self.spent.get(), contents.len())?);
                Ok(contents)
            }
            Err(FileError::IsDirectory) => Err(Error::new(
                ErrorKind::File,
                format!("'{clean}' must resolve to a file, it is a directory"),
            )),
            Err(error) => Err(file_error(&clean, &error)),
        }
    }

    /// The text of a file or URL, which must be UTF-8.
    pub(crate) fn load_text(&self, path: &str) -> Result<String, Error> {
        flux_yaml::decode_utf8(&self.load(path)?)
            .map(Cow::into_owned)
            .map_err(|error| {
                Error::new(ErrorKind::Syntax, error.to_string()).at(&self.display(path), error.pos.line)
            })
    }

    /// A loader for a base: a directory of the same tree, or a repository.
    pub(crate) fn enter(&self, path: &str) -> Result<Loader<'a>, Error> {
        if path.is_empty() {
            return Err(Error::invalid("the path of a base cannot be empty"));
        }
        let (tree, root, restrictor) = match repo_url::parse(path) {
            Some(spec) => {
                let files = self
                    .remote
                    .git(&spec)
                    .map_err(|error| remote_error(path, &error))?;
                let subdirectory = spec.path.clone();
                let tree = Tree::Repo(files, Arc::new(spec));
                let root = directory(&tree, "", &subdirectory)?;
                (tree, root, LoadRestrictor::RootOnly)
            }
            None => (
                self.tree.clone(),
                directory(&self.tree, &self.root, path)?,
                self.restrictor,
            ),
        };
        let mut visited = (*self.visited).clone();
        visited.push((self.tree.spec().cloned(), self.root.clone()));
        if visited.len() > MAX_DEPTH {
            return Err(Error::new(
                ErrorKind::Cycle,
                format!("kustomizations are nested more than {MAX_DEPTH} deep"),
            ));
        }
        let is_cycle = |(spec, seen): &&(Option<GitSpec>, String)| {
            spec.as_ref() == tree.spec() && paths::is_below(seen, &root)
        };
        if let Some((_, seen)) = visited.iter().rev().find(is_cycle) {
            return Err(Error::new(
                ErrorKind::Cycle,
                format!(
                    "cycle detected: candidate root '{}' contains visited root '{}'",
                    shown(&root),
                    shown(seen)
                ),
            ));
        }
        Ok(Loader {
            tree,
            root,
            restrictor,
            remote: self.remote,
            visited: Arc::new(visited),
            spent: Rc::clone(&self.spent),
        })
    }
}

fn shown(root: &str) -> &str {
    if root.is_empty() { "." } else { root }
}

fn directory(tree: &Tree<'_>, base: &str, path: &str) -> Result<String, Error> {
    let clean = paths::resolve(base, path).ok_or_else(|| file_error(path, &FileError::Outside))?;
    match tree.files().kind(&clean) {
        Some(FileKind::Directory) => Ok(clean),
        Some(FileKind::File) => Err(Error::new(
            ErrorKind::File,
            format!("'{clean}' is a file; expected a directory"),
        )),
        None => Err(file_error(&clean, &FileError::NotFound)),
    }
}
