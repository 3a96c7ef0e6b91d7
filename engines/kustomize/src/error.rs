//! Errors with their class and place, and warnings.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The classes of errors, for callers that decide by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A file or directory is missing or may not be read.
    File,
    /// A path leads out of the root of the tree, or the load restrictor forbids it.
    Restricted,
    /// A text is not YAML, or not an object.
    Syntax,
    /// The kustomization file says something that has no meaning.
    Invalid,
    /// The objects contradict the kustomization: a patch or selector finds none, an id stands twice, and so on.
    Conflict,
    /// A kustomization includes itself.
    Cycle,
    /// A feature that this engine does not have.
    Unsupported,
    /// A chart could not be had or rendered; [`ErrorDetails::transient`] says whether to try again.
    Helm,
    /// A remote base could not be had; [`ErrorDetails::transient`] says whether to try again.
    Remote,
}

/// Why a build failed: what, and where. The parts are those of [`ErrorDetails`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<ErrorDetails>);

/// The parts of an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetails {
    /// The class.
    pub kind: ErrorKind,
    /// What is wrong and what was expected.
    pub message: String,
    /// The file, relative to the root of the tree, or from `/` when the tree is a [whole file
    /// system](crate::Options::absolute_paths); empty when unknown.
    pub file: String,
    /// The line in the file, from 1; 0 when unknown.
    pub line: u32,
    /// The field of the kustomization file (`patches[2].target`); empty when there is none.
    pub field: String,
    /// The object concerned (`Deployment.v1.apps/web.default`); empty when there is none.
    pub object: String,
    /// Whether the same build may succeed later.
    pub transient: bool,
    /// What was noticed before the build failed.
    pub warnings: Vec<Warning>,
}

impl Error {
    /// An error with a message, place unknown.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(ErrorDetails {
            kind,
            message: message.into(),
            file: String::new(),
            line: 0,
            field: String::new(),
            object: String::new(),
            transient: false,
            warnings: Vec::new(),
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Conflict, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// Names the file and line, unless the error has a file already: the innermost place wins.
    #[must_use]
    pub fn at(mut self, file: &str, line: u32) -> Self {
        if self.file.is_empty() {
            self.file = file.to_owned();
            self.line = line;
        }
        self
    }

    /// Names the field, unless the error has one.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        if self.field.is_empty() {
            self.field = field.into();
        }
        self
    }

    /// Names the object, unless the error has one.
    #[must_use]
    pub fn object(mut self, object: impl fmt::Display) -> Self {
        if self.object.is_empty() {
            self.object = object.to_string();
        }
        self
    }
}

impl Deref for Error {
    type Target = ErrorDetails;

    fn deref(&self) -> &ErrorDetails {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut ErrorDetails {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => {}
            (file, 0) => write!(f, "{file}: ")?,
            (file, line) => write!(f, "{file}:{line}: ")?,
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        if !self.object.is_empty() {
            write!(f, "{}: ", self.object)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Something that works but will not for ever, or is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What, and what to write instead.
    pub message: String,
    /// The kustomization file.
    pub file: String,
    /// Its line; 0 when unknown.
    pub line: u32,
    /// Whether it is about a deprecated field, in kustomize's own words.
    pub deprecated: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}
