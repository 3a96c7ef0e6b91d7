//! The ClusterRoles that every cluster has.

use serde_json::{Value, json};

const READ: &str = "get list watch";
const WRITE: &str = "create delete deletecollection patch update";

/// What may be read by `view` and written by `edit`: group and resources.
const SHARED: [(&str, &str); 8] = [
    (
        "",
        "configmaps endpoints events persistentvolumeclaims pods replicationcontrollers \
         replicationcontrollers/scale serviceaccounts services",
    ),
    ("discovery.k8s.io", "endpointslices"),
    (
        "apps",
        "daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
    ),
    ("autoscaling", "horizontalpodautoscalers"),
    ("batch", "cronjobs jobs"),
    ("networking.k8s.io", "ingresses networkpolicies"),
    ("policy", "poddisruptionbudgets"),
    ("extensions", "ingresses networkpolicies"),
];

/// What may only be read.
const SHOWN: [(&str, &str); 6] = [
    (
        "",
        "bindings limitranges namespaces namespaces/status persistentvolumeclaims/status pods/log pods/status \
         replicationcontrollers/status resourcequotas resourcequotas/status services/status",
    ),
    (
        "apps",
        "controllerrevisions daemonsets/status deployments/status replicasets/status statefulsets/status",
    ),
    ("autoscaling", "horizontalpodautoscalers/status"),
    ("batch", "cronjobs/status jobs/status"),
    ("networking.k8s.io", "ingresses/status"),
    ("policy", "poddisruptionbudgets/status"),
];

fn rule((group, resources): &(&str, &str), verbs: &str) -> Value {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    json!({"apiGroups": [group], "resources": words(resources), "verbs": words(verbs)})
}

fn object(kind: &str, name: &str, labels: &[&str]) -> Value {
    let mut object = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        },
    });
    for role in labels {
        object["metadata"]["labels"][aggregate_label(role)] = "true".into();
    }
    object
}

fn aggregate_label(role: &str) -> String {
    format!("rbac.authorization.k8s.io/aggregate-to-{role}")
}

/// `cluster-admin` with its binding, and `admin`, `edit` and `view` with the roles that they collect. The rules are
/// those that users meet; nothing here enforces them.
pub(crate) fn roles() -> Vec<Value> {
    let mut admin = object("ClusterRole", "cluster-admin", &[]);
    admin["rules"] = json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]);
    let mut binding = object("ClusterRoleBinding", "cluster-admin", &[]);
    binding["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"});
    binding["subjects"] =
        json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"}]);
    let mut all = vec![admin, binding];
    for (name, collected) in [("admin", &[][..]), ("edit", &["admin"]), ("view", &["edit"])] {
        let mut role = object("ClusterRole", name, collected);
        role["aggregationRule"] =
            json!({"clusterRoleSelectors": [{"matchLabels": {aggregate_label(name): "true"}}]});
        role["rules"] = Value::Null;
        all.push(role);
        let mut part = object("ClusterRole", &format!("system:aggregate-to-{name}"), &[name]);
        part["rules"] = rules(name);
        all.push(part);
    }
    all
}

fn rules(name: &str) -> Value {
    match name {
        "view" => SHARED.iter().chain(&SHOWN).map(|what| rule(what, READ)).collect(),
        "edit" => {
            let mut rules = vec![
                rule(
                    &(
                        "",
                        "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy",
                    ),
                    READ,
                ),
                rule(&("", "serviceaccounts"), "impersonate"),
                rule(
                    &("", "pods/attach pods/exec pods/portforward pods/proxy secrets"),
                    WRITE,
                ),
                rule(&("", "pods/eviction"), "create"),
                rule(&("", "serviceaccounts/token"), "create"),
                rule(&("coordination.k8s.io", "leases"), &format!("{WRITE} {READ}")),
            ];
            rules.extend(SHARED.iter().map(|what| rule(what, WRITE)));
            rules.into()
        }
        _ => json!([
            rule(&("authorization.k8s.io", "localsubjectaccessreviews"), "create"),
            rule(
                &("rbac.authorization.k8s.io", "rolebindings roles"),
                &format!("{WRITE} {READ}")
            ),
        ]),
    }
}
