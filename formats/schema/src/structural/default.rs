//! Fills in defaults.

use serde_json::Value;

use super::node::{Additional, JsonType, Node, Structural};

impl Structural {
    /// Fills in the defaults of fields that are absent (or null where null is not allowed) in objects that are there, and
    /// drops nulls of fields that are neither nullable nor have a default.
    pub fn default(&self, object: &mut Value) {
        default(&self.root, object);
    }
}

fn default(node: &Node, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, field) in &node.properties {
                let missing = match map.get(name) {
                    None => true,
                    Some(Value::Null) => !field.nullable,
                    Some(_) => false,
                };
                match &field.default {
                    Some(default) if missing => {
                        map.insert(name.clone(), default.clone());
                    }
                    None if missing => {
                        drop_null(field, map, name);
                    }
                    _ => {}
                }
            }
            if let Additional::Schema(schema) = &node.additional {
                fill_nulls(schema, map);
            }
            for (name, child) in map.iter_mut() {
                match (node.properties.get(name), &node.additional) {
                    (Some(field), _) => default(field, child),
                    (None, Additional::Schema(schema)) => default(schema, child),
                    _ => {}
                }
            }
        }
        Value::Array(list) => {
            let Some(items) = &node.items else { return };
            for child in list {
                match &items.default {
                    Some(value) if child.is_null() && !items.nullable => *child = value.clone(),
                    _ => default(items, child),
                }
            }
        }
        _ => {}
    }
}

/// Places that take anything keep their nulls.
fn drop_null(field: &Node, map: &mut serde_json::Map<String, Value>, name: &str) {
    let free = field.ty.is_none() && field.preserve_unknown && !field.int_or_string;
    if !free || field.ty == Some(JsonType::Object) {
        map.remove(name);
    }
}

fn fill_nulls(schema: &Node, map: &mut serde_json::Map<String, Value>) {
    if schema.nullable {
        return;
    }
    match &schema.default {
        Some(default) => {
            for child in map.values_mut().filter(|child| child.is_null()) {
                *child = default.clone();
            }
        }
        None => map.retain(|_, child| !child.is_null()),
    }
}
