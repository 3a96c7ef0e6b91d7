//! Why there are no objects.

use std::fmt;

use flux_kustomize::Place;

/// Why a Kustomization could not be built. The words are upstream's where users know them; places are added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `spec.path` does not exist in the source. Upstream's reason is ArtifactFailed; all others are BuildFailed.
    #[error("kustomization path not found: {path:?} is no directory of the source")]
    PathNotFound {
        /// The path, cleaned.
        path: String,
    },
    /// The kustomization file, or what the spec adds to it, makes no sense.
    #[error("{}{message}", file_prefix(.file, *.line))]
    Generate {
        /// The kustomization file; empty when the spec is at fault.
        file: String,
        /// Its line; 0 when unknown.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// kustomize fails.
    #[error("kustomize build failed: {0}")]
    Kustomize(#[from] flux_kustomize::Error),
    /// An object has no apiVersion, kind or name.
    #[error("failed to decode Kubernetes apiVersion, kind and name from {}: {object}", show(.place))]
    Identity {
        /// The object as YAML, shortened.
        object: String,
        /// Where it came from.
        place: Place,
    },
    /// Variables could not be replaced.
    #[error(transparent)]
    PostBuild(#[from] Box<PostBuildError>),
    /// A Secret is encrypted.
    #[error("{object} is SOPS encrypted, configuring decryption is required for this secret to be reconciled ({})", show(.place))]
    Encrypted {
        /// `Secret/namespace/name`
        object: String,
        /// Where it came from.
        place: Place,
    },
}

/// Which object and field could not be substituted, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("post build failed for '{gvk}/{name}': {cause}{} ({})", field_suffix(.field), show(.place))]
pub struct PostBuildError {
    /// Kind, version and group, as kustomize writes them.
    pub gvk: String,
    /// `metadata.name`
    pub name: String,
    /// Path of the value with the expression; empty when unknown.
    pub field: String,
    /// Where the object came from.
    pub place: Place,
    /// Why.
    pub cause: PostBuildCause,
}

/// Why variables could not be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostBuildCause {
    /// A variable has a name that no expression can have.
    #[error("envsubst error: '{0}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")]
    Name(String),
    /// An expression is malformed, or a variable is not set.
    #[error("envsubst error: variable substitution failed: {0}")]
    Expression(flux_envsubst::ErrorKind),
    /// The result is not YAML any more.
    #[error("envsubst error: YAMLToJSON: {0}")]
    Yaml(flux_yaml::Error),
    /// The result is YAML, but not an object.
    #[error("UnmarshalJSON: the values turned the object into something that is no mapping")]
    NotAnObject,
    /// The object now has the name of another one.
    #[error("in Replace: id matched 2 resources; the other one is from {}", show(.0))]
    Duplicate(Place),
}

impl Error {
    /// Whether the same build may succeed later without a new revision or spec.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Kustomize(error) if error.transient)
    }

    /// Where the object at fault came from, when one is.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Error::Identity { place, .. } | Error::Encrypted { place, .. } => Some(place),
            Error::PostBuild(error) => Some(&error.place),
            Error::PathNotFound { .. } | Error::Generate { .. } | Error::Kustomize(_) => None,
        }
    }

    pub(crate) fn generate(file: &str, message: impl Into<String>) -> Self {
        Error::Generate {
            file: file.to_owned(),
            line: 0,
            message: message.into(),
        }
    }
}

fn file_prefix(file: &str, line: u32) -> String {
    match (file, line) {
        ("", _) => String::new(),
        (file, 0) => format!("{file}: "),
        (file, line) => format!("{file}:{line}: "),
    }
}

fn field_suffix(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!(" in {field}")
    }
}

struct Show<'a>(&'a Place);

fn show(place: &Place) -> Show<'_> {
    Show(place)
}

impl fmt::Display for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, repo } = self.0;
        f.write_str(if file.is_empty() {
            "a generated object"
        } else {
            file
        })?;
        if *line > 0 {
            write!(f, ":{line}")?;
        }
        repo.as_ref().map_or(Ok(()), |repo| write!(f, " of {repo}"))
    }
}
