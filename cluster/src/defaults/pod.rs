//! Defaults of pods and pod templates.

use serde_json::{Value, json};

use super::Allocate;
use super::fill::{child, each, items, merge, present, put, put_number, put_text, remove, text};
use super::quantity::{canonicalize, canonicalize_map};

/// A pod template: metadata and the pod spec.
pub(crate) fn template(template: &mut Value) {
    put(template, "metadata", json!({}));
    if let Some(metadata) = present(template, "metadata") {
        // Clients that generate templates write this one; the server does not give it back.
        if metadata["creationTimestamp"].is_null() {
            remove(metadata, "creationTimestamp");
        }
    }
    if let Some(spec) = child(template, "spec") {
        self::spec(spec);
    }
}

/// A pod spec, of a template or a pod.
pub(crate) fn spec(spec: &mut Value) {
    put_text(spec, "restartPolicy", "Always");
    put(spec, "terminationGracePeriodSeconds", 30);
    put_text(spec, "dnsPolicy", "ClusterFirst");
    put(spec, "securityContext", json!({}));
    put_text(spec, "schedulerName", "default-scheduler");
    alias_service_account(spec);
    let host_network = spec["hostNetwork"] == true;
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for container in each(spec, field) {
            self::container(container, host_network);
        }
    }
    each(spec, "volumes").for_each(volume);
    canonicalize_map(spec, "overhead");
}

/// `serviceAccount` is the old name of `serviceAccountName`; both are given back.
fn alias_service_account(spec: &mut Value) {
    let name = match (text(&spec["serviceAccountName"]), text(&spec["serviceAccount"])) {
        ("", "") => return,
        ("", old) => old.to_owned(),
        (name, _) => name.to_owned(),
    };
    spec["serviceAccountName"] = json!(name);
    spec["serviceAccount"] = json!(name);
}

fn container(container: &mut Value, host_network: bool) {
    put(container, "resources", json!({}));
    put_text(container, "terminationMessagePath", "/dev/termination-log");
    put_text(container, "terminationMessagePolicy", "File");
    let pull = pull_policy(text(&container["image"]));
    put_text(container, "imagePullPolicy", pull);
    if let Some(resources) = present(container, "resources") {
        canonicalize_map(resources, "limits");
        canonicalize_map(resources, "requests");
    }
    for port in each(container, "ports") {
        put_text(port, "protocol", "TCP");
        if host_network {
            let number = port["containerPort"].clone();
            put_number(port, "hostPort", number.as_i64().unwrap_or(0));
        }
    }
    for env in each(container, "env") {
        if env["value"] == "" {
            remove(env, "value");
        }
        if let Some(from) = present(env, "valueFrom") {
            field_ref(from);
            if let Some(resource) = present(from, "resourceFieldRef") {
                put(resource, "divisor", "0");
                canonicalize(&mut resource["divisor"]);
            }
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = present(container, probe) {
            self::probe(probe);
        }
    }
    if let Some(lifecycle) = present(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(get) = present(lifecycle, hook).and_then(|hook| present(hook, "httpGet")) {
                http_get(get);
            }
        }
    }
}

