//! Whose an object is.

use flux_object::meta;
use serde_json::{Value, json};

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const HELM: &str = "Helm";
const NAME: &str = "meta.helm.sh/release-name";
const NAMESPACE: &str = "meta.helm.sh/release-namespace";
const POLICY: &str = "helm.sh/resource-policy";
const KEEP: &str = "keep";

/// Marks an object as belonging to a release, whatever it said before.
pub(super) fn mark(object: &mut Value, name: &str, namespace: &str) {
    set(object, "labels", MANAGED_BY, HELM);
    set(object, "annotations", NAME, name);
    set(object, "annotations", NAMESPACE, namespace);
}

/// Sets a label or annotation.
pub(crate) fn set(object: &mut Value, map: &str, key: &str, value: &str) {
    let held = &mut object["metadata"][map];
    if !held.is_object() {
        *held = json!({});
    }
    held[key] = value.into();
}

/// Why an object does not belong to a release, if so.
pub(super) fn stranger(live: &Value, name: &str, namespace: &str) -> Option<String> {
    let metadata = &live["metadata"];
    let wanted = [
        ("label", &metadata["labels"], MANAGED_BY, HELM),
        ("annotation", &metadata["annotations"], NAME, name),
        ("annotation", &metadata["annotations"], NAMESPACE, namespace),
    ];
    let problems: Vec<String> = wanted
        .into_iter()
        .filter_map(|(what, map, key, value)| match map[key].as_str() {
            None => Some(format!(
                "{what} validation error: missing key {key:?}: must be set to {value:?}"
            )),
            Some(held) if held != value => Some(format!(
                "{what} validation error: key {key:?} must equal {value:?}: current value is {held:?}"
            )),
            Some(_) => None,
        })
        .collect();
    (!problems.is_empty()).then(|| format!("invalid ownership metadata; {}", problems.join("; ")))
}

/// Whether an object outlives its release.
pub(super) fn is_kept(object: &Value) -> bool {
    let policy = object["metadata"]["annotations"][POLICY]
        .as_str()
        .unwrap_or_default();
    policy.trim().eq_ignore_ascii_case(KEEP)
}

/// `Kind "name" in namespace "ns"`
pub(super) fn shown(object: &Value) -> String {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    format!(
        "{} {:?} in namespace {namespace:?}",
        meta::kind(object),
        meta::name(object)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(metadata: Value, expect: Option<&str>) {
        let live = json!({"kind": "Service", "metadata": metadata});
        assert_eq!(stranger(&live, "app", "ns").as_deref(), expect);
    }

    #[test]
    fn an_object_belongs_to_the_release_that_marked_it() {
        let mut object = json!({"metadata": {"name": "a"}});
        mark(&mut object, "app", "ns");
        check(object["metadata"].clone(), None);
        check(
            json!({"labels": {MANAGED_BY: HELM}, "annotations": {NAME: "other", NAMESPACE: "ns"}}),
            Some(
                "invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"app\": \
                 current value is \"other\"",
            ),
        );
        check(
            json!({"annotations": {NAME: "app", NAMESPACE: "ns"}}),
            Some(
                "invalid ownership metadata; label validation error: missing key \"app.kubernetes.io/managed-by\": must be set to \
                 \"Helm\"",
            ),
        );
    }
}
