//! What runs the controllers in a cluster: accounts, rights, policies, services and Deployments, laid out as upstream does it.

use serde_json::{Value, json};

use crate::args::Install;
use crate::error::Error;

/// A controller that this program can run.
struct Component {
    name: &'static str,
    /// Word after `flux controller`.
    command: &'static str,
    /// It keeps artifacts and serves them.
    serves: bool,
    /// It applies what users write, with the rights of a cluster administrator unless an account is named.
    applies: bool,
    /// Seconds that it gets to finish.
    grace: u32,
}

const COMPONENTS: [Component; 3] = [
    Component {
        name: "source-controller",
        command: "source",
        serves: true,
        applies: false,
        grace: 10,
    },
    Component {
        name: "kustomize-controller",
        command: "kustomize",
        serves: false,
        applies: true,
        grace: 60,
    },
    Component {
        name: "helm-controller",
        command: "helm",
        serves: false,
        applies: true,
        grace: 600,
    },
];

/// API groups of all Flux kinds.
const GROUPS: [&str; 6] = [
    "source.toolkit.fluxcd.io",
    "kustomize.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
];

/// Image of the Deployments where none is named.
const NO_IMAGE: &str = "ferroflux/flux";

/// Names of the components that were asked for.
pub fn names(install: &Install) -> Vec<&str> {
    let named = install.components.iter().chain(&install.components_extra);
    named
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect()
}

fn chosen(install: &Install) -> Result<Vec<&'static Component>, Error> {
    let find = |name: &str| {
        let found = COMPONENTS.iter().find(|component| component.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = COMPONENTS.iter().map(|component| component.name).collect();
            Error::message(format!(
                "component {name} is not available: this version has {}",
                known.join(", ")
            ))
        })
    };
    names(install).into_iter().map(find).collect()
}

/// What comes before the definitions: policies, quota, rights.
///
/// # Errors
/// A component is not one that this program can run.
pub fn before(install: &Install, namespace: &str) -> Result<Vec<Value>, Error> {
    let components = chosen(install)?;
    let mut objects = Vec::new();
    if install.network_policy {
        objects.extend(policies(namespace));
    }
    objects.push(json!({
        "apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": {"name": format!("critical-pods-{namespace}"), "namespace": namespace},
        "spec": {"hard": {"pods": "1000"}, "scopeSelector": {"matchExpressions": [{
            "operator": "In", "scopeName": "PriorityClass",
            "values": ["system-node-critical", "system-cluster-critical"]}]}},
    }));
    objects.extend(roles(namespace));
    objects.extend(bindings(&components, namespace));
    Ok(objects)
}

/// What comes after them: for each component account, service and Deployment.
///
/// # Errors
/// A component is not one that this program can run.
pub fn after(install: &Install, namespace: &str, version: &str) -> Result<Vec<(&'static str, Value)>, Error> {
    let mut objects = Vec::new();
    for component in chosen(install)? {
        let name = component.name;
        let metadata = json!({"name": name, "namespace": namespace});
        objects.push((
            name,
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        ));
        if component.serves {
            objects.push((name, service(name, namespace)));
        }
        objects.push((name, deployment(component, install, namespace, version)));
    }
    Ok(objects)
}

fn policies(namespace: &str) -> [Value; 3] {
    let policy = |name: &str, spec: Value| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        })
    };
    let anywhere = |port: u16| json!([{"from": [{"namespaceSelector": {}}], "ports": [{"port": port, "protocol": "TCP"}]}]);
    [
        policy(
            "allow-egress",
            json!({"egress": [{}], "ingress": [{"from": [{"podSelector": {}}]}], "podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        ),
        policy(
            "allow-scraping",
            json!({"ingress": anywhere(8080), "podSelector": {}, "policyTypes": ["Ingress"]}),
        ),
        policy(
            "allow-webhooks",
            json!({"ingress": anywhere(9292), "podSelector": {"matchLabels": {"app": "notification-controller"}}, "policyTypes": ["Ingress"]}),
        ),
    ]
}

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

fn roles(namespace: &str) -> [Value; 3] {
    let role = |name: String, labels: Value, rules: Value| {
        let mut role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules,
        });
        if !labels.is_null() {
            role["metadata"]["labels"] = labels;
        }
        role
    };
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let all = ["get", "list", "watch", "create", "update", "patch", "delete"];
    let mut rules: Vec<Value> = GROUPS.iter().map(|group| rule(group, &["*"], &["*"])).collect();
    rules.extend([
        rule(
            "",
            &["namespaces", "secrets", "configmaps", "serviceaccounts"],
            &READ,
        ),
        rule("", &["events"], &["create", "patch"]),
        rule("", &["configmaps"], &all),
        rule("", &["configmaps/status"], &["get", "update", "patch"]),
        rule("coordination.k8s.io", &["leases"], &all),
        rule("", &["serviceaccounts/token"], &["create"]),
        json!({"nonResourceURLs": ["/livez/ping"], "verbs": ["head"]}),
    ]);
    let aggregated = |to: &[&str]| -> Value {
        let labels = to.iter().map(|role| {
            (
                format!("rbac.authorization.k8s.io/aggregate-to-{role}"),
                "true".into(),
            )
        });
        Value::Object(labels.collect())
    };
    let kinds = |verbs: &[&str]| json!([{"apiGroups": GROUPS, "resources": ["*"], "verbs": verbs}]);
    [
        role(format!("crd-controller-{namespace}"), Value::Null, rules.into()),
        role(
            format!("flux-edit-{namespace}"),
            aggregated(&["admin", "edit"]),
            kinds(&WRITE),
        ),
        role(
            format!("flux-view-{namespace}"),
            aggregated(&["admin", "edit", "view"]),
            kinds(&READ),
        ),
    ]
}

