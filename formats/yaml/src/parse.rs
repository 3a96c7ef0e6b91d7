//! Reading text: scanner (text to tokens) and builder (tokens to nodes), shaped like libyaml so that the same texts are
//! accepted, with go-yaml v3's rules for attaching comments.

mod build;
mod bytes;
mod comments;
mod directives;
mod input;
mod quoted;
mod scalars;
mod scan;
mod token;

use crate::error::Error;
use crate::limits::Limits;
use crate::node::Document;

pub use input::decode_utf8;

/// All documents of a stream. An empty stream has none; an empty document is null.
///
/// Fails with line and column on text that go-yaml v3 refuses, on an alias without an anchor before it, and beyond the
/// limits.
pub fn parse_all(text: &str, limits: &Limits) -> Result<Vec<Document>, Error> {
    let mut builder = build::Builder::new(input::check(text, limits)?, limits, true)?;
    let mut documents = Vec::new();
    while let Some(document) = builder.document()? {
        documents.push(document);
    }
    Ok(documents)
}

/// The first document; what follows it is not parsed, as in `yaml.Unmarshal`.
pub fn parse_one(text: &str, limits: &Limits) -> Result<Option<Document>, Error> {
    build::Builder::new(input::check(text, limits)?, limits, true)?.document()
}

/// The same, without comments: for whoever asks for values only.
pub fn parse_one_without_comments(text: &str, limits: &Limits) -> Result<Option<Document>, Error> {
    build::Builder::new(input::check(text, limits)?, limits, false)?.document()
}

#[cfg(test)]
mod tests;
