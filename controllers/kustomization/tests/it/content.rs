//! What is built: only when something changed that the build reads.

use serde_json::json;

use crate::world::{NS, World, check_interrupted, config, config_map, inventory, kustomization, ready};

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_changes_nothing_moves_only_the_status() {
    let world = World::new().await;
    world
        .push("repo", "1", &[("app/a.yaml", &config("a", "1"))])
        .await;
    world.kustomize("main", json!({"path": "app"})).await;
    world.until_ready("main", "1").await;
    // Had the objects been compared, this would be put back.
    world
        .merge(&config_map(), "apps", "a", json!({"data": {"key": "edited"}}))
        .await
        .unwrap();
    world
        .push(
            "repo",
            "2",
            &[
                ("app/a.yaml", &config("a", "1")),
                ("other/b.yaml", &config("b", "1")),
            ],
        )
        .await;
    let object = world.until_ready("main", "2").await;
    assert_eq!(object["status"]["history"].as_array().unwrap().len(), 1);
    assert_eq!(inventory(&object), ["apps_a__ConfigMap"]);
    assert_eq!(
        world.get(&config_map(), "apps", "a").await.unwrap()["data"]["key"],
        "edited"
    );
    world.request("main", "now").await;
    world
        .until(&config_map(), "apps", "a", |object| object["data"]["key"] == "1")
        .await;
    // A file more in a directory that was listed is a change.
    world
        .push(
            "repo",
            "3",
            &[
                ("app/a.yaml", &config("a", "1")),
                ("app/b.yaml", &config("b", "1")),
            ],
        )
        .await;
    let object = world.until_ready("main", "3").await;
    assert_eq!(inventory(&object), ["apps_a__ConfigMap", "apps_b__ConfigMap"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_come_from_objects_and_follow_them() {
    let world = World::new().await;
    let settings = |region: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"region": region},
            "metadata": {"name": "settings", "namespace": NS, "labels": {"reconcile.fluxcd.io/watch": "Enabled"}}})
    };
    world
        .push("repo", "1", &[("a.yaml", &config("a", "${region} ${size}"))])
        .await;
    let from = json!([{"kind": "ConfigMap", "name": "settings"}, {"kind": "Secret", "name": "none", "optional": true}]);
    let post_build = json!({"substitute": {"size": "big"}, "substituteFrom": from});
    world
        .kustomize("main", json!({"postBuild": post_build, "retryInterval": "1h"}))
        .await;
    let object = world.until_reason("main", "BuildFailed").await;
    let message = ready(&object)["message"].as_str().unwrap();
    assert_eq!(
        message,
        "post build failed: substitute from 'ConfigMap/settings' error: configmaps \"settings\" not found"
    );
    check_interrupted(&object, "Building manifests");
    world.apply(settings("north")).await;
    world
        .until(&config_map(), "apps", "a", |object| {
            object["data"]["key"] == "north big"
        })
        .await;
    world.apply(settings("south")).await;
    world
        .until(&config_map(), "apps", "a", |object| {
            object["data"]["key"] == "south big"
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_is_told_and_loses_nothing() {
    let world = World::new().await;
    world.push("repo", "1", &[("a.yaml", &config("a", "1"))]).await;
    world.kustomize("main", json!({"retryInterval": "1h"})).await;
    world.until_ready("main", "1").await;
    world
        .push("repo", "2", &[("a.yaml", "apiVersion: v1\nkind: [")])
        .await;
    let object = world.until_reason("main", "BuildFailed").await;
    assert!(
        ready(&object)["message"].as_str().unwrap().contains("a.yaml"),
        "{object:#}"
    );
    assert_eq!(inventory(&object), ["apps_a__ConfigMap"]);
    assert!(
        object["status"]["lastAttemptedRevision"]
            .as_str()
            .unwrap()
            .ends_with('2')
    );
    assert!(
        object["status"]["lastAppliedRevision"]
            .as_str()
            .unwrap()
            .ends_with('1')
    );
    assert!(world.get(&config_map(), "apps", "a").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_behind_is_found_in_the_inventory() {
    let mut world = World::new().await;
    world
        .push(
            "repo",
            "1",
            &[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))],
        )
        .await;
    world.kustomize("main", json!({})).await;
    let object = world.until_ready("main", "1").await;
    // As if it had been killed after it applied both and before it wrote that down: the record from before the writes is
    // all there is.
    let target = flux_kube::ObjectRef::new(kustomization(), NS, "main");
    let status = json!({"conditions": [], "lastAppliedRevision": null, "history": null,
        "inventory": object["status"]["inventory"]});
    let options = flux_kube::WriteOptions::manager("test");
    world
        .client
        .patch_status(&target, &status, None, &options)
        .await
        .unwrap();
    world.push("repo", "2", &[("a.yaml", &config("a", "1"))]).await;
    world.restart();
    let object = world.until_ready("main", "2").await;
    assert_eq!(inventory(&object), ["apps_a__ConfigMap"]);
    assert_eq!(world.get(&config_map(), "apps", "b").await, None);
}
