//! JSON that is nested deeply.
//!
//! Upstream reads up to 10,000 levels; what walks over values here goes down with the stack. So levels below those that are kept
//! are replaced by a mark before a text is read. Fields that nobody knows take the mark away with them, as
//! they do upstream; an object that still has it is refused.

use std::borrow::Cow;

use serde_json::Value;

/// Levels that values may have: what serde reads, and a little room.
const KEPT: usize = 126;

/// Levels that upstream reads.
pub(crate) const READ: usize = 10_000;

/// Stands for what is nested too deeply.
const MARK: &str = "\u{10fffd}nested too deeply\u{10fffd}";

/// The brackets of a JSON text outside of strings, with their places.
fn brackets(text: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut in_string, mut escaped) = (false, false);
    text.iter().copied().enumerate().filter(move |(_, byte)| {
        let inside = in_string;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => in_string = !inside,
            _ => {}
        }
        !inside && matches!(byte, b'{' | b'[' | b'}' | b']')
    })
}

/// How deeply the brackets of a text are nested.
pub(crate) fn depth(text: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for (_, bracket) in brackets(text) {
        match bracket {
            b'{' | b'[' => open += 1,
            _ => open = open.saturating_sub(1),
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// Whether levels of a JSON text must be cut off.
pub(crate) fn is_deep(text: &[u8]) -> bool {
    depth(text) > KEPT
}

/// A JSON text of correct syntax without its levels below those that are kept.
pub(crate) fn shorten(text: &[u8]) -> Cow<'_, [u8]> {
    if !is_deep(text) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let (mut open, mut from) = (0_usize, 0);
    for (at, bracket) in brackets(text) {
        if matches!(bracket, b'{' | b'[') {
            open += 1;
            if open == KEPT + 1 {
                out.extend_from_slice(&text[from..at]);
                out.push(b'"');
                out.extend_from_slice(MARK.as_bytes());
                out.push(b'"');
            }
        } else {
            open = open.saturating_sub(1);
            if open == KEPT {
                from = at + 1;
            }
        }
    }
    out.extend_from_slice(&text[from..]);
    Cow::Owned(out)
}

/// Whether something that was cut off would be missing in a value.
pub(crate) fn is_cut(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MARK,
        Value::Array(items) => items.iter().any(is_cut),
        Value::Object(map) => map.values().any(is_cut),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(open: &str, levels: usize, close: &str, expected: usize) {
        let text = format!(
            "{{\"a\":{}1{},\"b\":\"[[\\\"{{\"}}",
            open.repeat(levels),
            close.repeat(levels)
        );
        let short = shorten(text.as_bytes());
        let each = open.matches(['[', '{']).count();
        assert_eq!(depth(text.as_bytes()), levels * each + 1);
        assert_eq!(depth(&short), expected);
        let value: Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(value["b"], "[[\"{");
        assert_eq!(is_cut(&value), levels * each >= KEPT);
    }

    #[test]
    fn levels() {
        check("[", 0, "]", 1);
        check("[", KEPT - 1, "]", KEPT);
        check("[", KEPT, "]", KEPT);
        check("{\"x\":", KEPT, "}", KEPT);
        check("[", 9_000, "]", KEPT);
        check("[{\"y\":", KEPT, "}]", KEPT);
        check("[", 20_000, "]", KEPT);
    }
}