fn bindings(components: &[&'static Component], namespace: &str) -> [Value; 2] {
    let binding = |name: &str, role: &str, who: &dyn Fn(&Component) -> bool| {
        let subjects = components.iter().filter(|component| who(component));
        let subjects: Vec<Value> = subjects
            .map(
                |component| json!({"kind": "ServiceAccount", "name": component.name, "namespace": namespace}),
            )
            .collect();
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("{name}-{namespace}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": subjects,
        })
    };
    [
        binding("cluster-reconciler", "cluster-admin", &|component| {
            component.applies
        }),
        binding("crd-controller", &format!("crd-controller-{namespace}"), &|_| {
            true
        }),
    ]
}

fn service(name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": {"control-plane": "controller"}},
        "spec": {
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}],
            "selector": {"app": name},
            "type": "ClusterIP",
        },
    })
}

fn deployment(component: &Component, install: &Install, namespace: &str, version: &str) -> Value {
    let name = component.name;
    let mut spec = json!({
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {
                "annotations": {"prometheus.io/port": "8080", "prometheus.io/scrape": "true"},
                "labels": {"app": name},
            },
            "spec": pod(component, install, version),
        },
    });
    if component.serves {
        // The next one needs the address, and would find no artifacts anyway.
        spec["strategy"] = json!({"type": "Recreate"});
    }
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"control-plane": "controller"}},
        "spec": spec,
    })
}

fn pod(component: &Component, install: &Install, version: &str) -> Value {
    let mut volumes = vec![json!({"emptyDir": {}, "name": "temp"})];
    if component.serves {
        volumes.insert(0, json!({"emptyDir": {}, "name": "data"}));
    }
    let mut pod = json!({
        "containers": [container(component, install, version)],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "priorityClassName": "system-cluster-critical",
        "securityContext": {"fsGroup": 1337},
        "serviceAccountName": component.name,
        "terminationGracePeriodSeconds": component.grace,
        "volumes": volumes,
    });
    if let Some(secret) = &install.image_pull_secret {
        pod["imagePullSecrets"] = json!([{"name": secret}]);
    }
    if !install.toleration_keys.is_empty() {
        let keys = install.toleration_keys.iter();
        pod["tolerations"] = keys
            .map(|key| json!({"key": key, "operator": "Exists"}))
            .collect();
    }
    pod
}

fn container(component: &Component, install: &Install, version: &str) -> Value {
    let image = match &install.image {
        Some(image) => image.clone(),
        None => format!("{NO_IMAGE}:{version}"),
    };
    let port = |name: &str, number: u16| json!({"containerPort": number, "name": name, "protocol": "TCP"});
    let probe = |port: &str, path: &str| json!({"httpGet": {"path": path, "port": port}});
    let mut ports = vec![port("http-prom", 8080), port("healthz", 9440)];
    let mut mounts = vec![json!({"mountPath": "/tmp", "name": "temp"})];
    // A standby serves nothing, and must not get requests.
    let mut ready = probe("healthz", "/readyz");
    if component.serves {
        ports.insert(0, port("http", 9090));
        mounts.insert(0, json!({"mountPath": "/data", "name": "data"}));
        ready = probe("http", "/");
    }
    json!({
        "args": arguments(component, install),
        "env": [{"name": "RUNTIME_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}],
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": probe("healthz", "/healthz"),
        "name": "manager",
        "ports": ports,
        "readinessProbe": ready,
        "resources": {
            "limits": {"cpu": "1000m", "memory": "1Gi"},
            "requests": {"cpu": if component.serves { "50m" } else { "100m" }, "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": mounts,
    })
}

fn arguments(component: &Component, install: &Install) -> Vec<String> {
    let Install {
        watch_all_namespaces,
        log_level,
        cluster_domain,
        ..
    } = install;
    let mut arguments: Vec<String> = vec![
        "controller".into(),
        component.command.into(),
        "--events-addr=".into(),
        format!("--watch-all-namespaces={watch_all_namespaces}"),
        format!("--log-level={log_level}"),
        "--log-encoding=json".into(),
        "--enable-leader-election".into(),
    ];
    if component.serves {
        arguments.push("--storage-path=/data".into());
        arguments.push(format!(
            "--storage-adv-addr={}.$(RUNTIME_NAMESPACE).svc.{cluster_domain}.",
            component.name
        ));
    }
    arguments
}
