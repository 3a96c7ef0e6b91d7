//! How a value is taken apart: as one value, as fields, or as elements.

use flux_schema::{ListKind, MapKind, Shape, TypeRef};
use serde_json::{Map, Number, Value};

use crate::element::PathElement;

/// How a value of a type is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Not at all.
    Leaf,
    /// Field by field; `true`: the object is one value all the same.
    Fields { atomic: bool },
    /// Element by element; `true`: the list is one value all the same.
    Elements { atomic: bool },
}

/// The form that the type allows for this value. A value of the wrong shape takes the form of the type.
pub(crate) fn form(ty: TypeRef<'_>, value: &Value) -> Form {
    let fields = || Form::Fields {
        atomic: ty.map_kind() == MapKind::Atomic,
    };
    let elements = || Form::Elements {
        atomic: ty.list_kind() == ListKind::Atomic,
    };
    match ty.shape() {
        Shape::Object | Shape::Map => fields(),
        Shape::List => elements(),
        Shape::Raw => match value {
            Value::Object(_) | Value::Null => fields(),
            Value::Array(_) => elements(),
            _ => Form::Leaf,
        },
        _ => Form::Leaf,
    }
}

/// The path element of an element of a set or list map.
pub(crate) fn element_of(ty: TypeRef<'_>, child: &Value) -> Result<PathElement, String> {
    match ty.list_kind() {
        ListKind::Atomic => Err("invalid indexing of non-associative list".into()),
        ListKind::Set => match child {
            Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
            Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
            other => Ok(PathElement::value(other.clone())),
        },
        ListKind::Map(keys) => match child {
            Value::Object(map) => keyed(ty, keys, map),
            Value::Null => Err("associative list with keys may not have a null element".into()),
            _ => Err("associative list with keys may not have non-map elements".into()),
        },
    }
}

fn keyed(ty: TypeRef<'_>, keys: &[String], child: &Map<String, Value>) -> Result<PathElement, String> {
    let mut found = Map::new();
    for key in keys {
        let default = || ty.elem()?.field(key)?.key_default();
        if let Some(value) = child.get(key).cloned().or_else(default) {
            found.insert(key.clone(), value);
        }
    }
    if found.is_empty() {
        let names: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        return Err(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            names.join(" ")
        ));
    }
    Ok(PathElement::key(found))
}

/// Equality of values as managed fields see it: numbers by value.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || number_equal(left, right),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((key, left), (other, right))| key == other && same(left, right))
        }
        _ => left == right,
    }
}

fn number_equal(left: &Number, right: &Number) -> bool {
    (left.is_f64() || right.is_f64()) && left.as_f64() == right.as_f64()
}

pub(crate) fn map_of(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value.and_then(Value::as_object)
}

pub(crate) fn list_of(value: Option<&Value>) -> Option<&Vec<Value>> {
    value.and_then(Value::as_array)
}

/// Both empty or absent: then they count as one value, so that empty and absent stay told apart.
pub(crate) fn both_empty(left: usize, right: usize) -> bool {
    left == 0 && right == 0
}
