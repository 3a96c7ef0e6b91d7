//! Pod specs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Errors, FieldError, metadata, names, not_negative, one_of, port_number};
use crate::defaults::fill::{items, text};

/// A pod template under `field`.
pub(crate) fn template(template: &Value, field: &str, errors: &mut Errors) {
    metadata::labels(
        &template["metadata"]["labels"],
        &format!("{field}.labels"),
        errors,
    );
    spec(&template["spec"], &format!("{field}.spec"), errors);
}

/// A pod spec under `field`.
pub(crate) fn spec(spec: &Value, field: &str, errors: &mut Errors) {
    let volumes = volumes(spec, field, errors);
    let containers = items(&spec["containers"]);
    if containers.is_empty() {
        errors.push(FieldError::required(format!("{field}.containers"), ""));
    }
    let mut seen = BTreeSet::new();
    for list in ["containers", "initContainers"] {
        for (index, container) in items(&spec[list]).iter().enumerate() {
            let field = format!("{field}.{list}[{index}]");
            self::container(container, &field, &volumes, errors);
            let name = text(&container["name"]);
            if !name.is_empty() && !seen.insert(name) {
                errors.push(FieldError::duplicate(format!("{field}.name"), &container["name"]));
            }
        }
    }
    if !containers.is_empty() || !spec["restartPolicy"].is_null() {
        let known = ["Always", "OnFailure", "Never"];
        one_of(
            errors,
            &format!("{field}.restartPolicy"),
            &spec["restartPolicy"],
            &known,
        );
    }
    let known = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    if !spec["dnsPolicy"].is_null() {
        one_of(errors, &format!("{field}.dnsPolicy"), &spec["dnsPolicy"], &known);
    }
    let subdomains = ["serviceAccountName", "nodeName", "priorityClassName"];
    for name in subdomains.iter().filter(|name| !text(&spec[name]).is_empty()) {
        let value = text(&spec[name]);
        let messages = names::subdomain(value);
        errors.extend(
            messages
                .iter()
                .map(|m| FieldError::invalid_text(format!("{field}.{name}"), value, m)),
        );
    }
    metadata::labels(&spec["nodeSelector"], &format!("{field}.nodeSelector"), errors);
    let deadline = &spec["activeDeadlineSeconds"];
    if deadline
        .as_i64()
        .is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds))
    {
        let detail = "must be between 1 and 2147483647, inclusive";
        errors.push(FieldError::invalid(
            format!("{field}.activeDeadlineSeconds"),
            deadline,
            detail,
        ));
    }
}

fn volumes<'a>(spec: &'a Value, field: &str, errors: &mut Errors) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    for (index, volume) in items(&spec["volumes"]).iter().enumerate() {
        let field = format!("{field}.volumes[{index}]");
        let name = text(&volume["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        } else {
            let messages = names::label(name);
            errors.extend(
                messages
                    .iter()
                    .map(|m| FieldError::invalid_text(format!("{field}.name"), name, m)),
            );
            if !seen.insert(name) {
                errors.push(FieldError::duplicate(format!("{field}.name"), &volume["name"]));
            }
        }
        let sources: Vec<&String> = volume
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(k, v)| *k != "name" && !v.is_null())
            .map(|(k, _)| k)
            .collect();
        for source in sources.iter().skip(1) {
            errors.push(FieldError::forbidden(
                format!("{field}.{source}"),
                "may not specify more than 1 volume type",
            ));
        }
        let needed = [
            ("configMap", "name"),
            ("secret", "secretName"),
            ("persistentVolumeClaim", "claimName"),
            ("hostPath", "path"),
        ];
        for (source, name) in needed {
            if volume[source].is_object() && text(&volume[source][name]).is_empty() {
                errors.push(FieldError::required(format!("{field}.{source}.{name}"), ""));
            }
        }
    }
    seen
}

