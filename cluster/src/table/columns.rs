//! Which columns a kind has, and which function fills them.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{batch, core, network, other, pod, read, storage, workload};

/// One column definition of a table; serialize it as `{name, type, format, description, priority}`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// Heading, for example `Up-to-date`.
    pub name: Cow<'static, str>,
    /// OpenAPI type: `string`, `integer`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// OpenAPI format; `name` marks the column with the object's name.
    pub format: Cow<'static, str>,
    /// Always empty.
    pub description: Cow<'static, str>,
    /// Columns above 0 are only shown by `-o wide`.
    pub priority: i64,
}

impl Column {
    /// The column of the object's name, first in nearly every table.
    pub(crate) const NAME: Self = Self::fixed("Name", "string", "name", 0);

    const fn fixed(name: &'static str, kind: &'static str, format: &'static str, priority: i64) -> Self {
        Self {
            name: Cow::Borrowed(name),
            kind: Cow::Borrowed(kind),
            format: Cow::Borrowed(format),
            description: Cow::Borrowed(""),
            priority,
        }
    }
}

/// The function that fills the row of one kind.
type Cells = fn(&Value, Timestamp) -> Vec<Value>;

/// A table: the columns after `Name` in short notation, and the cells.
///
/// In the notation, columns are separated by `|`; `:i` marks integers, `:b` booleans, `:d` dates and `*` the columns
/// of `-o wide`.
fn table(group: &str, kind: &str) -> (&'static str, Cells) {
    match (group, kind) {
        ("", "Pod") => (
            "Ready|Status|Restarts|Age|*IP|*Node|*Nominated Node|*Readiness Gates",
            pod::cells,
        ),
        ("", "Namespace") => ("Status|Age", core::namespace),
        ("", "ConfigMap") => ("Data|Age", core::config_map),
        ("", "Secret") => ("Type|Data|Age", core::secret),
        ("", "ServiceAccount") => ("Secrets|Age", core::service_account),
        ("", "Node") => (
            "Status|Roles|Age|Version|*Internal-IP|*External-IP|*OS-Image|*Kernel-Version|*Container-Runtime",
            core::node,
        ),
        ("", "ResourceQuota") => ("Request|Limit|Age", core::resource_quota),
        ("", "ReplicationController") => (
            "Desired:i|Current:i|Ready:i|Age|*Containers|*Images|*Selector",
            workload::replication_controller,
        ),
        ("", "PodTemplate") => ("Containers|Images|Pod Labels", workload::pod_template),
        ("", "PersistentVolumeClaim") => (
            "Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|*VolumeMode",
            storage::claim,
        ),
        ("", "PersistentVolume") => (
            "Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|*VolumeMode",
            storage::volume,
        ),
        ("", "Service") => (
            "Type|Cluster-IP|External-IP|Port(s)|Age|*Selector",
            network::service,
        ),
        ("", "Endpoints") => ("Endpoints|Age", network::endpoints),
        ("apps", "Deployment") => (
            "Ready|Up-to-date:i|Available:i|Age|*Containers|*Images|*Selector",
            workload::deployment,
        ),
        ("apps", "ReplicaSet") => (
            "Desired:i|Current:i|Ready:i|Age|*Containers|*Images|*Selector",
            workload::replica_set,
        ),
        ("apps", "StatefulSet") => ("Ready|Age|*Containers|*Images", workload::stateful_set),
        ("apps", "DaemonSet") => (
            "Desired:i|Current:i|Ready:i|Up-to-date:i|Available:i|Node Selector|Age|*Containers|*Images|*Selector",
            workload::daemon_set,
        ),
        ("apps", "ControllerRevision") => ("Controller|Revision|Age", workload::controller_revision),
        ("batch", "Job") => (
            "Status|Completions|Duration|Age|*Containers|*Images|*Selector",
            batch::job,
        ),
        ("batch", "CronJob") => (
            "Schedule|Timezone|Suspend:b|Active:i|Last Schedule|Age|*Containers|*Images|*Selector",
            batch::cron_job,
        ),
        ("networking.k8s.io", "Ingress") => ("Class|Hosts|Address|Ports|Age", network::ingress),
        ("networking.k8s.io", "IngressClass") => ("Controller|Parameters|Age", network::ingress_class),
        ("networking.k8s.io", "NetworkPolicy") => ("Pod-Selector|Age", network::network_policy),
        ("discovery.k8s.io", "EndpointSlice") => ("AddressType|Ports|Endpoints|Age", network::endpoint_slice),
        ("storage.k8s.io", "StorageClass") => (
            "Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age",
            storage::storage_class,
        ),
        ("autoscaling", "HorizontalPodAutoscaler") => (
            "Reference|Targets|MinPods|MaxPods|Replicas|Age",
            other::autoscaler,
        ),
        ("policy", "PodDisruptionBudget") => (
            "Min Available|Max Unavailable|Allowed Disruptions:i|Age",
            other::disruption_budget,
        ),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            ("Role|Age|*Users|*Groups|*ServiceAccounts", other::role_binding)
        }
        ("coordination.k8s.io", "Lease") => ("Holder|Age", other::lease),
        ("scheduling.k8s.io", "PriorityClass") => (
            "Value:i|Global-Default:b|Age|PreemptionPolicy",
            other::priority_class,
        ),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => ("Webhooks:i|Age", other::webhook_configuration),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            ("Validations:i|ParamKind|Age", other::admission_policy)
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            ("PolicyName|ParamRef|Age", other::admission_policy_binding)
        }
        ("certificates.k8s.io", "CertificateSigningRequest") => (
            "Age|SignerName|Requestor|RequestedDuration|Condition",
            other::signing_request,
        ),
        ("apiregistration.k8s.io", "APIService") => ("Service|Available|Age", other::api_service),
        _ => ("Created At:d", created_at),
    }
}

