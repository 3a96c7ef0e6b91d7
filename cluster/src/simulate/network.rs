//! Addresses of LoadBalancer Services and Ingresses.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{created, deleting, meta, status_update, text};
use super::names::hash;
use super::replicaset::MANAGER;
use super::stage::Stage;
use super::{Config, Step, View, endpoints};

/// Look at one Service: its address if it is a LoadBalancer, and its endpoints.
pub(crate) fn service(service: &Value, view: &dyn View, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    if deleting(service) {
        return step;
    }
    if config.kubelet && service["spec"]["type"] == "LoadBalancer" {
        let wanted = text(&service["spec"]["loadBalancerIP"]);
        let ip = if wanted.is_empty() {
            address(service)
        } else {
            wanted.to_owned()
        };
        step = expose(service, json!({"ip": ip, "ipMode": "VIP"}), now);
    }
    if config.pods {
        step.actions.extend(endpoints::changes(service, view));
    }
    step
}

/// Look at one Ingress: its address.
pub(crate) fn ingress(ingress: &Value, config: &Config, now: Timestamp) -> Step {
    if deleting(ingress) || !config.kubelet {
        return Step::default();
    }
    expose(ingress, json!({"ip": INGRESS_ADDRESS}), now)
}

/// All ingresses share the address of one simulated ingress controller.
const INGRESS_ADDRESS: &str = "172.18.255.1";

fn expose(object: &Value, ingress: Value, now: Timestamp) -> Step {
    let mut step = Step::default();
    match Stage::of(&[&object["metadata"]["annotations"]]).ready_at(created(object, now)) {
        Some(due) if due <= now => {
            let mut status = if object["status"].is_object() {
                object["status"].clone()
            } else {
                json!({})
            };
            status["loadBalancer"] = json!({"ingress": [ingress]});
            step.actions.extend(status_update(object, status, MANAGER));
        }
        due => step.wake = due,
    }
    step
}

/// An address in 172.18.0.0/16 that is stable for the object's name.
fn address(object: &Value) -> String {
    let [low, high, ..] = hash(&["address", meta(object, "namespace"), meta(object, "name")]).to_le_bytes();
    format!("172.18.{}.{}", high.clamp(1, 254), low.clamp(1, 254))
}
