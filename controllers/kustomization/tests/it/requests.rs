//! How many requests the work costs: they are what a cluster of many Kustomizations feels.

use serde_json::json;

use crate::world::{NS, World, config, config_map, kustomization};

fn four(value: &str) -> Vec<(String, String)> {
    ["a", "b", "c", "d"]
        .iter()
        .map(|name| (format!("{name}.yaml"), config(name, value)))
        .collect()
}

async fn push(world: &World, revision: &str, value: &str) {
    let files = four(value);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    world.push("repo", revision, &files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_four_objects_cost() {
    let world = World::new().await;
    push(&world, "1", "1").await;
    // From here on the controller knows the source: a pass that finds it missing would cost one more.
    world.kustomize("first", json!({"prune": false})).await;
    world.until_ready("first", "1").await;
    world
        .kustomize("first", json!({"prune": false, "suspend": true}))
        .await;
    world
        .until(&kustomization(), NS, "first", |object| {
            object["status"]["observedGeneration"] == object["metadata"]["generation"]
        })
        .await;
    for name in ["a", "b", "c", "d"] {
        world.delete(&config_map(), "apps", name).await;
    }
    world.requests.take();
    world.kustomize("main", json!({"wait": true})).await;
    world.until_ready("main", "1").await;
    world.until_event("main", "Reconciliation finished").await;
    insta::assert_snapshot!(without_events(&world.requests.take()), @r"
    4 PATCH (dry run) configmaps
    4 PATCH configmaps
    1 PATCH kustomizations
    2 PATCH kustomizations/status
    ");

    push(&world, "2", "2").await;
    world.until_ready("main", "2").await;
    world.until_event("main", "configured").await;
    insta::assert_snapshot!(without_events(&world.requests.take()), @r"
    4 PATCH (dry run) configmaps
    4 PATCH configmaps
    2 PATCH kustomizations/status
    ");

    world.request("main", "now").await;
    world
        .until(&kustomization(), NS, "main", |object| {
            object["status"]["lastHandledReconcileAt"] == "now"
        })
        .await;
    insta::assert_snapshot!(without_events(&world.requests.take()), @r"
    4 PATCH (dry run) configmaps
    1 PATCH kustomizations/status
    ");
}

/// Events go out beside the work.
fn without_events(requests: &str) -> String {
    let lines: Vec<&str> = requests
        .lines()
        .filter(|line| !line.ends_with(" events"))
        .collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_was_watched_is_not_read_again() {
    let deployment = |image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: apps\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: {image}\n"
        )
    };
    let world = World::new().await;
    world.push("repo", "1", &[("web.yaml", &deployment("a"))]).await;
    world.kustomize("main", json!({"wait": true})).await;
    world.until_ready("main", "1").await;
    world.requests.take();
    world.request("main", "now").await;
    world
        .until(&kustomization(), NS, "main", |object| {
            object["status"]["lastHandledReconcileAt"] == "now"
        })
        .await;
    insta::assert_snapshot!(without_events(&world.requests.take()), @r"
    1 PATCH (dry run) deployments
    1 PATCH kustomizations/status
    ");
}