/// The columns of a built-in kind.
pub fn columns(group: &str, kind: &str) -> Vec<Column> {
    if is_event(group, kind) {
        return event_columns();
    }
    let (notation, _) = table(group, kind);
    let mut columns = vec![Column::NAME];
    columns.extend(notation.split('|').map(parse));
    columns
}

/// The cells of one object of a built-in kind, in the order of [`columns`].
pub fn cells(object: &Value, now: Timestamp) -> Vec<Value> {
    let api_version = read::text(&object["apiVersion"]);
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let kind = read::text(&object["kind"]);
    if is_event(group, kind) {
        return other::event(object, now);
    }
    let (_, fill) = table(group, kind);
    let mut cells = vec![json!(format!("{}{}", read::name(object), mark(object)))];
    cells.extend(fill(object, now));
    cells
}

/// The default StorageClass is marked in the column of its name.
fn mark(object: &Value) -> &'static str {
    let annotations = &object["metadata"]["annotations"];
    let names = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    let default = object["kind"] == "StorageClass" && names.iter().any(|name| annotations[name] == "true");
    if default { " (default)" } else { "" }
}

fn is_event(group: &str, kind: &str) -> bool {
    kind == "Event" && matches!(group, "" | "events.k8s.io")
}

/// The one table whose name column is not the first.
fn event_columns() -> Vec<Column> {
    let notation = "Last Seen|Type|Reason|Object|*Subobject|*Source|Message|*First Seen|*Count";
    let mut columns: Vec<Column> = notation.split('|').map(parse).collect();
    columns.push(Column {
        priority: 1,
        ..Column::NAME
    });
    columns
}

fn parse(notation: &'static str) -> Column {
    let (name, priority) = notation.strip_prefix('*').map_or((notation, 0), |name| (name, 1));
    let (name, kind) = match name.rsplit_once(':') {
        Some((name, "i")) => (name, "integer"),
        Some((name, "b")) => (name, "boolean"),
        Some((name, "d")) => (name, "date"),
        _ => (name, "string"),
    };
    Column::fixed(name, kind, "", priority)
}

/// The table of kinds without a printer of their own. Its date is not an age: kubectl makes one of it.
fn created_at(object: &Value, _now: Timestamp) -> Vec<Value> {
    vec![json!(read::text(&object["metadata"]["creationTimestamp"]))]
}