fn container(container: &Value, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    let name = text(&container["name"]);
    if name.is_empty() {
        errors.push(FieldError::required(format!("{field}.name"), ""));
    } else {
        let messages = names::label(name);
        errors.extend(
            messages
                .iter()
                .map(|m| FieldError::invalid_text(format!("{field}.name"), name, m)),
        );
    }
    let image = text(&container["image"]);
    if image.is_empty() {
        errors.push(FieldError::required(format!("{field}.image"), ""));
    } else if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid_text(format!("{field}.image"), image, detail));
    }
    let pull = &container["imagePullPolicy"];
    if !pull.is_null() {
        one_of(
            errors,
            &format!("{field}.imagePullPolicy"),
            pull,
            &["Always", "IfNotPresent", "Never"],
        );
    }
    ports(container, field, errors);
    env(container, field, errors);
    mounts(container, field, volumes, errors);
    resources(&container["resources"], &format!("{field}.resources"), errors);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        self::probe(&container[probe], probe, &format!("{field}.{probe}"), errors);
    }
}

fn ports(container: &Value, field: &str, errors: &mut Errors) {
    let mut names_seen = BTreeSet::new();
    for (index, port) in items(&container["ports"]).iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        let name = text(&port["name"]);
        if !name.is_empty() {
            let messages = names::port_name(name);
            errors.extend(
                messages
                    .iter()
                    .map(|m| FieldError::invalid_text(format!("{field}.name"), name, m)),
            );
            if !names_seen.insert(name) {
                errors.push(FieldError::duplicate(format!("{field}.name"), &port["name"]));
            }
        }
        match port["containerPort"].as_i64() {
            None | Some(0) => errors.push(FieldError::required(format!("{field}.containerPort"), "")),
            Some(_) => port_number(errors, &format!("{field}.containerPort"), &port["containerPort"]),
        }
        if port["hostPort"].as_i64().is_some_and(|number| number != 0) {
            port_number(errors, &format!("{field}.hostPort"), &port["hostPort"]);
        }
        if !port["protocol"].is_null() {
            one_of(
                errors,
                &format!("{field}.protocol"),
                &port["protocol"],
                &["SCTP", "TCP", "UDP"],
            );
        }
    }
}

fn env(container: &Value, field: &str, errors: &mut Errors) {
    for (index, env) in items(&container["env"]).iter().enumerate() {
        let field = format!("{field}.env[{index}]");
        let name = text(&env["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        } else if name.contains('=') || !name.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            let detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.push(FieldError::invalid_text(format!("{field}.name"), name, detail));
        }
        let from = &env["valueFrom"];
        if from.is_object() {
            let sources = from
                .as_object()
                .map_or(0, |map| map.values().filter(|v| !v.is_null()).count());
            if sources == 0 {
                let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
                errors.push(FieldError::invalid_text(format!("{field}.valueFrom"), "", detail));
            }
            if sources > 1 {
                let detail = "may not have more than one field specified at a time";
                errors.push(FieldError::invalid_text(format!("{field}.valueFrom"), "", detail));
            }
            if !text(&env["value"]).is_empty() {
                let detail = "may not be specified when `value` is not empty";
                errors.push(FieldError::invalid_text(format!("{field}.valueFrom"), "", detail));
            }
        }
    }
}

fn mounts(container: &Value, field: &str, volumes: &BTreeSet<&str>, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, mount) in items(&container["volumeMounts"]).iter().enumerate() {
        let field = format!("{field}.volumeMounts[{index}]");
        let (name, path) = (text(&mount["name"]), text(&mount["mountPath"]));
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        } else if !volumes.contains(name) {
            let mut error = FieldError::invalid_text(format!("{field}.name"), name, "");
            error.reason = crate::defaults::Reason::NotFound;
            error.message = format!("Not found: {}", json!(name));
            errors.push(error);
        }
        if path.is_empty() {
            errors.push(FieldError::required(format!("{field}.mountPath"), ""));
        } else if !seen.insert(path) {
            errors.push(FieldError::invalid_text(
                format!("{field}.mountPath"),
                path,
                "must be unique",
            ));
        }
    }
}

fn resources(resources: &Value, field: &str, errors: &mut Errors) {
    for kind in ["limits", "requests"] {
        for (name, value) in resources[kind].as_object().into_iter().flatten() {
            if text(value).starts_with('-') {
                let detail = "must be greater than or equal to 0";
                errors.push(FieldError::invalid(
                    format!("{field}.{kind}[{name}]"),
                    value,
                    detail,
                ));
            }
        }
    }
    for (name, request) in resources["requests"].as_object().into_iter().flatten() {
        let limit = &resources["limits"][name];
        let number = |value: &Value| crate::simulate::quantity(text(value));
        if !limit.is_null() && number(request) > number(limit) {
            let detail = format!("must be less than or equal to {name} limit of {}", text(limit));
            errors.push(FieldError::invalid(format!("{field}.requests"), request, &detail));
        }
    }
}

