//! The reconciler: what is known of an object, what to do, and who does it.

use std::sync::Arc;

use flux_api::condition::{Condition, READY, RECONCILING};
use flux_api::kustomization::{self, FIELD_MANAGER, Kustomization, STATUS_MANAGER};
use flux_api::source::Artifact;
use flux_api::{meta, reason};
use flux_kube::{Client, Gvk, Key};
use flux_runtime::status::Draft;
use flux_runtime::{Cause, Context, Error, Facts, Object, Outcome, Reconciler, Severity};

use crate::artifacts::Artifacts;
use crate::decide::{Situation, Step, decide};
use crate::dependency;
use crate::memory::{Memories, Memory, Phase};
use crate::pass::Pass;
use crate::settings::Settings;
use crate::source::{Source, SourceKey};
use crate::triggers::Sources;

/// Reconciles Kustomizations.
pub struct KustomizationReconciler {
    shared: Shared,
    memories: Memories,
}

/// What all passes share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) artifacts: Artifacts,
    pub(crate) sources: Sources,
}

impl Shared {
    /// The account that an object acts as; empty: the controller's own.
    pub(crate) fn account<'a>(&'a self, object: &'a Kustomization) -> &'a str {
        let own = object.spec.service_account_name.as_str();
        if own.is_empty() {
            &self.settings.default_service_account
        } else {
            own
        }
    }

    fn client(&self, own: &Client, object: &Kustomization) -> Client {
        match self.account(object) {
            "" => own.clone(),
            account => own.impersonate(
                &format!("system:serviceaccount:{}:{account}", object.metadata.namespace),
                &[],
            ),
        }
    }
}

impl KustomizationReconciler {
    pub(crate) fn new(settings: Settings, artifacts: Artifacts, sources: Sources) -> Self {
        KustomizationReconciler {
            shared: Shared {
                settings,
                artifacts,
                sources,
            },
            memories: Memories::default(),
        }
    }

    fn pass<'a>(
        &'a self,
        object: &'a Kustomization,
        context: &'a Context,
        memory: &'a mut Memory,
    ) -> Pass<'a> {
        if memory.uid != object.metadata.uid {
            *memory = Memory {
                uid: object.metadata.uid.clone(),
                ..Memory::default()
            };
        }
        let client = self.shared.client(context.client(), object);
        Pass {
            shared: &self.shared,
            object,
            context,
            memory,
            client,
        }
    }
}

impl Reconciler for KustomizationReconciler {
    type Object = Kustomization;

    fn facts(&self) -> Facts {
        Facts::new(
            Gvk::new(kustomization::API_VERSION, kustomization::KIND),
            FIELD_MANAGER,
        )
        .status_manager(STATUS_MANAGER)
        .owns(&[flux_api::condition::HEALTHY])
        .finalizer(meta::FINALIZER)
    }

    async fn reconcile(&self, object: &Object<Kustomization>, context: &Context) -> Result<Outcome, Error> {
        let memory = self.memories.of(context.key());
        let mut memory = memory.lock().await;
        let mut pass = self.pass(&object.typed, context, &mut memory);
        if !self.shared.sources.are_known(&object.spec.source_ref.kind) {
            // The first list brings a pass by itself.
            return Ok(Outcome::Wait(std::time::Duration::from_secs(5)));
        }
        pass.step().await
    }

    async fn finalize(&self, object: &Object<Kustomization>, context: &Context) -> Result<Outcome, Error> {
        let memory = self.memories.of(context.key());
        let mut memory = memory.lock().await;
        self.pass(&object.typed, context, &mut memory).finalize().await
    }

    /// One that was ready counts as ready in its new generation as well, so that those who depend on it go on.
    fn suspended(&self, draft: &mut Draft) {
        let conditions = draft.conditions();
        let (is_ready, failed) = (conditions.is_true(READY), conditions.is_false(READY));
        let doing = conditions.get(RECONCILING).map(|held| held.message.clone());
        if is_ready {
            draft.remove(RECONCILING);
            draft.observe();
        } else if let Some(doing) = doing.filter(|_| failed) {
            let reason = reason::PROGRESSING_WITH_RETRY;
            draft.set(Condition::new(RECONCILING, true, reason, doing));
        }
    }

