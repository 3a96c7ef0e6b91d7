//! A release from install to uninstall.

use flux_kube::{Gvk, ObjectRef, Patch, WriteOptions};
use serde_json::json;

use crate::world::{World, condition, conditions};

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_is_installed_upgraded_and_uninstalled() {
    let world = World::start().await;
    world
        .release(json!({"values": {"message": "first", "hook": "ready", "workload": "ready"}}))
        .await;
    let object = world.ready("1.0.0").await;
    assert_eq!(
        conditions(&object),
        [
            "Ready True InstallSucceeded Helm install succeeded for release default/app.v1 with chart app@1.0.0",
            "Released True InstallSucceeded Helm install succeeded for release default/app.v1 with chart app@1.0.0",
        ]
    );
    let status = &object["status"];
    assert_eq!(status["helmChart"], "default/default-app");
    assert_eq!(status["lastAttemptedReleaseAction"], "install");
    assert_eq!(status["observedGeneration"], object["metadata"]["generation"]);
    let latest = &status["history"][0];
    assert_eq!(
        (&latest["status"], &latest["action"]),
        (&json!("deployed"), &json!("install"))
    );
    assert_eq!(latest["configDigest"], status["lastAttemptedConfigDigest"]);
    let entries = status["inventory"]["entries"].as_array().unwrap();
    let ids: Vec<_> = entries
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["default_app__ConfigMap", "default_app_apps_Deployment"]);
    assert_eq!(world.message().await.as_deref(), Some("first"));
    assert_eq!(world.records().await, ["1 deployed"]);
    let map = world.get("v1", "ConfigMap", "app").await.unwrap();
    let labels = &map["metadata"]["labels"];
    assert_eq!(labels["helm.toolkit.fluxcd.io/name"], "app");
    assert_eq!(labels["app.kubernetes.io/managed-by"], "Helm");

    let chart = "apiVersion: v2\nname: app\nversion: 1.1.0\n";
    world.commit(&[("charts/app/Chart.yaml", chart)]).await;
    let object = world.ready("1.1.0").await;
    assert_eq!(
        condition(&object, "Ready")["message"],
        "Helm upgrade succeeded for release default/app.v2 with chart app@1.1.0"
    );
    assert_eq!(world.records().await, ["1 superseded", "2 deployed"]);

    world
        .patch(json!({"spec": {"values": {"message": "second"}}}))
        .await;
    world
        .until(|object| {
            object["status"]["history"][0]["version"] == 3 && condition(object, "Ready")["status"] == "True"
        })
        .await;
    assert_eq!(world.message().await.as_deref(), Some("second"));

    world.delete().await;
    assert_eq!(world.message().await, None);
    assert_eq!(world.records().await, Vec::<String>::new());
    let chart = ObjectRef::new(crate::world::kind("HelmChart"), "default", "default-app");
    world.gone(&chart).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_as_wanted_is_left_alone() {
    let world = World::start().await;
    world.release(json!({})).await;
    world.ready("1.0.0").await;
    let annotations = json!({ "reconcile.fluxcd.io/requestedAt": "now" });
    world
        .patch(json!({ "metadata": { "annotations": annotations } }))
        .await;
    let handled =
        |at: &'static str| move |object: &serde_json::Value| object["status"]["lastHandledReconcileAt"] == at;
    world.until(handled("now")).await;
    assert_eq!(world.records().await, ["1 deployed"]);

    let forced = json!({ "reconcile.fluxcd.io/requestedAt": "then", "reconcile.fluxcd.io/forceAt": "then" });
    world
        .patch(json!({ "metadata": { "annotations": forced } }))
        .await;
    let object = world.until(handled("then")).await;
    assert_eq!(object["status"]["lastHandledForceAt"], "then");
    assert_eq!(world.records().await, ["1 superseded", "2 deployed"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_run_after_a_release() {
    let world = World::start().await;
    world
        .release(json!({"test": {"enable": true}, "values": {"test": "ready"}}))
        .await;
    let object = world.ready("1.0.0").await;
    assert_eq!(
        condition(&object, "TestSuccess")["message"],
        "Helm test succeeded for release default/app.v1 with chart app@1.0.0: 1 test hook completed successfully"
    );
    assert_eq!(
        object["status"]["history"][0]["testHooks"]["app-test"]["phase"],
        "Succeeded"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_release_name_moves_the_release() {
    let world = World::start().await;
    world.release(json!({})).await;
    world.ready("1.0.0").await;
    world.patch(json!({"spec": {"releaseName": "other"}})).await;
    world
        .until(|object| {
            object["status"]["history"][0]["name"] == "other"
                && condition(object, "Ready")["status"] == "True"
        })
        .await;
    assert_eq!(world.message().await, None);
    assert!(world.get("v1", "ConfigMap", "other").await.is_some());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_in_the_cluster_is_put_right() {
    let world = World::start().await;
    world
        .release(json!({"driftDetection": {"mode": "enabled"}, "values": {"message": "first"}}))
        .await;
    world.ready("1.0.0").await;
    let target = ObjectRef::new(Gvk::new("v1", "ConfigMap"), "default", "app");
    let patch = Patch::Merge(json!({"data": {"message": "mine"}}));
    world
        .client
        .patch(&target, &patch, &WriteOptions::manager("me"))
        .await
        .unwrap();
    let requested = json!({ "reconcile.fluxcd.io/requestedAt": "now" });
    world.patch(json!({"metadata": {"annotations": requested}})).await;
    world
        .until(|object| {
            object["status"]["lastHandledReconcileAt"] == "now"
                && condition(object, "Drifted")["status"] == "False"
                && condition(object, "Ready")["status"] == "True"
                && condition(object, "Reconciling").is_null()
        })
        .await;
    assert_eq!(world.message().await.as_deref(), Some("first"));
    assert_eq!(world.records().await, ["1 deployed"]);
    let event = world
        .until_any(Gvk::new("v1", "Event"), |event| {
            event["reason"] == "DriftCorrected"
        })
        .await;
    assert_eq!(
        event["message"],
        "Cluster state of release default/app.v1 has been corrected:\nConfigMap/default/app configured"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_can_be_told_only() {
    let world = World::start().await;
    world
        .release(json!({"driftDetection": {"mode": "warn"}, "values": {"message": "first"}}))
        .await;
    world.ready("1.0.0").await;
    let target = ObjectRef::new(Gvk::new("v1", "ConfigMap"), "default", "app");
    let patch = Patch::Merge(json!({"data": {"message": "mine"}}));
    world
        .client
        .patch(&target, &patch, &WriteOptions::manager("me"))
        .await
        .unwrap();
    let requested = json!({ "reconcile.fluxcd.io/requestedAt": "now" });
    world.patch(json!({"metadata": {"annotations": requested}})).await;
    let object = world
        .until(|object| condition(object, "Drifted")["status"] == "True")
        .await;
    assert_eq!(
        condition(&object, "Drifted")["message"],
        "Cluster state of release default/app.v1 has drifted from the desired state:\nConfigMap/default/app changed (0 additions, 1 \
         changes, 0 removals)"
    );
    assert_eq!(world.message().await.as_deref(), Some("mine"));
    world.end().await;
}
