//! Files become objects.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use flux_api::kustomization::Kustomization;
use flux_artifact::{Entry, Tree};
use flux_build::{Input, RecordingFiles};
use flux_kustomize::{FileError, FileKind, Files, NoRemote};

pub(crate) use flux_build::{Closure, Error};

/// What a build gives.
pub(crate) struct Built {
    pub(crate) objects: Vec<Value>,
    /// `sha256:hex` of the manifests.
    pub(crate) digest: String,
    /// What it looked at.
    pub(crate) closure: Closure,
}

/// Values of the objects that `substituteFrom` names, in its order.
pub(crate) type Variables = Vec<BTreeMap<String, String>>;

/// The files of an artifact, as the build sees them.
struct TreeFiles<'a>(&'a Tree);

impl Files for TreeFiles<'_> {
    fn read(&self, path: &str) -> Result<Cow<'_, [u8]>, FileError> {
        match self.0.entry(path) {
            Some(Entry::File(file)) => Ok(Cow::Borrowed(&file.bytes)),
            Some(Entry::Directory) => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        self.0.entry(path).map(|entry| match entry {
            Entry::File(_) => FileKind::File,
            Entry::Directory => FileKind::Directory,
        })
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        match self.0.entry(dir) {
            Some(Entry::Directory) => Ok(self
                .0
                .list(dir)
                .into_iter()
                .map(|(name, _)| name.to_owned())
                .collect()),
            Some(Entry::File(_)) => Err(FileError::NotDirectory),
            None => Err(FileError::NotFound),
        }
    }
}

/// Builds what the spec says. Remote bases are refused: they are no part of the artifact.
///
/// # Errors
/// The cause and its place.
pub(crate) fn build(
    tree: &Tree,
    object: &Kustomization,
    variables: &Variables,
    strict: bool,
) -> Result<Built, Error> {
    let files = TreeFiles(tree);
    let files = RecordingFiles::new(&files);
    let owner = (object.metadata.name.as_str(), object.metadata.namespace.as_str());
    let input = Input {
        spec: &object.spec,
        owner: Some(owner),
        substitute_from: variables,
        strict,
    };
    let output = flux_build::build(&files, &input, &NoRemote)?;
    for warning in &output.warnings {
        tracing::debug!(kustomization = %format_args!("{}/{}", owner.1, owner.0), ?warning, "build");
    }
    Ok(Built {
        objects: output.objects.into_iter().map(|object| object.value).collect(),
        digest: output.digest,
        closure: files.closure(),
    })
}

/// Whether a build of another tree would read the same.
pub(crate) fn reads_the_same(closure: &Closure, tree: &Tree) -> bool {
    !closure.is_empty() && closure.holds_for(&TreeFiles(tree))
}
