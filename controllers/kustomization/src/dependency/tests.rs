use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;

const REVISION: &str = "main@sha1:a";

fn kustomization(name: &str, depends_on: &[&str], change: Value) -> Kustomization {
    let depends_on: Vec<Value> = depends_on.iter().map(|name| json!({ "name": name })).collect();
    let mut object = json!({
        "metadata": {"name": name, "namespace": "ns", "generation": 1},
        "spec": {"interval": "1m", "prune": true, "dependsOn": depends_on, "sourceRef": {"kind": "GitRepository", "name": "repo"}},
        "status": {"observedGeneration": 1, "lastAppliedRevision": REVISION, "conditions": [{"type": "Ready", "status": "True"}]},
    });
    for (pointer, value) in change.as_object().into_iter().flatten() {
        *object.pointer_mut(pointer).unwrap() = value.clone();
    }
    serde_json::from_value(object).unwrap()
}

#[track_caller]
fn check(object: &Kustomization, others: Vec<Kustomization>, expect: Option<&str>) {
    let others: HashMap<String, Arc<Kustomization>> = others
        .into_iter()
        .map(|other| (format!("ns/{}", other.metadata.name), Arc::new(other)))
        .collect();
    let found = obstacle(object, REVISION, |key| others.get(&key.to_string()).cloned());
    assert_eq!(found.as_deref(), expect);
}

#[test]
fn a_dependency_is_ready_observed_and_up_to_date() {
    let object = kustomization("app", &["infra"], json!({}));
    let infra = |change| vec![kustomization("infra", &[], change)];
    check(&object, infra(json!({})), None);
    let missing =
        "dependency 'ns/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io \"infra\" not found";
    check(&object, vec![], Some(missing));
    let unready = Some("dependency 'ns/infra' is not ready");
    check(&object, infra(json!({"/metadata/generation": 2})), unready);
    check(&object, infra(json!({"/status/conditions": []})), unready);
    check(
        &object,
        infra(json!({"/status/conditions/0/status": "False"})),
        unready,
    );
    let behind = json!({"/status/lastAppliedRevision": "main@sha1:b"});
    check(
        &object,
        infra(behind.clone()),
        Some("dependency 'ns/infra' revision is not up to date"),
    );
    let other_source = json!({"/status/lastAppliedRevision": "main@sha1:b", "/spec/sourceRef/name": "other"});
    check(&object, infra(other_source), None);
}

#[test]
fn old_forms_of_a_revision_are_the_same_revision() {
    let hash = "0123456789012345678901234567890123456789";
    let object = kustomization("app", &["infra"], json!({}));
    let infra = kustomization(
        "infra",
        &[],
        json!({"/status/lastAppliedRevision": format!("main/{hash}")}),
    );
    let found = obstacle(&object, &format!("main@sha1:{hash}"), |_| {
        Some(Arc::new(infra.clone()))
    });
    assert_eq!(found, None);
}

#[test]
fn a_cycle_is_named() {
    let waiting = json!({"/status/conditions": []});
    let object = kustomization("a", &["b"], waiting.clone());
    let others = vec![
        kustomization("b", &["x", "c"], waiting.clone()),
        kustomization("c", &["a"], waiting.clone()),
        kustomization("x", &[], waiting.clone()),
        object.clone(),
    ];
    check(
        &object,
        others,
        Some("dependency cycle: ns/a -> ns/b -> ns/c -> ns/a; remove one of these dependencies"),
    );
    // Waiting for others that go round in a circle is no cycle of one's own.
    let object = kustomization("d", &["b"], waiting.clone());
    let others = vec![
        kustomization("b", &["c"], waiting.clone()),
        kustomization("c", &["b"], waiting),
    ];
    check(&object, others, Some("dependency 'ns/b' is not ready"));
}
