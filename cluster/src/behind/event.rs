//! Events expire.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulate::json::{meta, parse_time};
use crate::simulate::{Action, Config, ObjectRef, Propagation, Step};

/// Look at one Event: delete it when its last occurrence is long enough ago.
pub(crate) fn step(event: &Value, config: &Config, now: Timestamp) -> Step {
    let mut step = Step::default();
    let times = [
        &event["metadata"]["creationTimestamp"],
        &event["lastTimestamp"],
        &event["deprecatedLastTimestamp"],
        &event["series"]["lastObservedTime"],
    ];
    let ttl = SignedDuration::from_secs(i64::try_from(config.event_ttl).unwrap_or(i64::MAX));
    // A time in the future (a client's wrong clock) must not keep an Event for ever.
    let last = times
        .into_iter()
        .filter_map(parse_time)
        .map(|time| time.min(now))
        .max();
    let Some(due) = last.and_then(|last| last.checked_add(ttl).ok()) else {
        return step;
    };
    if due > now {
        step.wake_at(due);
    } else {
        step.actions.push(Action::Delete {
            target: ObjectRef::of(event),
            uid: meta(event, "uid").to_owned(),
            propagation: Propagation::Background,
        });
    }
    step
}
