//! The defaults of each kind.

use serde_json::{Value, json};

use super::fill::{merge, put, text};
use super::{Allocate, FieldError, batch, network, pod, policy, storage, tidy, workload};

/// Fill in the defaults of a built-in kind, which is read from `apiVersion` and `kind`, and what the server adds
/// besides: [`default_fields`] and then [`admit`]. Call it after decoding and pruning, for creates and for every
/// kind of update (then with the stored object as `old`, in the same version). Kinds that are not known are left
/// alone.
///
/// # Errors
/// What could not be allocated.
pub fn default(
    object: &mut Value,
    old: Option<&Value>,
    allocate: &mut dyn Allocate,
) -> Result<(), Vec<FieldError>> {
    default_fields(object, old);
    admit(object, old, allocate)
}

/// What the server adds to an object after its defaults: what it allocates, and on creation what admission and
/// the strategies set. The writer does not own these fields: they do not stand in its managed fields.
/// Allocated values are carried over from `old`. For a Job without `metadata.uid` it sets one, since the labels of
/// its pods carry it. The `status` that a new object starts with is filled in: take away a client's `status` before.
///
/// # Errors
/// What could not be allocated.
pub fn admit(
    object: &mut Value,
    old: Option<&Value>,
    allocate: &mut dyn Allocate,
) -> Result<(), Vec<FieldError>> {
    let api_version = text(&object["apiVersion"]).to_owned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = text(&object["kind"]).to_owned();
    match (group, kind.as_str()) {
        ("", "Service") => network::admit(object, old, allocate)?,
        ("", "LimitRange") => null_for_empty(&mut object["spec"], "limits"),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => null_for_empty(object, "rules"),
        _ => {}
    }
    if old.is_some() {
        if (group, kind.as_str()) == ("", "Pod") {
            pod::keep_tolerations(object);
        }
        return Ok(());
    }
    match (group, kind.as_str()) {
        ("", "Pod") => pod::admit(object, allocate),
        ("", "Namespace") => policy::admit_namespace(object),
        ("", "PersistentVolumeClaim") => storage::admit_claim(object, allocate),
        ("", "PersistentVolume") => storage::admit_volume(object),
        ("batch", "Job") => batch::admit(object, allocate),
        _ => {}
    }
    if let Some(status) = first_status(&api_version, &kind) {
        merge(object, "status", &status);
    }
    Ok(())
}

/// Fill in the defaults that are part of the API: the writer owns them like what it wrote itself. `old` is the
/// stored object on updates.
pub fn default_fields(object: &mut Value, old: Option<&Value>) {
    let api_version = text(&object["apiVersion"]).to_owned();
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = text(&object["kind"]).to_owned();
    if !is_known(group) {
        return;
    }
    tidy_members(object);
    tidy_metadata(object);
    match (group, kind.as_str()) {
        ("", "Pod") => pod::pod(object),
        ("", "PodTemplate") => {
            if let Some(template) = object.get_mut("template") {
                pod::template(template);
            }
        }
        ("", "ReplicationController") => workload::replication_controller(object),
        ("", "Service") => network::service(object),
        ("", "Endpoints") => network::endpoints(object),
        ("", "Namespace") => policy::namespace(object),
        ("", "Node") => policy::node(object),
        ("", "ConfigMap") => policy::config_map(object),
        ("", "Secret") => policy::secret(object),
        ("", "PersistentVolumeClaim") => storage::claim_spec(object),
        ("", "PersistentVolume") => storage::volume(object),
        ("", "ResourceQuota") => policy::resource_quota(object),
        ("", "LimitRange") => policy::limit_range(object),
        ("apps", "Deployment") => workload::deployment(object),
        ("apps", "ReplicaSet") => workload::replica_set(object),
        ("apps", "StatefulSet") => workload::stateful_set(object),
        ("apps", "DaemonSet") => {
            workload::daemon_set(object);
            workload::template_generation(object, old);
        }
        ("batch", "Job") => batch::job(object),
        ("batch", "CronJob") => batch::cron_job(object),
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy(object),
        ("networking.k8s.io", "Ingress") => network::ingress(object),
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice(object),
        ("storage.k8s.io", "StorageClass") => storage::class(object),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => policy::role_binding(object),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => policy::role(object),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(object),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(object),
        ("coordination.k8s.io", "Lease") => put(object, "spec", json!({})),
        ("", "Event") => policy::event(object),
        ("events.k8s.io", "Event") => policy::new_event(object),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => policy::webhooks(object, true),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => policy::webhooks(object, false),
        ("admissionregistration.k8s.io", kind) => policy::admission_policy(object, kind),
        _ => {}
    }
}

