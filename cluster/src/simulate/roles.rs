//! The roles and bindings that every cluster has, from a table.

use serde_json::{Value, json};

const TABLE: &str = include_str!("roles.txt");
const GROUP: &str = "rbac.authorization.k8s.io";
const READ: &str = "get list watch";
const WRITE: &str = "create delete deletecollection patch update";
const ALL: &str = "create delete deletecollection get list patch update watch";

/// The roles and bindings of a new cluster, those of namespaces included.
pub(crate) fn roles() -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut role = Value::Null;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        if let Some(rest) = line.strip_prefix("role ") {
            all.extend(Some(role.take()).filter(Value::is_object));
            role = new_role(rest);
        } else if let Some(rest) = line.strip_prefix("bind ") {
            all.push(binding(rest, &role));
        } else if let Some(rules) = role["rules"].as_array_mut() {
            rules.push(rule(line));
        }
    }
    all.extend(Some(role).filter(Value::is_object));
    all
}

/// An object of a name, which may have a namespace before it; `kind` is `Role` or `RoleBinding`.
fn object(kind: &str, name: &str) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    let mut metadata = json!({
        "name": name,
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    });
    let cluster = if namespace.is_empty() { "Cluster" } else { "" };
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": format!("{cluster}{kind}"), "metadata": metadata})
}

fn new_role(text: &str) -> Value {
    let mut words = text.split(' ');
    let mut role = object("Role", words.next().unwrap_or_default());
    role["rules"] = json!([]);
    for word in words {
        match word.strip_prefix("collects:") {
            Some(name) => {
                let label = format!("{GROUP}/aggregate-to-{name}");
                role["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]});
                // The rules are collected later.
                role["rules"] = Value::Null;
            }
            None => role["metadata"]["labels"][format!("{GROUP}/{word}")] = "true".into(),
        }
    }
    role
}

fn rule(line: &str) -> Value {
    let words = |text: &str| -> Vec<String> {
        let text = match text {
            "read" => READ,
            "write" => WRITE,
            "all" => ALL,
            text => text,
        };
        text.split(' ')
            .map(|word| if word == "core" { "" } else { word }.to_owned())
            .collect()
    };
    let parts: Vec<&str> = line.split(" | ").collect();
    let part = |at: usize| words(parts.get(at).copied().unwrap_or_default());
    if parts[0] == "urls" {
        return json!({"nonResourceURLs": part(1), "verbs": part(2)});
    }
    let mut rule = json!({"apiGroups": part(0), "resources": part(1), "verbs": part(2)});
    if parts.len() > 3 {
        rule["resourceNames"] = json!(part(3));
    }
    rule
}

fn binding(text: &str, role: &Value) -> Value {
    let mut words = text.split(' ');
    let mut binding = object("RoleBinding", words.next().unwrap_or_default());
    binding["roleRef"] = json!({"apiGroup": GROUP, "kind": role["kind"], "name": role["metadata"]["name"]});
    let subject = |word: &str| {
        let (kind, name) = word.split_once(':').unwrap_or(("User", word));
        match name.split_once('/') {
            Some((namespace, name)) if kind == "ServiceAccount" => {
                json!({"kind": kind, "name": name, "namespace": namespace})
            }
            _ => json!({"apiGroup": GROUP, "kind": kind, "name": name}),
        }
    };
    binding["subjects"] = words.map(subject).collect();
    binding
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each object by name, in a few words.
    fn check(name: &str, expect: Value) {
        let all = roles();
        let found = all.iter().find(|object| {
            format!(
                "{}/{}",
                object["kind"].as_str().unwrap(),
                object["metadata"]["name"].as_str().unwrap()
            ) == name
        });
        let found = found.unwrap();
        let what = match found.get("roleRef") {
            Some(role) => json!([role["kind"], role["name"], found["subjects"]]),
            None => json!([found["metadata"]["namespace"], found["rules"]]),
        };
        assert_eq!(what, expect);
    }

    #[test]
    fn the_table_is_read() {
        check(
            "ClusterRole/cluster-admin",
            json!([null, [
                {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
                {"nonResourceURLs": ["*"], "verbs": ["*"]},
            ]]),
        );
        check("ClusterRole/admin", json!([null, null]));
        check(
            "ClusterRoleBinding/system:kube-dns",
            json!(["ClusterRole", "system:kube-dns", [
                {"kind": "ServiceAccount", "namespace": "kube-system", "name": "kube-dns"},
            ]]),
        );
        check(
            "RoleBinding/system::extension-apiserver-authentication-reader",
            json!(["Role", "extension-apiserver-authentication-reader", [
                {"apiGroup": GROUP, "kind": "User", "name": "system:kube-controller-manager"},
                {"apiGroup": GROUP, "kind": "User", "name": "system:kube-scheduler"},
            ]]),
        );
        check(
            "Role/extension-apiserver-authentication-reader",
            json!(["kube-system", [
                {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"], "resourceNames": ["extension-apiserver-authentication"]},
            ]]),
        );
    }
}
