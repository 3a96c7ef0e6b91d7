//! Rows as a kube-apiserver renders them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::jsonpath::Path;
use super::{CustomTable, cells, columns, human_duration};

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

#[track_caller]
fn check_age(seconds: i64, expect: &str) {
    assert_eq!(human_duration(SignedDuration::from_secs(seconds)), expect);
}

#[test]
fn ages() {
    const DAY: i64 = 86_400;
    check_age(-2, "<invalid>");
    check_age(-1, "0s");
    check_age(0, "0s");
    check_age(119, "119s");
    check_age(120, "2m");
    check_age(150, "2m30s");
    check_age(600, "10m");
    check_age(179 * 60 + 59, "179m");
    check_age(3 * 3600, "3h");
    check_age(3 * 3600 + 300, "3h5m");
    check_age(8 * 3600 + 300, "8h");
    check_age(47 * 3600, "47h");
    check_age(2 * DAY, "2d");
    check_age(2 * DAY + 3600, "2d1h");
    check_age(8 * DAY + 3600, "8d");
    check_age(729 * DAY, "729d");
    check_age(730 * DAY, "2y");
    check_age(740 * DAY, "2y10d");
    check_age(25 * 365 * DAY + 5, "25y");
}

/// The headings of a kind, wide ones in parentheses.
#[track_caller]
fn check_columns(group: &str, kind: &str, expect: &str) {
    let shown: Vec<String> = columns(group, kind)
        .iter()
        .map(|column| {
            if column.priority > 0 {
                format!("({})", column.name)
            } else {
                column.name.to_string()
            }
        })
        .collect();
    assert_eq!(shown.join(" | "), expect);
}

#[test]
fn headings() {
    check_columns("", "ConfigMap", "Name | Data | Age");
    check_columns(
        "apps",
        "Deployment",
        "Name | Ready | Up-to-date | Available | Age | (Containers) | (Images) | (Selector)",
    );
    check_columns("rbac.authorization.k8s.io", "Role", "Name | Created At");
    check_columns(
        "",
        "Event",
        "Last Seen | Type | Reason | Object | (Subobject) | (Source) | Message | (First Seen) | (Count) | (Name)",
    );
}

#[test]
fn every_row_fits_its_columns() {
    let kinds = [
        ("v1", "Pod"),
        ("v1", "Namespace"),
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "ServiceAccount"),
        ("v1", "Node"),
        ("v1", "ResourceQuota"),
        ("v1", "LimitRange"),
        ("v1", "ReplicationController"),
        ("v1", "PodTemplate"),
        ("v1", "PersistentVolume"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "Service"),
        ("v1", "Endpoints"),
        ("v1", "Event"),
        ("events.k8s.io/v1", "Event"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ControllerRevision"),
        ("batch/v1", "Job"),
        ("batch/v1", "CronJob"),
        ("networking.k8s.io/v1", "Ingress"),
        ("networking.k8s.io/v1", "IngressClass"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("discovery.k8s.io/v1", "EndpointSlice"),
        ("storage.k8s.io/v1", "StorageClass"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("policy/v1", "PodDisruptionBudget"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("coordination.k8s.io/v1", "Lease"),
        ("scheduling.k8s.io/v1", "PriorityClass"),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
        ),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingAdmissionPolicyBinding",
        ),
        ("certificates.k8s.io/v1", "CertificateSigningRequest"),
        ("apiregistration.k8s.io/v1", "APIService"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ];
    for (version, kind) in kinds {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let row = cells(
            &json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}),
            now(),
        );
        assert_eq!(row.len(), columns(group, kind).len(), "{kind}");
    }
}

#[track_caller]
fn check_row(object: Value, expect: Value) {
    let mut object = object;
    object["metadata"]["name"] = json!("x");
    object["metadata"]["creationTimestamp"] = json!("2029-12-31T23:59:55Z");
    let group = object["apiVersion"]
        .as_str()
        .unwrap()
        .split_once('/')
        .map_or("", |(group, _)| group)
        .to_owned();
    let narrow = columns(&group, object["kind"].as_str().unwrap())
        .iter()
        .filter(|c| c.priority == 0)
        .count();
    let row = cells(&object, now());
    assert_eq!(json!(row[..narrow.min(row.len())]), expect);
}

#[test]
fn rows() {
    check_row(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2"}}),
        json!(["x", 2, "5s"]),
    );
    check_row(
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"a": "YQ=="}}),
        json!(["x", "Opaque", 1, "5s"]),
    );
    check_row(
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "0 * * * *", "suspend": false}}),
        json!(["x", "0 * * * *", "<none>", "False", 0, "<none>", "5s"]),
    );
    check_row(
        json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"completions": 3, "parallelism": 1}}),
        json!(["x", "Running", "0/3", "", "5s"]),
    );
    check_row(
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"rules": [{"host": "a.b"}, {"host": "c.d"}]}}),
        json!(["x", "<none>", "a.b,c.d", "", "80", "5s"]),
    );
    check_row(
        json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"maxUnavailable": 1}}),
        json!(["x", "N/A", "1", 0, "5s"]),
    );
    check_row(
        json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "NodePort", "clusterIP": "10.96.0.1",
            "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}}),
        json!([
            "x",
            "NodePort",
            "10.96.0.1",
            "<none>",
            "80:30080/TCP,53/UDP",
            "5s"
        ]),
    );
    check_row(
        json!({"apiVersion": "v1", "kind": "Service", "spec": {"type": "LoadBalancer"}}),
        json!(["x", "LoadBalancer", "<none>", "<pending>", "<none>", "5s"]),
    );
    check_row(
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}),
        json!(["x", "2029-12-31T23:59:55Z"]),
    );
    check_row(
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "p",
            "metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}}),
        json!(["x (default)", "p", "Delete", "<unset>", false, "5s"]),
    );
    check_row(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3},
            "status": {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}}),
        json!(["x", "1/3", 2, 1, "5s"]),
    );
}

