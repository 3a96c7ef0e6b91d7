//! Errors in Go's words, as chains.

use std::fmt;

/// An error with Go's text, and the error that it wraps: `errors.Unwrap` is [`Error::source`].
///
/// The text is kept as what each level adds, so that a thousand nested includes cost a thousand pieces and not their
/// square.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    text: String,
    source: Option<Box<Error>>,
}

/// Who raised an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A function, or code around the templates.
    Plain,
    /// The parser.
    Parse,
    /// The executor: Go's `template.ExecError`.
    Exec,
    /// A limit of this crate, where Go would have gone on until its memory, its stack or someone's patience ended.
    Limit,
}

impl Error {
    /// An error with a text, as Go's `errors.New`.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Plain,
            text: text.into(),
            source: None,
        }
    }

    /// An error whose text is `prefix` followed by the text of what it wraps, as `fmt.Errorf("prefix%w", source)`.
    pub fn wrap(prefix: impl Into<String>, source: Error) -> Self {
        Self {
            kind: ErrorKind::Plain,
            text: prefix.into(),
            source: Some(Box::new(source)),
        }
    }

    /// The same, raised by someone else.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Who raised it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The error that it wraps.
    pub fn source(&self) -> Option<&Error> {
        self.source.as_deref()
    }

    /// This error and those that it wraps, outermost first.
    pub fn chain(&self) -> impl Iterator<Item = &Error> {
        std::iter::successors(Some(self), |error| error.source())
    }

    /// Whether a limit of this crate is the cause.
    pub fn is_limit(&self) -> bool {
        self.chain().any(|error| error.kind == ErrorKind::Limit)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chain().try_for_each(|error| f.write_str(&error.text))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {}

impl Drop for Error {
    /// Chains can be as long as templates nest.
    fn drop(&mut self) {
        let mut next = self.source.take();
        while let Some(mut error) = next {
            next = error.source.take();
        }
    }
}
