//! Values as Go's `%#v` writes them, for error texts.

use std::fmt::Write as _;

use super::{Dialect, Resolved, UNSUPPORTED_KEY, format_float_g, resolve_scalar};
use crate::error::Error;
use crate::node::{Node, Value};

/// Texts longer than this are cut.
const MAX: usize = 4096;

/// The value of a node.
pub(super) fn of(node: &Node) -> String {
    let mut out = String::new();
    write(&mut out, node, true);
    if out.len() > MAX {
        out.truncate(out.floor_char_boundary(MAX));
        out.push('…');
    }
    out
}

/// The error for a key that has no text also names the value.
pub(super) fn with_value(mut error: Error, value: &Node) -> Error {
    if error.message.starts_with(UNSUPPORTED_KEY) {
        error.message = format!("{}, value: {}", error.message, of(value));
    }
    error
}

fn write(out: &mut String, node: &Node, top: bool) {
    if out.len() > MAX {
        return;
    }
    match &node.value {
        Value::Scalar(scalar) => {
            // Writing to a string cannot fail.
            let _ = match resolve_scalar(node, scalar, Dialect::V2) {
                Ok(Some(Resolved::Null)) if top => write!(out, "<nil>"),
                Ok(Some(Resolved::Null)) => write!(out, "interface {{}}(nil)"),
                Ok(Some(Resolved::Bool(value))) => write!(out, "{value}"),
                Ok(Some(Resolved::Int(value))) => write!(out, "{value}"),
                Ok(Some(Resolved::Uint(value))) => write!(out, "{value:#x}"),
                Ok(Some(Resolved::Float(value))) => write!(out, "{}", format_float_g(value)),
                _ => write!(out, "{:?}", scalar.text),
            };
        }
        Value::Alias(name) => {
            let _ = write!(out, "*{name}");
        }
        Value::Sequence(sequence) => {
            out.push_str("[]interface {}{");
            for (index, item) in sequence.items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(out, item, false);
            }
            out.push('}');
        }
        Value::Mapping(mapping) => {
            out.push_str("map[interface {}]interface {}{");
            for (index, (key, value)) in mapping.entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(out, key, false);
                out.push(':');
                write(out, value, false);
            }
            out.push('}');
        }
    }
}
