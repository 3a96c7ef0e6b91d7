//! Reading files from the place of a kustomization, within what it may see.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::files::{FileError, FileKind, Files};
use crate::limits;
use crate::options::{LoadRestrictor, Options};
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
    /// Whether absolute paths start at the root of the tree.
    absolute: bool,
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
        options: &Options,
        remote: &'a dyn Remote,
    ) -> Result<Self, Error> {
        let spent = Rc::default();
        let given = Tree::Given(files);
        let (tree, root, restrictor) = match repo_url::parse(path) {
            Some(spec) if is_missing(&given, path) => {
                let (tree, root) = repository(remote, path, spec)?;
                (tree, root, LoadRestrictor::RootOnly)
            }
            _ => {
                let root = directory(&given, "", path)?;
                (given, root, options.load_restrictor)
            }
        };
        let absolute = options.absolute_paths && matches!(tree, Tree::Given(_));
        Ok(Loader {
            tree,
            root,
            restrictor,
            absolute,
            remote,
            visited: Arc::default(),
            spent,
        })
    }

    /// The tree that the directory is in.
    pub(crate) fn files(&self) -> &dyn Files {
        self.tree.files()
    }

    /// A path that is relative to the directory, from the root of the tree.
    pub(crate) fn path_from_root(&self, path: &str) -> Result<String, Error> {
        self.resolve(path)
            .ok_or_else(|| file_error(path, &FileError::Outside))
    }

    fn resolve(&self, path: &str) -> Option<String> {
        match path.strip_prefix('/') {
            Some(rest) if self.absolute => paths::resolve("", rest.trim_start_matches('/')),
            _ => paths::resolve(&self.root, path),
        }
    }

    /// The directory, relative to the root of its tree.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// The repository that the tree is a checkout of.
    pub(crate) fn repo(&self) -> Option<&str> {
        self.tree.spec().map(|spec| spec.repo.as_str())
    }

    /// A path from the root of the tree as messages name it: with a slash in front when the tree is a whole file system.
    pub(crate) fn shown(&self, clean: &str) -> String {
        match (self.absolute, clean) {
            (true, clean) => format!("/{clean}"),
            (false, "") => ".".to_owned(),
            (false, clean) => clean.to_owned(),
        }
    }

    /// A path that is relative to the directory, as messages name it.
    pub(crate) fn display(&self, path: &str) -> String {
        if repo_url::is_http(path) {
            return path.to_owned();
        }
        match self.resolve(path) {
            Some(clean) => self.shown(&clean),
            None => path.to_owned(),
        }
    }

    /// What stands at a local path; nothing for paths that lead out.
    pub(crate) fn kind(&self, path: &str) -> Option<FileKind> {
        self.tree.files().kind(&self.resolve(path)?)
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
        let clean = self.path_from_root(path)?;
        let files = self.tree.files();
        if self.restrictor == LoadRestrictor::RootOnly {
            // What is not there leads nowhere: it is the reading that says so.
            let real = match files.kind(&clean) {
                Some(_) => files.real(&clean),
                None => Some(Cow::Borrowed(clean.as_str())),
            };
            if !real.is_some_and(|real| paths::is_below(&real, &self.root)) {
                let message = format!(
                    "security; file '{}' is not in or below '{}'",
                    self.shown(&clean),
                    self.shown(&self.root)
                );
                return Err(Error::new(ErrorKind::Restricted, message));
            }
        }
        match files.read(&clean) {
            Ok(contents) => {
                self.spent.set(limits::load(self.spent.get(), contents.len())?);
                Ok(contents)
            }
            Err(FileError::IsDirectory) => Err(Error::new(
                ErrorKind::File,
                format!(
                    "'{}' must resolve to a file, it is a directory",
                    self.shown(&clean)
                ),
            )),
            Err(error) => Err(file_error(&self.shown(&clean), &error)),
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
                let (tree, root) = repository(self.remote, path, spec)?;
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
                    self.shown(&root),
                    self.shown(seen)
                ),
            ));
        }
        let absolute = self.absolute && matches!(tree, Tree::Given(_));
        Ok(Loader {
            tree,
            root,
            restrictor,
            absolute,
            remote: self.remote,
            visited: Arc::new(visited),
            spent: Rc::clone(&self.spent),
        })
    }
}

/// Whether there is nothing at a path of the tree.
fn is_missing(tree: &Tree<'_>, path: &str) -> bool {
    paths::resolve("", path).is_none_or(|clean| tree.files().kind(&clean).is_none())
}

/// The tree of a repository and the directory in it.
fn repository<'a>(remote: &dyn Remote, url: &str, spec: GitSpec) -> Result<(Tree<'a>, String), Error> {
    let files = remote.git(&spec).map_err(|error| remote_error(url, &error))?;
    let subdirectory = spec.path.clone();
    let tree = Tree::Repo(files, Arc::new(spec));
    let root = directory(&tree, "", &subdirectory)?;
    Ok((tree, root))
}

fn directory(tree: &Tree<'_>, base: &str, path: &str) -> Result<String, Error> {
    let clean = paths::resolve(base, path).ok_or_else(|| file_error(path, &FileError::Outside))?;
    match tree.files().kind(&clean) {
        Some(FileKind::Directory) => match tree.files().real(&clean) {
            Some(real) => Ok(real.into_owned()),
            None => Err(file_error(path, &FileError::Outside)),
        },
        Some(FileKind::File) => Err(Error::new(
            ErrorKind::File,
            format!("'{path}' is a file; expected a directory"),
        )),
        None => Err(file_error(path, &FileError::NotFound)),
    }
}
