//! The JSON patch that leads from what is to what would be, as wI2L/jsondiff makes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// A step of a JSON patch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// `add`, `replace` or `remove`.
    pub(crate) operation: &'static str,
    /// JSON pointer.
    pub(crate) path: String,
    /// Null for a removal.
    pub(crate) value: Value,
}

impl Change {
    pub(crate) fn to_json(&self) -> Value {
        if self.operation == "remove" {
            json!({"op": "remove", "path": self.path})
        } else {
            json!({"op": self.operation, "path": self.path, "value": self.value})
        }
    }
}

/// What would change. Labels and annotations are only ever added or replaced; other metadata and the status do not count.
pub(crate) fn compare(live: &Value, wanted: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    diff("", &marks(live), &marks(wanted), &mut changes);
    changes.retain(|change| change.operation != "remove");
    diff("", &body(live), &body(wanted), &mut changes);
    changes
}

/// Name, labels and annotations.
fn marks(object: &Value) -> Value {
    let mut metadata = Map::new();
    for key in ["name", "annotations", "labels"] {
        if let Some(value) = object["metadata"].get(key) {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
    json!({"metadata": metadata})
}

fn body(object: &Value) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let kept = fields.filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status"));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn diff(path: &str, from: &Value, to: &Value, changes: &mut Vec<Change>) {
    if from == to {
        return;
    }
    let before = changes.len();
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => objects(path, from, to, changes),
        (Value::Array(from), Value::Array(to)) => arrays(path, from, to, changes),
        _ => return changes.push(replace(path, to)),
    }
    shorten(path, to, before, changes);
}

fn objects(path: &str, from: &Map<String, Value>, to: &Map<String, Value>, changes: &mut Vec<Change>) {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for key in keys {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        match (from.get(key), to.get(key)) {
            (Some(from), Some(to)) => diff(&path, from, to, changes),
            (None, Some(to)) => changes.push(Change {
                operation: "add",
                path,
                value: to.clone(),
            }),
            _ => changes.push(remove(path)),
        }
    }
}

fn arrays(path: &str, from: &[Value], to: &[Value], changes: &mut Vec<Change>) {
    let common = from.len().min(to.len());
    for _ in common..from.len() {
        changes.push(remove(format!("{path}/{common}")));
    }
    for (index, (from, to)) in from.iter().zip(to).enumerate() {
        diff(&format!("{path}/{index}"), from, to, changes);
    }
    for added in &to[common..] {
        changes.push(Change {
            operation: "add",
            path: format!("{path}/-"),
            value: added.clone(),
        });
    }
}

/// One replacement where that is shorter than the changes in it.
fn shorten(path: &str, to: &Value, since: usize, changes: &mut Vec<Change>) {
    if path.is_empty() {
        return;
    }
    let length = |change: &Change| change.to_json().to_string().len();
    let whole = replace(path, to);
    if changes[since..].iter().map(length).sum::<usize>() > length(&whole) {
        changes.truncate(since);
        changes.push(whole);
    }
}

fn replace(path: &str, to: &Value) -> Change {
    Change {
        operation: "replace",
        path: path.to_owned(),
        value: to.clone(),
    }
}

fn remove(path: String) -> Change {
    Change {
        operation: "remove",
        path,
        value: Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(live: Value, wanted: Value, expect: Value) {
        let changes: Vec<Value> = compare(&live, &wanted).iter().map(Change::to_json).collect();
        assert_eq!(Value::Array(changes), expect);
    }

    #[test]
    fn fields_are_compared() {
        check(json!({"a": 1}), json!({"a": 1}), json!([]));
        check(
            json!({"a": 1, "b": 1, "status": 1}),
            json!({"a": 2, "c/d": 1}),
            json!([
                {"op": "replace", "path": "/a", "value": 2},
                {"op": "remove", "path": "/b"},
                {"op": "add", "path": "/c~1d", "value": 1},
            ]),
        );
    }

    #[test]
    fn labels_of_others_stay() {
        check(
            json!({"metadata": {"name": "a", "labels": {"mine": "1", "theirs": "1"}, "uid": "1"}}),
            json!({"metadata": {"name": "a", "labels": {"mine": "2", "theirs": "1"}}}),
            json!([{"op": "replace", "path": "/metadata/labels/mine", "value": "2"}]),
        );
    }

    #[test]
    fn lists_are_compared_by_index() {
        check(
            json!({"items": [{"name": "a long name"}, {"name": "b"}, {"name": "c"}]}),
            json!({"items": [{"name": "a long name"}]}),
            json!([{"op": "replace", "path": "/items", "value": [{"name": "a long name"}]}]),
        );
        check(
            json!({"items": ["a text of a certain length"]}),
            json!({"items": ["a text of a certain length", "b"]}),
            json!([{"op": "add", "path": "/items/-", "value": "b"}]),
        );
    }
}
