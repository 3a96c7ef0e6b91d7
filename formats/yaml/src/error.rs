//! Why a text is no YAML.

use crate::node::Pos;

/// Why a text is not YAML, or a tree not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("yaml: {}{message}", place(.pos))]
pub struct Error {
    /// What is wrong, in go-yaml's words where it has them.
    pub message: String,
    /// Where. Line 0 when the place is unknown.
    pub pos: Pos,
    /// Which of the classes below it is.
    pub kind: ErrorKind,
    /// The line at which the scanner noticed; 0 when it was another one who did.
    pub(crate) noticed: u32,
}

/// The classes of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is not YAML.
    Syntax,
    /// A [`crate::Limits`] value was exceeded.
    Limit,
    /// An alias without an anchor, one that contains itself, or a bad merge.
    Alias,
    /// A key occurs twice in a mapping.
    DuplicateKey,
    /// The value has no JSON form, or the tag does not fit it.
    Value,
}

fn place(pos: &Pos) -> String {
    match (pos.line, pos.column) {
        (0, _) => String::new(),
        (line, 0) => format!("line {line}: "),
        (line, column) => format!("line {line}, column {column}: "),
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, pos: Pos, message: impl Into<String>) -> Self {
        Error {
            message: message.into(),
            pos,
            kind,
            noticed: 0,
        }
    }
}
