//! Strategic merge patches as the difference of values.

use std::collections::HashMap;

use flux_schema::TypeRef;
use serde_json::{Value, json};

use super::Object;

/// Which half of a difference is wanted.
#[derive(Clone, Copy)]
struct Halves {
    /// New and changed fields.
    changes: bool,
    /// Fields that are gone.
    deletions: bool,
}

/// The strategic merge patch that brings `current` to `modified`, and takes away what `original` had and `modified` has no
/// more. What only `current` has stays. This is what Helm and kubectl send for built-in kinds; changes of `modified` win
/// over changes of others. For two ways, give `current` as `original`.
pub fn three_way_strategic_patch(
    original: &Value,
    modified: &Value,
    current: &Value,
    ty: TypeRef<'_>,
) -> Value {
    let empty = Object::new();
    let map = |value: &'_ Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let (original, modified, current) = (map(original), map(modified), map(current));
    let changes = Halves {
        changes: true,
        deletions: false,
    };
    let deletions = Halves {
        changes: false,
        deletions: true,
    };
    let mut patch = diff(&original, &modified, ty, false, deletions);
    overlay(&mut patch, diff(&current, &modified, ty, false, changes), ty);
    sort_lists(&mut patch, ty);
    Value::Object(patch)
}

fn diff(old: &Object, new: &Object, ty: TypeRef<'_>, retain_keys: bool, halves: Halves) -> Object {
    let mut patch = Object::new();
    for key in old
        .keys()
        .filter(|key| halves.deletions && !new.contains_key(*key))
    {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, theirs) in new {
        let field = ty.field(key).unwrap_or(TypeRef::Deduced);
        let strategy = field.patch_strategy();
        match (old.get(key), theirs) {
            (Some(ours), theirs) if ours == theirs => {}
            (Some(Value::Object(ours)), Value::Object(theirs)) if !strategy.replace => {
                let inner = diff(ours, theirs, field, strategy.retain_keys, halves);
                if !inner.is_empty() {
                    patch.insert(key.clone(), Value::Object(inner));
                }
            }
            (Some(Value::Array(ours)), Value::Array(theirs)) if strategy.merge && !ours.is_empty() => {
                diff_lists(key, ours, theirs, field, halves, &mut patch);
            }
            _ if halves.changes => {
                patch.insert(key.clone(), theirs.clone());
            }
            _ => {}
        }
    }
    let surplus = old.keys().any(|key| !new.contains_key(key));
    if retain_keys && (!patch.is_empty() || surplus) {
        let kept: Vec<&String> = new
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, _)| key)
            .collect();
        patch.insert("$retainKeys".into(), json!(kept));
    }
    patch
}

fn diff_lists(
    key: &str,
    old: &[Value],
    new: &[Value],
    field: TypeRef<'_>,
    halves: Halves,
    patch: &mut Object,
) {
    let objects = old.iter().chain(new).all(Value::is_object);
    let (changed, order) = match field.merge_key().filter(|_| objects) {
        Some(merge_key) => {
            let changed = diff_elements(old, new, field, merge_key, halves);
            let order = new
                .iter()
                .map(|element| json!({ merge_key: element.get(merge_key) }))
                .collect();
            (changed, order)
        }
        None => {
            let gone: Vec<&Value> = old
                .iter()
                .filter(|value| halves.deletions && !new.contains(value))
                .collect();
            if !gone.is_empty() {
                patch.insert(format!("$deleteFromPrimitiveList/{key}"), json!(gone));
            }
            let added = new
                .iter()
                .filter(|value| halves.changes && !old.contains(value))
                .cloned();
            (added.collect(), Value::from(new))
        }
    };
    if halves.changes || !changed.is_empty() || patch.contains_key(&format!("$deleteFromPrimitiveList/{key}"))
    {
        patch.insert(format!("$setElementOrder/{key}"), order);
    }
    if !changed.is_empty() {
        patch.insert(key.to_owned(), Value::Array(changed));
    }
}

