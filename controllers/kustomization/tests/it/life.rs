//! Suspension, deletion, and what cannot be done.

use serde_json::json;

use crate::world::{NS, World, condition, config, config_map, kustomization, ready};

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_object_rests_until_it_is_resumed() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    world.kustomize("main", json!({"suspend": true})).await;
    world.kustomize("other", json!({"path": ""})).await;
    world.until_ready("other", "1").await;
    world.push("repo", "2", &[("a.yaml", &config("a", "2"))]).await;
    world.until_ready("other", "2").await;
    let object = world.get(&kustomization(), NS, "main").await.unwrap();
    assert!(
        object["status"]["lastAppliedRevision"]
            .as_str()
            .unwrap()
            .ends_with('1')
    );
    world.kustomize("main", json!({"suspend": false})).await;
    world.until_ready("main", "2").await;
}

async fn check_deletion(spec: serde_json::Value, stays: bool) {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", spec).await;
    world.until_ready("main", "1").await;
    world.delete(&kustomization(), NS, "main").await;
    world.until_gone(&kustomization(), NS, "main").await;
    assert_eq!(world.get(&config_map(), "apps", "a").await.is_some(), stays);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_mirrors_prune() {
    check_deletion(json!({"prune": true}), false).await;
    check_deletion(json!({"prune": false}), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_follows_its_policy() {
    check_deletion(json!({"prune": false, "deletionPolicy": "Delete"}), false).await;
    check_deletion(json!({"prune": true, "deletionPolicy": "Orphan"}), true).await;
    check_deletion(
        json!({"prune": false, "deletionPolicy": "WaitForTermination"}),
        false,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_waits_for_what_has_a_finalizer() {
    let world = World::new().await;
    let held = config("a", "1").replace("  namespace", "  finalizers: [example.com/hold]\n  namespace");
    world.push("repo", "1", &[("a.yaml", &held)]).await;
    world
        .kustomize("main", json!({"deletionPolicy": "WaitForTermination"}))
        .await;
    world.until_ready("main", "1").await;
    world.delete(&kustomization(), NS, "main").await;
    world
        .until(&config_map(), "apps", "a", |object| {
            object["metadata"]["deletionTimestamp"].is_string()
        })
        .await;
    assert!(world.get(&kustomization(), NS, "main").await.is_some());
    world
        .merge(
            &config_map(),
            "apps",
            "a",
            json!({"metadata": {"finalizers": null}}),
        )
        .await
        .unwrap();
    world.until_gone(&kustomization(), NS, "main").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_another_kustomization_is_not_deleted() {
    let world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("x/a.yaml", &config("a", "1")), ("y/b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("x", json!({"path": "x"})).await;
    world.until_ready("x", "1").await;
    world.kustomize("y", json!({"path": "y"})).await;
    world.until_ready("y", "1").await;
    // The object moves from one to the other in one commit.
    world
        .push(
            "repo",
            "2",
            &[("x/c.yaml", &config("c", "1")), ("y/a.yaml", &config("a", "1"))],
        )
        .await;
    world.until_ready("y", "2").await;
    world.until_ready("x", "2").await;
    world.request("y", "again").await;
    world
        .until(&kustomization(), NS, "y", |object| {
            object["status"]["lastHandledReconcileAt"] == "again"
        })
        .await;
    assert!(world.get(&config_map(), "apps", "a").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_are_not_acted_on_are_named() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world
        .kustomize("main", json!({"decryption": {"provider": "sops"}}))
        .await;
    let object = world.until_reason("main", "NotSupported").await;
    assert!(
        ready(&object)["message"]
            .as_str()
            .unwrap()
            .starts_with("spec.decryption is not supported")
    );
    assert_eq!(condition(&object, "Stalled")["status"], "True");
    assert_eq!(world.get(&config_map(), "apps", "a").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_a_lost_account_are_left_behind() {
    let world = World::new().await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant", "namespace": NS}});
    world.apply(account).await;
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "tenant"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": NS}]});
    world.apply(binding).await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world
        .kustomize("main", json!({"serviceAccountName": "tenant"}))
        .await;
    world.until_ready("main", "1").await;
    world
        .delete(&flux_kube::Gvk::new("v1", "ServiceAccount"), NS, "tenant")
        .await;
    world.delete(&kustomization(), NS, "main").await;
    world.until_gone(&kustomization(), NS, "main").await;
    assert!(world.get(&config_map(), "apps", "a").await.is_some());
    world
        .until_event("main", "unable to prune objects: \nConfigMap/apps/a")
        .await;
}
