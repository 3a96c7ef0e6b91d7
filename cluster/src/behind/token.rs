//! Secrets of type `kubernetes.io/service-account-token`: filled in, and gone with their account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulate::json::{deleting, meta, text};
use crate::simulate::{Action, Config, ObjectRef, Propagation, Step, View};

pub(crate) const TYPE: &str = "kubernetes.io/service-account-token";
const NAME: &str = "kubernetes.io/service-account.name";
const UID: &str = "kubernetes.io/service-account.uid";
const MANAGER: &str = "kube-controller-manager";

/// The token Secrets of an account that is gone.
pub(crate) fn of_account(account: &Value, view: &dyn View) -> Vec<ObjectRef> {
    let (namespace, name) = (meta(account, "namespace"), meta(account, "name"));
    let secrets = view.list("", "Secret", Some(namespace));
    let own = secrets
        .iter()
        .filter(|secret| secret["type"] == TYPE && text(&secret["metadata"]["annotations"][NAME]) == name);
    own.map(|secret| ObjectRef::of(secret)).collect()
}

/// Look at one Secret.
pub(crate) fn step(secret: &Value, view: &dyn View, config: &Config) -> Step {
    let mut step = Step::default();
    if secret["type"] != TYPE || deleting(secret) {
        return step;
    }
    let annotations = &secret["metadata"]["annotations"];
    let namespace = meta(secret, "namespace");
    let account = view.get("", "ServiceAccount", namespace, text(&annotations[NAME]));
    let known = text(&annotations[UID]);
    let account = account.filter(|account| known.is_empty() || known == meta(account, "uid"));
    let Some(account) = account else {
        step.actions.push(Action::Delete {
            target: ObjectRef::of(secret),
            uid: meta(secret, "uid").to_owned(),
            propagation: Propagation::Background,
        });
        return step;
    };
    let full = ["token", "ca.crt", "namespace"]
        .iter()
        .all(|key| secret["data"].get(*key).is_some());
    if full && known == meta(&account, "uid") {
        return step;
    }
    let mut filled = secret.clone();
    filled["metadata"]["annotations"][UID] = json!(meta(&account, "uid"));
    if !filled["data"].is_object() {
        filled["data"] = json!({});
    }
    filled["data"]["ca.crt"] = json!(STANDARD.encode(&config.root_ca));
    filled["data"]["namespace"] = json!(STANDARD.encode(namespace));
    step.actions.push(Action::Token {
        secret: filled,
        account: Value::clone(&account),
        manager: MANAGER,
    });
    step
}
