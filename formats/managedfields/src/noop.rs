//! Writes that change nothing.

use serde_json::Value;

/// Whether two states of an object differ in nothing but the times of their managed fields (and the resource version,
/// which the store gives). Such a write is not stored, so that a repeated apply moves neither time nor version.
pub fn same_but_for_times(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return old == new;
    };
    old.len() == new.len()
        && old.iter().all(|(key, old)| match new.get(key) {
            Some(new) if key == "metadata" => same_meta(old, new),
            Some(new) => old == new,
            None => false,
        })
}

fn same_meta(old: &Value, new: &Value) -> bool {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return old == new;
    };
    let given = |key: &&String| *key != "resourceVersion";
    old.keys().filter(given).count() == new.keys().filter(given).count()
        && old
            .iter()
            .filter(|(key, _)| given(key))
            .all(|(key, old)| match new.get(key) {
                Some(new) if key == "managedFields" => same_entries(old, new),
                Some(new) => old == new,
                None => false,
            })
}

/// The order of entries follows their times, so it may differ, too.
fn same_entries(old: &Value, new: &Value) -> bool {
    let bare = |value: &Value| -> Vec<String> {
        let mut entries: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| {
                let mut entry = entry.clone();
                if let Some(map) = entry.as_object_mut() {
                    map.remove("time");
                }
                entry.to_string()
            })
            .collect();
        entries.sort();
        entries
    };
    old == new || bare(old) == bare(new)
}
