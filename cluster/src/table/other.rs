//! Tables of the remaining kinds.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::{age, human_duration, since};
use super::read::{NONE, UNSET, int, items, plain, text, text_or};

pub(crate) fn autoscaler(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let target = &spec["scaleTargetRef"];
    vec![
        json!(format!("{}/{}", text(&target["kind"]), text(&target["name"]))),
        json!(targets(object)),
        json!(
            spec["minReplicas"]
                .as_i64()
                .map_or_else(|| UNSET.to_owned(), |n| n.to_string())
        ),
        json!(int(&spec["maxReplicas"])),
        json!(int(&object["status"]["currentReplicas"])),
        json!(age(object, now)),
    ]
}

/// `cpu: 10%/80%` for each metric, at most two of them.
fn targets(object: &Value) -> String {
    let specs = items(&object["spec"]["metrics"]);
    if specs.is_empty() {
        return match &object["spec"]["targetCPUUtilizationPercentage"] {
            Value::Null => NONE.to_owned(),
            wanted => {
                let current = &object["status"]["currentCPUUtilizationPercentage"];
                let current = if current.is_null() {
                    "<unknown>".to_owned()
                } else {
                    format!("{current}%")
                };
                format!("cpu: {current}/{wanted}%")
            }
        };
    }
    let currents = items(&object["status"]["currentMetrics"]);
    let list: Vec<String> = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| metric(spec, currents.get(index).unwrap_or(&Value::Null)))
        .collect();
    let shown = list[..list.len().min(2)].join(", ");
    if list.len() > 2 {
        format!("{shown} + {} more...", list.len() - 2)
    } else {
        shown
    }
}

fn metric(spec: &Value, current: &Value) -> String {
    let (field, name) = match text(&spec["type"]) {
        "Resource" => ("resource", text(&spec["resource"]["name"])),
        "ContainerResource" => ("containerResource", text(&spec["containerResource"]["name"])),
        "Pods" => ("pods", ""),
        "Object" => ("object", ""),
        "External" => ("external", ""),
        _ => return "<unknown type>".to_owned(),
    };
    let (wanted, now) = (&spec[field]["target"], &current[field]["current"]);
    let shown = |value: &Value, suffix: &str| {
        if value.is_null() {
            "<unknown>".to_owned()
        } else {
            format!("{}{suffix}", plain(value))
        }
    };
    let pair = if !wanted["averageUtilization"].is_null() {
        format!(
            "{}/{}",
            shown(&now["averageUtilization"], "%"),
            shown(&wanted["averageUtilization"], "%")
        )
    } else if !wanted["averageValue"].is_null() {
        let average = if matches!(field, "object" | "external") {
            " (avg)"
        } else {
            ""
        };
        format!(
            "{}/{}",
            shown(&now["averageValue"], average),
            shown(&wanted["averageValue"], average)
        )
    } else {
        format!("{}/{}", shown(&now["value"], ""), shown(&wanted["value"], ""))
    };
    if name.is_empty() {
        pair
    } else {
        format!("{name}: {pair}")
    }
}

