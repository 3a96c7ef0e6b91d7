//! What to do next with a release.

use flux_api::condition::READY;
use flux_api::helmrelease::{DRIFTED, RELEASED, Snapshot};
use flux_api::reason;

use crate::drift::Difference;
use crate::remedy::{Remedy, Way};
use crate::state::State;
use crate::work::{Work, install_succeeded, upgrade_succeeded};
use crate::{history, request};

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Nothing.
    Rest,
    Act(Action),
    /// Give up: no attempts are left.
    Exceeded,
    /// Give up: there is nothing to go back to.
    NoTarget,
}

/// A step that changes the release, or at least looks at it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Install,
    Upgrade,
    Test,
    /// Go back to this release.
    Rollback(Box<Snapshot>),
    /// Undo a failed release by taking it away.
    Remove,
    /// Mark a release as failed whose action was cut off.
    Unlock,
    /// Take the release away since it is no longer wanted.
    Uninstall,
    /// Put right what changed in the cluster.
    Correct(Vec<Difference>),
}

/// Each of these happens once in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Release,
    Test,
    Remediate,
    Unlock,
    Correct,
}

impl Action {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Action::Install | Action::Upgrade | Action::Uninstall => Type::Release,
            Action::Test => Type::Test,
            Action::Rollback(_) | Action::Remove => Type::Remediate,
            Action::Unlock => Type::Unlock,
            Action::Correct(_) => Type::Correct,
        }
    }

    /// The word for people.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Action::Install => "install",
            Action::Upgrade => "upgrade",
            Action::Test => "test",
            Action::Rollback(_) => "rollback",
            Action::Remove | Action::Uninstall => "uninstall",
            Action::Unlock => "unlock",
            Action::Correct(_) => "correct cluster drift",
        }
    }
}

/// Whether the release to go back to is as the controller left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Sound,
    /// It is gone or somebody changed it.
    Corrupt,
}

/// How failures are dealt with where the object says nothing, by feature gate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) retry_on_failure: bool,
}

/// Decides. `target` tells how a release of the history is stored, should one have to go back to it. What follows for the status
/// without any action is put into `work`.
pub(crate) fn decide(
    work: &mut Work,
    state: &State,
    defaults: Defaults,
    target: impl Fn(&Snapshot) -> Target,
) -> Next {
    let forced = request::take_force(&mut work.object);
    let upgrade = Next::Act(Action::Upgrade);
    match state {
        State::InSync => in_sync(work, forced, defaults),
        State::Locked(_) => Next::Act(Action::Unlock),
        State::Absent(_) if Remedy::of_install(&work.object).is_exhausted() && !forced => Next::Exceeded,
        State::Absent(_) => Next::Act(Action::Install),
        State::Unmanaged(_) => {
            work.status_mut().history.clear();
            upgrade
        }
        State::OutOfSync(_) if Remedy::of_upgrade(&work.object).is_exhausted() && !forced => Next::Exceeded,
        State::OutOfSync(_) => upgrade,
        State::Untested => {
            work.remediated_is_released();
            Next::Act(Action::Test)
        }
        State::Failed(_) => failed(work, forced, defaults, target),
    }
}

fn in_sync(work: &mut Work, forced: bool, defaults: Defaults) -> Next {
    if work.object.active_retry(defaults.retry_on_failure).is_some() {
        history::keep_five(&mut work.status_mut().history);
    } else {
        let ignores = Remedy::active(&work.object)
            .map_or(work.object.spec.test().ignore_failures, |remedy| {
                remedy.ignores_tests
            });
        history::truncate(&mut work.status_mut().history, ignores);
    }
    if forced {
        return Next::Act(Action::Upgrade);
    }
    work.remediated_is_released();
    let released = work.status().conditions.get(RELEASED);
    let reason = released
        .map(|released| released.reason.clone())
        .unwrap_or_default();
    if !(work.is_true(READY) && work.is_true(RELEASED))
        && let Some(latest) = work.latest().cloned()
    {
        let outcome = match reason.as_str() {
            reason::INSTALL_FAILED => Some((reason::INSTALL_SUCCEEDED, install_succeeded(&latest))),
            reason::UPGRADE_FAILED => Some((reason::UPGRADE_SUCCEEDED, upgrade_succeeded(&latest))),
            _ => None,
        };
        if let Some((reason, message)) = outcome {
            work.mark(RELEASED, true, reason, &message);
            work.summarize();
        }
    }
    let drift = work.object.spec.drift_detection.as_ref();
    if drift.is_some_and(|drift| matches!(drift.mode.as_str(), "enabled" | "warn")) {
        let message = "No drift detected against the cluster state";
        work.mark(DRIFTED, false, reason::NO_DRIFT_DETECTED, message);
    }
    Next::Rest
}

fn failed(work: &mut Work, forced: bool, defaults: Defaults, target: impl Fn(&Snapshot) -> Target) -> Next {
    let upgrade = Next::Act(Action::Upgrade);
    if work.object.active_retry(defaults.retry_on_failure).is_some() {
        history::keep_five(&mut work.status_mut().history);
        return upgrade;
    }
    // Without failures counted, something changed since: it deserves another attempt.
    let Some(remedy) = Remedy::active(&work.object).filter(|remedy| remedy.failures > 0 && !forced) else {
        return upgrade;
    };
    if remedy.is_exhausted() && !remedy.undoes_last {
        return Next::Exceeded;
    }
    history::truncate(&mut work.status_mut().history, remedy.ignores_tests);
    if remedy.way == Way::Uninstall {
        return Next::Act(Action::Remove);
    }
    match history::previous(&work.status().history, remedy.ignores_tests) {
        None => Next::NoTarget,
        Some(previous) if target(&previous) == Target::Corrupt => upgrade,
        Some(previous) => Next::Act(Action::Rollback(Box::new(previous))),
    }
}

/// What follows an action, or stands in the way of one that was done already in this attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// On with the next.
    Continue,
    /// Again after this time.
    Retry(std::time::Duration),
    /// Another attempt soon.
    Again,
    /// Give up: no attempts are left.
    Exceeded,
    /// Enough for now.
    Rest,
}

/// Whether `next` may be done after what was done in this attempt; `Continue` if so.
pub(crate) fn before(work: &Work, next: Type, done: &[Type], defaults: Defaults) -> After {
    if !done.contains(&next) {
        return After::Continue;
    }
    if let Some(pause) = work.object.active_retry(defaults.retry_on_failure) {
        return After::Retry(pause);
    }
    match Remedy::active(&work.object) {
        Some(remedy) if remedy.is_exhausted() => After::Rest,
        _ => After::Again,
    }
}

/// What follows an action that left something in the storage.
pub(crate) fn after(work: &Work, done: Type, defaults: Defaults) -> After {
    if done != Type::Remediate {
        return After::Continue;
    }
    if let Some(pause) = work.object.active_retry(defaults.retry_on_failure) {
        return After::Retry(pause);
    }
    match Remedy::active(&work.object) {
        Some(remedy) if remedy.is_exhausted() && !remedy.reinstalls() => After::Exceeded,
        _ => After::Again,
    }
}

#[cfg(test)]
mod tests;
