//! A HelmRelease at work: the object with the status and conditions as they shall be, before they are written.

use flux_api::condition::{Condition, READY, RECONCILING, STALLED, Status};
use flux_api::helmrelease::{
    DRIFTED, HelmRelease, HelmReleaseStatus, RELEASED, REMEDIATED, Snapshot, TEST_SUCCESS,
};
use flux_api::reason;
use flux_runtime::status::Draft;

use crate::{digest, history};

/// Condition types that the controller writes, besides Ready, Reconciling and Stalled.
pub(crate) const OWNED: &[&str] = &[RELEASED, REMEDIATED, TEST_SUCCESS, DRIFTED];

/// The object, its status as it shall be, and the time of changes.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) object: HelmRelease,
    pub(crate) now: String,
}

impl Work {
    pub(crate) fn new(object: HelmRelease, now: String) -> Self {
        Work { object, now }
    }

    pub(crate) fn status(&self) -> &HelmReleaseStatus {
        &self.object.status
    }

    pub(crate) fn status_mut(&mut self) -> &mut HelmReleaseStatus {
        &mut self.object.status
    }

    pub(crate) fn latest(&self) -> Option<&Snapshot> {
        history::latest(&self.object.status.history)
    }

    /// Sets a condition.
    pub(crate) fn mark(&mut self, kind: &str, status: impl Into<Status>, reason: &str, message: &str) {
        let generation = self.object.metadata.generation;
        let condition = Condition::new(kind, status, reason, message);
        self.object
            .status
            .conditions
            .set(condition, generation, &self.now);
    }

    pub(crate) fn unmark(&mut self, kind: &str) {
        self.object.status.conditions.remove(kind);
    }

    /// At work; no longer given up.
    pub(crate) fn reconciling(&mut self, reason: &str, message: &str) {
        self.unmark(STALLED);
        self.mark(RECONCILING, true, reason, message);
    }

    /// Given up until something changes.
    pub(crate) fn stalled(&mut self, reason: &str, message: &str) {
        self.unmark(RECONCILING);
        self.mark(STALLED, true, reason, message);
    }

    pub(crate) fn is_true(&self, kind: &str) -> bool {
        self.status().conditions.is_true(kind)
    }

    pub(crate) fn ready_message(&self) -> &str {
        let ready = self.status().conditions.get(READY);
        ready.map_or("", |ready| &ready.message)
    }

    /// A failure before any release that is over: `Ready` says that there is work.
    pub(crate) fn got_past(&mut self, reasons: &[&str]) {
        let ready = self.status().conditions.get(READY);
        if ready.is_some_and(|ready| reasons.contains(&ready.reason.as_str())) {
            self.mark(
                READY,
                Status::Unknown,
                reason::PROGRESSING,
                "reconciliation in progress",
            );
        }
    }

    /// Puts `Ready` together from what was done: of the outcomes of remediation, tests and release the first one of the newest
    /// generation counts. What was undone is not ready. From now on the digests of the post-renderers and metadata are those of
    /// the spec.
    pub(crate) fn summarize(&mut self) {
        let test = self.object.spec.test();
        if !test.enable {
            self.unmark(TEST_SUCCESS);
        }
        let mut order = vec![REMEDIATED, TEST_SUCCESS, RELEASED];
        if !test.enable || test.ignore_failures {
            order.retain(|kind| *kind != TEST_SUCCESS);
        }
        let conditions = &self.object.status.conditions;
        if conditions.is_empty() {
            return;
        }
        let found = order.iter().filter_map(|kind| conditions.get(kind));
        // The first of equals.
        let decides = found.reduce(|best, next| {
            if next.observed_generation > best.observed_generation {
                next
            } else {
                best
            }
        });
        if let Some(decides) = decides.cloned() {
            let status = if decides.kind == REMEDIATED {
                Status::False
            } else {
                decides.status
            };
            if status == Status::True {
                self.unmark(STALLED);
            }
            self.mark(READY, status, &decides.reason, &decides.message);
        }
        let spec = &self.object.spec;
        self.object.status.observed_post_renderers_digest =
            digest::post_renderers(spec.post_renderers.as_ref());
        self.object.status.observed_common_metadata_digest =
            digest::common_metadata(spec.common_metadata.as_ref());
    }

    /// What was undone turns out to be what is wanted now: that stands where the remediation stood.
    pub(crate) fn remediated_is_released(&mut self) {
        if !self.is_true(REMEDIATED) {
            return;
        }
        let message = self.latest().map(upgrade_succeeded).unwrap_or_default();
        self.unmark(REMEDIATED);
        self.mark(RELEASED, true, reason::UPGRADE_SUCCEEDED, &message);
    }

    /// Puts everything into a draft of the status.
    pub(crate) fn write(&self, draft: &mut Draft) {
        draft.edit(|status: &mut HelmReleaseStatus| {
            let handled = std::mem::take(&mut status.last_handled_reconcile_at);
            *status = self.object.status.clone();
            status.last_handled_reconcile_at = handled;
        });
        for kind in OWNED.iter().chain(&[READY, RECONCILING, STALLED]) {
            match self.status().conditions.get(kind) {
                None => draft.remove(kind),
                Some(condition) => draft.set(Condition::new(
                    kind,
                    condition.status,
                    &condition.reason,
                    &*condition.message,
                )),
            }
        }
    }
}

pub(crate) fn install_succeeded(release: &Snapshot) -> String {
    format!(
        "Helm install succeeded for release {} with chart {}",
        release.release(),
        release.chart()
    )
}

pub(crate) fn upgrade_succeeded(release: &Snapshot) -> String {
    format!(
        "Helm upgrade succeeded for release {} with chart {}",
        release.release(),
        release.chart()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: serde_json::Value, given: &[(&str, Status, i64)], expect: Option<(&str, &str)>) {
        let mut object: HelmRelease =
            serde_json::from_value(json!({"metadata": {"name": "a", "generation": 2}, "spec": spec}))
                .unwrap();
        for (kind, status, generation) in given {
            let condition = Condition::new(kind, *status, "R", format!("because of {kind}"));
            object.status.conditions.set(condition, *generation, "t");
        }
        let mut work = Work::new(object, "t".into());
        work.summarize();
        let ready = work.status().conditions.get(READY);
        let found = ready.map(|ready| (ready.status.as_str(), ready.message.as_str()));
        assert_eq!(found, expect);
    }

    use Status::{False, True};

    #[test]
    fn ready_is_what_was_done_last() {
        check(json!({}), &[], None);
        check(
            json!({}),
            &[(RELEASED, True, 2)],
            Some(("True", "because of Released")),
        );
        check(
            json!({}),
            &[(RELEASED, False, 2), (REMEDIATED, True, 2)],
            Some(("False", "because of Remediated")),
        );
        check(
            json!({}),
            &[(RELEASED, True, 2), (REMEDIATED, True, 1)],
            Some(("True", "because of Released")),
        );
    }

    #[test]
    fn tests_count_where_they_are_enabled() {
        let given = [(RELEASED, True, 2), (TEST_SUCCESS, False, 2)];
        check(json!({}), &given, Some(("True", "because of Released")));
        check(
            json!({"test": {"enable": true}}),
            &given,
            Some(("False", "because of TestSuccess")),
        );
        check(
            json!({"test": {"enable": true, "ignoreFailures": true}}),
            &given,
            Some(("True", "because of Released")),
        );
    }
}
