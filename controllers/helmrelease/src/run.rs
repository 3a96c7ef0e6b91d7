//! From what is wanted and what is stored to the next action.

use std::sync::Arc;

use flux_api::condition::{READY, Status};
use flux_api::duration::GoDuration;
use flux_api::helmrelease::{DRIFTED, REMEDIATED, Snapshot, TEST_SUCCESS};
use flux_api::reason;
use flux_helm::release::Release;
use flux_runtime::{Error, Outcome, Severity};

use crate::action::{self, Job};
use crate::decide::{Action, After, Next, Target, Type, before, decide};
use crate::drift::{self, Difference};
use crate::memory::{Attempt, Running};
use crate::pass::{Early, Inputs, Pass};
use crate::remedy::Remedy;
use crate::snapshot;
use crate::state::{SNAPSHOT, State, Wanted, forgets_failures, shorten, state, target_change};
use crate::storage::Records;

impl Pass<'_> {
    /// Does what is to be done next; until it is done, the pass is not over.
    pub(crate) async fn act(&mut self, inputs: Inputs) -> Result<Outcome, Early> {
        let wanted = Wanted {
            chart_name: &inputs.chart.metadata.name,
            chart_version: &inputs.chart.metadata.version,
            values: &inputs.config,
        };
        if let Some(change) = target_change(&self.work.object, wanted.chart_name) {
            tracing::info!(object = %self.context.key(), change, "release target configuration changed");
            return self.start(Action::Uninstall, inputs).await;
        }
        self.begin(&inputs, wanted);
        let history = self.history().await?;
        let stored = history
            .last()
            .map(|last| snapshot::stored(last, &self.work.status().history));
        let told = state(&self.work.object, stored.as_ref(), wanted);
        let told = match told {
            Ok(told) => told,
            Err(error) => return Err(self.unknown(&error.to_string()).await),
        };
        tracing::debug!(object = %self.context.key(), state = ?told, "state of the release");
        if told == State::InSync
            && let Some(release) = history.last()
            && let Some(next) = self.drift(release).await?
        {
            crate::request::take_force(&mut self.work.object);
            return match next {
                Next::Act(action) => self.next(action, inputs).await,
                _ => {
                    self.work.summarize();
                    self.rest().await
                }
            };
        }
        let target = |snapshot: &Snapshot| target(&history, snapshot);
        let next = decide(&mut self.work, &told, self.shared.defaults, target);
        match next {
            Next::Rest => {
                self.work.summarize();
                self.rest().await
            }
            Next::Exceeded => self.exceeded().await,
            Next::NoTarget => {
                let message = "Failed to perform remediation: missing target release for rollback: cannot remediate failed release";
                self.give_up(reason::MISSING_ROLLBACK_TARGET, message).await
            }
            Next::Act(action) => self.next(action, inputs).await,
        }
    }

    /// Looks whether the cluster still is as it was released; what follows if it is not.
    async fn drift(&mut self, release: &Release) -> Result<Option<Next>, Early> {
        let drift = self.work.object.spec.drift_detection.as_ref();
        let mode = drift.map_or("", |drift| &drift.mode);
        if !matches!(mode, "enabled" | "warn") {
            return Ok(None);
        }
        let corrects = mode == "enabled";
        let differences = match action::detect(&self.client, &self.work.object, release).await {
            Ok((differences, error)) => {
                if let Some(error) = error {
                    tracing::error!(object = %self.context.key(), error, "diff of release against cluster state completed with error");
                }
                differences
            }
            Err(cause) => {
                let cause = format!("unable to determine cluster state: {cause}");
                return Err(self.unknown(&cause).await);
            }
        };
        if !differences.iter().any(Difference::is_one) {
            return Ok(None);
        }
        let name = self.work.latest().map(Snapshot::release).unwrap_or_default();
        let message = format!(
            "Cluster state of release {name} has drifted from the desired state:\n{}",
            drift::summary(&differences)
        );
        self.context
            .event(Severity::Error, reason::DRIFT_DETECTED, &message, &[]);
        self.work.mark(DRIFTED, true, reason::DRIFT_DETECTED, &message);
        Ok(Some(if corrects {
            Next::Act(Action::Correct(differences))
        } else {
            Next::Rest
        }))
    }

    /// Notes what is about to be tried.
    fn begin(&mut self, inputs: &Inputs, wanted: Wanted<'_>) {
        let is_same = self
            .memory
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.wish == inputs.wish);
        if !is_same {
            self.memory.attempt = Some(Attempt {
                wish: inputs.wish.clone(),
                done: Vec::new(),
            });
        }
        let forgets = forgets_failures(&mut self.work.object, wanted);
        if let Some(why) = forgets {
            tracing::debug!(object = %self.context.key(), why, "resetting failure count");
            self.work.status_mut().clear_failures();
            self.memory.failures = 0;
        }
        let generation = self.work.object.metadata.generation;
        let namespace = self.work.object.storage_namespace().to_owned();
        let status = self.work.status_mut();
        status.storage_namespace = namespace;
        status.last_attempted_generation = generation;
        status.last_attempted_revision = wanted.chart_version.into();
        status.last_attempted_revision_digest.clear();
        status.last_attempted_config_digest = wanted.values.into();
        status.last_attempted_values_checksum.clear();
        status.last_release_revision = 0;
    }

    async fn history(&mut self) -> Result<Vec<Release>, Early> {
        let records = Records::new(self.client.clone(), &self.work.status().storage_namespace);
        let name = shorten(&self.work.object.release_name());
        match records.history(&name).await {
            Ok(history) => Ok(history),
            Err(cause) => {
                let cause = format!("failed to retrieve last release from storage: {cause}");
                Err(self.unknown(&cause).await)
            }
        }
    }

    async fn unknown(&mut self, cause: &str) -> Early {
        let message = format!("Could not determine release state: {cause}");
        self.work
            .mark(READY, Status::False, reason::STATE_ERROR, &message);
        match self.flush().await {
            Ok(()) => Error::transient(reason::STATE_ERROR, message).quiet().into(),
            Err(error) => error.into(),
        }
    }

    pub(crate) async fn exceeded(&mut self) -> Result<Outcome, Early> {
        let action = &self.work.status().last_attempted_release_action;
        let failures = Remedy::active(&self.work.object).map_or(0, |remedy| remedy.failures);
        let message = format!("Failed to {action} after {failures} attempt(s)");
        self.give_up(reason::RETRIES_EXCEEDED, &message).await
    }

    async fn next(&mut self, action: Action, inputs: Inputs) -> Result<Outcome, Early> {
        let done = self
            .memory
            .attempt
            .as_ref()
            .map_or(&[][..], |attempt| &attempt.done);
        match before(&self.work, action.kind(), done, self.shared.defaults) {
            After::Continue => self.start(action, inputs).await,
            After::Retry(pause) => self.retry(pause).await,
            After::Again => self.again().await,
            After::Exceeded | After::Rest => self.rest().await,
        }
    }

    /// Starts an action and says so.
    async fn start(&mut self, action: Action, inputs: Inputs) -> Result<Outcome, Early> {
        let timeout = self.timeout(&action);
        let message = format!("Running '{}' action with timeout of {timeout}", action.name());
        self.work.reconciling(reason::PROGRESSING, &message);
        if matches!(action, Action::Correct(_)) {
            self.work.mark(
                READY,
                Status::Unknown,
                reason::PROGRESSING,
                "correcting cluster drift",
            );
        }
        if action.kind() == Type::Release && action != Action::Uninstall {
            self.work
                .mark(READY, Status::Unknown, reason::PROGRESSING, &message);
        }
        if matches!(action, Action::Install | Action::Upgrade) {
            self.work.unmark(TEST_SUCCESS);
            self.work.unmark(REMEDIATED);
            let status = self.work.status_mut();
            status.last_attempted_release_action = action.name().into();
            if action == Action::Install {
                status.history.clear();
            }
        }
        self.flush().await?;
        tracing::info!(object = %self.context.key(), "{message}");
        let job = Job {
            object: Arc::new(self.work.object.clone()),
            chart: Some(inputs.chart),
            values: inputs.values,
            client: self.client.clone(),
            watches: self.context.watches().clone(),
            settings: self.shared.settings.clone(),
            storage_namespace: self.work.status().storage_namespace.clone(),
        };
        let running = Running::start(job, action, inputs.config, self.context.waker());
        self.memory.running = Some(running);
        Ok(Outcome::Wait(std::time::Duration::from_secs(60)))
    }

    fn timeout(&self, action: &Action) -> GoDuration {
        let spec = &self.work.object.spec;
        let own = match action {
            Action::Install => spec.install().timeout,
            Action::Upgrade => spec.upgrade().timeout,
            Action::Test => spec.test().timeout,
            Action::Rollback(_) => spec.rollback().timeout,
            Action::Remove => spec.uninstall().timeout,
            Action::Unlock | Action::Uninstall | Action::Correct(_) => None,
        };
        own.unwrap_or_else(|| spec.timeout())
    }
}

/// How a release of the history is stored.
fn target(history: &[Release], snapshot: &Snapshot) -> Target {
    let stored = history.iter().find(|release| release.version == snapshot.version);
    let sound = stored.is_some_and(|release| {
        snapshot.api_version != SNAPSHOT
            || snapshot::digest_of(release, &snapshot.oci_digest) == snapshot.digest
    });
    if sound { Target::Sound } else { Target::Corrupt }
}
