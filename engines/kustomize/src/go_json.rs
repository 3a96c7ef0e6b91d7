//! JSON as Go's encoder writes it.

use serde_json::Value as Json;

/// Keys sorted, and `<`, `>`, `&` and the two line separators escaped; in lines with two spaces per level when wanted.
pub(crate) fn write(json: &Json, indent: bool) -> String {
    let mut out = String::new();
    put(json, indent.then_some(0), &mut out);
    out
}

fn line(level: Option<usize>, out: &mut String) {
    if let Some(level) = level {
        out.push('\n');
        out.push_str(&"  ".repeat(level));
    }
}

fn put(json: &Json, level: Option<usize>, out: &mut String) {
    let inner = level.map(|level| level + 1);
    match json {
        Json::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (index, (key, value)) in entries.into_iter().enumerate() {
                out.push(if index > 0 { ',' } else { '{' });
                line(inner, out);
                put_text(key, out);
                out.push_str(if level.is_some() { ": " } else { ":" });
                put(value, inner, out);
            }
            line(level, out);
            out.push('}');
        }
        Json::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                out.push(if index > 0 { ',' } else { '[' });
                line(inner, out);
                put(item, inner, out);
            }
            line(level, out);
            out.push(']');
        }
        Json::String(text) => put_text(text, out),
        other => out.push_str(&other.to_string()),
    }
}

fn put_text(text: &str, out: &mut String) {
    for c in Json::from(text).to_string().chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
}
