//! Taking over objects from other tools: their annotations go, and their fields become ours, so that what leaves the source
//! leaves the object too.

use serde_json::{Map, Value, json};

use flux_object::{marks, meta};

use crate::decide::Options;

const ANNOTATIONS: [&str; 3] = [
    marks::LAST_APPLIED,
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
];
const LABELS: [&str; 1] = ["fluxcd.io/sync-gc-mark"];

/// How a manager wrote its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By update or patch.
    Update,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

/// A field manager, by the beginning of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldManager {
    /// Beginning of the name.
    pub prefix: String,
    /// How it wrote.
    pub operation: Operation,
}

impl FieldManager {
    /// The managers that Flux always takes over: kubectl, and our own from before server-side apply.
    pub fn defaults(own: &str) -> Vec<Self> {
        let manager = |prefix: &str, operation| FieldManager {
            prefix: prefix.into(),
            operation,
        };
        vec![
            manager("kubectl", Operation::Apply),
            manager("kubectl", Operation::Update),
            manager("before-first-apply", Operation::Update),
            manager(own, Operation::Update),
        ]
    }

    /// A manager that the operator disallowed, however it wrote.
    pub fn disallowed(name: &str) -> [Self; 2] {
        [Operation::Apply, Operation::Update].map(|operation| FieldManager {
            prefix: name.into(),
            operation,
        })
    }

    fn matches(&self, entry: &Value) -> bool {
        entry["operation"] == self.operation.as_str()
            && entry["subresource"].as_str().is_none_or(str::is_empty)
            && entry["manager"]
                .as_str()
                .is_some_and(|name| name.starts_with(&self.prefix))
    }
}

/// The JSON patch for a live object that other tools have written to; nothing when there is nothing to take over, or when
/// either object is marked to be merged with what others write.
pub fn cleanup(desired: &Value, live: &Value, options: &Options) -> Option<Value> {
    let merged = |object| marks::has(object, marks::SSA, marks::MERGE);
    if merged(desired) || merged(live) {
        return None;
    }
    let annotations = ANNOTATIONS
        .iter()
        .filter(|key| meta::annotation(live, key).is_some())
        .map(|key| remove("annotations", key));
    let labels = LABELS
        .iter()
        .filter(|key| meta::label(live, key).is_some())
        .map(|key| remove("labels", key));
    let managers = take_over(meta::managed_fields(live), options)
        .map(|entries| json!({"op": "replace", "path": "/metadata/managedFields", "value": entries}));
    let patch: Vec<Value> = annotations.chain(labels).chain(managers).collect();
    (!patch.is_empty()).then(|| patch.into())
}

fn remove(map: &str, key: &str) -> Value {
    let key = key.replace('~', "~0").replace('/', "~1");
    json!({"op": "remove", "path": format!("/metadata/{map}/{key}")})
}

/// The managed fields with those of others merged into our entry; nothing when there is nothing to merge.
fn take_over(entries: &[Value], options: &Options) -> Option<Vec<Value>> {
    let is_ours =
        |entry: &Value| entry["manager"] == options.field_manager.as_str() && entry["operation"] == "Apply";
    let mut ours = entries.iter().rfind(|entry| is_ours(entry)).cloned();
    let held = ours.clone();
    let mut kept = Vec::with_capacity(entries.len());
    let mut edited = false;
    for entry in entries {
        if Some(entry) == held.as_ref() {
            continue;
        }
        if !options.take_over.iter().any(|manager| manager.matches(entry)) {
            kept.push(entry.clone());
            continue;
        }
        edited = true;
        match &mut ours {
            Some(ours) => ours["fieldsV1"] = union(&ours["fieldsV1"], &entry["fieldsV1"]),
            // Without an entry of ours the first one found changes hands.
            None => ours = Some(renamed(entry, &options.field_manager)),
        }
    }
    kept.extend(ours);
    edited.then_some(kept)
}

fn renamed(entry: &Value, manager: &str) -> Value {
    let mut entry = entry.clone();
    entry["manager"] = manager.into();
    entry["operation"] = Operation::Apply.as_str().into();
    entry
}

/// The union of two field sets. A set is a tree of path elements; an empty node is a member, and where a member has children
/// too it is written as a child named `.`.
fn union(a: &Value, b: &Value) -> Value {
    let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else {
        return if a.is_object() { a.clone() } else { b.clone() };
    };
    let mut merged: Map<String, Value> = left.clone();
    for (key, theirs) in right {
        match merged.get_mut(key) {
            Some(ours) => *ours = union_of_members(ours, theirs),
            None => drop(merged.insert(key.clone(), theirs.clone())),
        }
    }
    merged.into()
}

fn union_of_members(a: &Value, b: &Value) -> Value {
    let is_leaf = |node: &Value| node.as_object().is_some_and(Map::is_empty);
    let mut merged = union(a, b);
    if is_leaf(a) != is_leaf(b)
        && let Some(fields) = merged.as_object_mut()
    {
        fields.insert(".".into(), json!({}));
    }
    merged
}
