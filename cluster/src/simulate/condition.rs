//! Lists of conditions.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json::{format_time, items, text};

/// The condition of that type in a status.
pub(crate) fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    items(&status["conditions"])
        .iter()
        .find(|condition| condition["type"] == kind)
}

/// Whether the condition of that type has this status (`True`, `False` or `Unknown`).
pub(crate) fn condition_is(object: &Value, kind: &str, status: &str) -> bool {
    find(&object["status"], kind).is_some_and(|condition| condition["status"] == status)
}

/// A condition with its time of transition, which is kept from `old` (a status) while the condition's status
/// stays the same. Empty reason and message are left out.
pub(crate) fn condition(
    old: &Value,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    let mut new = json!({"type": kind, "status": status});
    if !reason.is_empty() {
        new["reason"] = json!(reason);
    }
    if !message.is_empty() {
        new["message"] = json!(message);
    }
    let since = find(old, kind)
        .filter(|old| old["status"] == status)
        .map(|old| text(&old["lastTransitionTime"]))
        .filter(|time| !time.is_empty());
    new["lastTransitionTime"] = json!(since.map_or_else(|| format_time(now), str::to_owned));
    new
}
