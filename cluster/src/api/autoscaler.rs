//! A HorizontalPodAutoscaler in version 1: what that version has no fields for stands in annotations.

use serde_json::{Map, Value, json};

use super::{go, meta};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CURRENT: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const POLICIES: &str = "autoscaling.alpha.kubernetes.io/update-policy";

/// How many percent of the requested CPU are aimed at when nothing is said.
const USUAL_TARGET: i64 = 80;

/// From version 2, which is stored, to version 1.
pub(crate) fn to_v1(object: &mut Value) {
    let (metrics, current) = (
        object["spec"]["metrics"].clone(),
        object["status"]["currentMetrics"].clone(),
    );
    drop_annotations(object);
    let others: Vec<String> = items(&metrics)
        .iter()
        .filter(|metric| cpu(metric, "target").is_none())
        .map(spec_text)
        .collect();
    annotate(object, METRICS, &others);
    let found: Vec<String> = items(&current).iter().map(status_text).collect();
    annotate(object, CURRENT, &found);
    if object["spec"]["behavior"].is_object() {
        let text = behavior_text(&object["spec"]["behavior"]);
        meta::annotate(object, BEHAVIOR, text);
    }
    let conditions: Vec<String> = items(&object["status"]["conditions"])
        .iter()
        .map(condition_text)
        .collect();
    annotate(object, CONDITIONS, &conditions);
    let first = |list: &Value, field| items(list).iter().find_map(|metric| cpu(metric, field));
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("metrics");
        spec.remove("behavior");
        if let Some(target) = first(&metrics, "target") {
            spec.insert("targetCPUUtilizationPercentage".into(), target.into());
        }
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        for count in ["currentReplicas", "desiredReplicas"] {
            status.entry(count).or_insert_with(|| 0.into());
        }
        status.remove("currentMetrics");
        status.remove("conditions");
        if let Some(current) = first(&current, "current") {
            status.insert("currentCPUUtilizationPercentage".into(), current.into());
        }
    }
}

