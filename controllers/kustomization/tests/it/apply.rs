//! What is applied, pruned and put back.

use serde_json::json;

use crate::world::{
    NS, World, check_interrupted, condition, config, config_map, inventory, kustomization, ready,
};

#[tokio::test(flavor = "multi_thread")]
async fn files_become_objects_and_status() {
    let world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("main", json!({})).await;
    let object = world.until_ready("main", "1").await;
    assert_eq!(inventory(&object), ["apps_a__ConfigMap", "apps_b__ConfigMap"]);
    let status = &object["status"];
    assert_eq!(status["lastAppliedRevision"], status["lastAttemptedRevision"]);
    assert_eq!(
        status["history"][0]["lastReconciledStatus"],
        "ReconciliationSucceeded"
    );
    assert_eq!(ready(&object)["reason"], "ReconciliationSucceeded");
    assert!(condition(&object, "Reconciling").is_null() && condition(&object, "Healthy").is_null());
    let applied = world.get(&config_map(), "apps", "a").await.unwrap();
    assert_eq!(
        applied["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"],
        "main"
    );
    assert_eq!(
        applied["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/namespace"],
        NS
    );
    world
        .until_event("main", "ConfigMap/apps/a created\nConfigMap/apps/b created")
        .await;
    world.until_event("main", "next run in 1h0m0s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_revision_changes_and_prunes() {
    let world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    world.push("repo", "2", &[("a.yaml", &config("a", "2"))]).await;
    let object = world.until_ready("main", "2").await;
    assert_eq!(inventory(&object), ["apps_a__ConfigMap"]);
    assert_eq!(
        world.get(&config_map(), "apps", "a").await.unwrap()["data"]["key"],
        "2"
    );
    assert_eq!(world.get(&config_map(), "apps", "b").await, None);
    world.until_event("main", "ConfigMap/apps/b deleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_prune_objects_stay() {
    let world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("main", json!({"prune": false})).await;
    world.until_ready("main", "1").await;
    world.push("repo", "2", &[("a.yaml", &config("a", "1"))]).await;
    let object = world.until_ready("main", "2").await;
    assert_eq!(inventory(&object), ["apps_a__ConfigMap"]);
    assert!(world.get(&config_map(), "apps", "b").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_marked_stays_when_it_leaves_the_source() {
    let world = World::new().await;
    let kept = config("kept", "1").replace(
        "  namespace",
        "  labels:\n    kustomize.toolkit.fluxcd.io/prune: Disabled\n  namespace",
    );
    world
        .push("repo", "1", &[("a.yaml", &config("a", "1")), ("b.yaml", &kept)])
        .await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    world.push("repo", "2", &[("a.yaml", &config("a", "1"))]).await;
    world.until_ready("main", "2").await;
    assert!(world.get(&config_map(), "apps", "kept").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_put_back() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    let edited = json!({"data": {"key": "edited", "more": "x"}});
    world.merge(&config_map(), "apps", "a", edited).await.unwrap();
    world.request("main", "now").await;
    let object = world
        .until(&config_map(), "apps", "a", |object| object["data"]["key"] == "1")
        .await;
    // What an edit added is taken over and removed as well.
    assert_eq!(object["data"], json!({"key": "1"}));
    world
        .until(&kustomization(), NS, "main", |object| {
            object["status"]["lastHandledReconcileAt"] == "now"
        })
        .await;
    world.until_event("main", "ConfigMap/apps/a configured").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_order_is_not_written() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({})).await;
    world.until_ready("main", "1").await;
    let before = world.get(&config_map(), "apps", "a").await;
    world.request("main", "now").await;
    world
        .until(&kustomization(), NS, "main", |object| {
            object["status"]["history"][0]["totalReconciliations"] == 2
        })
        .await;
    assert_eq!(world.get(&config_map(), "apps", "a").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_with_a_broken_object_is_not_begun() {
    let world = World::new().await;
    let broken = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: z\n  namespace: nowhere\n";
    world
        .push("repo", "1", &[("a.yaml", &config("a", "1")), ("z.yaml", broken)])
        .await;
    world.kustomize("main", json!({"retryInterval": "1h"})).await;
    let object = world.until_reason("main", "ReconciliationFailed").await;
    let message = ready(&object)["message"].as_str().unwrap();
    assert_eq!(
        message,
        "ConfigMap/nowhere/z not found: namespaces \"nowhere\" not found"
    );
    check_interrupted(&object, "Detecting drift");
    assert_eq!(world.get(&config_map(), "apps", "a").await, None);
    assert_eq!(inventory(&object), Vec::<&str>::new());
    world.push("repo", "2", &[("a.yaml", &config("a", "1"))]).await;
    world.until_ready("main", "2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_come_before_their_objects() {
    let world = World::new().await;
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        x-kubernetes-preserve-unknown-fields: true\n";
    let widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: new\nspec:\n  size: 1\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: new\n";
    world
        .push(
            "repo",
            "1",
            &[("a.yaml", widget), ("b.yaml", definition), ("c.yaml", namespace)],
        )
        .await;
    world.kustomize("main", json!({})).await;
    let object = world.until_ready("main", "1").await;
    assert_eq!(
        inventory(&object),
        [
            "_widgets.example.com_apiextensions.k8s.io_CustomResourceDefinition",
            "_new__Namespace",
            "new_w_example.com_Widget"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn immutable_fields_need_force() {
    let world = World::new().await;
    let job = |image: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  namespace: apps\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: c\n        image: {image}\n"
        )
    };
    world.push("repo", "1", &[("j.yaml", &job("a"))]).await;
    world.kustomize("main", json!({"retryInterval": "1h"})).await;
    world.until_ready("main", "1").await;
    world.push("repo", "2", &[("j.yaml", &job("b"))]).await;
    let object = world.until_reason("main", "ReconciliationFailed").await;
    let message = ready(&object)["message"].as_str().unwrap();
    assert!(
        message.starts_with("Job/apps/j dry-run failed (Invalid): "),
        "{message}"
    );
    assert_eq!(inventory(&object), ["apps_j_batch_Job"]);
    world.kustomize("main", json!({"force": true})).await;
    world.until_ready("main", "2").await;
    let job = world
        .get(&flux_kube::Gvk::new("batch/v1", "Job"), "apps", "j")
        .await
        .unwrap();
    assert_eq!(job["spec"]["template"]["spec"]["containers"][0]["image"], "b");
}

async fn check_refusal(text: &str, expect: &str) {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", text)]).await;
    world.kustomize("main", json!({"retryInterval": "1h"})).await;
    let object = world.until_reason("main", "ReconciliationFailed").await;
    assert_eq!(ready(&object)["message"], expect);
    world.until_event("main", expect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_object_and_cause() {
    let widget = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: apps\n";
    let unknown =
        "Widget/apps/w dry-run failed: no matches for kind \"Widget\" in version \"example.com/v1\"";
    check_refusal(widget, unknown).await;
    let homeless = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    check_refusal(homeless, "ConfigMap/a namespace not specified").await;
}
