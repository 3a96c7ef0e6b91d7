//! Services, Ingresses and NetworkPolicies.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::{Errors, FieldError, metadata, names, one_of, port_number, selector};
use crate::defaults::fill::{items, text};

const BAD_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
pub(crate) const BAD_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

pub(crate) fn service(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = &new["spec"];
    let kind = text(&spec["type"]);
    let ports = items(&spec["ports"]);
    if ports.is_empty() && kind != "ExternalName" && text(&spec["clusterIP"]) != "None" {
        errors.push(FieldError::required("spec.ports", ""));
    }
    match kind {
        "ExternalName" => external_name(spec, errors),
        "ClusterIP" | "NodePort" | "LoadBalancer" => {}
        _ => one_of(
            errors,
            "spec.type",
            &spec["type"],
            &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
        ),
    }
    metadata::labels(&spec["selector"], "spec.selector", errors);
    one_of(
        errors,
        "spec.sessionAffinity",
        &spec["sessionAffinity"],
        &["ClientIP", "None"],
    );
    service_ports(spec, errors);
    for (index, ip) in items(&spec["externalIPs"]).iter().enumerate() {
        external_ip(ip, &format!("spec.externalIPs[{index}]"), errors);
    }
    for (index, range) in items(&spec["loadBalancerSourceRanges"]).iter().enumerate() {
        if cidr(text(range)).is_none() {
            errors.push(FieldError::invalid(
                format!("spec.LoadBalancerSourceRanges[{index}]"),
                range,
                BAD_CIDR,
            ));
        }
    }
    let exposed = matches!(kind, "NodePort" | "LoadBalancer") || !items(&spec["externalIPs"]).is_empty();
    if !exposed && !text(&spec["externalTrafficPolicy"]).is_empty() {
        let detail = "may only be set for externally-accessible services";
        errors.push(FieldError::invalid(
            "spec.externalTrafficPolicy",
            &spec["externalTrafficPolicy"],
            detail,
        ));
    }
    let ip = text(&spec["clusterIP"]);
    if !matches!(ip, "" | "None") && ip.parse::<IpAddr>().is_err() {
        errors.push(FieldError::invalid_text("spec.clusterIPs[0]", ip, BAD_IP));
    }
    let before = errors.len();
    families(spec, errors);
    // Upstream allocates before it validates, and stops where that fails.
    if let Some(old) = old
        && errors.len() == before
    {
        addresses_unchanged(spec, &old["spec"], errors);
    }
}

fn external_name(spec: &Value, errors: &mut Errors) {
    match text(&spec["externalName"]) {
        "" => errors.push(FieldError::required("spec.externalName", "")),
        name => {
            let messages = names::subdomain(name.trim_end_matches('.'));
            errors.extend(
                messages
                    .iter()
                    .map(|m| FieldError::invalid_text("spec.externalName", name, m)),
            );
        }
    }
}

/// The one family of this cluster is IPv4. A headless Service without selector may ask for more.
fn families(spec: &Value, errors: &mut Errors) {
    let exempt = text(&spec["clusterIP"]) == "None"
        && spec["selector"].as_object().is_none_or(serde_json::Map::is_empty);
    if exempt || text(&spec["type"]) == "ExternalName" {
        return;
    }
    if text(&spec["ipFamilyPolicy"]) == "RequireDualStack" {
        let detail = "this cluster is not configured for dual-stack services";
        errors.push(FieldError::invalid(
            "spec.ipFamilyPolicy",
            &spec["ipFamilyPolicy"],
            detail,
        ));
    }
    for (index, family) in items(&spec["ipFamilies"])
        .iter()
        .enumerate()
        .filter(|(_, family)| *family == "IPv6")
    {
        errors.push(FieldError::invalid(
            format!("spec.ipFamilies[{index}]"),
            family,
            "not configured on this cluster",
        ));
    }
}

fn addresses_unchanged(new: &Value, old: &Value, errors: &mut Errors) {
    let alias = |spec: &Value| text(&spec["type"]) == "ExternalName";
    let before = text(&old["clusterIP"]);
    if alias(new) || alias(old) || before.is_empty() {
        return;
    }
    if text(&new["clusterIP"]) != before {
        let detail = "may not change once set";
        errors.push(FieldError::invalid(
            "spec.clusterIPs[0]",
            &json!([new["clusterIP"]]),
            detail,
        ));
    }
}

