//! The Helm actions on a cluster. They run beside the queue, in tasks of their own: an action waits for hooks and health as long
//! as it takes and holds no worker.

pub(crate) mod apply;
mod crds;
mod drift;
mod hooks;
mod install;
mod log;
mod own;
mod render;
mod rollback;
mod test;
mod uninstall;
mod upgrade;

use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_api::duration::GoDuration;
use flux_api::helmrelease::HelmRelease;
use flux_api::kustomization::Inventory;
use flux_health::Rule;
use flux_helm::Table;
use flux_helm::Time;
use flux_helm::chart::Chart;
use flux_helm::release::Release;
use flux_kube::{Client, Watches};

use crate::decide::Action;
use crate::settings::Settings;
use crate::state::shorten;
use crate::storage::Records;

pub(crate) use drift::detect;
use log::Lines;
pub(crate) use own::set;

/// What an action is done on, and with what.
pub(crate) struct Job {
    pub(crate) object: Arc<HelmRelease>,
    /// The chart; none for an uninstall.
    pub(crate) chart: Option<Arc<Chart>>,
    pub(crate) values: Table,
    /// With the rights of the object's account.
    pub(crate) client: Client,
    pub(crate) watches: Watches,
    pub(crate) settings: Settings,
    /// Namespace of the records.
    pub(crate) storage_namespace: String,
}

/// How an action went.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The records as they were written last, oldest first.
    pub(crate) written: Vec<Release>,
    /// The objects of the release.
    pub(crate) inventory: Option<Inventory>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    pub(crate) took: Duration,
    /// The last lines of the log.
    pub(crate) log: String,
    /// There is no release to work on.
    pub(crate) not_found: bool,
    /// The release that was worked on, where the action chose it.
    pub(crate) target: Option<(String, i64)>,
    /// What was put right.
    pub(crate) corrected: Vec<String>,
}

/// Does an action.
pub(crate) async fn run(job: Job, action: Action) -> Report {
    let mut act = Act::new(job);
    let began = Instant::now();
    let ended = match &action {
        Action::Install => act.install().await,
        Action::Upgrade => act.upgrade().await,
        Action::Rollback(to) => act.rollback(to.version).await,
        Action::Test => act.test().await,
        Action::Remove | Action::Uninstall => act.uninstall().await,
        Action::Unlock => act.unlock().await,
        Action::Correct(differences) => act.correct(differences.clone()).await,
    };
    Report {
        written: act.records.written(),
        inventory: act.inventory.take(),
        error: ended.err(),
        took: began.elapsed(),
        log: act.lines.text(),
        not_found: act.not_found,
        target: act.target.take(),
        corrected: std::mem::take(&mut act.corrected),
    }
}

/// An action under way.
struct Act {
    job: Job,
    records: Records,
    lines: Lines,
    inventory: Option<Inventory>,
    not_found: bool,
    target: Option<(String, i64)>,
    corrected: Vec<String>,
}

/// How long each step of an action may take, and what it waits for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    timeout: Duration,
    /// Whether objects have to become healthy.
    waits: bool,
    /// Jobs have to be done, not only begun.
    for_jobs: bool,
    hooks: bool,
}

impl Patience {
    fn rule(self) -> Rule {
        if self.for_jobs {
            Rule::Usual
        } else {
            Rule::JobsMayRun
        }
    }
}

impl Act {
    fn new(job: Job) -> Self {
        Act {
            records: Records::new(job.client.clone(), &job.storage_namespace),
            job,
            lines: Lines::default(),
            inventory: None,
            not_found: false,
            target: None,
            corrected: Vec::new(),
        }
    }

    fn object(&self) -> &HelmRelease {
        &self.job.object
    }

    fn name(&self) -> String {
        shorten(&self.object().release_name())
    }

    fn namespace(&self) -> &str {
        self.object().release_namespace()
    }

    fn timeout(&self, own: Option<GoDuration>) -> Duration {
        own.unwrap_or_else(|| self.object().spec.timeout()).get()
    }

    fn chart(&self) -> Result<&Arc<Chart>, String> {
        self.job
            .chart
            .as_ref()
            .ok_or_else(|| "no chart provided".to_owned())
    }

    /// Marks a release as failed whose action was cut off.
    async fn unlock(&mut self) -> Result<(), String> {
        let Some(mut last) = self.records.last(&self.name()).await? else {
            self.not_found = true;
            return Ok(());
        };
        let status = last.info.status.clone();
        let Some(status) = status.filter(|status| status.is_pending()) else {
            return Ok(());
        };
        last.info.status = Some(flux_helm::release::Status::Failed);
        last.info.description = format!("Release unlocked from stale '{status}' state");
        self.target = Some((status.to_string(), last.version));
        let updated = self.records.update(&last).await;
        if updated.is_err() {
            // The sentence about it names the release all the same.
            self.records.note(&last);
        }
        updated
    }
}

fn now() -> Time {
    let now = flux_runtime::time::now();
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    Time::from_unix(now.as_second(), nanoseconds)
}
