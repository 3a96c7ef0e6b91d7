//! The JSON form of sets.

use serde_json::{Map, Value};

use crate::element::PathElement;
use crate::set::{FieldSet, SetNode};

/// Why a `fieldsV1` value is not a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// A value that is not an object.
    #[error("fieldsV1: {0} is not an object")]
    NotAnObject(String),
    /// A key that is not a path element.
    #[error("fieldsV1: {0:?} is not a path element: it must begin with f:, k:, v: or i:")]
    Element(String),
    /// Too many levels.
    #[error("fieldsV1: nested more than {MAX_DEPTH} levels deep")]
    Depth,
}

const MAX_DEPTH: usize = 256;

impl FieldSet {
    /// Reads a `fieldsV1` value.
    pub fn from_fields_v1(fields: &Value) -> Result<FieldSet, FieldsError> {
        let mut set = read(fields, 0)?.children;
        set.tidy();
        Ok(set)
    }

    /// Prints a `fieldsV1` value.
    pub fn to_fields_v1(&self) -> Value {
        Value::Object(print(self))
    }
}

fn read(fields: &Value, depth: usize) -> Result<SetNode, FieldsError> {
    if depth > MAX_DEPTH {
        return Err(FieldsError::Depth);
    }
    let Some(map) = fields.as_object() else {
        return Err(FieldsError::NotAnObject(
            fields.to_string().chars().take(80).collect(),
        ));
    };
    // An element without anything below it is a member.
    let mut node = SetNode {
        member: map.is_empty(),
        children: FieldSet::new(),
    };
    for (key, value) in map {
        if key == "." {
            node.member = true;
            continue;
        }
        let element = PathElement::parse(key).ok_or_else(|| FieldsError::Element(key.clone()))?;
        let child = read(value, depth + 1)?;
        let slot = node.children.child_mut(&element);
        slot.member |= child.member;
        slot.children.extend(&child.children);
    }
    Ok(node)
}

fn print(set: &FieldSet) -> Map<String, Value> {
    let one = |(element, node): (&std::sync::Arc<str>, &SetNode)| {
        let mut inner = print(&node.children);
        if node.member && !inner.is_empty() {
            inner.insert(".".into(), Value::Object(Map::new()));
        }
        if node.member || !inner.is_empty() {
            Some((element.to_string(), Value::Object(inner)))
        } else {
            None
        }
    };
    set.nodes.iter().filter_map(one).collect()
}
