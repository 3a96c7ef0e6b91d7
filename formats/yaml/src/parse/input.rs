//! What may be in a text at all.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::node::Pos;

/// Bytes as text: UTF-8, or UTF-16 when they start with its byte order mark.
///
/// Fails on bytes that are neither.
pub fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return utf8(bytes),
    };
    let (pairs, rest) = bytes[2..].as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Error::new(
            ErrorKind::Syntax,
            Pos::default(),
            "incomplete UTF-16 character",
        ));
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| Error::new(ErrorKind::Syntax, Pos::default(), "unexpected low surrogate area"))
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let pos = place(&bytes[..error.valid_up_to()]);
        Error::new(ErrorKind::Syntax, pos, "invalid leading UTF-8 octet")
    })
}

/// Drops the byte order mark and refuses control characters and texts that are too long.
pub(super) fn check<'a>(text: &'a str, limits: &Limits) -> Result<&'a str, Error> {
    // Marks are 32 bits wide.
    if text.len() > limits.max_bytes.min(u32::MAX as usize - 2) {
        let message = format!(
            "the text has {} bytes, more than the limit of {}",
            text.len(),
            limits.max_bytes
        );
        return Err(Error::new(ErrorKind::Limit, Pos::default(), message));
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match forbidden(text.as_bytes()) {
        None => Ok(text),
        Some(at) => {
            let pos = place(&text.as_bytes()[..at]);
            Err(Error::new(
                ErrorKind::Syntax,
                pos,
                "control characters are not allowed",
            ))
        }
    }
}

/// Where the first character that is not allowed stands. Looks at the bytes of a chunk together, and at single ones only where
/// something might be.
fn forbidden(text: &[u8]) -> Option<usize> {
    const CHUNK: usize = 64;
    let suspicious = |byte: u8| byte < b' ' && byte != b'\n' || matches!(byte, 0x7F | 0xC2 | 0xEF);
    for (index, chunk) in text.chunks(CHUNK).enumerate() {
        if !chunk.iter().fold(false, |any, byte| any | suspicious(*byte)) {
            continue;
        }
        let start = index * CHUNK;
        let found = (start..start + chunk.len()).find(|at| is_forbidden(&text[*at..]));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_forbidden(rest: &[u8]) -> bool {
    match rest[0] {
        b'\t' | b'\n' | b'\r' | 0x20..=0x7E => false,
        0..=0x1F | 0x7F => true,
        0xC2 => rest[1] < 0xA0 && rest[1] != 0x85,
        0xEF => rest[1] == 0xBF && rest[2] >= 0xBE,
        _ => false,
    }
}

fn place(before: &[u8]) -> Pos {
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = before[start..]
        .iter()
        .filter(|byte| **byte & 0xC0 != 0x80)
        .count();
    Pos {
        line: line as u32 + 1,
        column: column as u32 + 1,
    }
}