fn service_ports(spec: &Value, errors: &mut Errors) {
    let ports = items(&spec["ports"]);
    let (mut names_seen, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        let name = text(&port["name"]);
        if name.is_empty() && ports.len() > 1 {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        } else if !name.is_empty() {
            let messages = names::label(name);
            errors.extend(
                messages
                    .iter()
                    .map(|m| FieldError::invalid_text(format!("{field}.name"), name, m)),
            );
            if !names_seen.insert(name) {
                errors.push(FieldError::duplicate(format!("{field}.name"), &port["name"]));
            }
        }
        port_number(errors, &format!("{field}.port"), &port["port"]);
        one_of(
            errors,
            &format!("{field}.protocol"),
            &port["protocol"],
            &["SCTP", "TCP", "UDP"],
        );
        if spec["clusterIP"] != "None" || !port["targetPort"].is_null() {
            target(&port["targetPort"], &format!("{field}.targetPort"), errors);
        }
        if text(&spec["type"]) == "ClusterIP" && port["nodePort"].as_i64().is_some_and(|number| number != 0) {
            let detail = "may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::forbidden(format!("{field}.nodePort"), detail));
        }
        if !seen.insert((text(&port["protocol"]), port["port"].as_i64())) {
            let value = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                port["protocol"], port["port"]
            );
            let mut error = FieldError::duplicate(field, &Value::Null);
            error.message = format!("Duplicate value: {value}");
            errors.push(error);
        }
    }
}

fn target(port: &Value, field: &str, errors: &mut Errors) {
    match port {
        Value::String(name) => {
            let messages = names::port_name(name);
            let first = messages.first().map(|m| FieldError::invalid_text(field, name, m));
            errors.extend(first);
        }
        port => port_number(errors, field, port),
    }
}

fn external_ip(ip: &Value, field: &str, errors: &mut Errors) {
    match text(ip).parse::<IpAddr>() {
        Err(_) => errors.push(FieldError::invalid(field, ip, BAD_IP)),
        Ok(address) if address.is_unspecified() => {
            errors.push(FieldError::invalid(
                field,
                ip,
                &format!("may not be unspecified ({address})"),
            ));
        }
        Ok(address) if address.is_loopback() => {
            errors.push(FieldError::invalid(
                field,
                ip,
                "may not be in the loopback range (127.0.0.0/8, ::1/128)",
            ));
        }
        Ok(_) => {}
    }
}

/// Whether a text is an address with a prefix length.
pub(crate) fn is_cidr(text: &str) -> bool {
    cidr(text).is_some()
}

/// Address and prefix length.
fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length: u8 = length.parse().ok()?;
    (length <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, length))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}

fn contains(outer: (IpAddr, u8), inner: (IpAddr, u8)) -> bool {
    let mask = if outer.1 == 0 {
        0
    } else {
        u128::MAX << (128 - u32::from(outer.1))
    };
    outer.0.is_ipv4() == inner.0.is_ipv4()
        && outer.1 < inner.1
        && bits(outer.0) & mask == bits(inner.0) & mask
}

pub(crate) fn ingress(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    let rules = items(&spec["rules"]);
    if rules.is_empty() && spec["defaultBackend"].is_null() {
        let detail = "either `defaultBackend` or `rules` must be specified";
        errors.push(FieldError::invalid("spec", &Value::Null, detail));
    }
    backend(&spec["defaultBackend"], "spec.defaultBackend", errors);
    let class = text(&spec["ingressClassName"]);
    if !class.is_empty() {
        let messages = names::subdomain(class);
        errors.extend(
            messages
                .iter()
                .map(|m| FieldError::invalid_text("spec.ingressClassName", class, m)),
        );
    }
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("spec.rules[{index}]");
        host(text(&rule["host"]), &format!("{field}.host"), errors);
        if !rule["http"].is_object() {
            continue;
        }
        let paths = items(&rule["http"]["paths"]);
        if paths.is_empty() {
            errors.push(FieldError::required(format!("{field}.http.paths"), ""));
        }
        for (index, path) in paths.iter().enumerate() {
            let field = format!("{field}.http.paths[{index}]");
            match text(&path["pathType"]) {
                "" => errors.push(FieldError::required(
                    format!("{field}.pathType"),
                    "pathType must be specified",
                )),
                "Exact" | "Prefix" | "ImplementationSpecific" => {
                    let value = text(&path["path"]);
                    let optional = path["pathType"] == "ImplementationSpecific" && value.is_empty();
                    if !value.starts_with('/') && !optional {
                        let detail = "must be an absolute path";
                        errors.push(FieldError::invalid_text(format!("{field}.path"), value, detail));
                    }
                }
                _ => {
                    let known = ["Exact", "ImplementationSpecific", "Prefix"];
                    errors.push(FieldError::not_supported(
                        format!("{field}.pathType"),
                        &path["pathType"],
                        &known,
                    ));
                }
            }
            backend(&path["backend"], &format!("{field}.backend"), errors);
        }
    }
}

pub(crate) fn ingress_class(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    let field = "spec.controller";
    let controller = text(&new["spec"]["controller"]);
    if let Some(old) = old {
        super::immutable(
            errors,
            field,
            &new["spec"]["controller"],
            &old["spec"]["controller"],
        );
    }
    if controller.is_empty() {
        errors.push(FieldError::required(field, ""));
        return;
    }
    let is_path = controller.split_once('/').is_some_and(|(domain, path)| {
        names::subdomain(domain).is_empty()
            && !path.is_empty()
            && path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c))
    });
    if !is_path {
        let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        errors.push(FieldError::invalid_text(field, controller, detail));
    }
}

