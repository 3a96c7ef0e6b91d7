//! Versions of Kubernetes' own kinds that are on their way out.

use crate::capabilities::KubeVersion;

/// Version of the group, kinds, minor version from which it is deprecated, from which it is gone, and what to use.
type Row = (&'static str, &'static [&'static str], u32, u32, &'static str);

const ROWS: &[Row] = &[
    (
        "extensions/v1beta1",
        &["Deployment", "DaemonSet", "ReplicaSet"],
        8,
        16,
        "apps/v1",
    ),
    (
        "extensions/v1beta1",
        &["NetworkPolicy"],
        9,
        16,
        "networking.k8s.io/v1",
    ),
    ("extensions/v1beta1", &["Ingress"], 14, 22, "networking.k8s.io/v1"),
    (
        "apps/v1beta1",
        &["Deployment", "StatefulSet", "ControllerRevision"],
        8,
        16,
        "apps/v1",
    ),
    (
        "apps/v1beta2",
        &[
            "Deployment",
            "DaemonSet",
            "ReplicaSet",
            "StatefulSet",
            "ControllerRevision",
        ],
        9,
        16,
        "apps/v1",
    ),
    (
        "networking.k8s.io/v1beta1",
        &["Ingress", "IngressClass"],
        19,
        22,
        "networking.k8s.io/v1",
    ),
    (
        "rbac.authorization.k8s.io/v1beta1",
        &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
        17,
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    (
        "rbac.authorization.k8s.io/v1alpha1",
        &["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"],
        17,
        20,
        "rbac.authorization.k8s.io/v1",
    ),
    (
        "apiextensions.k8s.io/v1beta1",
        &["CustomResourceDefinition"],
        16,
        22,
        "apiextensions.k8s.io/v1",
    ),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
        22,
        "admissionregistration.k8s.io/v1",
    ),
    ("policy/v1beta1", &["PodDisruptionBudget"], 21, 25, "policy/v1"),
    ("batch/v1beta1", &["CronJob"], 21, 25, "batch/v1"),
    (
        "discovery.k8s.io/v1beta1",
        &["EndpointSlice"],
        21,
        25,
        "discovery.k8s.io/v1",
    ),
    ("events.k8s.io/v1beta1", &["Event"], 22, 25, "events.k8s.io/v1"),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], 22, 25, "node.k8s.io/v1"),
    (
        "coordination.k8s.io/v1beta1",
        &["Lease"],
        19,
        22,
        "coordination.k8s.io/v1",
    ),
    (
        "storage.k8s.io/v1beta1",
        &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
        19,
        22,
        "storage.k8s.io/v1",
    ),
    (
        "storage.k8s.io/v1beta1",
        &["CSIStorageCapacity"],
        24,
        27,
        "storage.k8s.io/v1",
    ),
    (
        "scheduling.k8s.io/v1beta1",
        &["PriorityClass"],
        14,
        22,
        "scheduling.k8s.io/v1",
    ),
    (
        "flowcontrol.apiserver.k8s.io/v1beta3",
        &["FlowSchema", "PriorityLevelConfiguration"],
        29,
        32,
        "flowcontrol.apiserver.k8s.io/v1",
    ),
];

/// Whether the kind is deprecated in this version of Kubernetes (Helm's default when none is given).
pub(super) fn check(api_version: &str, kind: &str, kube_version: Option<&KubeVersion>) -> Result<(), String> {
    let minor = kube_version
        .map_or(Some(37), |version| version.minor.parse().ok())
        .unwrap_or(u32::MAX);
    let row = ROWS
        .iter()
        .find(|row| row.0 == api_version && row.1.contains(&kind));
    match row {
        Some((_, _, deprecated, removed, replacement)) if minor >= *deprecated => Err(format!(
            "{api_version} {kind} is deprecated in v1.{deprecated}+, unavailable in v1.{removed}+; use {replacement} {kind}"
        )),
        _ => Ok(()),
    }
}
