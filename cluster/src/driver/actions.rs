//! Doing what a step asks for.

use jiff::Timestamp;
use serde_json::Value;

use crate::api::{Core, internal};
use crate::simulate::{Action, ObjectRef, Parts};

/// Do one thing. Conflicts and missing objects are no failures: the change that caused them comes back as an event.
pub(crate) fn execute(core: &Core, action: Action, now: Timestamp) {
    let (what, result) = match action {
        Action::Create { object, manager } => (
            ObjectRef::of(&object),
            internal::create(core, object, manager, now),
        ),
        Action::Update {
            object,
            parts,
            manager,
        } => (ObjectRef::of(&object), update(core, object, parts, manager, now)),
        Action::Apply { config, manager } => (
            ObjectRef::of(&config),
            internal::apply(core, &config, manager, now),
        ),
        Action::Token {
            secret,
            account,
            manager,
        } => (
            ObjectRef::of(&secret),
            internal::put_token(core, secret, &account, manager, now),
        ),
        Action::Delete {
            target,
            uid,
            propagation,
        } => {
            let result = internal::delete(core, &target, &uid, propagation, now);
            (target, result)
        }
    };
    match result {
        Ok(()) => {}
        Err(failure) if matches!(failure.code, 404 | 409) => {
            tracing::trace!(kind = what.kind, namespace = what.namespace, name = what.name, %failure, "a write came too late");
        }
        Err(failure) => {
            tracing::warn!(kind = what.kind, namespace = what.namespace, name = what.name, %failure, "a write of the cluster's own controllers failed");
        }
    }
}

fn update(
    core: &Core,
    object: Value,
    parts: Parts,
    manager: &str,
    now: Timestamp,
) -> Result<(), crate::api::Failure> {
    internal::update(core, object, parts, manager, now)
}