fn host(host: &str, field: &str, errors: &mut Errors) {
    if host.is_empty() {
        return;
    }
    if host.parse::<IpAddr>().is_ok() {
        errors.push(FieldError::invalid_text(
            field,
            host,
            "must be a DNS name, not an IP address",
        ));
        return;
    }
    let name = host.strip_prefix("*.").unwrap_or(host);
    errors.extend(
        names::subdomain(name)
            .iter()
            .map(|m| FieldError::invalid_text(field, host, m)),
    );
}

fn backend(backend: &Value, field: &str, errors: &mut Errors) {
    let service = &backend["service"];
    if !service.is_object() {
        return;
    }
    if text(&service["name"]).is_empty() {
        errors.push(FieldError::required(format!("{field}.service.name"), ""));
    }
    let (name, number) = (
        text(&service["port"]["name"]),
        service["port"]["number"].as_i64().unwrap_or(0),
    );
    match (name.is_empty(), number) {
        (false, number) if number != 0 => {
            errors.push(FieldError::invalid_text(
                field,
                "",
                "cannot set both port name & port number",
            ));
        }
        (true, 0) => errors.push(FieldError::required(field, "port name or number is required")),
        (true, _) => port_number(
            errors,
            &format!("{field}.service.port.number"),
            &service["port"]["number"],
        ),
        (false, _) => {
            let field = format!("{field}.service.port.name");
            errors.extend(
                names::port_name(name)
                    .iter()
                    .map(|m| FieldError::invalid_text(field.clone(), name, m)),
            );
        }
    }
}

pub(crate) fn network_policy(new: &Value, errors: &mut Errors) {
    let spec = &new["spec"];
    selector::check(&spec["podSelector"], "spec.podSelector", errors);
    for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(&spec[rules]).iter().enumerate() {
            let field = format!("spec.{rules}[{index}]");
            for (index, port) in items(&rule["ports"]).iter().enumerate() {
                policy_port(port, &format!("{field}.ports[{index}]"), errors);
            }
            for (index, peer) in items(&rule[peers]).iter().enumerate() {
                self::peer(peer, &format!("{field}.{peers}[{index}]"), errors);
            }
        }
    }
    for (index, kind) in items(&spec["policyTypes"]).iter().enumerate() {
        one_of(
            errors,
            &format!("spec.policyTypes[{index}]"),
            kind,
            &["Ingress", "Egress"],
        );
    }
}

fn policy_port(port: &Value, field: &str, errors: &mut Errors) {
    if !port["protocol"].is_null() {
        one_of(
            errors,
            &format!("{field}.protocol"),
            &port["protocol"],
            &["SCTP", "TCP", "UDP"],
        );
    }
    match &port["port"] {
        Value::Null => {}
        value => target(value, &format!("{field}.port"), errors),
    }
}

fn peer(peer: &Value, field: &str, errors: &mut Errors) {
    let others =
        usize::from(peer["podSelector"].is_object()) + usize::from(peer["namespaceSelector"].is_object());
    for name in ["podSelector", "namespaceSelector"] {
        selector::check(&peer[name], &format!("{field}.{name}"), errors);
    }
    let block = &peer["ipBlock"];
    if block.is_object() {
        let outer = cidr(text(&block["cidr"]));
        if outer.is_none() {
            errors.push(FieldError::invalid(
                format!("{field}.ipBlock.cidr"),
                &block["cidr"],
                BAD_CIDR,
            ));
        }
        for (index, except) in items(&block["except"]).iter().enumerate() {
            let field = format!("{field}.ipBlock.except[{index}]");
            match (outer, cidr(text(except))) {
                (_, None) => errors.push(FieldError::invalid(field, except, BAD_CIDR)),
                (Some(outer), Some(inner)) if !contains(outer, inner) => {
                    errors.push(FieldError::invalid(
                        field,
                        except,
                        "must be a strict subset of `cidr`",
                    ));
                }
                _ => {}
            }
        }
        if others > 0 {
            errors.push(FieldError::forbidden(
                field,
                "may not specify both ipBlock and another peer",
            ));
        }
    } else if others == 0 {
        errors.push(FieldError::required(field, "must specify a peer"));
    }
}

pub(crate) fn endpoint_slice(new: &Value, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old {
        super::immutable(errors, "addressType", &new["addressType"], &old["addressType"]);
        if !errors.is_empty() {
            return;
        }
    }
    if text(&new["addressType"]) == "FQDN" {
        return;
    }
    for (index, endpoint) in items(&new["endpoints"]).iter().enumerate() {
        let addresses = items(&endpoint["addresses"]);
        if addresses.is_empty() {
            let detail = "must contain at least 1 address";
            errors.push(FieldError::required(
                format!("endpoints[{index}].addresses"),
                detail,
            ));
        }
        for (position, address) in addresses.iter().enumerate() {
            if text(address).parse::<IpAddr>().is_err() {
                let field = format!("endpoints[{index}].addresses[{position}]");
                errors.push(FieldError::invalid(field, address, BAD_IP));
            }
        }
    }
}
