//! The set of the fields of a value.

use std::collections::HashMap;

use flux_schema::TypeRef;
use serde_json::Value;

use super::items::{Form, element_of, form};
use crate::element::PathElement;
use crate::set::{FieldSet, SetNode};

/// The fields that a value of this type has: leaves, atomic lists and objects, list elements, keys of maps, and empty or
/// null fields. Named fields that hold other fields are no members.
pub fn field_set(ty: TypeRef<'_>, value: &Value) -> FieldSet {
    collect(ty, value).children
}

fn collect(ty: TypeRef<'_>, value: &Value) -> SetNode {
    let leaf = || SetNode {
        member: true,
        children: FieldSet::new(),
    };
    match form(ty, value) {
        Form::Leaf | Form::Fields { atomic: true } | Form::Elements { atomic: true } => leaf(),
        Form::Fields { atomic: false } => fields(ty, value),
        Form::Elements { atomic: false } => elements(ty, value),
    }
}

fn fields(ty: TypeRef<'_>, value: &Value) -> SetNode {
    let mut node = SetNode::default();
    for (key, child) in value.as_object().into_iter().flatten() {
        let mut inner = collect(ty.field(key).unwrap_or(TypeRef::Deduced), child);
        let empty = child.is_null() || child.as_object().is_some_and(serde_json::Map::is_empty);
        inner.member |= empty || !ty.names_field(key);
        node.children
            .nodes
            .insert(PathElement::field(key).shared(), inner);
    }
    node
}

fn elements(ty: TypeRef<'_>, value: &Value) -> SetNode {
    let mut node = SetNode::default();
    let elem = ty.elem().unwrap_or(TypeRef::Deduced);
    let mut seen: HashMap<PathElement, usize> = HashMap::new();
    let list = value.as_array().into_iter().flatten();
    let children: Vec<_> = list
        .filter_map(|child| Some((element_of(ty, child).ok()?, child)))
        .collect();
    for (element, _) in &children {
        *seen.entry(element.clone()).or_default() += 1;
    }
    for (element, child) in children {
        // Elements that come twice are owned as a whole: nobody can tell whose fields are whose.
        let mut inner = if seen.get(&element).is_some_and(|count| *count > 1) {
            SetNode::default()
        } else {
            collect(elem, child)
        };
        inner.member = true;
        node.children.nodes.insert(element.shared(), inner);
    }
    node
}
