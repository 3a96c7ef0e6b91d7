//! The fields that an endpoint resets: the object endpoint leaves `status` alone, the status endpoint everything else.

use flux_schema::Facts;

use crate::set::FieldSet;

/// The reset fields of a built-in kind; none where the endpoint resets nothing.
///
/// Kinds without a status subresource reset nothing; exceptions are those of the Kubernetes registries.
pub fn reset_fields(group: &str, kind: &str, subresource: &str) -> Option<FieldSet> {
    let has_status = Facts::builtin()
        .kinds()
        .iter()
        .any(|facts| facts.group == group && facts.kind == kind && facts.subresource("status").is_some());
    if !has_status {
        return None;
    }
    let paths: &[&str] = match (group, kind, subresource) {
        ("certificates.k8s.io", _, "") => &["spec", "status"],
        ("certificates.k8s.io", _, "status") => &["spec", "status.conditions"],
        ("certificates.k8s.io", _, "approval") => &["spec", "status.certificate"],
        (_, _, "") => &["status"],
        ("", "Pod", "status") => &["spec", "metadata.deletionTimestamp", "metadata.ownerReferences"],
        ("apps", "Deployment", "status") => &["spec", "metadata.labels"],
        (
            "apiextensions.k8s.io"
            | "apiregistration.k8s.io"
            | "flowcontrol.apiserver.k8s.io"
            | "admissionregistration.k8s.io",
            _,
            "status",
        )
        | ("storage.k8s.io", "VolumeAttachment", "status") => &["metadata", "spec"],
        (_, _, "status") => &["spec"],
        _ => return None,
    };
    Some(FieldSet::of_fields(paths))
}

/// The reset fields of a custom resource. With the status subresource, the object endpoint resets `status`, and the status
/// endpoint everything but `status`.
pub fn reset_fields_of_custom(has_status: bool, subresource: &str) -> Option<FieldSet> {
    match (has_status, subresource) {
        (true, "") => Some(FieldSet::of_fields(&["status"])),
        (true, "status") => Some(FieldSet::of_fields(&["metadata", "spec"])),
        _ => None,
    }
}
