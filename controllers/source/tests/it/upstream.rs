//! What users and tools see of a GitRepository, held against what upstream's controller writes.

use flux_kube::{Gvk, ListOptions, WatchEvent};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::world::{Repository, World, artifact, condition, conditions, kind};

/// Group of the metadata of events.
const GROUP: &str = "source.toolkit.fluxcd.io/";

fn fits(found: &str, expect: &str) -> bool {
    match expect.strip_suffix('…') {
        Some(start) => found.starts_with(start),
        None => found == expect,
    }
}

/// `Type Reason {keys of the metadata} Message`
fn told(event: &Value) -> String {
    let annotations = event["metadata"]["annotations"].as_object();
    let keys: Vec<&str> = annotations
        .into_iter()
        .flatten()
        .map(|(key, _)| key.strip_prefix(GROUP).unwrap_or(key))
        .collect();
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    format!(
        "{} {} {{{}}} {}",
        text("type"),
        text("reason"),
        keys.join(" "),
        text("message")
    )
}

/// The conditions as lines, and events that must have come; `…` at the end stands for the rest.
async fn check(world: &World, object: &Value, expect: &[&str], events: &[&str]) {
    let found = conditions(object);
    assert_eq!(found.len(), expect.len(), "{found:#?}");
    for (found, expect) in found.iter().zip(expect) {
        assert!(fits(found, expect), "{found:?} is not {expect:?}");
    }
    let mut missing = events.to_vec();
    let mut seen = Vec::new();
    let mut stream = flux_kube::watch(
        world.client.clone(),
        Gvk::new("v1", "Event"),
        ListOptions::default().into(),
    );
    let look = async {
        while !missing.is_empty() {
            if let Some(WatchEvent::Listed(event) | WatchEvent::Applied(event)) = stream.next().await {
                let told = told(&event);
                missing.retain(|expect| !fits(&told, expect));
                seen.push(told);
            }
        }
    };
    let done = tokio::time::timeout(std::time::Duration::from_secs(20), look).await;
    assert!(done.is_ok(), "missing {missing:#?}, seen {seen:#?}");
}

#[tokio::test]
async fn a_new_artifact_and_none() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let object = world.ready("fleet").await;
    let revision = artifact(&object).revision;
    let stored = format!("stored artifact for revision '{revision}'");
    let good = [
        format!("Ready True Succeeded {stored}"),
        format!("ArtifactInStorage True Succeeded {stored}"),
    ];
    let good: Vec<&str> = good.iter().map(String::as_str).collect();
    let new = "Normal NewArtifact {digest revision} stored artifact for commit 'first'";
    check(&world, &object, &good, &[new]).await;
    let object = world.reconcile("fleet", "one").await;
    let same = format!(
        "Normal GitOperationSucceeded {{}} no changes since last reconciliation: observed revision '{revision}'"
    );
    check(&world, &object, &good, &[&same]).await;
    world.end().await;
}

#[tokio::test]
async fn a_missing_include() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    let include = json!({"include": [{"repository": {"name": "other"}}]});
    world.create("fleet", &repository.url(), include).await;
    let object = world
        .until("fleet", |object| {
            !condition(object, "IncludeUnavailable").is_null()
        })
        .await;
    let cause = "could not get resource for include 'other': GitRepository.source.toolkit.fluxcd.io \"other\" not found";
    check(
        &world,
        &object,
        &[
            "Reconciling True ProgressingWithRetry building artifact",
            &format!("Ready False NotFound {cause}"),
            &format!("IncludeUnavailable True NotFound {cause}"),
        ],
        &[&format!("Normal NotFound {{}} {cause}")],
    )
    .await;
    world.end().await;
}

#[tokio::test]
async fn a_remote_that_fails() {
    let world = World::start().await;
    world.create("fleet", "file:///nowhere/at/all", json!({})).await;
    let object = world
        .until("fleet", |object| !condition(object, "FetchFailed").is_null())
        .await;
    let cause = "failed to checkout and determine revision: …";
    check(
        &world,
        &object,
        &[
            "Reconciling True ProgressingWithRetry building artifact",
            &format!("Ready False GitOperationFailed {cause}"),
            &format!("FetchFailed True GitOperationFailed {cause}"),
        ],
        &[&format!("Warning GitOperationFailed {{}} {cause}")],
    )
    .await;
    world.end().await;
}

#[tokio::test]
async fn a_suspended_source_keeps_what_it_has() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let before = world.ready("fleet").await;
    world.patch("fleet", json!({"spec": {"suspend": true}})).await;
    let object = world
        .until("fleet", |object| object["status"]["observedGeneration"] == 2)
        .await;
    let held = condition(&object, "Ready");
    assert_eq!(
        (&held["status"], &held["observedGeneration"]),
        (&json!("True"), &json!(2))
    );
    assert_eq!(object["status"]["artifact"], before["status"]["artifact"]);
    world.request("fleet", "t1").await;
    world
        .until("fleet", |object| {
            object["status"]["lastHandledReconcileAt"] == "t1"
        })
        .await;
    world.end().await;
}

#[tokio::test]
async fn the_end_of_an_object() {
    let repository = Repository::with(&[("a", "1")]);
    let world = World::start().await;
    world.create("fleet", &repository.url(), json!({})).await;
    let object = world.ready("fleet").await;
    let target = flux_kube::ObjectRef::new(kind(), "default", "fleet");
    world
        .client
        .delete(&target, &flux_kube::DeleteOptions::default())
        .await
        .unwrap();
    world.until_gone("fleet").await;
    assert!(!world.directory.path().join(&artifact(&object).path).exists());
    let gone = "Normal GarbageCollectionSucceeded {} garbage collected artifacts for deleted resource";
    let found = conditions(&object);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    check(&world, &object, &found, &[gone]).await;
    world.end().await;
}