pub(crate) fn disruption_budget(object: &Value, now: Timestamp) -> Vec<Value> {
    let bound = |field: &str| match &object["spec"][field] {
        Value::Null => "N/A".to_owned(),
        value => plain(value),
    };
    vec![
        json!(bound("minAvailable")),
        json!(bound("maxUnavailable")),
        json!(int(&object["status"]["disruptionsAllowed"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn role_binding(object: &Value, now: Timestamp) -> Vec<Value> {
    let subjects = |kind: &str| {
        let of_kind = items(&object["subjects"])
            .iter()
            .filter(|subject| subject["kind"] == kind);
        let name = |subject: &Value| match (kind, text(&subject["namespace"])) {
            ("ServiceAccount", namespace) if !namespace.is_empty() => {
                format!("{namespace}/{}", text(&subject["name"]))
            }
            _ => text(&subject["name"]).to_owned(),
        };
        of_kind.map(name).collect::<Vec<_>>().join(", ")
    };
    let role = &object["roleRef"];
    vec![
        json!(format!("{}/{}", text(&role["kind"]), text(&role["name"]))),
        json!(age(object, now)),
        json!(subjects("User")),
        json!(subjects("Group")),
        json!(subjects("ServiceAccount")),
    ]
}

pub(crate) fn lease(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(text(&object["spec"]["holderIdentity"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn priority_class(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(int(&object["value"])),
        json!(object["globalDefault"] == true),
        json!(age(object, now)),
        json!(text_or(&object["preemptionPolicy"], "PreemptLowerPriority")),
    ]
}

pub(crate) fn webhook_configuration(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![json!(items(&object["webhooks"]).len()), json!(age(object, now))]
}

pub(crate) fn admission_policy(object: &Value, now: Timestamp) -> Vec<Value> {
    let kind = &object["spec"]["paramKind"];
    let kind = if kind.is_object() {
        format!("{}/{}", text(&kind["apiVersion"]), text(&kind["kind"]))
    } else {
        UNSET.to_owned()
    };
    vec![
        json!(items(&object["spec"]["validations"]).len()),
        json!(kind),
        json!(age(object, now)),
    ]
}

pub(crate) fn admission_policy_binding(object: &Value, now: Timestamp) -> Vec<Value> {
    let reference = &object["spec"]["paramRef"];
    let shown = match (reference.is_object(), text(&reference["namespace"])) {
        (false, _) => UNSET.to_owned(),
        (true, "") => format!("*/{}", text(&reference["name"])),
        (true, namespace) => format!("{namespace}/{}", text(&reference["name"])),
    };
    vec![
        json!(text(&object["spec"]["policyName"])),
        json!(shown),
        json!(age(object, now)),
    ]
}

pub(crate) fn signing_request(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let has = |kind: &str| {
        items(&object["status"]["conditions"])
            .iter()
            .any(|c| c["type"] == kind)
    };
    let mut condition = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if has("Failed") {
        condition.push_str(",Failed");
    }
    if !text(&object["status"]["certificate"]).is_empty() {
        condition.push_str(",Issued");
    }
    let duration = spec["expirationSeconds"].as_i64().map_or_else(
        || NONE.to_owned(),
        |seconds| human_duration(jiff::SignedDuration::from_secs(seconds)),
    );
    vec![
        json!(age(object, now)),
        json!(text_or(&spec["signerName"], NONE)),
        json!(text(&spec["username"])),
        json!(duration),
        json!(condition),
    ]
}

pub(crate) fn api_service(object: &Value, now: Timestamp) -> Vec<Value> {
    let service = &object["spec"]["service"];
    let shown = if service.is_object() {
        format!("{}/{}", text(&service["namespace"]), text(&service["name"]))
    } else {
        "Local".to_owned()
    };
    let available = items(&object["status"]["conditions"])
        .iter()
        .find(|c| c["type"] == "Available");
    let available = match available.map(|c| (text(&c["status"]), text(&c["reason"]))) {
        None => "Unknown".to_owned(),
        Some(("True", _)) => "True".to_owned(),
        Some((status, reason)) => format!("{status} ({reason})"),
    };
    vec![json!(shown), json!(available), json!(age(object, now))]
}

/// The table of Events in either API group.
pub(crate) fn event(object: &Value, now: Timestamp) -> Vec<Value> {
    let core = |old: &'static str, new: &'static str| {
        if object[old].is_null() {
            &object[new]
        } else {
            &object[old]
        }
    };
    let about = core("involvedObject", "regarding");
    let series = &object["series"];
    let given = |value: &Value| {
        if value.is_null() {
            None
        } else {
            Some(since(value, now))
        }
    };
    let micro = given(&object["eventTime"]);
    let first = given(core("firstTimestamp", "deprecatedFirstTimestamp")).or(micro.clone());
    let last = given(&series["lastObservedTime"])
        .or_else(|| given(core("lastTimestamp", "deprecatedLastTimestamp")))
        .or_else(|| first.clone());
    let count = match (series["count"].as_i64(), int(core("count", "deprecatedCount"))) {
        (Some(count), _) => count,
        (None, 0) => 1,
        (None, count) => count,
    };
    let unknown = || "<unknown>".to_owned();
    let target = match text(&about["kind"]) {
        "" => text(&about["name"]).to_owned(),
        kind => format!("{}/{}", kind.to_ascii_lowercase(), text(&about["name"])),
    };
    vec![
        json!(last.unwrap_or_else(unknown)),
        json!(text(&object["type"])),
        json!(text(&object["reason"])),
        json!(target),
        json!(text(&about["fieldPath"])),
        json!(event_source(object, core("source", "deprecatedSource"))),
        json!(text(core("message", "note")).trim()),
        json!(first.unwrap_or_else(unknown)),
        json!(count),
        json!(text(&object["metadata"]["name"])),
    ]
}

fn event_source(object: &Value, source: &Value) -> String {
    let reporter = if object["reportingComponent"].is_null() {
        text(&object["reportingController"])
    } else {
        text(&object["reportingComponent"])
    };
    let component = text_or(&source["component"], reporter);
    let host = text_or(&source["host"], text(&object["reportingInstance"]));
    if host.is_empty() {
        component.to_owned()
    } else {
        format!("{component}, {host}")
    }
}