/// Ready, status and restarts of a pod with that status.
#[track_caller]
fn check_pod(status: Value, expect: [&str; 3]) {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]},
        "status": status,
    });
    let row = cells(&pod, now());
    assert_eq!(json!(row[1..4]), json!(expect));
}

#[test]
fn pods() {
    let running = json!({"name": "a", "ready": true, "restartCount": 0, "state": {"running": {}}});
    check_pod(
        json!({"phase": "Running", "containerStatuses": [running]}),
        ["1/1", "Running", "0"],
    );
    check_pod(json!({"phase": "Pending"}), ["0/1", "Pending", "0"]);
    let crashed = json!({"name": "a", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"finishedAt": "2029-12-31T23:55:00Z"}}});
    check_pod(
        json!({"phase": "Running", "containerStatuses": [crashed]}),
        ["0/1", "CrashLoopBackOff", "3 (5m ago)"],
    );
    let done = json!({"name": "a", "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}});
    check_pod(
        json!({"phase": "Succeeded", "containerStatuses": [done]}),
        ["0/1", "Completed", "0"],
    );
    let init = json!({"name": "i", "restartCount": 2, "state": {"terminated": {"exitCode": 7}}});
    check_pod(
        json!({"phase": "Pending", "initContainerStatuses": [init]}),
        ["0/1", "Init:ExitCode:7", "2"],
    );
    let init = json!({"name": "i", "restartCount": 0, "state": {"running": {}}});
    check_pod(
        json!({"phase": "Pending", "initContainerStatuses": [init]}),
        ["0/1", "Init:0/1", "0"],
    );
    check_pod(
        json!({"phase": "Failed", "reason": "Evicted"}),
        ["0/1", "Evicted", "0"],
    );
}

#[test]
fn custom_columns() {
    let table = CustomTable::new(&[
        json!({"name": "Str", "type": "string", "jsonPath": ".spec.s"}),
        json!({"name": "Int", "type": "integer", "jsonPath": ".spec.i", "priority": 1}),
        json!({"name": "Bool", "type": "boolean", "jsonPath": ".spec.b"}),
        json!({"name": "When", "type": "date", "jsonPath": ".spec.d"}),
        json!({"name": "Names", "type": "string", "jsonPath": ".spec.l[*].n"}),
        json!({"name": "Filter", "type": "string", "jsonPath": ".spec.l[?(@.n==\"b\")].n"}),
        json!({"name": "WrongType", "type": "integer", "jsonPath": ".spec.s"}),
        json!({"name": "Obj", "type": "string", "jsonPath": ".spec.l"}),
    ]);
    let full = json!({"metadata": {"name": "a"}, "spec": {"s": "x", "i": 3, "b": true, "d": "2005-01-01T00:00:00Z",
        "l": [{"n": "a"}, {"n": "b"}]}});
    let row = json!([
        "a",
        "x",
        3,
        true,
        "25y",
        "a",
        "b",
        null,
        "[{\"n\":\"a\"},{\"n\":\"b\"}]"
    ]);
    assert_eq!(json!(table.cells(&full, now())), row);
    let empty = json!({"metadata": {"name": "b"}, "spec": {}});
    assert_eq!(
        json!(table.cells(&empty, now())),
        json!(["b", null, null, null, null, null, null, null, null])
    );
    assert_eq!(table.columns()[2].priority, 1);
    let plain = CustomTable::new(&[]);
    assert_eq!(
        plain
            .columns()
            .iter()
            .map(|c| c.name.to_string())
            .collect::<Vec<_>>(),
        ["Name", "Age"]
    );
}

#[track_caller]
fn check_path(path: &str, expect: Option<Value>) {
    let object = json!({
        "a": {"b.c": 1, "d-e": 2, "l": [1, 2, 3]},
        "status": {"conditions": [{"type": "Ready", "status": "True", "n": 2}, {"type": "Stalled", "status": "False", "n": 5}]},
    });
    let found = Path::parse(path).map(|path| json!(path.find(&object)));
    assert_eq!(found, expect, "{path}");
}

#[test]
fn paths() {
    check_path(
        ".status.conditions[?(@.type==\"Ready\")].status",
        Some(json!(["True"])),
    );
    check_path(
        ".status.conditions[?(@.type=='Ready')].status",
        Some(json!(["True"])),
    );
    check_path("status.conditions[?(@.n>2)].type", Some(json!(["Stalled"])));
    check_path(".status.conditions[?(@.n!=2)].type", Some(json!(["Stalled"])));
    check_path(".status.conditions[?(@.reason)].type", Some(json!([])));
    check_path("{.status.conditions[-1:].type}", Some(json!(["Stalled"])));
    check_path(".a.b\\.c", Some(json!([1])));
    check_path(".a['b.c']", Some(json!([1])));
    check_path(".a.d-e", Some(json!([2])));
    check_path(".a.l[1]", Some(json!([2])));
    check_path(".a.l[-1]", Some(json!([3])));
    check_path(".a.l[9]", Some(json!([])));
    check_path(".a.l[0:2]", Some(json!([1, 2])));
    check_path(".a.l[*]", Some(json!([1, 2, 3])));
    check_path("..type", Some(json!(["Ready", "Stalled"])));
    check_path("$.a.missing.deep", Some(json!([])));
    check_path(".a[", None);
    check_path(".a.l[x]", None);
    check_path(".a[?(@.b==]", None);
    check_path("", None);
}
