//! Delays and failures that the user staged by annotation.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::json::text;

/// Prefix of all annotations that stage something.
pub(crate) const PREFIX: &str = "sim.ferroflux.dev/";

/// A staged failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    CrashLoopBackOff,
    ImagePullBackOff,
    Unschedulable,
    JobFailed,
    Pending,
}

/// What was staged for an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Stage {
    /// How long after its creation the object becomes ready.
    pub(crate) ready_after: SignedDuration,
    /// How it fails instead.
    pub(crate) fail: Option<Fail>,
    /// Restarts to report.
    pub(crate) restarts: Option<i64>,
}

impl Stage {
    /// Read annotations, the outermost first. A value that makes no sense counts as absent.
    pub(crate) fn of(layers: &[&Value]) -> Self {
        let read = |name: &str| {
            let key = format!("{PREFIX}{name}");
            layers
                .iter()
                .rev()
                .map(|layer| text(&layer[&key]))
                .find(|value| !value.is_empty())
        };
        Self {
            ready_after: read("ready-after").and_then(duration).unwrap_or_default(),
            fail: read("fail").and_then(|value| match value {
                "CrashLoopBackOff" => Some(Fail::CrashLoopBackOff),
                "ImagePullBackOff" | "ErrImagePull" => Some(Fail::ImagePullBackOff),
                "Unschedulable" => Some(Fail::Unschedulable),
                "JobFailed" => Some(Fail::JobFailed),
                "Pending" => Some(Fail::Pending),
                _ => None,
            }),
            restarts: read("restart-count").and_then(|value| value.parse().ok()),
        }
    }

    /// When an object created at `created` is due to be ready; none if it never will.
    pub(crate) fn ready_at(&self, created: Timestamp) -> Option<Timestamp> {
        match self.fail {
            Some(_) => None,
            None => created.checked_add(self.ready_after).ok(),
        }
    }
}

/// A Go duration of hours, minutes, seconds and milliseconds: `1h30m`, `2.5s`, `500ms`; not negative.
pub(crate) fn duration(value: &str) -> Option<SignedDuration> {
    let mut rest = value;
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    SignedDuration::try_from_secs_f64(total).ok()
}
