use std::collections::BTreeMap;

use serde_json::json;

use super::{Payload, metadata_for};

#[test]
fn the_payload_is_the_notification_controllers() {
    let object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system", "uid": "u", "resourceVersion": "7",
            "annotations": {"event.toolkit.fluxcd.io/deploymentID": "e076", "other": "x"}},
    });
    let metadata = BTreeMap::from([("revision".to_owned(), "main@sha1:a".to_owned())]);
    let metadata = metadata_for(&object, metadata);
    let payload = Payload {
        involved_object: flux_kube::event::involved_object(&object),
        severity: "info",
        timestamp: "2026-01-01T00:00:00Z".into(),
        message: "done",
        reason: "Succeeded",
        metadata: &metadata,
        reporting_controller: "kustomize-controller",
        reporting_instance: "pod",
    };
    assert_eq!(
        serde_json::to_value(payload).unwrap(),
        json!({
            "involvedObject": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "apps",
                "namespace": "flux-system", "uid": "u", "resourceVersion": "7"},
            "severity": "info", "timestamp": "2026-01-01T00:00:00Z", "message": "done", "reason": "Succeeded",
            "metadata": {"event.toolkit.fluxcd.io/deploymentID": "e076",
                "kustomize.toolkit.fluxcd.io/revision": "main@sha1:a"},
            "reportingController": "kustomize-controller", "reportingInstance": "pod",
        })
    );
}
