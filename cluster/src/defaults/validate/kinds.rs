//! The validation of each kind.

use serde_json::Value;

use super::{
    Errors, FieldError, admission, config, metadata, names, network, pod, policy, storage, workload,
};
use crate::defaults::fill::text;

/// What is wrong with an object of a built-in kind, metadata included; nothing for kinds that are not known but
/// what [`super::validate_metadata`] finds. `old` is the stored object on updates, in the same version. Call it
/// after [`crate::defaults::default`].
pub fn validate(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let group = text(&new["apiVersion"])
        .split_once('/')
        .map_or("", |(group, _)| group);
    let kind = text(&new["kind"]);
    let mut errors = metadata::check(new, old, is_namespaced(group, kind), syntax(group, kind));
    if old.is_some() {
        // The kind's own validation of updates looks at the metadata again.
        let again = metadata::of_any(&new["metadata"]);
        let whole = group.is_empty()
            && matches!(
                kind,
                "ConfigMap"
                    | "Secret"
                    | "Service"
                    | "Pod"
                    | "Endpoints"
                    | "ServiceAccount"
                    | "PersistentVolume"
            );
        for _ in 0..if whole { 2 } else { 1 } {
            errors.extend(again.iter().cloned());
        }
    }
    metadata::domain_of_finalizers(&new["metadata"]["finalizers"], &mut errors);
    of_kind(group, kind, new, old, &mut errors);
    errors
}

fn of_kind(group: &str, kind: &str, new: &Value, old: Option<&Value>, errors: &mut Errors) {
    match (group, kind) {
        ("", "ConfigMap") => config::config_map(new, old, errors),
        ("", "Secret") => config::secret(new, old, errors),
        ("", "Event") => config::event(new, errors),
        ("events.k8s.io", "Event") => config::new_event(new, old, errors),
        ("", "Node") => config::node(new, old, errors),
        ("", "LimitRange") => config::limit_range(new, errors),
        ("", "ResourceQuota") => config::resource_quota(new, errors),
        ("", "Pod") => {
            pod::spec(&new["spec"], "spec", errors);
            if let Some(old) = old {
                pod::update(new, old, errors);
            }
        }
        ("", "Service") => network::service(new, old, errors),
        ("", "PersistentVolumeClaim") => storage::claim(new, old, errors),
        ("", "PersistentVolume") => storage::volume(new, old, errors),
        ("apps", "Deployment") => workload::deployment(new, old, errors),
        ("apps", "ReplicaSet") => workload::replica_set(new, old, errors),
        ("apps", "StatefulSet") => workload::stateful_set(new, old, errors),
        ("apps", "DaemonSet") => workload::daemon_set(new, old, errors),
        ("batch", "Job") => workload::job(new, old, errors),
        ("batch", "CronJob") => workload::cron_job(new, errors),
        ("networking.k8s.io", "Ingress") => network::ingress(new, errors),
        ("networking.k8s.io", "IngressClass") => network::ingress_class(new, old, errors),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(new, errors),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(new, old, errors),
        ("storage.k8s.io", "StorageClass") => storage::class(new, old, errors),
        ("rbac.authorization.k8s.io", "Role") => policy::role(new, true, errors),
        ("rbac.authorization.k8s.io", "ClusterRole") => policy::role(new, false, errors),
        ("rbac.authorization.k8s.io", "RoleBinding") => policy::role_binding(new, old, true, errors),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => policy::role_binding(new, old, false, errors),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(new, errors),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(new, errors),
        ("coordination.k8s.io", "Lease") => policy::lease(new, errors),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(new, old, errors),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => policy::webhooks(new, errors),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => admission::policy(new, errors),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            admission::binding(new, errors)
        }
        _ => {}
    }
}

/// The syntax of the names of a kind.
fn syntax(group: &str, kind: &str) -> metadata::NameSyntax {
    match (group, kind) {
        ("", "Namespace" | "Service") => names::label,
        ("rbac.authorization.k8s.io", _) => names::path_segment,
        _ => names::subdomain,
    }
}

/// Whether objects of a built-in kind live in a namespace.
fn is_namespaced(group: &str, kind: &str) -> bool {
    match group {
        "" => !matches!(kind, "Namespace" | "Node" | "PersistentVolume"),
        "apps"
        | "batch"
        | "autoscaling"
        | "policy"
        | "coordination.k8s.io"
        | "discovery.k8s.io"
        | "events.k8s.io" => true,
        "networking.k8s.io" => matches!(kind, "Ingress" | "NetworkPolicy"),
        "rbac.authorization.k8s.io" => matches!(kind, "Role" | "RoleBinding"),
        "storage.k8s.io" => kind == "CSIStorageCapacity",
        _ => false,
    }
}
