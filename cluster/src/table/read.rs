//! Readers of objects and the pieces that several tables share.

use serde_json::Value;

pub(crate) const NONE: &str = "<none>";
pub(crate) const UNSET: &str = "<unset>";

/// A string, empty where absent.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A string, or the other where it is absent or empty.
pub(crate) fn text_or<'a>(value: &'a Value, other: &'a str) -> &'a str {
    match text(value) {
        "" => other,
        text => text,
    }
}

/// An integer, 0 where absent.
pub(crate) fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// The elements of a list, none where absent.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// How many members a map has.
pub(crate) fn len(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

/// A scalar as text: strings without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(&object["metadata"]["name"])
}

/// `a=b,c=d`, `<none>` for an empty map.
pub(crate) fn labels(map: &Value) -> String {
    match map.as_object().filter(|map| !map.is_empty()) {
        Some(map) => map
            .iter()
            .map(|(key, value)| format!("{key}={}", text(value)))
            .collect::<Vec<_>>()
            .join(","),
        None => NONE.to_owned(),
    }
}

/// A label selector as kubectl writes it.
pub(crate) fn selector(selector: &Value) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        parts.push((key.clone(), format!("{key}={}", text(value))));
    }
    for expression in items(&selector["matchExpressions"]) {
        let key = text(&expression["key"]);
        let mut values: Vec<&str> = items(&expression["values"]).iter().map(text).collect();
        values.sort_unstable();
        let values = values.join(",");
        let part = match text(&expression["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return "<error>".to_owned(),
        };
        parts.push((key.to_owned(), part));
    }
    if parts.is_empty() {
        return NONE.to_owned();
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    parts
        .into_iter()
        .map(|(_, part)| part)
        .collect::<Vec<_>>()
        .join(",")
}

/// Names and images of the containers of a pod spec, each joined by commas.
pub(crate) fn containers(spec: &Value) -> (String, String) {
    let join = |field: &str| {
        items(&spec["containers"])
            .iter()
            .map(|c| text(&c[field]))
            .collect::<Vec<_>>()
            .join(",")
    };
    (join("name"), join("image"))
}

/// At most `max` of a list, and how many more there are.
pub(crate) fn first(list: &[String], max: usize) -> String {
    let shown = list[..list.len().min(max)].join(",");
    if list.len() > max {
        format!("{shown} + {} more...", list.len() - max)
    } else {
        shown
    }
}
