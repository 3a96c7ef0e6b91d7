//! Entry points.
use jiff::Timestamp;
use serde_json::Value;
use super::{Action, Config, ObjectRef, Step, View};

/// The objects that must be looked at because `object` was created, changed or deleted (then: its last state).
pub fn targets(_object: &Value, _view: &dyn View) -> Vec<ObjectRef> {
    Vec::new()
}

/// Look at one object. An object that does not exist (any more) gives an empty step.
pub fn step(_target: &ObjectRef, _view: &dyn View, _config: &Config, _now: Timestamp) -> Step {
    Step::default()
}

/// What a new cluster starts with: the node, the namespaces `default`, `kube-system`, `kube-public` and
/// `kube-node-lease`, a default StorageClass. Objects that exist are left alone.
pub fn bootstrap(_view: &dyn View, _config: &Config, _now: Timestamp) -> Vec<Action> {
    Vec::new()
}
