//! `html`, `js`, `urlquery`.

use crate::fmt::sprint;
use crate::strconv::is_print;
use crate::{Error, GoStr, Runes, Scope, Value};

/// The arguments printed together, each as a template would print it.
fn text(args: &[Value]) -> Result<GoStr, Error> {
    if let [Value::Str(text)] = args {
        return Ok(text.clone());
    }
    let shown: Vec<Value> = args
        .iter()
        .map(|value| {
            if value.is_nothing() {
                Value::from("<no value>")
            } else {
                value.clone()
            }
        })
        .collect();
    sprint(&shown)
}

pub(super) fn html(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let text = text(args)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text.as_bytes() {
        match byte {
            0 => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    Ok(Value::str(out))
}

pub(super) fn js(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let text = text(args)?;
    let mut out = Vec::with_capacity(text.len());
    let mut runes = Runes::new(text.as_bytes());
    loop {
        let before = runes.rest();
        let Some(rune) = runes.next() else { break };
        let bytes = &before[..before.len() - runes.rest().len()];
        match rune {
            '\\' | '\'' | '"' => out.extend_from_slice(&[b'\\', rune as u8]),
            '<' | '>' | '&' | '=' | '\0'..='\u{1f}' => {
                out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes());
            }
            _ if rune.is_ascii() || is_print(rune) => out.extend_from_slice(bytes),
            _ => out.extend_from_slice(format!("\\u{:04X}", rune as u32).as_bytes()),
        }
    }
    Ok(Value::str(out))
}

pub(super) fn url_query(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let text = text(args)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            other => out.extend_from_slice(format!("%{other:02X}").as_bytes()),
        }
    }
    Ok(Value::str(out))
}