fn diff_elements(
    old: &[Value],
    new: &[Value],
    field: TypeRef<'_>,
    merge_key: &str,
    halves: Halves,
) -> Vec<Value> {
    let by_key = |list: &'_ [Value]| -> HashMap<String, usize> {
        let ids = list
            .iter()
            .enumerate()
            .filter_map(|(i, element)| Some((element.get(merge_key)?.to_string(), i)));
        ids.collect()
    };
    let (ours, theirs) = (by_key(old), by_key(new));
    let elem = field.elem().unwrap_or(TypeRef::Deduced);
    let id = |element: &Value| element.get(merge_key).map(Value::to_string).unwrap_or_default();
    let mut out = Vec::new();
    for element in new {
        let known = ours
            .get(&id(element))
            .and_then(|place| old.get(*place))
            .and_then(Value::as_object);
        match (known, element.as_object()) {
            (Some(ours), Some(theirs)) => {
                let mut inner = diff(ours, theirs, elem, field.patch_strategy().retain_keys, halves);
                if !inner.is_empty() {
                    inner.insert(
                        merge_key.to_owned(),
                        theirs.get(merge_key).cloned().unwrap_or_default(),
                    );
                    out.push(Value::Object(inner));
                }
            }
            _ if halves.changes => out.push(element.clone()),
            _ => {}
        }
    }
    if halves.deletions {
        let gone = old.iter().filter(|element| !theirs.contains_key(&id(element)));
        out.extend(gone.map(|element| json!({"$patch": "delete", merge_key: element.get(merge_key)})));
    }
    out
}

/// Lays one patch over another; elements of merged lists meet by key.
fn overlay(patch: &mut Object, over: Object, ty: TypeRef<'_>) {
    for (key, value) in over {
        let field = ty.field(&key).unwrap_or(TypeRef::Deduced);
        match (patch.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => overlay(inner, value, field),
            (Some(Value::Array(list)), Value::Array(values)) if field.merge_key().is_some() => {
                overlay_lists(list, values, field);
            }
            (_, value) => {
                patch.insert(key, value);
            }
        }
    }
}

fn overlay_lists(list: &mut Vec<Value>, over: Vec<Value>, field: TypeRef<'_>) {
    let Some(merge_key) = field.merge_key() else {
        return;
    };
    let id = |element: &Value| element.get(merge_key).map(Value::to_string);
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for (place, element) in list.iter().enumerate() {
        places.entry(id(element)).or_insert(place);
    }
    let elem = field.elem().unwrap_or(TypeRef::Deduced);
    for element in over {
        match (
            places.get(&id(&element)).and_then(|place| list.get_mut(*place)),
            element,
        ) {
            (Some(Value::Object(inner)), Value::Object(element)) => overlay(inner, element, elem),
            (_, element) => list.push(element),
        }
    }
}

/// The server refuses lists in another order than their `$setElementOrder`; deletions may stand anywhere, and come last.
fn sort_lists(patch: &mut Object, ty: TypeRef<'_>) {
    const ORDER: &str = "$setElementOrder/";
    let orders: Vec<(String, Value)> = patch
        .iter()
        .filter_map(|(key, order)| Some((key.strip_prefix(ORDER)?.to_owned(), order.clone())))
        .collect();
    for (key, order) in orders {
        let merge_key = ty.field(&key).and_then(TypeRef::merge_key);
        let id = |element: &Value| match merge_key {
            Some(merge_key) => element.get(merge_key).unwrap_or(element).to_string(),
            None => element.to_string(),
        };
        let order = order.as_array().into_iter().flatten().enumerate();
        let places: HashMap<String, usize> = order.map(|(place, element)| (id(element), place)).collect();
        if let Some(Value::Array(list)) = patch.get_mut(&key) {
            list.sort_by_cached_key(|element| places.get(&id(element)).copied().unwrap_or(usize::MAX));
        }
    }
    for (key, value) in patch.iter_mut() {
        let field = ty.field(key).unwrap_or(TypeRef::Deduced);
        match value {
            Value::Object(inner) => sort_lists(inner, field),
            Value::Array(list) => {
                let elem = field.elem().unwrap_or(TypeRef::Deduced);
                list.iter_mut()
                    .filter_map(Value::as_object_mut)
                    .for_each(|element| sort_lists(element, elem));
            }
            _ => {}
        }
    }
}
