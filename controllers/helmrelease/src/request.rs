//! Requests that come as annotations.

use flux_api::helmrelease::{FORCE_AT, HelmRelease, RESET_AT};

/// Whether one release is asked for whatever the state. It counts as handled from now on, also when it does not count.
pub(crate) fn take_force(object: &mut HelmRelease) -> bool {
    let asked = asks(object, FORCE_AT, &object.status.last_handled_force_at);
    if let Some(at) = object.metadata.annotations.get(FORCE_AT) {
        object.status.last_handled_force_at.clone_from(at);
    }
    asked
}

/// Whether the failures are to be forgotten. It counts as handled from now on, also when it does not count.
pub(crate) fn take_reset(object: &mut HelmRelease) -> bool {
    let asked = asks(object, RESET_AT, &object.status.last_handled_reset_at);
    if let Some(at) = object.metadata.annotations.get(RESET_AT) {
        object.status.last_handled_reset_at.clone_from(at);
    }
    asked
}

/// A request counts when it equals the reconcile request and neither was handled.
fn asks(object: &HelmRelease, annotation: &str, handled: &str) -> bool {
    let Some(at) = object.metadata.annotations.get(annotation) else {
        return false;
    };
    object.metadata.requested_at() == Some(at)
        && object.status.last_handled_reconcile_at != *at
        && handled != at
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(force: &str, requested: &str, reconciled: &str, handled: &str, expect: bool) {
        let mut object: HelmRelease = serde_json::from_value(json!({
            "metadata": {"name": "a", "annotations": {FORCE_AT: force, "reconcile.fluxcd.io/requestedAt": requested}},
            "spec": {}, "status": {"lastHandledReconcileAt": reconciled, "lastHandledForceAt": handled},
        }))
        .unwrap();
        assert_eq!(take_force(&mut object), expect);
        assert_eq!(object.status.last_handled_force_at, force);
        assert!(!take_force(&mut object), "a request counts once");
    }

    #[test]
    fn a_request_equals_the_reconcile_request() {
        check("2", "2", "1", "1", true);
        check("2", "2", "", "", true);
        check("2", "1", "", "", false);
        check("2", "2", "2", "1", false);
        check("2", "2", "1", "2", false);
    }
}
