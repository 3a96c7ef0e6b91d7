//! From artifact to applied objects.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

use flux_api::condition::HEALTHY;
use flux_api::kustomization::{Inventory, KustomizationStatus};
use flux_api::reason;
use flux_api::source::Artifact;
use flux_apply::{entries, inventory_of, merge, stages};
use flux_artifact::Tree;
use flux_health::is_job_with_ttl;
use flux_object::{Gvk, ObjectId};
use flux_runtime::wait::{Goal, State, Subject, Wait};
use flux_runtime::{Error, Outcome, Severity};

use crate::apply::{Applier, Obstacle, Planned};
use crate::artifacts::ArtifactError;
use crate::build::{self, Built, Variables};
use crate::decide::Effort;
use crate::memory::{Inputs, Phase, Run};
use crate::pass::Pass;
use crate::prune::prune;
use crate::source::same_revision;
use crate::variables;

/// How long definitions and classes may take.
const STAGE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(60);

impl Pass<'_> {
    /// Begins a run, and takes it as far as it gets without waiting.
    pub(crate) async fn start(&mut self, artifact: Artifact, effort: Effort) -> Result<Outcome, Error> {
        let began = Instant::now();
        let tree = self.fetch(&artifact).await?;
        let variables = self.variables(&artifact).await?;
        if effort == Effort::IfContentChanged && self.reads_the_same(&tree, &variables) {
            return self.move_on(&artifact, began).await;
        }
        let built = self.build(tree, &variables, &artifact).await?;
        let run = self.begin(artifact, built, variables, began);
        self.apply(Box::new(run)).await
    }

    async fn fetch(&self, artifact: &Artifact) -> Result<Arc<Tree>, Error> {
        if self.shared.artifacts.is_remote(artifact) {
            self.progress("Fetching manifests", &artifact.revision, |_| {})
                .await?;
        }
        let pause = self.context.settings().requeue_dependency;
        match self.shared.artifacts.load(artifact).await {
            Ok(tree) => Ok(tree),
            Err(ArtifactError::NotThere(cause)) => {
                tracing::info!(object = %self.context.target(), %cause, "artifact not found");
                let after = flux_api::duration::GoDuration::from(pause);
                let message = format!("Source is not ready, artifact not found, retrying in {after}");
                let source = &self.object.spec.source_ref.name;
                Err(Error::waiting(reason::ARTIFACT_FAILED, source, message)
                    .retry_after(pause)
                    .with_condition(self.interrupted(reason::ARTIFACT_FAILED, &artifact.revision))
                    .quiet())
            }
            Err(ArtifactError::Failed(cause)) => Err(self.failure(reason::ARTIFACT_FAILED, cause, artifact)),
        }
    }

    async fn variables(&self, artifact: &Artifact) -> Result<Variables, Error> {
        match variables::read(self.context.client(), self.object).await {
            Ok(variables) => Ok(variables),
            Err(cause) => {
                self.attempted(artifact).await?;
                let message = format!("post build failed: {cause}");
                Err(self.failure(reason::BUILD_FAILED, message, artifact))
            }
        }
    }

    /// The status says which revision could not be built.
    async fn attempted(&self, artifact: &Artifact) -> Result<(), Error> {
        let revision = &artifact.revision;
        let attempted = |status: &mut KustomizationStatus| status.last_attempted_revision = revision.clone();
        self.context.edit_status(|draft| draft.edit(attempted)).await
    }

    fn reads_the_same(&self, tree: &Arc<Tree>, variables: &Variables) -> bool {
        let Some(good) = &self.memory.good else {
            return false;
        };
        good.inputs.variables == *variables && build::reads_the_same(&good.inputs.closure, tree)
    }

    /// Only the revision moved.
    async fn move_on(&mut self, artifact: &Artifact, began: Instant) -> Result<Outcome, Error> {
        let Some(good) = &mut self.memory.good else {
            return Ok(Outcome::Again);
        };
        good.revision = artifact.revision.clone();
        let (inputs, left) = (
            good.inputs.clone(),
            good.due.saturating_duration_since(Instant::now()),
        );
        let inventory = self.object.status.inventory.clone().unwrap_or_default();
        let run = Run {
            began,
            inputs,
            ..self.run(artifact.clone(), began)
        };
        let healthy = self
            .object
            .status
            .conditions
            .get(HEALTHY)
            .map(|held| held.message.as_str());
        self.succeed(&run, inventory, healthy).await?;
        Ok(Outcome::After(left))
    }

    async fn build(
        &self,
        tree: Arc<Tree>,
        variables: &Variables,
        artifact: &Artifact,
    ) -> Result<Built, Error> {
        let strict = self
            .context
            .settings()
            .feature("StrictPostBuildSubstitutions", true);
        let (object, variables) = (self.object.clone(), variables.clone());
        let built = flux_runtime::compute(move || build::build(&tree, &object, &variables, strict)).await;
        let (reason, cause) = match built {
            Ok(Ok(built)) => return Ok(built),
            Ok(Err(error @ build::Error::PathNotFound { .. })) => {
                return Err(self.failure(reason::ARTIFACT_FAILED, error.to_string(), artifact));
            }
            // Upstream finds it when it applies.
            Ok(Err(error @ build::Error::Encrypted { .. })) => {
                (reason::RECONCILIATION_FAILED, error.to_string())
            }
            Ok(Err(error)) => (reason::BUILD_FAILED, error.to_string()),
            Err(crash) => (
                reason::BUILD_FAILED,
                format!("the build ended unexpectedly: {crash}"),
            ),
        };
        self.attempted(artifact).await?;
        Err(self.failure(reason, cause, artifact))
    }

    fn begin(&self, artifact: Artifact, built: Built, variables: Variables, began: Instant) -> Run {
        let Built {
            mut objects,
            digest,
            closure,
        } = built;
        let common = self.object.spec.common_metadata.as_ref();
        flux_apply::prepare(&mut objects, self.name(), self.namespace(), common);
        let vanishing = objects.iter().filter(|object| is_job_with_ttl(object));
        Run {
            vanishing: vanishing.map(ObjectId::of).collect(),
            rest: VecDeque::from(stages(objects, &self.shared.settings.custom_stage_kinds)),
            inputs: Inputs {
                closure,
                variables,
                digest,
            },
            ..self.run(artifact, began)
        }
    }

    /// A run with nothing in it.
    fn run(&self, artifact: Artifact, began: Instant) -> Run {
        let status = &self.object.status;
        let old = status.inventory.clone().unwrap_or_default();
        Run {
            began,
            generation: self.object.metadata.generation,
            requested: self.object.metadata.requested_at().map(str::to_owned),
            is_news: !same_revision(&artifact.revision, &status.last_applied_revision),
            artifact,
            inputs: Inputs::default(),
            recorded: old.clone(),
            old,
            rest: VecDeque::new(),
            done: Vec::new(),
            vanishing: HashSet::new(),
            was_healthy: status.conditions.is_true(HEALTHY),
        }
    }

    /// Applies stage after stage until one has to be waited for.
    pub(crate) async fn apply(&mut self, mut run: Box<Run>) -> Result<Outcome, Error> {
        let options = self.shared.settings.apply_options(self.object.spec.force);
        let client = self.client.clone();
        let concurrency = self.shared.settings.concurrent_ssa;
        let applier = Applier {
            client: &client,
            options: &options,
            concurrency,
        };
        while let Some(stage) = run.rest.pop_front() {
            let kind = stage.kind;
            let planned = match applier.validate(stage, &self.memory.seen).await {
                Ok(planned) => planned,
                Err(Obstacle::Refused(sentence)) => return Err(self.refused(&run, sentence).await),
                Err(Obstacle::Recreating(objects)) => return self.recreate(run, objects).await,
            };
            self.record(&mut run, &planned).await?;
            let before = run.done.len();
            if let Err(sentence) = applier.write(planned, &mut self.memory.seen, &mut run.done).await {
                // The server may have done what it did not confirm.
                let inventory = run.recorded.clone();
                let message = with_log(sentence, &run);
                return Err(self
                    .fail(&run, reason::RECONCILIATION_FAILED, message, inventory)
                    .await);
            }
            if !kind.is_waited_for() {
                continue;
            }
            let subjects = run.done[before..]
                .iter()
                .filter_map(|done| Subject::of(&done.live, false));
            let wait = self.wait(
                subjects.collect(),
                Goal::Healthy { fail_fast: false },
                STAGE_TIMEOUT,
            );
            match wait.state(&client).await {
                State::Reached => {}
                State::Failed(sentence) => return Err(self.refused(&run, sentence).await),
                State::Pending(left) => {
                    self.memory.phase = Some(Phase::Stage(run, wait));
                    return Ok(Outcome::Wait(left));
                }
            }
        }
        self.applied(run).await
    }

    /// Before anything new is written, the status names it: whoever is killed now leaves nothing behind that nobody knows.
    async fn record(&self, run: &mut Run, planned: &[Planned]) -> Result<(), Error> {
        if !planned.iter().any(Planned::is_write) {
            return Ok(());
        }
        let now = planned.iter().map(|plan| (plan.id(), plan.version()));
        let later = run.rest.iter().flat_map(|stage| &stage.objects);
        let later = later.map(|object| (ObjectId::of(object), Gvk::of(object).version));
        let all: Vec<(ObjectId, String)> = now.chain(later).collect();
        let planned = entries(all.iter().map(|(id, version)| (id, version.as_str())));
        let recorded = merge(&run.recorded, &planned);
        let is_first = run.done.is_empty();
        if !is_first && recorded == run.recorded {
            return Ok(());
        }
        let revision = &run.artifact.revision;
        self.progress("Detecting drift", revision, |status| {
            status.inventory = Some(recorded.clone());
            status.last_attempted_revision = revision.clone();
        })
        .await?;
        run.recorded = recorded;
        Ok(())
    }

    /// A stage was refused before anything of it was written, or did not become current.
    pub(crate) async fn refused(&mut self, run: &Run, sentence: String) -> Error {
        let inventory = merge(&run.old, &inventory_of(&run.changes()));
        self.fail(
            run,
            reason::RECONCILIATION_FAILED,
            with_log(sentence, run),
            inventory,
        )
        .await
    }

    async fn recreate(
        &mut self,
        run: Box<Run>,
        objects: Vec<flux_kube::ObjectRef>,
    ) -> Result<Outcome, Error> {
        let subjects = objects.into_iter().map(Subject::named).collect();
        let wait = self.wait(subjects, Goal::Gone, self.timeout().get());
        self.resume_recreate(run, wait).await
    }

    /// Once what is in the way is gone, the run starts over: what it applied so far is as wanted and costs little.
    pub(crate) async fn resume_recreate(&mut self, run: Box<Run>, wait: Wait) -> Result<Outcome, Error> {
        match wait.state(&self.client).await {
            State::Pending(left) => {
                self.memory.phase = Some(Phase::Recreate(run, wait));
                Ok(Outcome::Wait(left))
            }
            State::Failed(sentence) => {
                let sentence =
                    format!("immutable field detected, failed to wait for objects to be deleted: {sentence}");
                Err(self.refused(&run, sentence).await)
            }
            State::Reached => {
                self.announce(&run);
                let artifact = run.artifact.clone();
                Box::pin(self.start(artifact, Effort::Full)).await
            }
        }
    }

    /// The event about what was written.
    fn announce(&self, run: &Run) {
        let log = run.log();
        tracing::info!(object = %self.context.target(), revision = run.artifact.revision, output = log,
            "server-side apply completed");
        if !log.is_empty() {
            self.event(Severity::Info, reason::PROGRESSING, &log, &run.artifact);
        }
    }

    /// Everything is applied: what left the source goes, and the rest shall become healthy.
    pub(crate) async fn applied(&mut self, run: Box<Run>) -> Result<Outcome, Error> {
        self.announce(&run);
        let inventory = inventory_of(&run.changes());
        let stale = match flux_apply::stale(&run.old, &inventory) {
            Ok(stale) => stale,
            Err(error) => {
                let kept = run.recorded.clone();
                return Err(self
                    .fail(&run, reason::RECONCILIATION_FAILED, error.to_string(), kept)
                    .await);
            }
        };
        if self.object.spec.prune && !stale.is_empty() {
            let pruned = prune(&self.client, stale, self.name(), self.namespace()).await;
            if let Some(error) = &pruned.error {
                let survivors = pruned.survivors.iter().map(|entry| entry.entry()).collect();
                let kept = merge(&inventory, &Inventory { entries: survivors });
                return Err(self.fail(&run, reason::PRUNE_FAILED, error.clone(), kept).await);
            }
            pruned
                .changes
                .iter()
                .for_each(|change| drop(self.memory.seen.remove(&change.id)));
            let log = pruned.log();
            tracing::info!(object = %self.context.target(), "garbage collection completed: {log}");
            self.event(Severity::Info, reason::PROGRESSING, &log, &run.artifact);
        }
        self.check_health(run, inventory).await
    }
}

fn with_log(sentence: String, run: &Run) -> String {
    let log = run.log();
    if log.is_empty() {
        sentence
    } else {
        format!("{sentence}\n{log}")
    }
}
