//! Which types are known to have no namespace.

/// Kind and apiVersion of the built-in types without a namespace, sorted. Types that are not listed count as namespaced.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("APIService", "apiregistration.k8s.io/v1"),
    ("APIService", "apiregistration.k8s.io/v1beta1"),
    ("CSIDriver", "storage.k8s.io/v1"),
    ("CSIDriver", "storage.k8s.io/v1beta1"),
    ("CSINode", "storage.k8s.io/v1"),
    ("CSINode", "storage.k8s.io/v1beta1"),
    ("CertificateSigningRequest", "certificates.k8s.io/v1"),
    ("CertificateSigningRequest", "certificates.k8s.io/v1beta1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ("ClusterRole", "rbac.authorization.k8s.io/v1beta1"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1beta1"),
    ("ComponentStatus", "v1"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1beta1"),
    ("FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta1"),
    ("IngressClass", "networking.k8s.io/v1"),
    ("IngressClass", "networking.k8s.io/v1beta1"),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    (
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
    ),
    ("Namespace", "v1"),
    ("Node", "v1"),
    ("NodeProxyOptions", "v1"),
    ("PersistentVolume", "v1"),
    ("PodSecurityPolicy", "policy/v1beta1"),
    ("PriorityClass", "scheduling.k8s.io/v1"),
    ("PriorityClass", "scheduling.k8s.io/v1beta1"),
    (
        "PriorityLevelConfiguration",
        "flowcontrol.apiserver.k8s.io/v1beta1",
    ),
    ("RuntimeClass", "node.k8s.io/v1"),
    ("RuntimeClass", "node.k8s.io/v1beta1"),
    ("StorageClass", "storage.k8s.io/v1"),
    ("StorageClass", "storage.k8s.io/v1beta1"),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
    ),
    (
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
    ),
    ("VolumeAttachment", "storage.k8s.io/v1"),
    ("VolumeAttachment", "storage.k8s.io/v1beta1"),
];

/// Whether a type is known to be cluster-scoped.
pub(crate) fn is_cluster_scoped(group: &str, version: &str, kind: &str) -> bool {
    let start = CLUSTER_SCOPED.partition_point(|(listed, _)| *listed < kind);
    CLUSTER_SCOPED[start..]
        .iter()
        .take_while(|(listed, _)| *listed == kind)
        .any(|(_, api_version)| crate::id::split_api_version(api_version) == (group, version))
}
