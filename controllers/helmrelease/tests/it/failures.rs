//! What goes wrong, and what follows.

use serde_json::json;

use crate::world::{World, condition};

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_upgrade_is_rolled_back() {
    let world = World::start().await;
    let remediation = json!({"retries": 0, "remediateLastFailure": true});
    world
        .release(json!({"upgrade": {"timeout": "3s", "remediation": remediation}, "values": {"message": "good", "workload": "ready"}}))
        .await;
    world.ready("1.0.0").await;
    world
        .patch(json!({"spec": {"values": {"message": "bad", "workload": "ImagePullBackOff"}}}))
        .await;
    let object = world.stalled("RetriesExceeded").await;
    assert_eq!(
        condition(&object, "Ready")["message"],
        "Helm rollback to previous release default/app.v1 with chart app@1.0.0 succeeded"
    );
    assert_eq!(
        condition(&object, "Stalled")["message"],
        "Failed to upgrade after 1 attempt(s)"
    );
    let released = condition(&object, "Released")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        released.starts_with("Helm upgrade failed for release default/app with chart app@1.0.0: ")
            && released.contains("Deployment/default/app"),
        "{released}"
    );
    assert_eq!(world.message().await.as_deref(), Some("good"));
    assert_eq!(world.records().await, ["1 superseded", "2 failed", "3 deployed"]);
    let latest = &object["status"]["history"][0];
    assert_eq!(
        (&latest["version"], &latest["status"]),
        (&json!(3), &json!("deployed"))
    );

    // What is wanted again is released again.
    world
        .patch(json!({"spec": {"values": {"message": "better", "workload": "ready"}}}))
        .await;
    world.ready("1.0.0").await;
    assert_eq!(world.message().await.as_deref(), Some("better"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_hook_fails_the_install_until_attempts_run_out() {
    let world = World::start().await;
    world
        .release(json!({"install": {"timeout": "3s", "remediation": {"retries": 1}}, "values": {"hook": "JobFailed"}}))
        .await;
    let object = world.stalled("RetriesExceeded").await;
    let released = condition(&object, "Released")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(released.contains("failed pre-install: "), "{released}");
    assert_eq!(
        condition(&object, "Stalled")["message"],
        "Failed to install after 2 attempt(s)"
    );
    assert_eq!(object["status"]["installFailures"], 2);
    assert_eq!(world.message().await, None);

    // A reset brings another attempt; the cause is gone by then.
    world.patch(json!({"spec": {"values": {"hook": "ready"}}})).await;
    world.ready("1.0.0").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_leaves_nothing_behind() {
    let world = World::start().await;
    let template = "a: {{ required \"message is needed\" .Values.nothing }}\n";
    world
        .commit(&[("charts/app/templates/broken.yaml", template)])
        .await;
    world.release(json!({})).await;
    let object = world
        .until(|object| condition(object, "Released")["status"] == "False")
        .await;
    let message = condition(&object, "Ready")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.starts_with("Helm install failed for release default/app with chart app@1.0.0: ")
            && message.contains("message is needed"),
        "{message}"
    );
    assert_eq!(world.records().await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_and_waited_for() {
    let world = World::start().await;
    let reference = json!([{"kind": "ConfigMap", "name": "settings"}]);
    world.release(json!({"valuesFrom": reference})).await;
    let object = world
        .until(|object| condition(object, "Ready")["reason"] == "ValuesError")
        .await;
    assert_eq!(
        condition(&object, "Ready")["message"],
        "could not resolve ConfigMap chart values reference 'default/settings' with key 'values.yaml': \
         configmaps \"settings\" not found"
    );
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"values.yaml": "message: theirs\n"},
        "metadata": {"name": "settings", "namespace": "default", "labels": {"reconcile.fluxcd.io/watch": "Enabled"}}});
    world
        .client
        .create(&settings, &flux_kube::WriteOptions::default())
        .await
        .unwrap();
    world.ready("1.0.0").await;
    assert_eq!(world.message().await.as_deref(), Some("theirs"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acted_on_is_said() {
    let world = World::start().await;
    world
        .release(json!({"kubeConfig": {"secretRef": {"name": "other"}}}))
        .await;
    let object = world.stalled("NotSupported").await;
    let message = condition(&object, "Ready")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.starts_with("spec.kubeConfig is not supported"),
        "{message}"
    );
    world.end().await;
}
