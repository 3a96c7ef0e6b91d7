//! The order of merged lists.

use std::collections::HashMap;

use serde_json::Value;

use super::error::{StrategicError, bad_order, no_merge_key, not_an_object};

/// What identifies an element: its merge key, or its value.
fn identity<'a>(element: &'a Value, key: Option<&str>) -> &'a Value {
    match key {
        Some(key) if element.is_object() => element.get(key).unwrap_or(&Value::Null),
        _ => element,
    }
}

/// The places of elements in a list; the first one counts.
struct Places(HashMap<String, usize>);

impl Places {
    fn new(list: &[Value], key: Option<&str>) -> Places {
        let mut places = HashMap::with_capacity(list.len());
        for (place, element) in list.iter().enumerate() {
            places.entry(identity(element, key).to_string()).or_insert(place);
        }
        Places(places)
    }

    fn of(&self, element: &Value, key: Option<&str>) -> Option<usize> {
        self.0.get(&identity(element, key).to_string()).copied()
    }
}

/// Brings a merged list into order: elements that `order` names keep its order, the others that of the server; both are
/// woven so that neighbours on the server stay in sequence, and what the server did not know comes as early as possible.
pub(super) fn apply_order(
    merged: Vec<Value>,
    order: &[Value],
    server: &[Value],
    key: Option<&str>,
) -> Result<Vec<Value>, StrategicError> {
    check_keys(merged.iter().chain(order).chain(server), key)?;
    let (wanted, known) = (Places::new(order, key), Places::new(server, key));
    let (mut named, mut others): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|element| wanted.of(element, key).is_some());
    named.sort_by_key(|element| wanted.of(element, key));
    others.sort_by_key(|element| known.of(element, key));
    let mut out = Vec::with_capacity(named.len() + others.len());
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    loop {
        let other_first = match (others.peek(), named.peek()) {
            (None, None) => return Ok(out),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(other), Some(name)) => match (known.of(other, key), known.of(name, key)) {
                (Some(other), Some(name)) => other < name,
                _ => false,
            },
        };
        out.extend(if other_first { others.next() } else { named.next() });
    }
}

fn check_keys<'a>(
    elements: impl Iterator<Item = &'a Value>,
    key: Option<&str>,
) -> Result<(), StrategicError> {
    let Some(key) = key else { return Ok(()) };
    for element in elements {
        let map = element.as_object().ok_or_else(|| not_an_object(element))?;
        if !map.contains_key(key) {
            return Err(no_merge_key(map, key));
        }
    }
    Ok(())
}

/// Everything that the patch sets must stand in the order, in the same sequence; directives may stand anywhere.
pub(super) fn check_order(patch: &[Value], order: &[Value], key: Option<&str>) -> Result<(), StrategicError> {
    let kept: Vec<&Value> = patch
        .iter()
        .filter(|element| element.get("$patch").is_none())
        .collect();
    check_keys(kept.iter().copied(), key)?;
    let mut rest = order.iter();
    let in_order = kept
        .iter()
        .all(|element| rest.any(|one| identity(one, key) == identity(element, key)));
    if in_order {
        return Ok(());
    }
    let kept: Vec<Value> = kept.into_iter().cloned().collect();
    Err(bad_order(&kept, order))
}
