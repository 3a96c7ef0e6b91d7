//! TOML as BurntSushi/toml 1.6 reads and writes it.

mod read;
mod scalar;
mod write;

pub(super) use read::read;
pub(super) use write::{Fault, write};

/// A dotted key; parts that are not bare are quoted.
fn dotted(parts: &[String]) -> String {
    parts
        .iter()
        .map(|part| quoted(part))
        .collect::<Vec<_>>()
        .join(".")
}

/// One part of a key.
fn quoted(part: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !part.is_empty() && part.bytes().all(bare) {
        part.to_owned()
    } else {
        basic(part)
    }
}

/// A basic string, in double quotes.
fn basic(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\x00'..='\x1f' | '\x7f' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}
