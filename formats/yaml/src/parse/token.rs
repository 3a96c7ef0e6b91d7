//! What the scanner hands to the parser.

use std::borrow::Cow;

use crate::node::{Pos, ScalarStyle};

/// A place in the text. `index` is the byte offset plus one, so that there is a place before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) index: u32,
    /// From 0.
    pub(super) line: u32,
    /// From 0, in characters.
    pub(super) column: u32,
}

impl From<Mark> for Pos {
    fn from(mark: Mark) -> Self {
        Pos {
            line: mark.line + 1,
            column: mark.column + 1,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    StreamStart,
    StreamEnd,
    Version { major: u32, minor: u32 },
    TagDirective { handle: &'a str, prefix: String },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    Tag { handle: &'a str, suffix: String },
    Scalar { text: Cow<'a, str>, style: ScalarStyle },
}

/// Whether a comment belongs above, beside or below the token that it is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    Head,
    Line,
    Foot,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    /// Where the scan over white space and comments began.
    pub(super) scan: Mark,
    /// The comment is given to the first token at or after this place.
    pub(super) token: Mark,
    /// Where the comment starts.
    pub(super) start: Mark,
    /// Where it ends.
    pub(super) end: Mark,
    pub(super) placement: Placement,
    pub(super) text: String,
}
