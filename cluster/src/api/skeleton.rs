//! The fields that upstream's types always print.
//!
//! A new object is compared with an empty one to find who owns what. Structures that an empty object already has are not
//! owned themselves, only what is in them.

use serde_json::Value;

use super::registry::Resource;

const TEMPLATE: &str = r#"{"metadata":{},"spec":{"containers":null}}"#;

/// The empty object of a built-in kind.
pub(crate) fn empty(resource: &Resource) -> Value {
    let text = match resource.custom {
        Some(_) => r#"{"metadata":{}}"#.to_owned(),
        None => text(&resource.group, &resource.kind).replace("TEMPLATE", TEMPLATE),
    };
    // The texts are constants; a test reads all of them.
    serde_json::from_str(&text).unwrap_or_default()
}

fn text(group: &str, kind: &str) -> &'static str {
    match (group, kind) {
        ("apps", "Deployment") => {
            r#"{"metadata":{},"spec":{"selector":null,"strategy":{},"template":TEMPLATE},"status":{}}"#
        }
        ("apps", "StatefulSet" | "DaemonSet") => {
            r#"{"metadata":{},"spec":{"selector":null,"template":TEMPLATE,"updateStrategy":{}},"status":{}}"#
        }
        ("apps", "ReplicaSet") => {
            r#"{"metadata":{},"spec":{"selector":null,"template":TEMPLATE},"status":{"replicas":0}}"#
        }
        ("apps", "ControllerRevision") => r#"{"metadata":{},"revision":0}"#,
        ("batch", "Job") => r#"{"metadata":{},"spec":{"template":TEMPLATE},"status":{}}"#,
        ("batch", "CronJob") => {
            r#"{"metadata":{},"spec":{"schedule":"","jobTemplate":{"metadata":{},"spec":{"template":TEMPLATE}}},"status":{}}"#
        }
        ("", "Pod") => r#"{"metadata":{},"spec":{"containers":null},"status":{}}"#,
        ("", "PodTemplate") => r#"{"metadata":{},"template":TEMPLATE}"#,
        ("", "Service") | ("networking.k8s.io", "Ingress") => {
            r#"{"metadata":{},"spec":{},"status":{"loadBalancer":{}}}"#
        }
        ("", "PersistentVolumeClaim") => r#"{"metadata":{},"spec":{"resources":{}},"status":{}}"#,
        ("", "LimitRange") => r#"{"metadata":{},"spec":{"limits":null}}"#,
        ("", "Event") => {
            r#"{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":null,"reportingComponent":"","reportingInstance":""}"#
        }
        ("events.k8s.io", "Event") => {
            r#"{"metadata":{},"eventTime":null,"regarding":{},"deprecatedSource":{},"deprecatedFirstTimestamp":null,"deprecatedLastTimestamp":null}"#
        }
        ("networking.k8s.io", "NetworkPolicy") => r#"{"metadata":{},"spec":{"podSelector":{}}}"#,
        ("autoscaling", "HorizontalPodAutoscaler") => {
            r#"{"metadata":{},"spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":0},"status":{"desiredReplicas":0,"currentMetrics":null}}"#
        }
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => r#"{"metadata":{},"rules":null}"#,
        ("rbac.authorization.k8s.io", _) => {
            r#"{"metadata":{},"roleRef":{"apiGroup":"","kind":"","name":""}}"#
        }
        ("discovery.k8s.io", "EndpointSlice") => {
            r#"{"metadata":{},"addressType":"","endpoints":null,"ports":null}"#
        }
        ("storage.k8s.io", "StorageClass") => r#"{"metadata":{},"provisioner":""}"#,
        ("scheduling.k8s.io", "PriorityClass") => r#"{"metadata":{},"value":0}"#,
        ("node.k8s.io", "RuntimeClass") => r#"{"metadata":{},"handler":""}"#,
        ("apiextensions.k8s.io", _) => {
            r#"{"metadata":{},"spec":{"group":"","names":{"plural":"","kind":""},"scope":"","versions":null},"status":{"conditions":null,"acceptedNames":{"plural":"","kind":""},"storedVersions":null}}"#
        }
        ("", "ConfigMap" | "Secret" | "ServiceAccount" | "Endpoints")
        | (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => r#"{"metadata":{}}"#,
        _ => r#"{"metadata":{},"spec":{},"status":{}}"#,
    }
}