/// By the tag: what may move is always pulled.
fn pull_policy(image: &str) -> &'static str {
    if image.contains('@') {
        return "IfNotPresent";
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

fn field_ref(from: &mut Value) {
    if let Some(reference) = present(from, "fieldRef") {
        put_text(reference, "apiVersion", "v1");
    }
}

fn probe(probe: &mut Value) {
    put_number(probe, "timeoutSeconds", 1);
    put_number(probe, "periodSeconds", 10);
    put_number(probe, "successThreshold", 1);
    put_number(probe, "failureThreshold", 3);
    if let Some(get) = present(probe, "httpGet") {
        http_get(get);
    }
    if let Some(grpc) = present(probe, "grpc") {
        put(grpc, "service", "");
    }
}

fn http_get(get: &mut Value) {
    put_text(get, "path", "/");
    put_text(get, "scheme", "HTTP");
}

fn volume(volume: &mut Value) {
    let sources = volume.as_object().map_or(0, |map| {
        map.iter().filter(|(k, v)| *k != "name" && !v.is_null()).count()
    });
    if sources == 0 {
        put(volume, "emptyDir", json!({}));
    }
    if let Some(empty) = present(volume, "emptyDir") {
        canonicalize_member(empty, "sizeLimit");
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = present(volume, source) {
            put(source, "defaultMode", 0o644);
        }
    }
    if let Some(path) = present(volume, "hostPath") {
        put(path, "type", "");
    }
    if let Some(downward) = present(volume, "downwardAPI") {
        each(downward, "items").for_each(field_ref);
    }
    if let Some(projected) = present(volume, "projected") {
        for source in each(projected, "sources") {
            if let Some(token) = present(source, "serviceAccountToken") {
                put(token, "expirationSeconds", 3600);
            }
            if let Some(downward) = present(source, "downwardAPI") {
                each(downward, "items").for_each(field_ref);
            }
        }
    }
    if let Some(iscsi) = present(volume, "iscsi") {
        put_text(iscsi, "iscsiInterface", "default");
    }
    if let Some(claim) =
        present(volume, "ephemeral").and_then(|ephemeral| present(ephemeral, "volumeClaimTemplate"))
    {
        super::storage::claim_spec(claim);
    }
}

pub(crate) fn canonicalize_member(object: &mut Value, field: &str) {
    if let Some(value) = object.get_mut(field) {
        canonicalize(value);
    }
}

/// A pod: the spec, and what only pods have.
pub(crate) fn pod(pod: &mut Value) {
    let Some(spec) = child(pod, "spec") else { return };
    self::spec(spec);
    put(spec, "enableServiceLinks", true);
    if let Some(status) = present(pod, "status") {
        addresses(status);
    }
    let Some(spec) = child(pod, "spec") else { return };
    for field in ["initContainers", "containers"] {
        each(spec, field).for_each(requests_from_limits);
    }
}

/// `podIP` is the first of `podIPs`; either gives the other.
fn addresses(status: &mut Value) {
    let ip = text(&status["podIP"]).to_owned();
    let first = items(&status["podIPs"])
        .first()
        .map(|one| text(&one["ip"]).to_owned());
    match first {
        None if !ip.is_empty() => status["podIPs"] = json!([{"ip": ip}]),
        Some(first) if ip.is_empty() && !first.is_empty() => status["podIP"] = json!(first),
        _ => {}
    }
}

/// What admission adds to a new pod.
pub(crate) fn admit(pod: &mut Value, allocate: &mut dyn Allocate) {
    let namespace = text(&pod["metadata"]["namespace"]).to_owned();
    let Some(spec) = child(pod, "spec") else { return };
    put_text(spec, "serviceAccountName", "default");
    alias_service_account(spec);
    mount_token(spec, &namespace, allocate);
    let class = text(&spec["priorityClassName"]).to_owned();
    let system = match class.as_str() {
        "system-node-critical" => Some((2_000_001_000, "PreemptLowerPriority".to_owned())),
        "system-cluster-critical" => Some((2_000_000_000, "PreemptLowerPriority".to_owned())),
        class => allocate.priority(class),
    };
    let (priority, preemption) = system.unwrap_or_else(|| (0, "PreemptLowerPriority".to_owned()));
    put(spec, "priority", priority);
    put(spec, "preemptionPolicy", preemption);
    tolerate(spec, "node.kubernetes.io/not-ready");
    tolerate(spec, "node.kubernetes.io/unreachable");
    let quality = crate::simulate::quality_of_service(spec);
    merge(pod, "status", &json!({"phase": "Pending", "qosClass": quality}));
}

/// The tolerations that every pod has come back when an update leaves them out.
pub(crate) fn keep_tolerations(pod: &mut Value) {
    if let Some(spec) = child(pod, "spec") {
        tolerate(spec, "node.kubernetes.io/not-ready");
        tolerate(spec, "node.kubernetes.io/unreachable");
    }
}

const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The volume with the token of the pod's ServiceAccount, mounted into every container that has nothing there.
fn mount_token(spec: &mut Value, namespace: &str, allocate: &mut dyn Allocate) {
    let wanted = match spec["automountServiceAccountToken"].as_bool() {
        Some(wanted) => wanted,
        None => allocate.automounts_token(namespace, text(&spec["serviceAccountName"])),
    };
    if !wanted {
        return;
    }
    let uid = allocate.uid();
    let name = format!("kube-api-access-{}", crate::simulate::name_suffix(&uid));
    let mut mounted = false;
    for field in ["initContainers", "containers"] {
        for container in each(spec, field).filter(|container| container.is_object()) {
            if items(&container["volumeMounts"])
                .iter()
                .any(|mount| mount["mountPath"] == TOKEN_PATH)
            {
                continue;
            }
            mounted = true;
            put(container, "volumeMounts", json!([]));
            if let Some(mounts) = container["volumeMounts"].as_array_mut() {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": TOKEN_PATH}));
            }
        }
    }
    put(spec, "volumes", json!([]));
    if let Some(volumes) = spec["volumes"].as_array_mut().filter(|_| mounted) {
        let namespace = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
        volumes.push(
            json!({"name": name, "projected": {"defaultMode": 0o644, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
            ]}}),
        );
    }
    if spec["volumes"] == json!([]) {
        remove(spec, "volumes");
    }
}

fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container["resources"]["limits"].as_object().cloned() else {
        return;
    };
    let Some(requests) = present(container, "resources").and_then(|resources| child(resources, "requests"))
    else {
        return;
    };
    for (name, limit) in limits {
        put(requests, &name, limit);
    }
}

/// Pods stay on an unreachable node for five minutes, unless they say otherwise.
fn tolerate(spec: &mut Value, key: &str) {
    let covers = |toleration: &Value| {
        (text(&toleration["key"]) == key || text(&toleration["key"]).is_empty())
            && matches!(text(&toleration["effect"]), "NoExecute" | "")
    };
    if items(&spec["tolerations"]).iter().any(covers) {
        return;
    }
    put(spec, "tolerations", json!([]));
    if let Some(list) = spec["tolerations"].as_array_mut() {
        list.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
    }
}
