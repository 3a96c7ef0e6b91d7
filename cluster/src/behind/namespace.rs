//! Namespaces: what every one of them has, and how they are emptied.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Controllers;
use crate::simulate::json::{deleting, items, meta, same_but_times, text};
use crate::simulate::{Action, Config, ObjectRef, Parts, Propagation, Step, View};

/// The ConfigMap with the certificate authority of the API server.
pub(crate) const ROOT_CA: &str = "kube-root-ca.crt";
const MANAGER: &str = "kube-controller-manager";
const FINALIZER: &str = "kubernetes";

/// Look at one namespace.
pub(crate) fn step(
    namespace: &Value,
    view: &dyn View,
    config: &Config,
    controllers: &Controllers,
    now: Timestamp,
) -> Step {
    let actions = if deleting(namespace) {
        empty(namespace, view, now)
    } else {
        furnish(namespace, view, config, controllers)
    };
    Step { actions, wake: None }
}

/// Create the default ServiceAccount and the root certificate, or put the certificate right.
fn furnish(namespace: &Value, view: &dyn View, config: &Config, controllers: &Controllers) -> Vec<Action> {
    let name = meta(namespace, "name");
    let mut actions = Vec::new();
    let accounts = controllers.has("serviceaccount-controller");
    if accounts && view.get("", "ServiceAccount", name, "default").is_none() {
        let object = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": name},
        });
        actions.push(Action::Create {
            object,
            manager: MANAGER,
        });
    }
    if !controllers.has("root-ca-certificate-publisher-controller") {
        return actions;
    }
    let data = json!({"ca.crt": config.root_ca});
    match view.get("", "ConfigMap", name, ROOT_CA) {
        None => {
            let object = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {
                    "name": ROOT_CA, "namespace": name,
                    "annotations": {"kubernetes.io/description": DESCRIPTION},
                },
                "data": data,
            });
            actions.push(Action::Create {
                object,
                manager: MANAGER,
            });
        }
        Some(found) if found["data"] != data && !deleting(&found) => {
            let mut object = Value::clone(&found);
            object["data"] = data;
            actions.push(Action::Update {
                object,
                parts: Parts::Main,
                manager: MANAGER,
            });
        }
        Some(_) => {}
    }
    actions
}

/// Users see this annotation on every namespace of a real cluster; it is data, not our prose.
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
                           endpoints such as the internal service IP or kubernetes.default.svc. No other usage is \
                           guaranteed across distributions of Kubernetes clusters.";

/// Delete all that is in the namespace; when it is empty, take the finalizer off.
fn empty(namespace: &Value, view: &dyn View, now: Timestamp) -> Vec<Action> {
    let content = view.namespaced(meta(namespace, "name"));
    if content.is_empty() {
        let finalizers = items(&namespace["spec"]["finalizers"]);
        if !finalizers.iter().any(|f| f == FINALIZER) {
            return Vec::new();
        }
        let left: Vec<&Value> = finalizers.iter().filter(|f| *f != FINALIZER).collect();
        let mut object = namespace.clone();
        object["spec"]["finalizers"] = json!(left);
        return vec![Action::Update {
            object,
            parts: Parts::Both,
            manager: MANAGER,
        }];
    }
    let fresh: Vec<&Arc<Value>> = content.iter().filter(|object| !deleting(object)).collect();
    if !fresh.is_empty() {
        return fresh
            .into_iter()
            .map(|object| Action::Delete {
                target: ObjectRef::of(object),
                uid: meta(object, "uid").to_owned(),
                propagation: Propagation::Background,
            })
            .collect();
    }
    let mut status = namespace["status"].clone();
    status["phase"] = json!("Terminating");
    status["conditions"] = json!(conditions(&namespace["status"], &content, now));
    if same_but_times(&status, &namespace["status"]) {
        return Vec::new();
    }
    let mut object = namespace.clone();
    object["status"] = status;
    vec![Action::Update {
        object,
        parts: Parts::Status,
        manager: MANAGER,
    }]
}

/// The five conditions of a namespace that still has content.
fn conditions(old: &Value, content: &[Arc<Value>], now: Timestamp) -> Vec<Value> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<&str, usize> = BTreeMap::new();
    for object in content {
        let id = ObjectRef::of(object);
        *kinds
            .entry(format!("{}.{}", plural(&id.kind), id.group))
            .or_default() += 1;
        for finalizer in items(&object["metadata"]["finalizers"]) {
            *finalizers.entry(text(finalizer)).or_default() += 1;
        }
    }
    let remaining: Vec<String> = kinds
        .iter()
        .map(|(kind, n)| format!("{kind} has {n} resource instances"))
        .collect();
    let held: Vec<String> = finalizers
        .iter()
        .map(|(name, n)| format!("{name} in {n} resource instances"))
        .collect();
    let remaining = format!("Some resources are remaining: {}", remaining.join(", "));
    let waiting = format!(
        "Some content in the namespace has finalizers remaining: {}",
        held.join(", ")
    );
    let condition = |kind: &str, on: bool, reason: &str, message: &str| {
        let status = if on { "True" } else { "False" };
        crate::simulate::condition(old, kind, status, reason, message, now)
    };
    let held_by = if held.is_empty() {
        let message = "All content-preserving finalizers finished";
        condition(
            "NamespaceFinalizersRemaining",
            false,
            "ContentHasNoFinalizers",
            message,
        )
    } else {
        condition(
            "NamespaceFinalizersRemaining",
            true,
            "SomeFinalizersRemain",
            &waiting,
        )
    };
    vec![
        condition(
            "NamespaceDeletionDiscoveryFailure",
            false,
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            false,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        condition(
            "NamespaceDeletionContentFailure",
            false,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        condition(
            "NamespaceContentRemaining",
            true,
            "SomeResourcesRemain",
            &remaining,
        ),
        held_by,
    ]
}

/// The resource name of a kind by the rules of English that Kubernetes itself guesses by.
fn plural(kind: &str) -> String {
    let lower = kind.to_ascii_lowercase();
    if lower == "endpoints" {
        return lower;
    }
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if lower.ends_with('s') || lower.ends_with('x') || lower.ends_with("ch") => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}
