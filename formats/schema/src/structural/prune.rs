//! Drops what the schema does not know.

use serde_json::Value;

use super::node::{Additional, Node, Structural};

impl Structural {
    /// Drops unknown fields and gives their paths (`spec.list[0].x`), sorted. `metadata`, `apiVersion` and `kind` of the
    /// object and of embedded objects stay.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut pruned = Vec::new();
        prune(&self.root, object, &mut String::new(), &mut pruned);
        pruned.sort();
        pruned
    }
}

fn prune(node: &Node, value: &mut Value, path: &mut String, pruned: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(map) => {
            let mut unknown = Vec::new();
            for (key, child) in map.iter_mut() {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                if !(node.is_resource() && matches!(key.as_str(), "metadata" | "apiVersion" | "kind")) {
                    match child_of(node, key) {
                        Child::Known(schema) => prune(schema, child, path, pruned),
                        Child::Free => {}
                        Child::Unknown => {
                            unknown.push(key.clone());
                            pruned.push(path.clone());
                        }
                    }
                }
                path.truncate(length);
            }
            for key in unknown {
                map.remove(&key);
            }
        }
        Value::Array(list) => {
            let Some(items) = &node.items else { return };
            for (i, child) in list.iter_mut().enumerate() {
                path.push_str(&format!("[{i}]"));
                prune(items, child, path, pruned);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

enum Child<'a> {
    Known(&'a Node),
    Free,
    Unknown,
}

fn child_of<'a>(node: &'a Node, key: &str) -> Child<'a> {
    if let Some(schema) = node.properties.get(key) {
        return Child::Known(schema);
    }
    match &node.additional {
        Additional::Schema(schema) => Child::Known(schema),
        Additional::Any => Child::Free,
        Additional::None if node.preserve_unknown => Child::Free,
        Additional::None => Child::Unknown,
    }
}
