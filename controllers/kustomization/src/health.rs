//! The end of a run: health, and what follows from it.

use std::time::Duration;

use tokio::time::Instant;

use flux_api::condition::{Condition, HEALTHY, Status};
use flux_api::duration::GoDuration;
use flux_api::kustomization::Inventory;
use flux_api::meta::ObjectReference;
use flux_api::reason;
use flux_kube::{Gvk, ObjectRef};
use flux_object::ObjectId;
use flux_runtime::wait::{Goal, State, Subject, Wait};
use flux_runtime::{Cause, Error, Outcome, Severity};

use crate::apply::remember;
use crate::memory::{Good, Phase, Run};
use crate::pass::Pass;

/// Kind of group that a health check means when it names none.
const DEFAULT_API_VERSION: &str = "apps/v1";

impl Pass<'_> {
    /// Begins to wait for objects.
    pub(crate) fn wait(&self, subjects: Vec<Subject>, goal: Goal, timeout: Duration) -> Wait {
        let (watches, waker) = (self.context.watches(), self.context.waker());
        let wake = move || waker.wake(Cause::Health);
        Wait::start(watches, subjects, goal, timeout, wake, self.context.now())
    }

    /// Waits for what was applied, or for what the spec names, to become healthy; done when there is nothing to wait for.
    pub(crate) async fn check_health(
        &mut self,
        run: Box<Run>,
        inventory: Inventory,
    ) -> Result<Outcome, Error> {
        let subjects = self.subjects(&run);
        if subjects.is_empty() {
            return self.finish(&run, inventory, None).await;
        }
        let fail_fast = !self.context.settings().feature("DisableFailFastBehavior", false);
        let wait = self.wait(subjects, Goal::Healthy { fail_fast }, self.timeout().get());
        let state = wait.state(&self.client).await;
        if let State::Pending(_) = state {
            self.say_waiting(&run, &inventory).await?;
        }
        self.conclude(run, wait, state).await
    }

    async fn say_waiting(&self, run: &Run, inventory: &Inventory) -> Result<(), Error> {
        let revision = &run.artifact.revision;
        let what = "Running health checks";
        let message = format!(
            "{what} for revision {revision} with a timeout of {}",
            self.timeout()
        );
        self.context
            .edit_status(|draft| {
                draft.set(Condition::new(
                    HEALTHY,
                    Status::Unknown,
                    reason::PROGRESSING,
                    &message,
                ));
                self.say(draft, what, revision);
                draft.edit(|status: &mut flux_api::kustomization::KustomizationStatus| {
                    status.inventory = Some(inventory.clone());
                    status.last_attempted_revision = revision.clone();
                });
            })
            .await
    }

    fn subjects(&self, run: &Run) -> Vec<Subject> {
        let spec = &self.object.spec;
        if spec.wait {
            let applied = run
                .applied()
                .filter(|done| !is_self(&done.change.id, self.namespace(), self.name()));
            return applied
                .filter_map(|done| Subject::of(&done.live, run.vanishing.contains(&done.change.id)))
                .collect();
        }
        let named = spec.health_checks.iter().map(named);
        named
            .filter(|subject| !is_self(&subject.object.id(), self.namespace(), self.name()))
            .collect()
    }

    /// Goes on with a health check.
    pub(crate) async fn resume_health(&mut self, run: Box<Run>, wait: Wait) -> Result<Outcome, Error> {
        let state = wait.state(&self.client).await;
        self.conclude(run, wait, state).await
    }

    async fn conclude(&mut self, mut run: Box<Run>, wait: Wait, state: State) -> Result<Outcome, Error> {
        let took = GoDuration::from(wait.began.elapsed());
        let inventory = flux_apply::inventory_of(&run.changes());
        match state {
            State::Pending(left) => {
                run.forget_live();
                self.memory.phase = Some(Phase::Health(run, wait));
                Ok(Outcome::Wait(left))
            }
            State::Reached => {
                let sentence = format!("Health check passed in {took}");
                // What the watch saw last need not be read again to tell whether it drifts.
                let options = self.shared.settings.apply_options(self.object.spec.force);
                let told = wait.told();
                told.iter()
                    .for_each(|live| remember(&mut self.memory.seen, live, &options));
                let drifted = !run.log().is_empty();
                if !run.was_healthy || (run.is_news && drifted) {
                    self.event(Severity::Info, reason::PROGRESSING, &sentence, &run.artifact);
                }
                self.finish(&run, inventory, Some(&sentence)).await
            }
            State::Failed(sentence) => {
                let unhealthy = Condition::new(HEALTHY, false, reason::HEALTH_CHECK_FAILED, &sentence);
                let message = format!("health check failed after {took}: {sentence}");
                let error = self
                    .fail(&run, reason::HEALTH_CHECK_FAILED, message, inventory)
                    .await;
                Err(error.with_condition(unhealthy))
            }
        }
    }

    async fn finish(
        &mut self,
        run: &Run,
        inventory: Inventory,
        health: Option<&str>,
    ) -> Result<Outcome, Error> {
        self.succeed(run, inventory, health).await?;
        let interval = self.object.spec.interval.get();
        // The timer may be early by the jitter, and then the live objects are to be compared all the same.
        let jitter = f64::from(self.context.settings().interval_jitter_percentage.min(100)) / 100.0;
        self.memory.good = Some(Good {
            generation: run.generation,
            revision: run.artifact.revision.clone(),
            due: Instant::now() + interval.mul_f64(1.0 - jitter),
            inputs: run.inputs.clone(),
        });
        Ok(Outcome::Interval(interval))
    }
}

fn named(reference: &ObjectReference) -> Subject {
    let api_version = if reference.api_version.is_empty() {
        DEFAULT_API_VERSION
    } else {
        &reference.api_version
    };
    let gvk = Gvk::new(api_version, &reference.kind);
    Subject::named(ObjectRef::new(gvk, &reference.namespace, &reference.name))
}

/// Whether `id` is the Kustomization itself, which must not wait for itself.
fn is_self(id: &ObjectId, namespace: &str, name: &str) -> bool {
    id.kind == flux_api::kustomization::KIND && id.namespace == namespace && id.name == name
}
