//! Entry points.
use jiff::Timestamp;
use serde_json::Value;
use crate::simulate::{Config, ObjectRef, Step, View};

/// The objects that must be looked at because `object` was created, changed or (`deleted`) removed.
pub fn targets(_object: &Value, _deleted: bool, _view: &dyn View) -> Vec<ObjectRef> {
    Vec::new()
}

/// Look at one object. An object that does not exist (any more) gives an empty step.
pub fn step(_target: &ObjectRef, _view: &dyn View, _config: &Config, _now: Timestamp) -> Step {
    Step::default()
}
