//! The one place where an [`Error`] becomes conditions, an event and a requeue.

use std::time::Duration;

use flux_api::condition::{Condition, READY, RECONCILING, STALLED};
use flux_api::reason;

use crate::error::{Error, Failure};
use crate::events::Severity;
use crate::status::Draft;

/// When the next pass comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeue {
    /// Only when something changes.
    Never,
    /// After this time.
    After(Duration),
    /// After the pause that the number of failures in a row gives.
    Backoff,
}

/// What follows from an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// When the next pass comes.
    pub requeue: Requeue,
    /// Whether it counts as a failure (metrics, pauses).
    pub failed: bool,
    /// Severity of the event; `None`: no event.
    pub event: Option<Severity>,
    /// Whether the object is given up until it changes.
    pub stalled: bool,
}

/// What follows from an error. `requeue_dependency` is the backstop of waits.
pub fn interpret(error: &Error, requeue_dependency: Duration) -> Verdict {
    let failure = error.failure();
    let loud = |severity| (!failure.quiet).then_some(severity);
    match error {
        Error::Transient(_) => Verdict {
            requeue: failure.retry_after.map_or(Requeue::Backoff, Requeue::After),
            failed: true,
            event: loud(Severity::Error),
            stalled: false,
        },
        Error::Waiting { .. } => Verdict {
            requeue: Requeue::After(failure.retry_after.unwrap_or(requeue_dependency)),
            failed: false,
            event: loud(Severity::Info),
            stalled: false,
        },
        Error::Stalled(_) => Verdict {
            requeue: Requeue::Never,
            failed: true,
            event: loud(Severity::Error),
            stalled: true,
        },
        Error::Terminal(_) => Verdict {
            requeue: failure.retry_after.map_or(Requeue::Never, Requeue::After),
            failed: true,
            event: loud(Severity::Error),
            stalled: false,
        },
    }
}

/// Writes the verdict into a status: `Ready=False`; `Stalled=True` where the object is given up, else
/// `Reconciling=True` with `ProgressingWithRetry` (of a wait only where work had begun); the reconcile request counts as handled.
pub fn record(verdict: &Verdict, failure: &Failure, draft: &mut Draft) {
    for condition in &failure.conditions {
        draft.set(condition.clone());
    }
    draft.set(Condition::new(READY, false, &failure.reason, &failure.message));
    if verdict.stalled {
        draft.remove(RECONCILING);
        draft.set(Condition::new(STALLED, true, &failure.reason, &failure.message));
        draft.observe();
    } else {
        draft.remove(STALLED);
        let words = draft
            .conditions()
            .get(RECONCILING)
            .map(|held| held.message.clone());
        // Who waits for others has not begun: as upstream, only work that had begun is said to go on.
        if words.is_none() && !verdict.failed {
            return draft.handled();
        }
        let words = words.unwrap_or_else(|| failure.message.clone());
        draft.set(Condition::new(
            RECONCILING,
            true,
            reason::PROGRESSING_WITH_RETRY,
            words,
        ));
    }
    draft.handled();
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPENDENCY: Duration = Duration::from_secs(30);

    fn draft() -> Draft {
        let object = serde_json::json!({"metadata": {"generation": 3, "annotations": {
            "reconcile.fluxcd.io/requestedAt": "now"}}});
        Draft::of(&object, "2026-01-01T00:00:00Z".into())
    }

    #[track_caller]
    fn check(error: &Error, requeue: Requeue, event: Option<Severity>, conditions: &[(&str, &str, &str)]) {
        let verdict = interpret(error, DEPENDENCY);
        assert_eq!((verdict.requeue, verdict.event), (requeue, event));
        let mut draft = draft();
        record(&verdict, error.failure(), &mut draft);
        let held: Vec<_> = draft
            .conditions()
            .iter()
            .map(|one| (one.kind.as_str(), one.status.as_str(), one.reason.as_str()))
            .collect();
        assert_eq!(held, conditions);
        assert_eq!(draft.field("lastHandledReconcileAt"), Some(&"now".into()));
        let observed = verdict.stalled.then(|| 3.into());
        assert_eq!(draft.field("observedGeneration"), observed.as_ref());
    }

    #[test]
    fn a_transient_error_is_tried_again_with_pauses() {
        check(
            &Error::transient("Broken", "m"),
            Requeue::Backoff,
            Some(Severity::Error),
            &[
                ("Reconciling", "True", "ProgressingWithRetry"),
                ("Ready", "False", "Broken"),
            ],
        );
    }

    #[test]
    fn a_wait_has_a_backstop_and_is_no_failure() {
        let error = Error::waiting("DependencyNotReady", "ns/a", "dependency 'ns/a' is not ready");
        assert!(!interpret(&error, DEPENDENCY).failed);
        check(
            &error,
            Requeue::After(DEPENDENCY),
            Some(Severity::Info),
            &[("Ready", "False", "DependencyNotReady")],
        );
    }

    #[test]
    fn a_stalled_object_is_left_alone() {
        check(
            &Error::stalled("AccessDenied", "m"),
            Requeue::Never,
            Some(Severity::Error),
            &[
                ("Stalled", "True", "AccessDenied"),
                ("Ready", "False", "AccessDenied"),
            ],
        );
    }

    #[test]
    fn a_terminal_error_waits_for_the_interval() {
        let hour = Duration::from_secs(3600);
        check(
            &Error::terminal("BuildFailed", "m", hour).quiet(),
            Requeue::After(hour),
            None,
            &[
                ("Reconciling", "True", "ProgressingWithRetry"),
                ("Ready", "False", "BuildFailed"),
            ],
        );
    }
}
