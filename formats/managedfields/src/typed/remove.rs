//! Takes fields out of a value.

use flux_schema::TypeRef;
use serde_json::{Map, Value};

use super::items::{Form, element_of, form};
use crate::element::PathElement;
use crate::set::FieldSet;

/// The value without the members of a set. What becomes empty goes, too; atomic lists and objects go as a whole or not at
/// all.
pub fn remove(ty: TypeRef<'_>, value: &Value, set: &FieldSet) -> Value {
    left_over(ty, value, set).unwrap_or(Value::Null)
}

fn left_over(ty: TypeRef<'_>, value: &Value, set: &FieldSet) -> Option<Value> {
    match form(ty, value) {
        Form::Leaf => Some(value.clone()),
        Form::Fields { atomic: true } | Form::Elements { atomic: true } => None,
        Form::Fields { atomic: false } => fields(ty, value.as_object()?, set),
        Form::Elements { atomic: false } => elements(ty, value.as_array()?, set),
    }
}

fn fields(ty: TypeRef<'_>, map: &Map<String, Value>, set: &FieldSet) -> Option<Value> {
    let mut out = Map::new();
    for (key, child) in map {
        let node = set.node(&PathElement::field(key));
        if node.is_some_and(|node| node.member) {
            continue;
        }
        match node.filter(|node| !node.children.is_empty()) {
            None => {
                out.insert(key.clone(), child.clone());
            }
            Some(node) => {
                let child_type = ty.field(key).unwrap_or(TypeRef::Deduced);
                match left_over(child_type, child, &node.children) {
                    Some(rest) => {
                        out.insert(key.clone(), rest);
                    }
                    None if matches!(child_type, TypeRef::Structural(_)) && child_type.nullable() => {
                        out.insert(key.clone(), Value::Null);
                    }
                    None => {}
                }
            }
        }
    }
    if out.is_empty() {
        None
    } else {
        Some(Value::Object(out))
    }
}

fn elements(ty: TypeRef<'_>, list: &[Value], set: &FieldSet) -> Option<Value> {
    let elem = ty.elem().unwrap_or(TypeRef::Deduced);
    let mut out = Vec::with_capacity(list.len());
    for child in list {
        let node = element_of(ty, child).ok().and_then(|element| set.node(&element));
        match node {
            Some(node) if node.member => {}
            Some(node) if !node.children.is_empty() => out.extend(left_over(elem, child, &node.children)),
            _ => out.push(child.clone()),
        }
    }
    if out.is_empty() {
        None
    } else {
        Some(Value::Array(out))
    }
}
