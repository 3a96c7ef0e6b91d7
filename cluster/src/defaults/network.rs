//! Defaults of Services, their addresses and ports, and of the other networking kinds.

use serde_json::{Value, json};

use super::fill::{child, each, items, present, put, put_text, remove, text};
use super::{Allocate, FieldError};

pub(crate) fn service(object: &mut Value) {
    let Some(spec) = child(object, "spec") else { return };
    put_text(spec, "type", "ClusterIP");
    put_text(spec, "sessionAffinity", "None");
    if text(&spec["sessionAffinity"]) == "ClientIP" {
        let timeout = child(spec, "sessionAffinityConfig").and_then(|config| child(config, "clientIP"));
        if let Some(client) = timeout {
            put(client, "timeoutSeconds", 10_800);
        }
    } else {
        remove(spec, "sessionAffinityConfig");
    }
    for port in each(spec, "ports") {
        put_text(port, "protocol", "TCP");
        if !port.is_object() {
            continue;
        }
        if matches!(&port["targetPort"], Value::Null) || port["targetPort"] == 0 || port["targetPort"] == "" {
            port["targetPort"] = port["port"].clone();
        }
    }
    let kind = text(&spec["type"]).to_owned();
    let external = kind == "ExternalName";
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") || !items(&spec["externalIPs"]).is_empty() {
        put_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if spec["selector"] == json!({}) {
        remove(spec, "selector");
    }
    if !external {
        put(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        put(spec, "allocateLoadBalancerNodePorts", true);
    } else {
        remove(spec, "allocateLoadBalancerNodePorts");
        remove(spec, "loadBalancerClass");
    }
    if object["status"].is_null() || object["status"] == json!({}) {
        object["status"] = json!({"loadBalancer": {}});
    }
    if kind == "LoadBalancer"
        && let Some(balancer) = present(object, "status").and_then(|status| present(status, "loadBalancer"))
    {
        for ingress in each(balancer, "ingress") {
            if !text(&ingress["ip"]).is_empty() {
                put(ingress, "ipMode", "VIP");
            }
        }
    }
}

/// Addresses and node ports of a Service.
pub(crate) fn admit(
    object: &mut Value,
    old: Option<&Value>,
    allocate: &mut dyn Allocate,
) -> Result<(), Vec<FieldError>> {
    let Some(spec) = child(object, "spec") else {
        return Ok(());
    };
    let old = old.map(|old| &old["spec"]);
    let exposed = matches!(text(&spec["type"]), "NodePort" | "LoadBalancer");
    if let Some(old) = old
        && !exposed
        && items(&spec["externalIPs"]).is_empty()
        && spec["externalTrafficPolicy"] == old["externalTrafficPolicy"]
    {
        // It came with the old type and goes with it; what the client newly sets stays for validation.
        remove(spec, "externalTrafficPolicy");
    }
    let mut errors = Vec::new();
    addresses(spec, old, allocate, &mut errors);
    node_ports(spec, old, allocate, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// `clusterIP`, `clusterIPs` and the IP families, kept from the old object or allocated.
fn addresses(
    spec: &mut Value,
    old: Option<&Value>,
    allocate: &mut dyn Allocate,
    errors: &mut Vec<FieldError>,
) {
    let address = |spec: &Value| match text(&spec["clusterIP"]) {
        "" => items(&spec["clusterIPs"])
            .first()
            .map(|ip| text(ip).to_owned())
            .unwrap_or_default(),
        ip => ip.to_owned(),
    };
    let before = old.map(address).unwrap_or_default();
    if text(&spec["type"]) == "ExternalName" {
        // A Service that turns into an alias gives its addresses back, if the client did not touch them.
        if !before.is_empty() && address(spec) == before {
            for field in [
                "clusterIP",
                "clusterIPs",
                "ipFamilies",
                "ipFamilyPolicy",
                "internalTrafficPolicy",
            ] {
                remove(spec, field);
            }
        }
        return;
    }
    let list = items(&spec["clusterIPs"]);
    let first = list.first().map(text).unwrap_or_default();
    if let Some(old) = old
        && !before.is_empty()
        && !first.is_empty()
        && first != text(&spec["clusterIP"])
        && !text(&spec["clusterIP"]).is_empty()
        && (spec["clusterIP"] == old["clusterIP"]) == (first != before)
        && first != before
    {
        let detail = "first value must match `clusterIP`";
        errors.push(FieldError::invalid(
            "spec.clusterIPs",
            &spec["clusterIPs"],
            detail,
        ));
        return;
    }
    let mut ip = address(spec);
    if ip.is_empty() && old.is_some_and(|old| text(&old["type"]) != "ExternalName") {
        ip.clone_from(&before);
    }
    let well_formed = ip.is_empty() || ip.parse::<std::net::IpAddr>().is_ok();
    if well_formed && (ip.is_empty() || (ip != before && before.is_empty())) {
        let requested = Some(ip.as_str()).filter(|ip| !ip.is_empty());
        match allocate.cluster_ip(requested) {
            Ok(given) => ip = given,
            Err(message) => {
                let value = json!([ip]);
                errors.push(FieldError::invalid("spec.clusterIPs", &value, &message));
                return;
            }
        }
    }
    spec["clusterIP"] = json!(ip);
    spec["clusterIPs"] = json!([ip]);
    let without_selector = spec["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    if ip == "None" && without_selector {
        put(spec, "ipFamilyPolicy", "RequireDualStack");
        put(spec, "ipFamilies", json!(["IPv4", "IPv6"]));
    }
    put(spec, "ipFamilyPolicy", "SingleStack");
    put(spec, "ipFamilies", json!(["IPv4"]));
}

/// Node ports: kept by port and protocol, allocated, or given back when the type needs none.
fn node_ports(
    spec: &mut Value,
    old: Option<&Value>,
    allocate: &mut dyn Allocate,
    errors: &mut Vec<FieldError>,
) {
    let kind = text(&spec["type"]).to_owned();
    let needed =
        kind == "NodePort" || (kind == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] != false);
    let before = |port: &Value| -> Option<u64> {
        let same = |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        old.and_then(|old| items(&old["ports"]).iter().find(same))
            .and_then(|found| found["nodePort"].as_u64())
    };
    let taken: Vec<u64> = old
        .map_or(&[][..], |old| items(&old["ports"]))
        .iter()
        .filter_map(|port| port["nodePort"].as_u64())
        .collect();
    for (index, port) in each(spec, "ports")
        .enumerate()
        .filter(|(_, port)| port.is_object())
    {
        let wanted = port["nodePort"].as_u64().filter(|number| *number != 0);
        if !needed {
            // What was allocated for the old type goes; what the client newly asks for stays for validation.
            if kind == "ClusterIP" && wanted.is_some() && wanted == before(port) {
                remove(port, "nodePort");
            }
            continue;
        }
        let number = wanted.or_else(|| before(port));
        if let Some(number) = number.filter(|number| taken.contains(number)) {
            port["nodePort"] = json!(number);
            continue;
        }
        match allocate.node_port(number.and_then(|number| u16::try_from(number).ok())) {
            Ok(given) => port["nodePort"] = json!(given),
            Err(message) => {
                let field = format!("spec.ports[{index}].nodePort");
                errors.push(FieldError::invalid(field, &json!(wanted), &message));
            }
        }
    }
}

pub(crate) fn network_policy(object: &mut Value) {
    let Some(spec) = child(object, "spec") else { return };
    put(spec, "podSelector", json!({}));
    for rules in ["ingress", "egress"] {
        for rule in each(spec, rules) {
            each(rule, "ports").for_each(|port| put(port, "protocol", "TCP"));
        }
    }
    if items(&spec["policyTypes"]).is_empty() {
        let egress = !items(&spec["egress"]).is_empty();
        spec["policyTypes"] = if egress {
            json!(["Ingress", "Egress"])
        } else {
            json!(["Ingress"])
        };
    }
}

pub(crate) fn endpoints(object: &mut Value) {
    for subset in each(object, "subsets") {
        each(subset, "ports").for_each(|port| put_text(port, "protocol", "TCP"));
    }
}

pub(crate) fn endpoint_slice(object: &mut Value) {
    for port in each(object, "ports") {
        put(port, "name", "");
        put(port, "protocol", "TCP");
    }
    each(object, "endpoints").for_each(|endpoint| put(endpoint, "conditions", json!({})));
}

pub(crate) fn ingress(object: &mut Value) {
    if object["status"].is_null() || object["status"] == json!({}) {
        object["status"] = json!({"loadBalancer": {}});
    }
}
