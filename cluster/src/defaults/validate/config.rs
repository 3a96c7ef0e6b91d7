//! ConfigMaps, Secrets and Events.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Errors, FieldError, immutable, names};
use crate::defaults::compare_quantities;
use crate::defaults::fill::{items, text};

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

/// LimitRanges: what is at least, at most and by default must not contradict each other.
pub(crate) fn limit_range(new: &Value, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, limit) in items(&new["spec"]["limits"]).iter().enumerate() {
        let field = format!("spec.limits[{index}]");
        let kind = text(&limit["type"]);
        if !kind.contains('/') && !matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim") {
            let detail = "must be a standard limit type or fully qualified";
            errors.push(FieldError::invalid_text(format!("{field}.type"), kind, detail));
        }
        if !seen.insert(kind) {
            errors.push(FieldError::duplicate(format!("{field}.type"), &limit["type"]));
        }
        if kind == "Pod" {
            for name in ["default", "defaultRequest"] {
                if limit[name].as_object().is_some_and(|map| !map.is_empty()) {
                    let detail = "may not be specified when `type` is 'Pod'";
                    errors.push(FieldError::forbidden(format!("{field}.{name}"), detail));
                }
            }
        }
        if kind == "PersistentVolumeClaim"
            && limit["min"].get("storage").is_none()
            && limit["max"].get("storage").is_none()
        {
            let detail = "either minimum or maximum storage value is required, but neither was provided";
            errors.push(FieldError::required(field.clone(), detail));
        }
        let names: BTreeSet<&String> = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"]
            .iter()
            .filter_map(|bound| limit[bound].as_object())
            .flat_map(|map| map.keys())
            .collect();
        for name in names {
            limits_of(limit, name, &field, errors);
        }
    }
}

fn limits_of(limit: &Value, name: &str, field: &str, errors: &mut Errors) {
    let amount = |bound: &str| limit[bound][name].as_str();
    // Bound, what it must not exceed, the field that is wrong, whose value is shown, and the words.
    let pairs = [
        ("min", "max", "min", "min", "min value", "max value"),
        (
            "min",
            "defaultRequest",
            "defaultRequest",
            "defaultRequest",
            "min value",
            "default request value",
        ),
        (
            "defaultRequest",
            "max",
            "defaultRequest",
            "defaultRequest",
            "default request value",
            "max value",
        ),
        (
            "defaultRequest",
            "default",
            "defaultRequest",
            "defaultRequest",
            "default request value",
            "default limit value",
        ),
        ("min", "default", "default", "min", "min value", "default value"),
        ("default", "max", "default", "max", "default value", "max value"),
    ];
    for (low, high, at, shown, low_words, high_words) in pairs {
        let (Some(least), Some(most)) = (amount(low), amount(high)) else {
            continue;
        };
        if compare_quantities(least, most).is_some_and(|order| order.is_gt()) {
            let detail = format!("{low_words} {least} is greater than {high_words} {most}");
            let value = amount(shown).unwrap_or_default();
            errors.push(FieldError::invalid_text(
                format!("{field}.{at}[{name}]"),
                value,
                &detail,
            ));
        }
    }
    if let Some(ratio) = amount("maxLimitRequestRatio")
        && compare_quantities(ratio, "1").is_some_and(|order| order.is_lt())
    {
        let detail = format!("ratio {ratio} is less than 1");
        let field = format!("{field}.maxLimitRequestRatio[{name}]");
        errors.push(FieldError::invalid_text(field, ratio, &detail));
    }
}

/// What quotas may limit by its own name.
const LIMITED: [&str; 21] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
    "limits.storage",
];

pub(crate) fn resource_quota(new: &Value, errors: &mut Errors) {
    for (name, amount) in new["spec"]["hard"].as_object().into_iter().flatten() {
        let field = format!("spec.hard[{name}]");
        let huge = ["hugepages-", "requests.hugepages-", "limits.hugepages-"];
        let standard = LIMITED.contains(&name.as_str()) || huge.iter().any(|start| name.starts_with(start));
        if !name.contains('/') && !standard {
            for detail in [
                "must be a standard resource type or fully qualified",
                "must be a standard resource for quota",
            ] {
                errors.push(FieldError::invalid_text(field.clone(), name, detail));
            }
        }
        let value = text(amount);
        if compare_quantities(value, "0").is_some_and(|order| order.is_lt()) {
            let detail = "must be greater than or equal to 0";
            errors.push(FieldError::invalid_text(field, value, detail));
        } else if is_count(name) && value.parse::<u64>().is_err() && value.ends_with('m') {
            errors.push(FieldError::invalid_text(field, value, "must be an integer"));
        }
    }
}

/// Whether a quota counts objects by a name.
fn is_count(name: &str) -> bool {
    name.starts_with("count/")
        || name.starts_with("services")
        || matches!(
            name,
            "configmaps"
                | "persistentvolumeclaims"
                | "pods"
                | "replicationcontrollers"
                | "resourcequotas"
                | "secrets"
        )
}

/// Events of the newer API say when, what and by whom.
pub(crate) fn new_event(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    if old.is_some() {
        return;
    }
    if new["eventTime"].is_null() {
        errors.push(FieldError::required("eventTime", ""));
    }
    let kind = text(&new["type"]);
    if !matches!(kind, "Normal" | "Warning") {
        let detail = format!("has invalid value: {kind}");
        errors.push(FieldError::invalid_text("type", kind, &detail));
    }
    if new["eventTime"].is_null() {
        return;
    }
    for (field, shown) in [
        ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
        ("action", "action"),
        ("reason", "reason"),
    ] {
        if text(&new[field]).is_empty() {
            errors.push(FieldError::required(shown, ""));
        }
    }
}

pub(crate) fn node(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    // Upstream looks twice on updates.
    for _ in 0..if old.is_some() { 2 } else { 1 } {
        for (index, taint) in items(&new["spec"]["taints"]).iter().enumerate() {
            let field = format!("metadata.taints[{index}]");
            let key = text(&taint["key"]);
            errors.extend(
                names::qualified(key)
                    .iter()
                    .map(|m| FieldError::invalid_text(format!("{field}.key"), key, m)),
            );
            super::one_of(errors, &format!("{field}.effect"), &taint["effect"], &known);
        }
    }
    let ranges = items(&new["spec"]["podCIDRs"]);
    let one = [new["spec"]["podCIDR"].clone()];
    let ranges = if ranges.is_empty() && !one[0].is_null() {
        &one
    } else {
        ranges
    };
    for (index, range) in ranges.iter().enumerate() {
        if !super::network::is_cidr(text(range)) {
            let field = format!("spec.podCIDRs[{index}]");
            errors.push(FieldError::invalid(field, range, super::network::BAD_CIDR));
        }
    }
}
