//! PEM blocks.

use crate::functions::encoding::{base64, decode_base64};

/// A block: its label and its bytes.
pub(super) struct Block {
    pub(super) label: String,
    pub(super) bytes: Vec<u8>,
}

/// Writes a block, 64 characters to a line.
pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    let body = base64(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// The first block of a text.
pub(super) fn decode(text: &str) -> Option<Block> {
    let mut rest = text;
    loop {
        let begin = rest.find("-----BEGIN ")?;
        let at_line_start = begin == 0 || rest[..begin].ends_with('\n');
        let after = &rest[begin + "-----BEGIN ".len()..];
        if !at_line_start {
            rest = after;
            continue;
        }
        let block = after.split_once("-----").and_then(|(label, body)| {
            let end = body.find(&format!("-----END {label}-----"))?;
            // Headers end with an empty line.
            let body = &body[..end];
            let body = if body.contains(": ") {
                body.split_once("\n\n")?.1
            } else {
                body
            };
            let compact: String = body.chars().filter(|char| !char.is_whitespace()).collect();
            let bytes = decode_base64(compact.as_bytes()).ok()?;
            Some(Block {
                label: label.to_owned(),
                bytes,
            })
        });
        match block {
            Some(block) => return Some(block),
            None => rest = after,
        }
    }
}