/// From version 1 to version 2.
pub(crate) fn from_v1(object: &mut Value) {
    let noted = |name: &str| -> Option<Value> {
        serde_json::from_str(object["metadata"]["annotations"][name].as_str()?).ok()
    };
    let metrics = noted(METRICS);
    let behavior = noted(BEHAVIOR).map(|behavior| behavior_value(&behavior));
    let (current, conditions) = (noted(CURRENT), noted(CONDITIONS));
    drop_annotations(object);
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        if status.get("currentReplicas") == Some(&Value::from(0)) {
            status.remove("currentReplicas");
        }
        if let Some(percent) = status.remove("currentCPUUtilizationPercentage") {
            let metric = json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent}}});
            status.insert("currentMetrics".into(), json!([metric]));
        }
        if let Some(Value::Array(list)) = &current {
            status.insert("currentMetrics".into(), list.iter().map(status_value).collect());
        }
        if let Some(list @ Value::Array(_)) = conditions {
            status.insert("conditions".into(), list);
        }
        status.entry("currentMetrics").or_insert(Value::Null);
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else {
        return;
    };
    let mut list: Vec<Value> = match &metrics {
        Some(Value::Array(list)) => list.iter().map(spec_value).collect(),
        _ => Vec::new(),
    };
    let target = spec.remove("targetCPUUtilizationPercentage");
    let target = target.or_else(|| list.is_empty().then(|| USUAL_TARGET.into()));
    list.extend(target.map(|target| {
        json!({
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}},
        })
    }));
    spec.insert("metrics".into(), list.into());
    if let Some(behavior) = behavior.filter(|behavior| *behavior != json!({})) {
        spec.insert("behavior".into(), behavior);
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The utilization of the CPU that a metric aims at or has.
fn cpu(metric: &Value, field: &str) -> Option<i64> {
    let source = &metric["resource"];
    let is_cpu = metric["type"] == "Resource" && source["name"] == "cpu";
    source[field]["averageUtilization"].as_i64().filter(|_| is_cpu)
}

fn drop_annotations(object: &mut Value) {
    for name in [METRICS, BEHAVIOR, CURRENT, CONDITIONS, POLICIES] {
        meta::drop_annotation(object, name);
    }
}

fn annotate(object: &mut Value, name: &str, list: &[String]) {
    if !list.is_empty() {
        meta::annotate(object, name, format!("[{}]", list.join(",")));
    }
}

/// Text of a JSON object with its members in this order; those that are absent are left out.
fn text(members: &[(&str, Option<String>)]) -> String {
    let members: Vec<String> = members
        .iter()
        .filter_map(|(name, value)| Some(format!("{}:{}", go::json(&(*name).into()), value.as_ref()?)))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// The text of a member, if it is there.
fn some(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| go::json(value))
}

/// The text of a member that is printed even when nobody gave it.
fn or(value: &Value, zero: &str) -> Option<String> {
    Some(some(value).unwrap_or_else(|| zero.to_owned()))
}

fn reference(value: &Value) -> Option<String> {
    Some(text(&[
        ("kind", or(&value["kind"], "\"\"")),
        ("name", or(&value["name"], "\"\"")),
        ("apiVersion", some(&value["apiVersion"])),
    ]))
}

fn selector(metric: &Value) -> Option<String> {
    let selector = &metric["selector"];
    selector.is_object().then(|| {
        text(&[
            ("matchLabels", some(&selector["matchLabels"])),
            ("matchExpressions", some(&selector["matchExpressions"])),
        ])
    })
}

fn spec_text(metric: &Value) -> String {
    let (object, pods) = (&metric["object"], &metric["pods"]);
    let (resource, container) = (&metric["resource"], &metric["containerResource"]);
    let external = &metric["external"];
    text(&[
        ("type", or(&metric["type"], "\"\"")),
        (
            "object",
            object.is_object().then(|| {
                text(&[
                    ("target", reference(&object["describedObject"])),
                    ("metricName", or(&object["metric"]["name"], "\"\"")),
                    ("targetValue", or(&object["target"]["value"], "\"0\"")),
                    ("selector", selector(&object["metric"])),
                    ("averageValue", some(&object["target"]["averageValue"])),
                ])
            }),
        ),
        (
            "pods",
            pods.is_object().then(|| {
                text(&[
                    ("metricName", or(&pods["metric"]["name"], "\"\"")),
                    ("targetAverageValue", or(&pods["target"]["averageValue"], "\"0\"")),
                    ("selector", selector(&pods["metric"])),
                ])
            }),
        ),
        ("resource", resource.is_object().then(|| resource_text(resource))),
        (
            "containerResource",
            container.is_object().then(|| resource_text(container)),
        ),
        (
            "external",
            external.is_object().then(|| {
                text(&[
                    ("metricName", or(&external["metric"]["name"], "\"\"")),
                    ("metricSelector", selector(&external["metric"])),
                    ("targetValue", some(&external["target"]["value"])),
                    ("targetAverageValue", some(&external["target"]["averageValue"])),
                ])
            }),
        ),
    ])
}

fn resource_text(source: &Value) -> String {
    let target = &source["target"];
    text(&[
        ("name", or(&source["name"], "\"\"")),
        ("targetAverageUtilization", some(&target["averageUtilization"])),
        ("targetAverageValue", some(&target["averageValue"])),
        ("container", some(&source["container"])),
    ])
}

fn status_text(metric: &Value) -> String {
    let (object, pods, external) = (&metric["object"], &metric["pods"], &metric["external"]);
    let resource = |source: &Value| {
        source.is_object().then(|| {
            let current = &source["current"];
            text(&[
                ("name", or(&source["name"], "\"\"")),
                ("currentAverageUtilization", some(&current["averageUtilization"])),
                ("currentAverageValue", or(&current["averageValue"], "\"0\"")),
                ("container", some(&source["container"])),
            ])
        })
    };
    text(&[
        ("type", or(&metric["type"], "\"\"")),
        (
            "object",
            object.is_object().then(|| {
                text(&[
                    ("target", reference(&object["describedObject"])),
                    ("metricName", or(&object["metric"]["name"], "\"\"")),
                    ("currentValue", or(&object["current"]["value"], "\"0\"")),
                    ("selector", selector(&object["metric"])),
                    ("averageValue", some(&object["current"]["averageValue"])),
                ])
            }),
        ),
        (
            "pods",
            pods.is_object().then(|| {
                text(&[
                    ("metricName", or(&pods["metric"]["name"], "\"\"")),
                    (
                        "currentAverageValue",
                        or(&pods["current"]["averageValue"], "\"0\""),
                    ),
                    ("selector", selector(&pods["metric"])),
                ])
            }),
        ),
        ("resource", resource(&metric["resource"])),
        ("containerResource", resource(&metric["containerResource"])),
        (
            "external",
            external.is_object().then(|| {
                text(&[
                    ("metricName", or(&external["metric"]["name"], "\"\"")),
                    ("metricSelector", selector(&external["metric"])),
                    ("currentValue", or(&external["current"]["value"], "\"0\"")),
                    ("currentAverageValue", some(&external["current"]["averageValue"])),
                ])
            }),
        ),
    ])
}

fn condition_text(condition: &Value) -> String {
    text(&[
        ("type", or(&condition["type"], "\"\"")),
        ("status", or(&condition["status"], "\"\"")),
        ("lastTransitionTime", or(&condition["lastTransitionTime"], "null")),
        ("reason", some(&condition["reason"])),
        ("message", some(&condition["message"])),
    ])
}

/// Upstream writes its internal type here, whose members begin with capitals.
fn behavior_text(behavior: &Value) -> String {
    let rules = |rules: &Value| -> Option<String> {
        if !rules.is_object() {
            return Some("null".into());
        }
        let policies = items(&rules["policies"]).iter().map(|policy| {
            text(&[
                ("Type", or(&policy["type"], "\"\"")),
                ("Value", or(&policy["value"], "0")),
                ("PeriodSeconds", or(&policy["periodSeconds"], "0")),
            ])
        });
        let policies = match rules["policies"].is_array() {
            true => format!("[{}]", policies.collect::<Vec<_>>().join(",")),
            false => "null".into(),
        };
        Some(text(&[
            (
                "StabilizationWindowSeconds",
                or(&rules["stabilizationWindowSeconds"], "null"),
            ),
            ("SelectPolicy", or(&rules["selectPolicy"], "null")),
            ("Policies", Some(policies)),
            ("Tolerance", or(&rules["tolerance"], "null")),
        ]))
    };
    text(&[
        ("ScaleUp", rules(&behavior["scaleUp"])),
        ("ScaleDown", rules(&behavior["scaleDown"])),
    ])
}

/// The same the other way: small initials, and nothing that is null.
fn behavior_value(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| {
                let mut name = name.clone();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                (name, behavior_value(value))
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(behavior_value).collect(),
        other => other.clone(),
    }
}

/// An object of those members that are there.
fn object(members: &[(&str, &Value)]) -> Value {
    let members = members.iter().filter(|(_, value)| !value.is_null());
    members
        .map(|(name, value)| ((*name).to_owned(), (*value).clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn spec_value(metric: &Value) -> Value {
    let mut out = object(&[("type", &metric["type"])]);
    for name in ["resource", "containerResource"] {
        let source = &metric[name];
        if source.is_object() {
            let (percent, value) = (&source["targetAverageUtilization"], &source["targetAverageValue"]);
            let kind = json!(if percent.is_null() {
                "AverageValue"
            } else {
                "Utilization"
            });
            let members = [
                ("type", &kind),
                ("averageUtilization", percent),
                ("averageValue", value),
            ];
            let target = object(&members);
            let members = [
                ("name", &source["name"]),
                ("container", &source["container"]),
                ("target", &target),
            ];
            out[name] = object(&members);
        }
    }
    let identifier = |name: &Value, selector: &Value| object(&[("name", name), ("selector", selector)]);
    let source = &metric["object"];
    if source.is_object() {
        let average = &source["averageValue"];
        let kind = json!(if average.is_null() {
            "Value"
        } else {
            "AverageValue"
        });
        let members = [
            ("type", &kind),
            ("value", &source["targetValue"]),
            ("averageValue", average),
        ];
        out["object"] = json!({
            "describedObject": source["target"],
            "metric": identifier(&source["metricName"], &source["selector"]),
            "target": object(&members),
        });
    }
    let source = &metric["pods"];
    if source.is_object() {
        out["pods"] = json!({
            "metric": identifier(&source["metricName"], &source["selector"]),
            "target": object(&[("type", &json!("AverageValue")), ("averageValue", &source["targetAverageValue"])]),
        });
    }
    let source = &metric["external"];
    if source.is_object() {
        let value = &source["targetValue"];
        let kind = json!(if value.is_null() { "AverageValue" } else { "Value" });
        let members = [
            ("type", &kind),
            ("value", value),
            ("averageValue", &source["targetAverageValue"]),
        ];
        out["external"] = json!({
            "metric": identifier(&source["metricName"], &source["metricSelector"]),
            "target": object(&members),
        });
    }
    out
}

fn status_value(metric: &Value) -> Value {
    let mut out = object(&[("type", &metric["type"])]);
    let identifier = |name: &Value, selector: &Value| object(&[("name", name), ("selector", selector)]);
    for name in ["resource", "containerResource"] {
        let source = &metric[name];
        if source.is_object() {
            let members = [
                ("averageUtilization", &source["currentAverageUtilization"]),
                ("averageValue", &source["currentAverageValue"]),
            ];
            let current = object(&members);
            let members = [
                ("name", &source["name"]),
                ("container", &source["container"]),
                ("current", &current),
            ];
            out[name] = object(&members);
        }
    }
    for (name, value, average, selector) in [
        ("object", "currentValue", "averageValue", "selector"),
        ("pods", "", "currentAverageValue", "selector"),
        (
            "external",
            "currentValue",
            "currentAverageValue",
            "metricSelector",
        ),
    ] {
        let source = &metric[name];
        if source.is_object() {
            let current = object(&[("value", &source[value]), ("averageValue", &source[average])]);
            let metric = identifier(&source["metricName"], &source[selector]);
            let members = [
                ("describedObject", &source["target"]),
                ("metric", &metric),
                ("current", &current),
            ];
            out[name] = object(&members);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 2, the annotations of version 1, and back again.
    fn check(spec: Value, annotations: Value) {
        let mut object =
            json!({"metadata": {}, "spec": spec, "status": {"desiredReplicas": 0, "currentMetrics": null}});
        let before = object.clone();
        to_v1(&mut object);
        let found = object["metadata"]
            .get("annotations")
            .cloned()
            .unwrap_or(json!({}));
        assert_eq!(found, annotations);
        from_v1(&mut object);
        assert_eq!(object["spec"], before["spec"]);
        assert_eq!(object["status"]["currentMetrics"], Value::Null);
        assert_eq!(object["metadata"], json!({}));
    }

    #[test]
    fn round_trips() {
        let cpu = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}});
        check(json!({"metrics": [cpu]}), json!({}));
        let memory = json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}});
        check(
            json!({"metrics": [memory, cpu]}),
            json!({METRICS: "[{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\",\"targetAverageValue\":\"1Gi\"}}]"}),
        );
        let object = json!({"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "i"},
            "metric": {"name": "<r>"}, "target": {"type": "Value", "value": "10"}}});
        check(
            json!({"metrics": [object]}),
            json!({METRICS: "[{\"type\":\"Object\",\"object\":{\"target\":{\"kind\":\"Ingress\",\"name\":\"i\"},\"metricName\":\"\\u003cr\\u003e\",\"targetValue\":\"10\"}}]"}),
        );
        check(
            json!({"metrics": [cpu], "behavior": {"scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}}),
            json!({BEHAVIOR: "{\"ScaleUp\":null,\"ScaleDown\":{\"StabilizationWindowSeconds\":null,\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Pods\",\"Value\":1,\"PeriodSeconds\":60}],\"Tolerance\":null}}"}),
        );
    }
}
