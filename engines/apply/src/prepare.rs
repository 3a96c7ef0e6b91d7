//! Desired objects as they are sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use flux_api::kustomization::CommonMetadata;
use flux_object::{kind, marks, meta};

/// Makes built objects ready: owner labels, [`normalize`], common labels and annotations, in upstream's order.
pub fn prepare(objects: &mut [Value], name: &str, namespace: &str, common: Option<&CommonMetadata>) {
    for object in objects {
        marks::set_owner(object, name, namespace);
        normalize(object);
        let Some(common) = common else { continue };
        for (key, value) in &common.labels {
            meta::set_label(object, key, value);
        }
        for (key, value) in &common.annotations {
            meta::set_annotation(object, key, value);
        }
    }
}

/// Removes and fills in what makes server-side apply stumble or see a difference where there is none: status and creation
/// time, ports without protocol (part of the merge key), plain text in secrets, broken certificate bundles in definitions.
pub fn normalize(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
    if !kind::is_definition(object)
        && let Some(fields) = object.as_object_mut()
    {
        fields.remove("status");
    }
    match (meta::api_version(object), meta::kind(object)) {
        ("v1", "Secret") => encode_plain_text(object),
        ("v1", "Service") => default_protocol(object.pointer_mut("/spec/ports")),
        ("v1", "Pod") => pod_ports(object.pointer_mut("/spec")),
        ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch/v1", "Job") => {
            pod_ports(object.pointer_mut("/spec/template/spec"));
        }
        ("batch/v1", "CronJob") => pod_ports(object.pointer_mut("/spec/jobTemplate/spec/template/spec")),
        _ if kind::is_definition(object) => remove_broken_bundle(object),
        _ => {}
    }
}

fn pod_ports(pod: Option<&mut Value>) {
    let containers = pod
        .and_then(|pod| pod.get_mut("containers"))
        .and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        default_protocol(container.get_mut("ports"));
    }
}

fn default_protocol(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else {
            continue;
        };
        let missing = port
            .get("protocol")
            .and_then(Value::as_str)
            .is_none_or(str::is_empty);
        if missing {
            port.insert("protocol".into(), "TCP".into());
        }
    }
}

/// `stringData` is write-only and would never be seen to have changed.
fn encode_plain_text(secret: &mut Value) {
    let Some(fields) = secret.as_object_mut() else {
        return;
    };
    let Some(Value::Object(plain)) = fields.remove("stringData") else {
        return;
    };
    let data = fields.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Some(data) = data.as_object_mut() else { return };
    for (key, value) in plain {
        if let Some(text) = value.as_str() {
            data.insert(key, STANDARD.encode(text).into());
        }
    }
}

/// The server refuses a definition whose webhook has a bundle that is no certificate; a placeholder that an injector fills
/// in later is the usual cause.
fn remove_broken_bundle(definition: &mut Value) {
    let Some(config) = definition
        .pointer_mut("/spec/conversion/webhook/clientConfig")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let broken = config
        .get("caBundle")
        .and_then(Value::as_str)
        .is_some_and(|bundle| !bundle.is_empty() && !is_certificate_bundle(bundle));
    if broken {
        config.remove("caBundle");
    }
}

fn is_certificate_bundle(base64: &str) -> bool {
    STANDARD.decode(base64).is_ok_and(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        bytes.is_empty()
            || (text.contains("-----BEGIN CERTIFICATE-----") && text.contains("-----END CERTIFICATE-----"))
    })
}