/// An empty list of a field that is always printed is null once it was stored.
fn null_for_empty(object: &mut Value, field: &str) {
    if let Some(value) = object.get_mut(field).filter(|value| **value == json!([])) {
        *value = Value::Null;
    }
}

/// Whether the group is one of those that the server itself defines.
fn is_known(group: &str) -> bool {
    matches!(group, "" | "apps" | "batch" | "autoscaling" | "policy")
        || (group.ends_with(".k8s.io")
            && !matches!(group, "apiextensions.k8s.io" | "apiregistration.k8s.io")
            && matches!(
                group.split('.').next(),
                Some(
                    "networking"
                        | "discovery"
                        | "storage"
                        | "rbac"
                        | "scheduling"
                        | "admissionregistration"
                        | "coordination"
                        | "events"
                        | "certificates"
                        | "node"
                        | "flowcontrol"
                        | "authentication"
                        | "authorization"
                )
            ))
}

/// Everything but the metadata, which has rules of its own.
fn tidy_members(object: &mut Value) {
    if let Some(map) = object.as_object_mut() {
        for (key, value) in map.iter_mut() {
            if !matches!(
                key.as_str(),
                "metadata" | "status" | "data" | "binaryData" | "stringData"
            ) {
                tidy::tidy(value);
            }
        }
        map.retain(|key, value| match key.as_str() {
            "data" | "binaryData" | "stringData" => {
                value.as_object().is_none_or(|map| !map.is_empty()) && !value.is_null()
            }
            "rules" => true,
            _ => !value.is_null() && *value != json!([]),
        });
    }
}

/// Empty lists and maps of the metadata are not given back; null labels are empty ones.
pub(crate) fn tidy_metadata(object: &mut Value) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    for map in ["labels", "annotations"] {
        for value in metadata
            .get_mut(map)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|map| map.values_mut())
        {
            if value.is_null() {
                *value = json!("");
            }
        }
    }
    let empty =
        |value: &Value| value.is_null() || *value == json!({}) || *value == json!([]) || *value == json!("");
    let optional = [
        "labels",
        "annotations",
        "finalizers",
        "ownerReferences",
        "generateName",
        "creationTimestamp",
    ];
    metadata.retain(|key, value| !(optional.contains(&key.as_str()) && empty(value)));
    if let Some(Value::Array(owners)) = metadata.get_mut("ownerReferences") {
        let mut seen: Vec<Value> = Vec::new();
        owners.retain(|owner| {
            let fresh = !seen.contains(owner);
            seen.push(owner.clone());
            fresh
        });
    }
}

/// The status of an object that no controller has seen.
pub(crate) fn first_status(api_version: &str, kind: &str) -> Option<Value> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Some(match (group, kind) {
        ("apps", "Deployment") | ("batch", "Job" | "CronJob") => json!({}),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => json!({"replicas": 0}),
        ("apps", "StatefulSet") => json!({"replicas": 0, "availableReplicas": 0}),
        ("apps", "DaemonSet") => json!({
            "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
        }),
        ("autoscaling", "HorizontalPodAutoscaler") if version == "v1" => {
            json!({"currentReplicas": 0, "desiredReplicas": 0})
        }
        ("autoscaling", "HorizontalPodAutoscaler") => json!({"desiredReplicas": 0, "currentMetrics": null}),
        _ => return None,
    })
}
