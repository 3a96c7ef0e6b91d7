//! ConfigMaps, Secrets and Events.

use serde_json::{Value, json};

use super::{Errors, FieldError, immutable, names};
use crate::defaults::fill::text;

/// The most that all values of a ConfigMap or Secret may hold, in bytes.
const MAX_SIZE: usize = 1024 * 1024;

const FROZEN: &str = "field is immutable when `immutable` is set";

pub(crate) fn config_map(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let mut size = 0;
    for (key, value) in new["data"].as_object().into_iter().flatten() {
        self::key("data", key, errors);
        if new["binaryData"].get(key).is_some() {
            let detail = "duplicate of key present in binaryData";
            errors.push(FieldError::invalid_text(format!("data[{key}]"), key, detail));
        }
        size += text(value).len();
    }
    for (key, value) in new["binaryData"].as_object().into_iter().flatten() {
        self::key("binaryData", key, errors);
        size += decoded_len(text(value));
    }
    if size > MAX_SIZE {
        errors.push(FieldError::too_long("", MAX_SIZE));
    }
    frozen(new, old, &["data", "binaryData"], errors);
}

/// An event is where its object is; events about objects without a namespace are in `default`.
pub(crate) fn event(new: &Value, errors: &mut Errors) {
    let (own, namespace) = (
        text(&new["metadata"]["namespace"]),
        text(&new["involvedObject"]["namespace"]),
    );
    let is_new = !text(&new["eventTime"]).is_empty();
    let belongs = match namespace {
        "" => matches!(own, "" | "default") || (is_new && own == "kube-system"),
        _ => is_new || own == namespace,
    };
    if !belongs {
        let detail = "does not match event.namespace";
        errors.push(FieldError::invalid_text(
            "involvedObject.namespace",
            namespace,
            detail,
        ));
    }
}

pub(crate) fn secret(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let mut size = 0;
    for (key, value) in new["data"].as_object().into_iter().flatten() {
        self::key("data", key, errors);
        size += decoded_len(text(value));
    }
    if size > MAX_SIZE {
        errors.push(FieldError::too_long("data", MAX_SIZE));
    }
    let has = |key: &str| new["data"].get(key).is_some();
    let mut require = |keys: &[&str]| {
        errors.extend(
            keys.iter()
                .filter(|key| !has(key))
                .map(|key| FieldError::required(format!("data[{key}]"), "")),
        );
    };
    match text(&new["type"]) {
        "kubernetes.io/tls" => require(&["tls.crt", "tls.key"]),
        "kubernetes.io/ssh-auth" => require(&["ssh-privatekey"]),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            require(&["username", "password"])
        }
        "kubernetes.io/dockerconfigjson" => docker(new, ".dockerconfigjson", errors),
        "kubernetes.io/dockercfg" => docker(new, ".dockercfg", errors),
        "kubernetes.io/service-account-token" => {
            let name = &new["metadata"]["annotations"]["kubernetes.io/service-account.name"];
            if text(name).is_empty() {
                let field = "metadata.annotations[kubernetes.io/service-account.name]";
                errors.push(FieldError::required(field, ""));
            }
        }
        _ => {}
    }
    if let Some(old) = old {
        immutable(errors, "type", &new["type"], &old["type"]);
    }
    frozen(new, old, &["data"], errors);
}

/// Registry credentials must be there and be JSON.
fn docker(secret: &Value, key: &str, errors: &mut Errors) {
    use base64::Engine as _;
    let field = format!("data[{key}]");
    let Some(value) = secret["data"].get(key) else {
        errors.push(FieldError::required(field, ""));
        return;
    };
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text(value))
        .unwrap_or_default();
    if let Some(why) = crate::api::json::syntax_error(&bytes) {
        // Contents of a secret never stand in a message.
        errors.push(FieldError::invalid(
            field,
            &json!("<secret contents redacted>"),
            &why,
        ));
    }
}

fn key(map: &str, key: &str, errors: &mut Errors) {
    let messages = names::config_key(key);
    errors.extend(
        messages
            .iter()
            .map(|m| FieldError::invalid_text(format!("{map}[{key}]"), key, m)),
    );
}

/// How many bytes base64 text stands for.
fn decoded_len(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|b| *b == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

/// What may not change once `immutable` is true.
fn frozen(new: &Value, old: Option<&Value>, fields: &[&str], errors: &mut Errors) {
    let Some(old) = old.filter(|old| old["immutable"] == true) else {
        return;
    };
    if new["immutable"] != true {
        errors.push(FieldError::forbidden("immutable", FROZEN));
    }
    for field in fields.iter().filter(|field| new[**field] != old[**field]) {
        errors.push(FieldError::forbidden(*field, FROZEN));
    }
}
