//! Lists.

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use flux_schema::TypeRef;
use serde_json::Value;

use super::error::{StrategicError, no_merge_key, not_an_object};
use super::maps;
use super::order::apply_order;
use crate::go_text::{shown, shown_list};

/// Merges two lists: scalars by value, objects by the merge key.
pub(super) fn merge_lists(
    original: Vec<Value>,
    patch: Vec<Value>,
    field: TypeRef<'_>,
    depth: usize,
) -> Result<Vec<Value>, StrategicError> {
    let Some(first) = original.first().or(patch.first()) else {
        return Ok(original);
    };
    check_elements(first, &original, &patch)?;
    if !first.is_object() {
        return merge_scalars(original, patch);
    }
    let Some(key) = field.merge_key() else {
        return Err(StrategicError::NoKeyDeclared("type struct".into()));
    };
    let (original, patch) = directives(original, patch, key)?;
    let server_order = original.clone();
    let elem = field.elem().unwrap_or(TypeRef::Deduced);
    let order = patch.clone();
    let mut merged = original;
    let mut places = places(&merged, key);
    for element in patch {
        let Value::Object(element) = element else {
            return Err(not_an_object(&element));
        };
        let id = element
            .get(key)
            .map(Value::to_string)
            .ok_or_else(|| no_merge_key(&element, key))?;
        match places.get(&id).and_then(|place| merged.get_mut(*place)) {
            Some(Value::Object(ours)) => *ours = maps::merge(std::mem::take(ours), element, elem, depth + 1)?,
            _ => {
                places.insert(id, merged.len());
                merged.extend(maps::plain(Value::Object(element)));
            }
        }
    }
    apply_order(merged, &order, &server_order, Some(key))
}

/// Where the first element of each key stands.
fn places(list: &[Value], key: &str) -> HashMap<String, usize> {
    let mut places = HashMap::with_capacity(list.len());
    for (place, element) in list.iter().enumerate() {
        if let Some(id) = element.get(key) {
            places.entry(id.to_string()).or_insert(place);
        }
    }
    places
}

fn check_elements(first: &Value, original: &[Value], patch: &[Value]) -> Result<(), StrategicError> {
    if first.is_array() {
        return Err(StrategicError::ListOfLists);
    }
    if original
        .iter()
        .chain(patch)
        .all(|element| discriminant(element) == discriminant(first))
    {
        return Ok(());
    }
    Err(StrategicError::MixedElements(format!(
        "[{} {}]",
        shown_list(original),
        shown_list(patch)
    )))
}

fn merge_scalars(original: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, StrategicError> {
    let mut seen = HashSet::with_capacity(original.len() + patch.len());
    let both = original.iter().chain(&patch);
    let merged: Vec<Value> = both
        .filter(|value| seen.insert(value.to_string()))
        .cloned()
        .collect();
    apply_order(merged, &patch, &original, None)
}

/// Takes the elements with a `$patch` out of the patch, and does what they say.
fn directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), StrategicError> {
    let mut rest = Vec::with_capacity(patch.len());
    let mut replace = false;
    let mut deleted = HashSet::new();
    for element in patch {
        let Value::Object(map) = &element else {
            return Err(not_an_object(&element));
        };
        let Some(directive) = map.get("$patch") else {
            rest.push(element);
            continue;
        };
        match directive.as_str() {
            Some("delete") => {
                let id = map.get(key).ok_or_else(|| no_merge_key(map, key))?;
                deleted.insert(id.to_string());
            }
            Some("replace") => replace = true,
            Some("merge") => return Err(StrategicError::MergeDirectiveInList),
            _ => return Err(StrategicError::BadDirective(shown(directive), shown(&element))),
        }
    }
    if !deleted.is_empty() {
        let is_deleted = |ours: &Value| ours.get(key).is_some_and(|id| deleted.contains(&id.to_string()));
        original.retain(|ours| !is_deleted(ours));
    }
    if replace {
        Ok((rest, Vec::new()))
    } else {
        Ok((original, rest))
    }
}

pub(super) fn delete_scalars(list: &mut Vec<Value>, values: &[Value]) {
    let gone: HashSet<String> = values.iter().map(Value::to_string).collect();
    list.retain(|value| !gone.contains(&value.to_string()));
}
