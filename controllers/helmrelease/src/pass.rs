//! One look at one object: what it is made from, and what follows.

use std::sync::Arc;
use std::time::Duration;

use flux_api::condition::{READY, RECONCILING, Status};
use flux_api::duration::GoDuration;
use flux_api::helmrelease::HelmRelease;
use flux_api::reason;
use flux_helm::Table;
use flux_helm::chart::Chart;
use flux_kube::{Client, Gvk, Key};
use flux_runtime::{Context, Error, Outcome, Severity};
use serde_json::{Map, Value};

use crate::charts::ChartError;
use crate::memory::{Memory, Wish};
use crate::reconciler::Shared;
use crate::source::{self, Source};
use crate::support::{NOT_SUPPORTED, unsupported};
use crate::work::Work;
use crate::{dependency, digest, template, values};

/// What every step of a pass needs.
pub(crate) struct Pass<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) context: &'a Context,
    pub(crate) memory: &'a mut Memory,
    /// The client with the rights of the object's account.
    pub(crate) client: Client,
    pub(crate) work: Work,
}

/// What a release is made from.
pub(crate) struct Inputs {
    pub(crate) chart: Arc<Chart>,
    pub(crate) values: Table,
    /// Digest of the values.
    pub(crate) config: String,
    pub(crate) wish: Wish,
}

/// A pass that ends early: with an outcome, or a failure.
pub(crate) enum Early {
    Outcome(Outcome),
    Failure(Error),
}

impl From<Error> for Early {
    fn from(error: Error) -> Self {
        Early::Failure(error)
    }
}

/// What an action that runs is looked at after, should its end not have been told.
const BACKSTOP: Duration = Duration::from_secs(60);

