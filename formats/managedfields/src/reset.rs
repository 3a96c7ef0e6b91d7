//! The fields that an endpoint resets: the object endpoint leaves `status` alone, the status endpoint everything else.

use crate::set::FieldSet;

/// The reset fields of a built-in kind; none where the endpoint resets nothing.
pub fn reset_fields(group: &str, kind: &str, subresource: &str) -> Option<FieldSet> {
    let whole = |paths: &[&str]| Some(FieldSet::of_fields(paths));
    match (group, kind, subresource) {
        ("", "Pod", "") => whole(&["status"]),
        ("", "Pod", "status") => whole(&["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"]),
        ("", "Pod", "ephemeralcontainers" | "resize") => None,
        ("", "Service" | "Node" | "Namespace" | "PersistentVolume" | "PersistentVolumeClaim", "") => {
            whole(&["status"])
        }
        ("", "Node" | "Namespace" | "PersistentVolume" | "PersistentVolumeClaim" | "Service", "status") => {
            whole(&["spec"])
        }
        ("", "ResourceQuota" | "ReplicationController", "") => whole(&["status"]),
        ("", "ResourceQuota" | "ReplicationController", "status") => whole(&["spec"]),
        ("apps", "Deployment", "status") => whole(&["spec", "metadata.labels"]),
        ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet", "") => whole(&["status"]),
        ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet", "status") => whole(&["spec"]),
        ("batch", "Job" | "CronJob", "") => whole(&["status"]),
        ("batch", "Job" | "CronJob", "status") => whole(&["spec"]),
        ("autoscaling" | "policy" | "certificates.k8s.io" | "storage.k8s.io" | "resource.k8s.io", _, "") => {
            whole(&["status"])
        }
        ("autoscaling" | "policy" | "storage.k8s.io" | "resource.k8s.io", _, "status") => whole(&["spec"]),
        ("certificates.k8s.io", _, "status" | "approval") => whole(&["spec"]),
        ("networking.k8s.io", "Ingress" | "ServiceCIDR", "") => whole(&["status"]),
        ("networking.k8s.io", "Ingress" | "ServiceCIDR", "status") => whole(&["spec"]),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", _, "") => whole(&["status"]),
        ("apiextensions.k8s.io" | "apiregistration.k8s.io", _, "status") => whole(&["metadata", "spec"]),
        ("flowcontrol.apiserver.k8s.io", _, "") => whole(&["status"]),
        ("flowcontrol.apiserver.k8s.io", _, "status") => whole(&["metadata", "spec"]),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "") => whole(&["status"]),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "status") => {
            whole(&["metadata", "spec"])
        }
        _ => None,
    }
}

/// The reset fields of a custom resource. With the status subresource, the object endpoint resets `status`, and the status
/// endpoint everything but `status` (of `metadata`, managed fields are kept by the server).
pub fn reset_fields_of_custom(has_status: bool, subresource: &str) -> Option<FieldSet> {
    match (has_status, subresource) {
        (true, "") => Some(FieldSet::of_fields(&["status"])),
        (true, "status") => Some(FieldSet::of_fields(&["metadata", "spec"])),
        _ => None,
    }
}
