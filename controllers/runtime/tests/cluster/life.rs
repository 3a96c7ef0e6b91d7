//! The life of an object under a controller.

use flux_kube::{DeleteOptions, Gvk};
use flux_runtime::Cause;
use serde_json::json;

use crate::world::{World, condition, ready};

#[tokio::test]
async fn an_object_gets_its_finalizer_its_status_and_an_event() {
    let world = World::start().await;
    world.create("plain", |_| {}).await;
    let object = world.until("plain", |object| ready(object) == "True").await;
    assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    assert_eq!(
        object["status"]["observedGeneration"],
        object["metadata"]["generation"]
    );
    assert!(condition(&object, "Reconciling").is_null());
    let managers = object["metadata"]["managedFields"].as_array().unwrap();
    let own: Vec<(&str, bool)> = managers
        .iter()
        .map(|one| (one["manager"].as_str().unwrap(), one["subresource"] == "status"))
        .filter(|(manager, _)| manager.starts_with("gotk-"))
        .collect();
    assert_eq!(
        own,
        [
            ("gotk-kustomize-controller", false),
            ("gotk-kustomize-controller", true)
        ]
    );
    let event = world
        .until_any(Gvk::new("v1", "Event"), |event| {
            event["involvedObject"]["name"] == "plain"
        })
        .await;
    assert_eq!(
        event["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/revision"],
        "main@sha1:a"
    );
    assert_eq!(
        (&event["type"], &event["source"]["component"]),
        (&json!("Normal"), &json!("kustomize-controller"))
    );
    assert_eq!(event["involvedObject"]["uid"], object["metadata"]["uid"]);
    world.end().await;
}

#[tokio::test]
async fn a_request_is_handled_and_status_changes_ask_for_nothing() {
    let world = World::start().await;
    world.create("plain", |_| {}).await;
    world.until("plain", |object| ready(object) == "True").await;
    world
        .patch(
            "plain",
            json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}}}),
        )
        .await;
    world
        .until("plain", |object| {
            object["status"]["lastHandledReconcileAt"] == "t1"
        })
        .await;
    world.patch("plain", json!({"spec": {"prune": false}})).await;
    world
        .until("plain", |object| object["status"]["observedGeneration"] == 2)
        .await;
    assert_eq!(
        world.notes.of("plain").passes,
        ["{Changed}", "{Requested}", "{Changed}"]
    );
    world.end().await;
}

#[tokio::test]
async fn a_wait_holds_no_worker_and_a_waker_ends_it() {
    let world = World::start().await;
    world.create("waits", |_| {}).await;
    world.until("waits", |object| ready(object) == "Unknown").await;
    // Others pass by.
    for name in ["a", "b", "c", "d", "e"] {
        world.create(name, |_| {}).await;
        world.until(name, |object| ready(object) == "True").await;
    }
    assert_eq!(world.notes.of("waits").passes, ["{Changed}"]);
    world.notes.of("waits").waker.unwrap().wake(Cause::Health);
    world.until("waits", |object| ready(object) == "True").await;
    assert_eq!(world.notes.of("waits").passes, ["{Changed}", "{Health}"]);
    world.end().await;
}

#[tokio::test]
async fn a_dependent_follows_at_once() {
    let world = World::start().await;
    let depends = |object: &mut serde_json::Value| object["spec"]["dependsOn"] = json!([{"name": "first"}]);
    world.create("depends", depends).await;
    let waiting = world.until("depends", |object| ready(object) == "False").await;
    assert_eq!(condition(&waiting, "Ready")["reason"], "DependencyNotReady");
    assert_eq!(
        condition(&waiting, "Reconciling")["reason"],
        "ProgressingWithRetry"
    );
    world.create("first", |_| {}).await;
    // The backstop would come in an hour.
    world.until("depends", |object| ready(object) == "True").await;
    assert_eq!(world.notes.of("depends").passes, ["{Changed}", "{Dependency}"]);
    world.end().await;
}

