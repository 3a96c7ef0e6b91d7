//! Lays an applied configuration over a live object.

use std::collections::{HashMap, HashSet};

use flux_schema::TypeRef;
use serde_json::{Map, Value};

use super::items::{Form, both_empty, element_of, form, list_of, map_of};
use crate::element::PathElement;

/// The live value with everything that the configuration has laid over it. Nothing is taken away; elements of sets and list
/// maps keep the order of the configuration, and others their place between them.
pub fn merge(ty: TypeRef<'_>, live: &Value, config: &Value) -> Value {
    merged(ty, Some(live), Some(config)).unwrap_or(Value::Null)
}

fn merged(ty: TypeRef<'_>, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    let leader = config.or(live)?;
    let leaf = || config.or(live).cloned();
    match form(ty, leader) {
        Form::Fields { atomic: false } => {
            let (live, config) = (map_of(live), map_of(config));
            if both_empty(live.map_or(0, Map::len), config.map_or(0, Map::len)) {
                return leaf();
            }
            fields(ty, live, config)
        }
        Form::Elements { atomic: false } => {
            let (live, config) = (list_of(live), list_of(config));
            if both_empty(live.map_or(0, Vec::len), config.map_or(0, Vec::len)) {
                return leaf();
            }
            elements(
                ty,
                live.map_or(&[], Vec::as_slice),
                config.map_or(&[], Vec::as_slice),
            )
        }
        _ => leaf(),
    }
}

fn fields(
    ty: TypeRef<'_>,
    live: Option<&Map<String, Value>>,
    config: Option<&Map<String, Value>>,
) -> Option<Value> {
    let mut out = live.cloned().unwrap_or_default();
    for (key, ours) in config.into_iter().flatten() {
        let child = ty.field(key).unwrap_or(TypeRef::Deduced);
        match merged(child, live.and_then(|map| map.get(key)), Some(ours)) {
            Some(value) => out.insert(key.clone(), value),
            None => out.remove(key),
        };
    }
    if out.is_empty() {
        None
    } else {
        Some(Value::Object(out))
    }
}

/// A list indexed by path element. Elements that come twice stand for nothing when they are merged.
struct Indexed<'a> {
    elements: Vec<(PathElement, &'a Value)>,
    by_element: HashMap<PathElement, Option<&'a Value>>,
}

impl<'a> Indexed<'a> {
    fn new(ty: TypeRef<'_>, list: &'a [Value]) -> Indexed<'a> {
        let mut by_element = HashMap::new();
        let mut elements = Vec::with_capacity(list.len());
        for child in list {
            let Ok(element) = element_of(ty, child) else {
                continue;
            };
            by_element
                .entry(element.clone())
                .and_modify(|one| *one = None)
                .or_insert(Some(child));
            elements.push((element, child));
        }
        Indexed { elements, by_element }
    }

    fn get(&self, element: &PathElement) -> Option<&'a Value> {
        match self.by_element.get(element) {
            Some(Some(child)) => Some(child),
            // Known twice: merged as if it were null.
            Some(None) => Some(&Value::Null),
            None => None,
        }
    }
}

/// Walks both lists at once. The configuration decides the order of the elements that both have; elements of the live list
/// alone come before the next shared one.
fn elements(ty: TypeRef<'_>, live: &[Value], config: &[Value]) -> Option<Value> {
    let (left, right) = (Indexed::new(ty, live), Indexed::new(ty, config));
    let elem = ty.elem().unwrap_or(TypeRef::Deduced);
    let mut out: Vec<Value> = Vec::with_capacity(live.len().max(config.len()));
    let mut shared = right
        .elements
        .iter()
        .map(|(element, _)| element)
        .filter(|element| left.by_element.contains_key(*element));
    let mut next = shared.next();
    let mut done: HashSet<&PathElement> = HashSet::new();
    let (mut l, mut r) = (0, 0);
    while l < left.elements.len() || r < right.elements.len() {
        if let (Some((ours, _)), Some((theirs, _))) = (left.elements.get(l), right.elements.get(r)) {
            if ours == theirs {
                done.insert(theirs);
                out.extend(merged(elem, left.get(ours), right.get(ours)));
                (l, r) = (l + 1, r + 1);
                next = shared.next();
                continue;
            }
            if right.by_element.contains_key(ours) && next.is_some_and(|next| next != ours) {
                l += 1;
                continue;
            }
        }
        if let Some((ours, child)) = left.elements.get(l) {
            if !right.by_element.contains_key(ours) {
                out.extend(merged(elem, Some(child), None));
                l += 1;
                continue;
            } else if done.contains(ours) {
                l += 1;
            }
        }
        if let Some((theirs, _)) = right.elements.get(r) {
            done.insert(theirs);
            out.extend(merged(elem, left.get(theirs), right.get(theirs)));
            r += 1;
            if next == Some(theirs) {
                next = shared.next();
            }
        }
    }
    if out.is_empty() {
        None
    } else {
        Some(Value::Array(out))
    }
}
