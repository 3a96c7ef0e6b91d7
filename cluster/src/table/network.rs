//! Tables of Services and what belongs to them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::age;
use super::read::{NONE, UNSET, first, int, items, labels, selector, text, text_or};

pub(crate) fn service(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let cluster_ip = items(&spec["clusterIPs"])
        .first()
        .map_or_else(|| text(&spec["clusterIP"]), text);
    let ports: Vec<String> = items(&spec["ports"]).iter().map(port).collect();
    vec![
        json!(text(&spec["type"])),
        json!(if cluster_ip.is_empty() { NONE } else { cluster_ip }),
        json!(external(object)),
        json!(if ports.is_empty() {
            NONE.to_owned()
        } else {
            ports.join(",")
        }),
        json!(age(object, now)),
        json!(labels(&spec["selector"])),
    ]
}

fn port(port: &Value) -> String {
    let protocol = text(&port["protocol"]);
    match int(&port["nodePort"]) {
        0 => format!("{}/{protocol}", int(&port["port"])),
        node => format!("{}:{node}/{protocol}", int(&port["port"])),
    }
}

fn external(object: &Value) -> String {
    let listed: Vec<&str> = items(&object["spec"]["externalIPs"]).iter().map(text).collect();
    match text(&object["spec"]["type"]) {
        "ClusterIP" | "NodePort" if listed.is_empty() => NONE.to_owned(),
        "ClusterIP" | "NodePort" => listed.join(","),
        "LoadBalancer" => {
            let mut all = balancer(&object["status"]["loadBalancer"]);
            all.extend(listed.iter().map(ToString::to_string));
            if all.is_empty() {
                "<pending>".to_owned()
            } else {
                all.join(",")
            }
        }
        "ExternalName" => text(&object["spec"]["externalName"]).to_owned(),
        _ => "<unknown>".to_owned(),
    }
}

/// The addresses of a load balancer status, sorted.
fn balancer(status: &Value) -> Vec<String> {
    let address = |ingress: &Value| match text(&ingress["ip"]) {
        "" => text(&ingress["hostname"]).to_owned(),
        ip => ip.to_owned(),
    };
    let mut all: Vec<String> = items(&status["ingress"])
        .iter()
        .map(address)
        .filter(|a| !a.is_empty())
        .collect();
    all.sort();
    all.dedup();
    all
}

pub(crate) fn ingress(object: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &object["spec"];
    let rules = items(&spec["rules"]);
    let hosts: Vec<String> = rules
        .iter()
        .take(3)
        .map(|r| text(&r["host"]).to_owned())
        .filter(|h| !h.is_empty())
        .collect();
    let hosts = match (hosts.is_empty(), rules.len()) {
        (true, _) => "*".to_owned(),
        (false, count) if count > 3 => format!("{} + {} more...", hosts.join(","), count - 3),
        (false, _) => hosts.join(","),
    };
    vec![
        json!(text_or(&spec["ingressClassName"], NONE)),
        json!(hosts),
        json!(balancer(&object["status"]["loadBalancer"]).join(",")),
        json!(if items(&spec["tls"]).is_empty() {
            "80"
        } else {
            "80, 443"
        }),
        json!(age(object, now)),
    ]
}

pub(crate) fn ingress_class(object: &Value, now: Timestamp) -> Vec<Value> {
    let parameters = &object["spec"]["parameters"];
    let shown = if parameters.is_object() {
        let group = text(&parameters["apiGroup"]);
        let separator = if group.is_empty() { "" } else { "." };
        format!(
            "{}{separator}{group}/{}",
            text(&parameters["kind"]),
            text(&parameters["name"])
        )
    } else {
        NONE.to_owned()
    };
    vec![
        json!(text(&object["spec"]["controller"])),
        json!(shown),
        json!(age(object, now)),
    ]
}

pub(crate) fn network_policy(object: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        json!(selector(&object["spec"]["podSelector"])),
        json!(age(object, now)),
    ]
}

pub(crate) fn endpoints(object: &Value, now: Timestamp) -> Vec<Value> {
    let mut list = Vec::new();
    for subset in items(&object["subsets"]) {
        let addresses = items(&subset["addresses"]);
        if items(&subset["ports"]).is_empty() {
            list.extend(addresses.iter().map(|address| text(&address["ip"]).to_owned()));
        }
        for port in items(&subset["ports"]) {
            list.extend(
                addresses
                    .iter()
                    .map(|address| host_port(text(&address["ip"]), int(&port["port"]))),
            );
        }
    }
    let shown = if items(&object["subsets"]).is_empty() {
        NONE.to_owned()
    } else {
        first(&list, 3)
    };
    vec![json!(shown), json!(age(object, now))]
}

fn host_port(host: &str, port: i64) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

pub(crate) fn endpoint_slice(object: &Value, now: Timestamp) -> Vec<Value> {
    let ports: Vec<String> = items(&object["ports"])
        .iter()
        .map(|port| {
            port["port"]
                .as_i64()
                .map_or_else(|| "*".to_owned(), |port| port.to_string())
        })
        .collect();
    let addresses: Vec<String> = items(&object["endpoints"])
        .iter()
        .flat_map(|e| items(&e["addresses"]))
        .map(|a| text(a).to_owned())
        .collect();
    let or_unset = |list: &[String]| {
        if list.is_empty() {
            UNSET.to_owned()
        } else {
            first(list, 3)
        }
    };
    vec![
        json!(text(&object["addressType"])),
        json!(or_unset(&ports)),
        json!(or_unset(&addresses)),
        json!(age(object, now)),
    ]
}