#[tokio::test]
async fn a_panic_is_a_condition_and_the_process_lives() {
    let world = World::start().await;
    world.create("panics", |_| {}).await;
    // The second pass comes after the first pause and is good.
    world.until("panics", |object| ready(object) == "True").await;
    assert_eq!(world.notes.of("panics").passes, ["{Changed}", "{Retry}"]);
    let event = world
        .until_any(Gvk::new("v1", "Event"), |event| {
            event["involvedObject"]["name"] == "panics" && event["type"] == "Warning"
        })
        .await;
    assert!(
        event["message"].as_str().unwrap().contains("out of cheese"),
        "{event:#}"
    );
    let metrics = world.runtime.metrics().render();
    assert!(metrics.contains("controller_runtime_reconcile_panics_total{controller=\"kustomization\"} 1"));
    world.end().await;
}

#[tokio::test]
async fn a_stalled_object_rests_until_it_changes() {
    let world = World::start().await;
    world.create("stalls", |_| {}).await;
    let object = world.until("stalls", |object| ready(object) == "False").await;
    assert_eq!(condition(&object, "Stalled")["reason"], "AccessDenied");
    assert_eq!(object["status"]["observedGeneration"], 1);
    world.patch("stalls", json!({"spec": {"prune": false}})).await;
    world
        .until("stalls", |object| object["status"]["observedGeneration"] == 2)
        .await;
    assert_eq!(world.notes.of("stalls").passes, ["{Changed}", "{Changed}"]);
    world.end().await;
}

#[tokio::test]
async fn deletion_runs_the_finalizer_and_then_all_is_forgotten() {
    let world = World::start().await;
    world.create("plain", |_| {}).await;
    world.until("plain", |object| ready(object) == "True").await;
    world
        .client
        .delete(&world.target("plain"), &DeleteOptions::default())
        .await
        .unwrap();
    world.until_gone("plain").await;
    // A key that comes after shows that what came before was worked on.
    world.create("waits", |_| {}).await;
    world.until("waits", |object| ready(object) == "Unknown").await;
    assert_eq!(world.notes.of("plain").passes[..2], ["{Changed}", "finalize"]);
    world.end().await;
}

#[tokio::test]
async fn a_suspended_object_is_left_alone_but_can_be_deleted() {
    let world = World::start().await;
    world
        .create("plain", |object| object["spec"]["suspend"] = true.into())
        .await;
    world.create("a", |_| {}).await;
    world.until("a", |object| ready(object) == "True").await;
    assert_eq!(world.notes.of("plain").passes, ["forget"]);
    // That it was seen stands in its status, and its finalizer is there for the day it goes.
    let requested = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "t1"}}});
    world.patch("plain", requested).await;
    let object = world
        .until("plain", |object| {
            object["status"]["lastHandledReconcileAt"] == "t1"
        })
        .await;
    assert_eq!(object["status"]["observedGeneration"], 1);
    assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    world.patch("plain", json!({"spec": {"suspend": false}})).await;
    world.until("plain", |object| ready(object) == "True").await;
    world.patch("plain", json!({"spec": {"suspend": true}})).await;
    world
        .client
        .delete(&world.target("plain"), &DeleteOptions::default())
        .await
        .unwrap();
    world.until_gone("plain").await;
    assert!(world.notes.of("plain").passes.contains(&"finalize".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn a_shard_sees_only_its_own() {
    let world = World::start_with(|settings| settings.watch_label_selector = "shard=1".into()).await;
    world.create("other", |_| {}).await;
    world
        .create("own", |object| {
            object["metadata"]["labels"] = json!({"shard": "1"})
        })
        .await;
    world.until("own", |object| ready(object) == "True").await;
    assert!(world.notes.of("other").passes.is_empty());
    world.end().await;
}

#[tokio::test]
async fn the_leader_gives_the_lease_back() {
    let world = World::start_with(|settings| settings.leader_election.enabled = true).await;
    world.create("plain", |_| {}).await;
    world.until("plain", |object| ready(object) == "True").await;
    let client = world.client.clone();
    let kind = Gvk::new("coordination.k8s.io/v1", "Lease");
    let holder = async || {
        let lease = client
            .get(&kind, "default", "kustomize-controller-leader-election")
            .await
            .unwrap();
        lease["spec"]["holderIdentity"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(holder().await.starts_with("localhost_"));
    let cluster = world.release().await;
    assert_eq!(holder().await, "");
    cluster.shutdown().await;
}
