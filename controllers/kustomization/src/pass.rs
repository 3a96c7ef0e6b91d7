//! One pass over one Kustomization: the story from artifact to ready, told in steps that end or wait.

use std::time::Duration;

use flux_api::condition::{Condition, HEALTHY, READY, RECONCILING, Status};
use flux_api::duration::GoDuration;
use flux_api::kustomization::{Inventory, Kustomization, KustomizationStatus};
use flux_api::reason;
use flux_api::source::Artifact;
use flux_kube::Client;
use flux_runtime::status::Draft;
use flux_runtime::{Context, Error, Severity};

use crate::history::{self, Outcome as Noted};
use crate::memory::{Memory, Run};
use crate::reconciler::Shared;
use crate::source::origin_revision;

/// What every step of a pass needs.
pub(crate) struct Pass<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) object: &'a Kustomization,
    pub(crate) context: &'a Context,
    pub(crate) memory: &'a mut Memory,
    /// The client with the rights of the object's account.
    pub(crate) client: Client,
}

impl Pass<'_> {
    pub(crate) fn namespace(&self) -> &str {
        &self.object.metadata.namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.object.metadata.name
    }

    pub(crate) fn timeout(&self) -> GoDuration {
        self.object.spec.timeout()
    }

    /// Says what is being done.
    pub(crate) async fn progress(
        &self,
        doing: &str,
        revision: &str,
        more: impl Fn(&mut KustomizationStatus),
    ) -> Result<(), Error> {
        self.context
            .edit_status(|draft| {
                self.say(draft, doing, revision);
                draft.edit(&more);
            })
            .await
    }

    /// Puts into a draft what is being done.
    pub(crate) fn say(&self, draft: &mut Draft, doing: &str, revision: &str) {
        let message = self.doing(doing, revision);
        draft.reconciling(reason::PROGRESSING, &message);
        draft.set(Condition::new(
            READY,
            Status::Unknown,
            reason::PROGRESSING,
            "Reconciliation in progress",
        ));
    }

    /// Sends an event about the work on an artifact.
    pub(crate) fn event(&self, severity: Severity, reason: &str, message: &str, artifact: &Artifact) {
        let origin = origin_revision(artifact);
        let mut metadata = vec![("revision", artifact.revision.as_str())];
        if !origin.is_empty() {
            metadata.push(("originRevision", origin));
        }
        self.context.event(severity, reason, message, &metadata);
    }

    /// The failure of a pass: tried again after the retry interval, without growing pauses.
    pub(crate) fn failure(&self, reason: &str, message: impl Into<String>, artifact: &Artifact) -> Error {
        let origin = origin_revision(artifact);
        let error = Error::terminal(reason, message, self.object.spec.retry_interval().get())
            .with_metadata("revision", &artifact.revision)
            .with_condition(self.interrupted(reason, &artifact.revision));
        if origin.is_empty() {
            error
        } else {
            error.with_metadata("originRevision", origin)
        }
    }

    /// What was being done when it failed stays in the status, as upstream leaves it.
    pub(crate) fn interrupted(&self, reason: &str, revision: &str) -> Condition {
        let doing = match reason {
            reason::ARTIFACT_FAILED => "Fetching manifests",
            reason::BUILD_FAILED => "Building manifests",
            reason::HEALTH_CHECK_FAILED => "Running health checks",
            _ => "Detecting drift",
        };
        let message = self.doing(doing, revision);
        Condition::new(RECONCILING, true, reason::PROGRESSING_WITH_RETRY, message)
    }

    fn doing(&self, doing: &str, revision: &str) -> String {
        format!(
            "{doing} for revision {revision} with a timeout of {}",
            self.timeout()
        )
    }

    /// Notes a failed run in the status, and gives the failure. The inventory holds all that may exist.
    pub(crate) async fn fail(
        &mut self,
        run: &Run,
        reason: &str,
        message: String,
        inventory: Inventory,
    ) -> Error {
        self.memory.good = None;
        let written = self.note(run, reason, inventory).await;
        match written {
            Ok(()) => self.failure(reason, message, &run.artifact),
            Err(error) => error,
        }
    }

    /// Writes inventory and history. Where there never was an object, there is no inventory either.
    async fn note(&self, run: &Run, reason: &str, inventory: Inventory) -> Result<(), Error> {
        let took = run.took();
        self.context
            .edit_status(|draft| {
                let now = draft.now().to_owned();
                draft.edit(|status: &mut KustomizationStatus| {
                    if status.inventory.is_some() || !inventory.entries.is_empty() {
                        status.inventory = Some(inventory.clone());
                    }
                    status.last_attempted_revision = run.artifact.revision.clone();
                    history::note(&mut status.history, &noted(run, reason, took), &now);
                });
            })
            .await
    }

    /// Writes the end of a good run. `health` is the sentence about the health check, if there was one.
    pub(crate) async fn succeed(
        &self,
        run: &Run,
        inventory: Inventory,
        health: Option<&str>,
    ) -> Result<(), Error> {
        let took = run.took();
        let revision = &run.artifact.revision;
        let message = format!("Applied revision: {revision}");
        self.context
            .edit_status(|draft| {
                let now = draft.now().to_owned();
                match health {
                    Some(sentence) => draft.set(Condition::new(HEALTHY, true, reason::SUCCEEDED, sentence)),
                    None => draft.remove(HEALTHY),
                }
                draft.edit(|status: &mut KustomizationStatus| {
                    status.inventory = Some(inventory.clone());
                    status.last_attempted_revision = revision.clone();
                    status.last_applied_revision = revision.clone();
                    status.last_applied_origin_revision = origin_revision(&run.artifact).into();
                    history::note(
                        &mut status.history,
                        &noted(run, reason::RECONCILIATION_SUCCEEDED, took),
                        &now,
                    );
                });
                draft.ready(reason::RECONCILIATION_SUCCEEDED, &message);
            })
            .await?;
        self.finished(&run.artifact, took);
        Ok(())
    }

    /// The event at the end of every good run.
    pub(crate) fn finished(&self, artifact: &Artifact, took: Duration) {
        let message = format!(
            "Reconciliation finished in {}, next run in {}",
            GoDuration::from(took),
            self.object.spec.interval
        );
        tracing::info!(object = %self.context.target(), revision = artifact.revision, "{message}");
        let origin = origin_revision(artifact);
        let mut metadata = vec![
            ("revision", artifact.revision.as_str()),
            ("commit_status", "update"),
        ];
        if !origin.is_empty() {
            metadata.push(("originRevision", origin));
        }
        self.context.event(
            Severity::Info,
            reason::RECONCILIATION_SUCCEEDED,
            &message,
            &metadata,
        );
    }
}

fn noted<'a>(run: &'a Run, reason: &'a str, took: Duration) -> Noted<'a> {
    Noted {
        digest: &run.inputs.digest,
        reason,
        took,
        revision: &run.artifact.revision,
        origin_revision: origin_revision(&run.artifact),
    }
}