impl Pass<'_> {
    /// Goes on with what is under way, or looks what is to be done.
    pub(crate) async fn step(&mut self) -> Result<Outcome, Error> {
        match self.advance().await {
            Ok(outcome) | Err(Early::Outcome(outcome)) => Ok(outcome),
            Err(Early::Failure(error)) => Err(error),
        }
    }

    async fn advance(&mut self) -> Result<Outcome, Early> {
        if let Some(mut running) = self.memory.running.take() {
            match running.report() {
                None => {
                    self.memory.running = Some(running);
                    return Ok(Outcome::Wait(BACKSTOP));
                }
                Some(report) => self.conclude(&running, report).await?,
            }
        }
        if let Some(message) = unsupported(&self.work.object.spec) {
            return Err(Error::stalled(NOT_SUPPORTED, message).into());
        }
        template::reconcile(self.context, &mut self.work).await?;
        let inputs = self.inputs().await?;
        self.act(inputs).await
    }

    /// Writes the status as it stands.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        self.context.edit_status(|draft| self.work.write(draft)).await
    }

    /// Writes the status of a pass that is over.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        self.work.status_mut().observed_generation = self.work.object.metadata.generation;
        self.flush().await
    }

    async fn inputs(&mut self) -> Result<Inputs, Early> {
        let object = &self.work.object;
        let is_news = object.status.observed_generation != object.metadata.generation
            || !object.status.conditions.is_true(READY);
        if is_news && self.memory.attempt.is_none() {
            self.work
                .reconciling(reason::PROGRESSING, "Fulfilling prerequisites");
            self.flush().await?;
        }
        self.dependencies().await?;
        self.work.got_past(&[reason::DEPENDENCY_NOT_READY]);
        let artifact = self.source().await?;
        self.work
            .got_past(&[reason::ACCESS_DENIED, reason::SOURCE_NOT_READY]);
        let values = self.values().await?;
        self.work.got_past(&[reason::VALUES_ERROR]);
        let chart = self.chart(&artifact).await?;
        self.work.got_past(&[reason::ARTIFACT_FAILED]);
        let config = match values.to_json() {
            Value::Object(values) => digest::values(&values),
            _ => digest::values(&Map::new()),
        };
        let metadata = &self.work.object.metadata;
        Ok(Inputs {
            wish: Wish {
                generation: metadata.generation,
                requested: metadata.requested_at().map(str::to_owned),
                chart: artifact.digest,
                values: config.clone(),
            },
            chart,
            values,
            config,
        })
    }

    async fn dependencies(&mut self) -> Result<(), Early> {
        let find = |key: &Key| {
            let raw = self.context.view().get(key)?;
            serde_json::from_value::<HelmRelease>((*raw).clone()).ok()
        };
        let Some(obstacle) = dependency::obstacle(&self.work.object, find) else {
            return Ok(());
        };
        if self.work.ready_message() != obstacle {
            self.context
                .event(Severity::Info, reason::DEPENDENCY_NOT_READY, &obstacle, &[]);
        }
        self.hold(reason::DEPENDENCY_NOT_READY, &obstacle).await
    }

    /// Waits for something else; a trigger or the time brings the next pass.
    async fn hold<T>(&mut self, reason: &str, message: &str) -> Result<T, Early> {
        if let Some(doing) = self.work.status().conditions.get(RECONCILING) {
            // It goes on, but not by itself.
            let doing = doing.message.clone();
            self.work.reconciling(reason::PROGRESSING_WITH_RETRY, &doing);
        }
        self.work.mark(READY, Status::False, reason, message);
        self.flush().await?;
        let pause = self.context.settings().requeue_dependency;
        Err(Early::Outcome(Outcome::After(pause)))
    }

    /// A failure before any action: again after a pause that grows.
    async fn broken(&mut self, reason: &str, message: &str, event: Option<&str>) -> Early {
        if let Some(event) = event {
            self.context.event(Severity::Error, reason, event, &[]);
        }
        self.work.mark(READY, Status::False, reason, message);
        if let Err(error) = self.flush().await {
            return error.into();
        }
        Error::transient(reason, message).quiet().into()
    }

    async fn source(&mut self) -> Result<flux_api::source::Artifact, Early> {
        let Some(key) = source::key(&self.work.object) else {
            let message = "either chart or chartRef must be set";
            return Err(Error::stalled("InvalidSpec", message).into());
        };
        let settings = self.context.settings();
        let own = &self.work.object.metadata.namespace;
        let denied = source::denied(&key, own, settings.no_cross_namespace_refs);
        let found = match denied {
            Some(message) => Source::Denied(message),
            None => self.read_source(&key).await?,
        };
        match found {
            Source::Ready(artifact) => Ok(artifact),
            Source::Denied(message) => Err(Error::stalled(reason::ACCESS_DENIED, message).into()),
            Source::Missing(cause) => {
                let message = format!("could not get Source object: {cause}");
                Err(self.broken(reason::ARTIFACT_FAILED, &message, None).await)
            }
            Source::NotReady(message) => self.hold(reason::SOURCE_NOT_READY, &message).await,
        }
    }

    /// From the cache; where it knows nothing (yet), from the server.
    async fn read_source(&self, key: &Key) -> Result<Source, Error> {
        let held = match self.shared.sources.get(key) {
            Some(held) => Some((*held).clone()),
            None => {
                let kind = Gvk::new(flux_api::helmchart::API_VERSION, flux_api::helmchart::KIND);
                self.context
                    .client()
                    .get_opt(&kind, &key.namespace, &key.name)
                    .await?
            }
        };
        let chart = held.and_then(|held| serde_json::from_value(held).ok());
        Ok(source::read(key, chart.as_ref()))
    }

    async fn values(&mut self) -> Result<Table, Early> {
        let read = values::read(self.context.client(), &self.work.object).await;
        let composed = read.and_then(|contents| values::compose(&self.work.object, &contents));
        match composed {
            Ok(values) => Ok(values),
            Err(message) => Err(self.broken(reason::VALUES_ERROR, &message, Some(&message)).await),
        }
    }

    async fn chart(&mut self, artifact: &flux_api::source::Artifact) -> Result<Arc<Chart>, Early> {
        match self.shared.charts.load(artifact).await {
            Ok(chart) => Ok(chart),
            Err(ChartError::NotThere(_)) => {
                let pause = GoDuration::from(self.context.settings().requeue_dependency);
                let message = format!("Source not ready: artifact not found. Retrying in {pause}");
                self.hold(reason::ARTIFACT_FAILED, &message).await
            }
            Err(ChartError::Failed(cause)) => {
                let message = format!("Could not load chart: {cause}");
                Err(self.broken(reason::ARTIFACT_FAILED, &message, Some(&cause)).await)
            }
        }
    }

    /// Gives up until something changes.
    pub(crate) async fn give_up(&mut self, reason: &str, message: &str) -> Result<Outcome, Early> {
        self.work.stalled(reason, message);
        self.memory.attempt = None;
        self.settle().await?;
        tracing::error!(object = %self.context.key(), reason, message, "Reconciler error");
        Ok(Outcome::Done)
    }

    /// Another attempt, after a pause that grows.
    pub(crate) async fn again(&mut self) -> Result<Outcome, Early> {
        let message = self.work.ready_message().to_owned();
        self.work.reconciling(reason::PROGRESSING_WITH_RETRY, &message);
        self.memory.attempt = None;
        self.flush().await?;
        let settings = self.context.settings();
        let doubled = settings
            .min_retry_delay
            .saturating_mul(1 << self.memory.failures.min(20));
        self.memory.failures += 1;
        Ok(Outcome::After(doubled.min(settings.max_retry_delay)))
    }

    /// Another attempt, after the pause of the spec.
    pub(crate) async fn retry(&mut self, pause: Duration) -> Result<Outcome, Early> {
        let message = format!("retrying after {}", GoDuration::from(pause));
        self.work.reconciling(reason::PROGRESSING_WITH_RETRY, &message);
        self.memory.attempt = None;
        self.settle().await?;
        Ok(Outcome::Interval(pause))
    }

    /// Enough for now.
    pub(crate) async fn rest(&mut self) -> Result<Outcome, Early> {
        self.work.unmark(RECONCILING);
        self.memory.attempt = None;
        self.memory.failures = 0;
        self.settle().await?;
        Ok(Outcome::Interval(self.work.object.spec.interval.get()))
    }
}
