//! What to do next with a Kustomization, as far as that follows from what is known without building anything.

use std::time::Duration;

use flux_api::condition::READY;
use flux_api::kustomization::Kustomization;
use flux_api::reason;
use flux_api::source::Artifact;

use crate::source::{Source, origin_revision, same_revision};
use crate::support::{NOT_SUPPORTED, unsupported};

/// What is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) object: &'a Kustomization,
    pub(crate) source: &'a Source,
    /// Why it has to wait for others, if so.
    pub(crate) obstacle: Option<&'a str>,
    /// The run that waits for something, if there is one.
    pub(crate) waiting: Option<Waiting<'a>>,
    /// The last run that ended well in this process.
    pub(crate) last: Option<Last<'a>>,
    /// Time to the next look at what is not there yet.
    pub(crate) requeue_dependency: Duration,
}

/// What a run was started for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) generation: i64,
    pub(crate) revision: &'a str,
    pub(crate) requested: Option<&'a str>,
}

/// The last run that ended well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last<'a> {
    pub(crate) generation: i64,
    pub(crate) revision: &'a str,
    /// Time until the live objects are to be compared again.
    pub(crate) due_in: Duration,
    /// The trigger is a change of something that the build reads from the cluster.
    pub(crate) inputs_changed: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Give up until the spec changes.
    Stall { reason: &'static str, message: String },
    /// Try again later, or when something changes.
    Hold {
        reason: &'static str,
        message: String,
        retry: Duration,
        event: Option<String>,
    },
    /// Go on with the run that waits.
    Continue,
    /// Everything is as it was; look again after this time.
    Rest(Duration),
    /// Build and apply.
    Run { artifact: Box<Artifact>, effort: Effort },
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Build, and compare with the live objects.
    Full,
    /// Only the revision moved: when the build reads nothing that changed, only the status moves.
    IfContentChanged,
}

/// Decides. The object has its finalizer, is not suspended and is not being deleted.
pub(crate) fn decide(situation: &Situation<'_>) -> Step {
    let object = situation.object;
    if let Some(message) = unsupported(&object.spec) {
        return Step::Stall {
            reason: NOT_SUPPORTED,
            message,
        };
    }
    let artifact = match available(situation) {
        Ok(artifact) => artifact,
        Err(step) => return step,
    };
    if situation
        .waiting
        .is_some_and(|waiting| is_for(waiting, object, artifact))
    {
        return Step::Continue;
    }
    if let Some(obstacle) = situation.obstacle {
        let retry = situation.requeue_dependency;
        let after = flux_api::duration::GoDuration::from(retry);
        return Step::Hold {
            reason: reason::DEPENDENCY_NOT_READY,
            message: obstacle.into(),
            retry,
            event: Some(format!(
                "Dependencies do not meet ready condition, retrying in {after}"
            )),
        };
    }
    match effort(situation, artifact) {
        Ok(effort) => Step::Run {
            artifact: Box::new(artifact.clone()),
            effort,
        },
        Err(rest) => Step::Rest(rest),
    }
}

fn available<'a>(situation: &Situation<'a>) -> Result<&'a Artifact, Step> {
    let hold = |message: &str, retry| Step::Hold {
        reason: reason::ARTIFACT_FAILED,
        message: message.into(),
        retry,
        event: None,
    };
    let retry_interval = situation.object.spec.retry_interval().get();
    match situation.source {
        Source::Ready(artifact) => Ok(artifact),
        Source::Denied(message) => Err(Step::Stall {
            reason: reason::ACCESS_DENIED,
            message: message.clone(),
        }),
        Source::UnknownKind(message) | Source::Missing(message) => Err(hold(message, retry_interval)),
        Source::Empty => {
            let after = flux_api::duration::GoDuration::from(situation.requeue_dependency);
            let message = format!("Source artifact not found, retrying in {after}");
            Err(hold(&message, situation.requeue_dependency))
        }
    }
}

fn is_for(waiting: Waiting<'_>, object: &Kustomization, artifact: &Artifact) -> bool {
    waiting.generation == object.metadata.generation
        && same_revision(waiting.revision, &artifact.revision)
        && waiting.requested == object.metadata.requested_at()
}

/// How much to do, or how long there is nothing to do.
fn effort(situation: &Situation<'_>, artifact: &Artifact) -> Result<Effort, Duration> {
    let (metadata, status) = (&situation.object.metadata, &situation.object.status);
    let is_requested = metadata
        .requested_at()
        .is_some_and(|requested| requested != status.last_handled_reconcile_at);
    let is_good = status.conditions.is_true(READY) && status.observed_generation == metadata.generation;
    let Some(last) = situation.last else {
        return Ok(Effort::Full);
    };
    let due = last.due_in.is_zero();
    if is_requested || !is_good || due || last.inputs_changed || last.generation != metadata.generation {
        return Ok(Effort::Full);
    }
    let is_applied = same_revision(&status.last_applied_revision, &artifact.revision)
        && status.last_applied_origin_revision == origin_revision(artifact)
        && same_revision(last.revision, &artifact.revision);
    if is_applied {
        Err(last.due_in)
    } else {
        Ok(Effort::IfContentChanged)
    }
}

#[cfg(test)]
mod tests;