    fn forget(&self, key: &Key) {
        self.memories.forget(key);
    }
}

impl Pass<'_> {
    /// Decides, and does it.
    async fn step(&mut self) -> Result<Outcome, Error> {
        let settings = self.context.settings();
        let source = self.shared.sources.find(self.object, settings);
        let obstacle = match &source {
            Source::Ready(artifact) => {
                dependency::obstacle(self.object, &artifact.revision, |key| self.find(key))
            }
            _ => None,
        };
        let step = decide(&Situation {
            object: self.object,
            source: &source,
            obstacle: obstacle.as_deref(),
            waiting: self.memory.waiting(),
            last: self.memory.last(self.context.causes().contains(Cause::Config)),
            requeue_dependency: settings.requeue_dependency,
        });
        tracing::debug!(object = %self.context.target(), causes = ?self.context.causes(), ?step, "step");
        let waiting = self.memory.phase.take();
        match step {
            Step::Stall { reason, message } => Err(Error::stalled(reason, message)),
            Step::Hold {
                reason,
                message,
                retry,
                event,
            } => {
                let artifact = match &source {
                    Source::Ready(artifact) => Some(artifact),
                    _ => None,
                };
                Err(self.hold(reason, message, retry, event.as_deref().zip(artifact)))
            }
            Step::Rest(left) => Ok(Outcome::After(left)),
            Step::Continue => self.resume(waiting).await,
            Step::Run { artifact, effort } => {
                self.cancel(waiting, &artifact.revision);
                if !self.object.spec.depends_on.is_empty() {
                    tracing::info!(object = %self.context.target(), "All dependencies are ready, proceeding with reconciliation");
                }
                self.start(*artifact, effort).await
            }
        }
    }

    /// The event comes once for each obstacle, not at each look.
    fn hold(
        &self,
        reason: &str,
        message: String,
        retry: std::time::Duration,
        event: Option<(&str, &Artifact)>,
    ) -> Error {
        let ready = self.object.status.conditions.get(READY);
        let is_news = ready.is_none_or(|ready| ready.message != message);
        if let Some((event, artifact)) = event.filter(|_| is_news) {
            self.event(Severity::Info, reason, event, artifact);
        }
        let on = self.object.spec.source_ref.name.clone();
        Error::waiting(reason, on, message).retry_after(retry).quiet()
    }

    async fn resume(&mut self, waiting: Option<Phase>) -> Result<Outcome, Error> {
        use flux_runtime::wait::State;
        match waiting {
            Some(Phase::Health(run, wait)) => self.resume_health(run, wait).await,
            Some(Phase::Recreate(run, wait)) => self.resume_recreate(run, wait).await,
            Some(Phase::Stage(run, wait)) => match wait.state(&self.client).await {
                State::Reached => self.apply(run).await,
                State::Failed(sentence) => Err(self.refused(&run, sentence).await),
                State::Pending(left) => {
                    self.memory.phase = Some(Phase::Stage(run, wait));
                    Ok(Outcome::Wait(left))
                }
            },
            Some(Phase::Termination(_)) | None => Ok(Outcome::Again),
        }
    }

    /// A run that something newer overtakes is over; a health check says so.
    fn cancel(&self, waiting: Option<Phase>, revision: &str) {
        let Some(Phase::Health(run, _)) = waiting else {
            return;
        };
        let trigger = if run.artifact.revision == revision {
            format!("{}/{}/{}", kustomization::KIND, self.namespace(), self.name())
        } else {
            SourceKey::of(self.object).to_string()
        };
        let message = format!("Health checks canceled due to new reconciliation triggered by {trigger}");
        self.event(
            Severity::Info,
            reason::HEALTH_CHECK_CANCELED,
            &message,
            &run.artifact,
        );
    }

    fn find(&self, key: &Key) -> Option<Arc<Kustomization>> {
        let raw = self.context.view().get(key)?;
        serde_json::from_value((*raw).clone()).ok().map(Arc::new)
    }
}
