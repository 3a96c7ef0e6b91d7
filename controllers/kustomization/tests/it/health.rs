//! Health checks.

use serde_json::{Value, json};

use crate::world::{NS, World, check_interrupted, condition, config, inventory, kustomization, ready};

/// A custom object says of itself how it is: the test decides.
const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    subresources: {status: {}}\n    schema:\n      openAPIV3Schema:\n        type: object\n        x-kubernetes-preserve-unknown-fields: true\n";

fn widget(name: &str) -> String {
    format!(
        "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: {name}\n  namespace: apps\nspec:\n  size: 1\n"
    )
}

async fn world(files: &[(&str, &str)]) -> World {
    let world = World::new().await;
    world
        .push("repo", "1", &[&[("crd/crd.yaml", DEFINITION)], files].concat())
        .await;
    world.kustomize("crd", json!({"path": "crd"})).await;
    world.until_ready("crd", "1").await;
    world
}

async fn say(world: &World, name: &str, kind: &str, status: &str) {
    let target = flux_kube::ObjectRef::new(flux_kube::Gvk::new("example.com/v1", "Widget"), "apps", name);
    let conditions = json!([{"type": kind, "status": status, "reason": "Test", "message": "says the test",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    let options = flux_kube::WriteOptions::manager("widget-controller");
    world
        .client
        .patch_status(&target, &json!({"conditions": conditions}), None, &options)
        .await
        .unwrap();
}

fn is_waiting(object: &Value) -> bool {
    let healthy = condition(object, "Healthy");
    healthy["status"] == "Unknown"
        && healthy["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Running health checks for revision main@sha1:"))
        && condition(object, "Reconciling")["reason"] == "Progressing"
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_kustomization_fails_with_an_object() {
    let world = world(&[("a/w.yaml", &widget("a")), ("b/c.yaml", &config("b", "1"))]).await;
    // Widgets without status count as healthy; this one is not, from before it is applied on.
    world.apply(serde_json::from_value(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "apps"}})).unwrap()).await;
    say(&world, "a", "Ready", "False").await;
    world
        .kustomize("a", json!({"path": "a", "wait": true, "retryInterval": "1h"}))
        .await;
    world.kustomize("b", json!({"path": "b", "wait": true})).await;
    world.until(&kustomization(), NS, "a", is_waiting).await;
    let healthy = world.until_ready("b", "1").await;
    assert!(
        condition(&healthy, "Healthy")["message"]
            .as_str()
            .unwrap()
            .starts_with("Health check passed in ")
    );
    say(&world, "a", "Stalled", "True").await;
    let object = world.until_reason("a", "HealthCheckFailed").await;
    let message = condition(&object, "Healthy")["message"].as_str().unwrap();
    assert_eq!(
        message,
        "failed early due to stalled resources: [Widget/apps/a status: 'Failed': says the test]"
    );
    let message = ready(&object)["message"].as_str().unwrap();
    assert!(
        message.starts_with("health check failed after ") && message.contains("Widget/apps/a"),
        "{message}"
    );
    assert_eq!(inventory(&object), ["apps_a_example.com_Widget"]);
    check_interrupted(&object, "Running health checks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_when_the_object_is_healthy() {
    let world = world(&[("a/w.yaml", &widget("a"))]).await;
    world.apply(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "apps"}})).await;
    say(&world, "a", "Ready", "False").await;
    let check = json!([{"apiVersion": "example.com/v1", "kind": "Widget", "name": "a", "namespace": "apps"}]);
    world
        .kustomize("a", json!({"path": "a", "healthChecks": check}))
        .await;
    world.until(&kustomization(), NS, "a", is_waiting).await;
    say(&world, "a", "Ready", "True").await;
    let object = world.until_ready("a", "1").await;
    assert_eq!(condition(&object, "Healthy")["reason"], "Succeeded");
    world.until_event("a", "Health check passed in ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_revision_ends_a_wait() {
    let world = world(&[("a/w.yaml", &widget("a"))]).await;
    world.apply(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a", "namespace": "apps"}})).await;
    say(&world, "a", "Ready", "False").await;
    world.kustomize("a", json!({"path": "a", "wait": true})).await;
    world.until(&kustomization(), NS, "a", is_waiting).await;
    world.push("repo", "2", &[("a/c.yaml", &config("c", "1"))]).await;
    let object = world.until_ready("a", "2").await;
    assert_eq!(inventory(&object), ["apps_c__ConfigMap"]);
    let text = "Health checks canceled due to new reconciliation triggered by GitRepository/flux-system/repo";
    world.until_event("a", text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unhealthy_deployment_is_waited_for() {
    let world = world(&[]).await;
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: apps\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: web\n";
    world.push("repo", "2", &[("a/d.yaml", deployment)]).await;
    world.kustomize("a", json!({"path": "a", "wait": true})).await;
    let object = world.until_ready("a", "2").await;
    assert_eq!(condition(&object, "Healthy")["status"], "True");
}
