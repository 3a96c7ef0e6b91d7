//! Objects.

use flux_schema::TypeRef;
use serde_json::Value;

use super::lists::{delete_scalars, merge_lists};
use super::order::{apply_order, check_order};
use super::{MAX_DEPTH, Object, StrategicError};
use crate::go_text::{go_type, shown};

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER: &str = "$setElementOrder/";

pub(super) fn merge(
    mut original: Object,
    mut patch: Object,
    ty: TypeRef<'_>,
    depth: usize,
) -> Result<Object, StrategicError> {
    if depth > MAX_DEPTH {
        return Err(StrategicError::Depth);
    }
    if let Some(directive) = patch.remove(PATCH) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Object::new()),
            _ => Err(StrategicError::BadDirective(
                shown(&directive),
                shown(&Value::Object(patch)),
            )),
        };
    }
    retain_keys(&mut original, &mut patch)?;
    ordered_lists(&mut original, &mut patch, ty, depth)?;
    for (key, value) in patch {
        match key.strip_prefix(DELETE_FROM) {
            Some(list) => delete_from(&mut original, list, value)?,
            None => merge_field(&mut original, key, value, ty, depth)?,
        }
    }
    Ok(original)
}

fn merge_field(
    original: &mut Object,
    key: String,
    value: Value,
    ty: TypeRef<'_>,
    depth: usize,
) -> Result<(), StrategicError> {
    if value.is_null() {
        original.remove(&key);
        return Ok(());
    }
    let field = ty.field(&key).unwrap_or(TypeRef::Deduced);
    let merged = match (original.remove(&key), value) {
        (Some(Value::Object(_)), Value::Object(theirs)) if field.patch_strategy().replace => {
            Value::Object(theirs)
        }
        (Some(Value::Object(ours)), Value::Object(theirs)) => {
            Value::Object(merge(ours, theirs, field, depth + 1)?)
        }
        (Some(Value::Array(ours)), Value::Array(theirs)) if field.patch_strategy().merge => {
            Value::Array(merge_lists(ours, theirs, field, depth)?)
        }
        (Some(Value::Array(_)), Value::Array(theirs)) => Value::Array(theirs),
        (_, theirs) => match plain(theirs) {
            Some(value) => value,
            None => return Ok(()),
        },
    };
    original.insert(key, merged);
    Ok(())
}

/// A value that takes the place of nothing: its nulls and directives mean nothing there.
pub(super) fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(PATCH) => None,
        Value::Object(map) => {
            let kept = map
                .into_iter()
                .filter(|(key, value)| !value.is_null() && !is_directive(key));
            Some(Value::Object(
                kept.filter_map(|(key, value)| Some((key, plain(value)?)))
                    .collect(),
            ))
        }
        Value::Array(list) => Some(Value::Array(list.into_iter().filter_map(plain).collect())),
        other => Some(other),
    }
}

fn is_directive(key: &str) -> bool {
    key == RETAIN_KEYS || key.starts_with(DELETE_FROM) || key.starts_with(ELEMENT_ORDER)
}

/// Drops what `$retainKeys` does not list; everything that the patch sets must be listed.
fn retain_keys(original: &mut Object, patch: &mut Object) -> Result<(), StrategicError> {
    let Some(listed) = patch.remove(RETAIN_KEYS) else {
        return Ok(());
    };
    let listed = listed.as_array().ok_or(StrategicError::RetainKeys)?;
    let is_listed = |key: &String| listed.iter().any(|one| one.as_str() == Some(key));
    if patch
        .iter()
        .any(|(key, value)| !value.is_null() && !is_directive(key) && !is_listed(key))
    {
        return Err(StrategicError::RetainKeys);
    }
    original.retain(|key, _| is_listed(key));
    Ok(())
}

fn delete_from(original: &mut Object, key: &str, values: Value) -> Result<(), StrategicError> {
    let Value::Array(values) = values else {
        return Err(StrategicError::PrimitiveList);
    };
    if let Some(Value::Array(list)) = original.get_mut(key) {
        delete_scalars(list, &values);
    }
    Ok(())
}

/// Merges the lists that come with an order, and brings them into it.
fn ordered_lists(
    original: &mut Object,
    patch: &mut Object,
    ty: TypeRef<'_>,
    depth: usize,
) -> Result<(), StrategicError> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(ELEMENT_ORDER))
        .cloned()
        .collect();
    for directive in directives {
        let order = list_of(patch.remove(&directive))?.unwrap_or_default();
        let Some(key) = directive.strip_prefix(ELEMENT_ORDER) else {
            continue;
        };
        let field = ty.field(key).unwrap_or(TypeRef::Deduced);
        let theirs = match patch.get(key) {
            None | Some(Value::Null) => None,
            Some(_) => list_of(patch.remove(key))?,
        };
        let ours = list_of(original.get(key).cloned())?;
        let merge_key = field.merge_key();
        check_order(theirs.as_deref().unwrap_or_default(), &order, merge_key)?;
        let server_order = ours.clone().unwrap_or_default();
        let merged = match (ours, theirs) {
            (None, None) => continue,
            (Some(ours), None) => ours,
            (None, Some(theirs)) => theirs.into_iter().filter_map(plain).collect(),
            (Some(ours), Some(theirs)) if field.patch_strategy().merge => {
                merge_lists(ours, theirs, field, depth)?
            }
            (Some(_), Some(theirs)) => theirs,
        };
        let merged = apply_order(merged, &order, &server_order, merge_key)?;
        original.insert(key.to_owned(), Value::Array(merged));
    }
    Ok(())
}

fn list_of(value: Option<Value>) -> Result<Option<Vec<Value>>, StrategicError> {
    match value {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(other) => Err(StrategicError::Argument {
            expected: "[]interface {}",
            found: go_type(&other),
        }),
    }
}
