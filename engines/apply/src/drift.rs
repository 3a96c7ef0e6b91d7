//! Whether a live object is what an apply would make of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use flux_object::meta;

/// Compares labels, annotations and everything outside `metadata` and `status`.
pub fn has_drifted(live: &Value, dry_run: &Value) -> bool {
    fingerprint(live) != fingerprint(dry_run)
}

/// What was seen of a live object at one resource version, in a few bytes: enough to tell later, from a dry run alone, whether
/// it has drifted.
///
/// A dry run answers with the resource version of the live object. When that is the version remembered here, the live object
/// is still the one that was seen, so its fingerprint is known and reading it again would tell nothing new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Resource version at which it was seen.
    pub resource_version: String,
    /// See [`fingerprint`].
    pub fingerprint: [u8; 16],
}

impl Seen {
    /// Remembers a live object.
    pub fn of(live: &Value) -> Self {
        Seen {
            resource_version: meta::resource_version(live).into(),
            fingerprint: fingerprint(live),
        }
    }

    /// Whether `dry_run` speaks of the object as it was seen and would change nothing. False means: look again.
    pub fn confirms(&self, dry_run: &Value) -> bool {
        self.is_still_there(dry_run) && self.fingerprint == fingerprint(dry_run)
    }

    /// Whether `dry_run` speaks of the object at the version that was seen.
    pub fn is_still_there(&self, dry_run: &Value) -> bool {
        !self.resource_version.is_empty() && self.resource_version == meta::resource_version(dry_run)
    }
}

/// A digest of what counts for drift: labels, annotations, and all fields but `metadata` and `status`. The order of keys does
/// not matter.
pub fn fingerprint(object: &Value) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    pairs(&mut hasher, meta::labels(object).collect());
    pairs(&mut hasher, meta::annotations(object).collect());
    let fields: BTreeMap<&String, &Value> = object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status"))
        .collect();
    let autoscaler = meta::kind(object) == "HorizontalPodAutoscaler";
    for (key, value) in fields {
        text(&mut hasher, key);
        let value = if autoscaler && key == "spec" {
            repaired(value)
        } else {
            Cow::Borrowed(value)
        };
        node(&mut hasher, &value);
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    digest
}

fn pairs(hasher: &mut blake3::Hasher, pairs: BTreeMap<&str, &str>) {
    hasher.update(&(pairs.len() as u64).to_le_bytes());
    for (key, value) in pairs {
        text(hasher, key);
        text(hasher, value);
    }
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn node(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Null => drop(hasher.update(b"0")),
        Value::Bool(value) => drop(hasher.update(if *value { b"t" } else { b"f" })),
        Value::Number(number) => {
            hasher.update(b"n");
            text(hasher, &number.to_string());
        }
        Value::String(value) => {
            hasher.update(b"s");
            text(hasher, value);
        }
        Value::Array(items) => {
            hasher.update(b"a").update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| node(hasher, item));
        }
        Value::Object(fields) => {
            hasher.update(b"o").update(&(fields.len() as u64).to_le_bytes());
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            for (key, value) in sorted {
                text(hasher, key);
                node(hasher, value);
            }
        }
    }
}

/// Kubernetes before 1.27 answers a dry run of an autoscaler with its first metric twice and an empty one at the end.
fn repaired(spec: &Value) -> Cow<'_, Value> {
    let Some(metrics) = spec["metrics"].as_array() else {
        return Cow::Borrowed(spec);
    };
    let mut kept: Vec<Value> = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let named = metric["type"].as_str().is_some_and(|name| !name.is_empty());
        if named && !kept.contains(metric) {
            kept.push(metric.clone());
        }
    }
    let mut spec = spec.clone();
    spec["metrics"] = kept.into();
    Cow::Owned(spec)
}