fn probe(probe: &Value, kind: &str, field: &str, errors: &mut Errors) {
    if !probe.is_object() {
        return;
    }
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
    let used: Vec<&&str> = handlers
        .iter()
        .filter(|handler| probe[**handler].is_object())
        .collect();
    if used.is_empty() {
        errors.push(FieldError::required(field, "must specify a handler type"));
    }
    for handler in used.iter().skip(1) {
        let detail = "may not specify more than 1 handler type";
        errors.push(FieldError::forbidden(format!("{field}.{handler}"), detail));
    }
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        not_negative(errors, &format!("{field}.{name}"), &probe[name]);
    }
    let threshold = &probe["successThreshold"];
    if kind != "readinessProbe" && threshold.as_i64().is_some_and(|n| n != 1) {
        errors.push(FieldError::invalid(
            format!("{field}.successThreshold"),
            threshold,
            "must be 1",
        ));
    }
    for handler in ["httpGet", "tcpSocket"] {
        let port = &probe[handler]["port"];
        match port {
            Value::String(name) => {
                let field = format!("{field}.{handler}.port");
                errors.extend(
                    names::port_name(name)
                        .iter()
                        .map(|m| FieldError::invalid_text(field.clone(), name, m)),
                );
            }
            port if probe[handler].is_object() => {
                port_number(errors, &format!("{field}.{handler}.port"), port)
            }
            _ => {}
        }
    }
}

/// Updates of a pod: only images, the deadline and more tolerations.
///
/// A pod that is scheduled at the same time may also be put on its node: that is what binding it does.
pub(crate) fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let scheduled = items(&new["status"]["conditions"])
        .iter()
        .any(|condition| condition["type"] == "PodScheduled" && condition["status"] == "True");
    let (new, old) = (&new["spec"], &old["spec"]);
    for list in ["containers", "initContainers"] {
        if items(&new[list]).len() != items(&old[list]).len() {
            let detail = "pod updates may not add or remove containers";
            errors.push(FieldError::forbidden(format!("spec.{list}"), detail));
            return;
        }
    }
    if let (Some(now), Some(before)) = (
        new["activeDeadlineSeconds"].as_i64(),
        old["activeDeadlineSeconds"].as_i64(),
    ) && now > before
    {
        let detail = "must be less than or equal to previous value";
        errors.push(FieldError::invalid(
            "spec.activeDeadlineSeconds",
            &json!(now),
            detail,
        ));
        return;
    }
    let gate = |gate: &Value| text(&gate["name"]).to_owned();
    let before: Vec<String> = items(&old["schedulingGates"]).iter().map(gate).collect();
    for (index, added) in items(&new["schedulingGates"]).iter().map(gate).enumerate() {
        if !before.contains(&added) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{added}'");
            errors.push(FieldError::forbidden(
                format!("spec.schedulingGates[{index}].name"),
                &detail,
            ));
        }
    }
    if !errors.is_empty() {
        return;
    }
    let mut munged = new.clone();
    for list in ["containers", "initContainers"] {
        let images: Vec<Value> = items(&old[list])
            .iter()
            .map(|container| container["image"].clone())
            .collect();
        let containers = munged
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten();
        for (container, image) in containers.zip(images) {
            if container.is_object() {
                container["image"] = image;
            }
        }
    }
    if let Some(map) = munged.as_object_mut() {
        for field in [
            "activeDeadlineSeconds",
            "ephemeralContainers",
            "schedulingGates",
            "tolerations",
        ] {
            map.remove(field);
            if !old[field].is_null() {
                map.insert(field.to_owned(), old[field].clone());
            }
        }
    }
    let binds = scheduled && text(&old["nodeName"]).is_empty();
    if binds && let Some(map) = munged.as_object_mut() {
        map.remove("nodeName");
        if !old["nodeName"].is_null() {
            map.insert("nodeName".to_owned(), old["nodeName"].clone());
        }
    }
    if munged != *old {
        let difference = super::internal::pod_difference(old, &munged);
        errors.push(FieldError::forbidden("spec", &format!("{FROZEN}\n{difference}")));
    }
}

const FROZEN: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                      `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                      existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                      previously negative)";
