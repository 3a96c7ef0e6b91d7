//! Ages as kubectl shows them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A duration in at most two units, coarser the longer it is: `5s`, `2m3s`, `5h`, `3d4h`, `2y10d`. A duration of
/// less than two seconds below zero counts as `0s`, one further in the past as `<invalid>`.
pub fn human_duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    // Go truncates toward zero as well; a clock that is a moment ahead must not show nonsense.
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    if seconds < 0 {
        return "0s".to_owned();
    }
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let days = hours / 24;
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        if small == 0 {
            format!("{big}{big_unit}")
        } else {
            format!("{big}{big_unit}{small}{small_unit}")
        }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        two(days, "d", hours % 24, "h")
    } else if days < 365 * 2 {
        format!("{days}d")
    } else if days < 365 * 8 {
        two(days / 365, "y", days % 365, "d")
    } else {
        format!("{}y", days / 365)
    }
}

/// The age of a time stamp in an object; `<unknown>` where there is none.
pub(crate) fn since(time: &Value, now: Timestamp) -> String {
    let parsed = time.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    parsed.map_or_else(
        || "<unknown>".to_owned(),
        |time| human_duration(now.duration_since(time)),
    )
}

/// The age of an object.
pub(crate) fn age(object: &Value, now: Timestamp) -> String {
    since(&object["metadata"]["creationTimestamp"], now)
}
