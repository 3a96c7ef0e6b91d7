//! What an action that is over means for the status.

use flux_api::condition::{READY, Status};
use flux_api::duration::GoDuration;
use flux_api::helmrelease::{RELEASED, REMEDIATED, Snapshot, TEST_SUCCESS};
use flux_api::reason;
use flux_runtime::{Error, Outcome, Severity};

use crate::action::Report;
use crate::decide::{Action, After, after};
use crate::history;
use crate::memory::Running;
use crate::pass::{Early, Pass};
use crate::remedy::Remedy;
use crate::snapshot::{snapshot, tests};
use crate::work::{install_succeeded, upgrade_succeeded};

/// What an event about a release names.
#[derive(Clone)]
struct About {
    chart_version: String,
    values: String,
    app_version: String,
}

impl From<&Snapshot> for About {
    fn from(snapshot: &Snapshot) -> Self {
        About {
            chart_version: snapshot.chart_version.clone(),
            values: snapshot.config_digest.clone(),
            app_version: snapshot.app_version.clone(),
        }
    }
}

/// How an action left things.
enum Ending {
    /// It left something in the storage, good or bad.
    Done,
    /// It left nothing: as if it had not been tried.
    Void(String),
}

impl Pass<'_> {
    /// Notes how an action went. On return the next one is to be looked for.
    pub(crate) async fn conclude(&mut self, running: &Running, report: Report) -> Result<(), Early> {
        let ending = match &running.action {
            Action::Install | Action::Upgrade => self.released(running, &report),
            Action::Test => self.tested(&report),
            Action::Rollback(to) => self.rolled_back(running, to, &report),
            Action::Remove => self.removed(&report),
            Action::Uninstall => return self.moved_out(&report).await,
            Action::Unlock => self.unlocked(&report),
            Action::Correct(_) => self.corrected(&report),
        };
        self.work.summarize();
        match ending {
            Ending::Void(cause) => Err(self.void(&cause).await),
            Ending::Done => self.proceed(running.action.kind()).await,
        }
    }

    async fn proceed(&mut self, done: crate::decide::Type) -> Result<(), Early> {
        let outcome = match after(&self.work, done, self.shared.defaults) {
            After::Continue => {
                if let Some(attempt) = &mut self.memory.attempt {
                    attempt.done.push(done);
                }
                self.flush().await?;
                return Ok(());
            }
            After::Retry(pause) => self.retry(pause).await?,
            After::Again => self.again().await?,
            After::Exceeded => self.exceeded().await?,
            After::Rest => self.rest().await?,
        };
        Err(Early::Outcome(outcome))
    }

    /// The action left nothing in the storage: it is tried again, and counts for nothing.
    async fn void(&mut self, cause: &str) -> Early {
        self.memory.attempt = None;
        if let Some(pause) = self
            .work
            .object
            .active_retry(self.shared.defaults.retry_on_failure)
        {
            return match self.retry(pause).await {
                Ok(outcome) => Early::Outcome(outcome),
                Err(early) => early,
            };
        }
        if self.work.is_true(READY) {
            self.work
                .mark(READY, Status::False, reason::RECONCILE_ERROR, cause);
        }
        if let Err(error) = self.flush().await {
            return error.into();
        }
        let ready = self
            .work
            .status()
            .conditions
            .get(READY)
            .cloned()
            .unwrap_or_default();
        Error::transient(&ready.reason, ready.message).quiet().into()
    }

    fn say(&self, severity: Severity, reason: &str, message: &str, about: &About) {
        let pairs = [
            ("revision", &about.chart_version),
            ("token", &about.values),
            ("app-version", &about.app_version),
        ];
        let metadata: Vec<(&str, &str)> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key, value.as_str()))
            .collect();
        self.context.event(severity, reason, message, &metadata);
    }

    /// An action went well: a condition and an event.
    fn went_well(&mut self, condition: &str, reason: &str, message: &str, about: impl Into<About>) {
        self.work.mark(condition, true, reason, message);
        self.say(Severity::Info, reason, message, &about.into());
    }

    /// An action went wrong: a condition, an event with what Helm logged, and one failure more.
    fn went_wrong(
        &mut self,
        condition: &str,
        reason: &str,
        message: String,
        about: impl Into<About>,
        log: &str,
    ) {
        self.work.status_mut().failures += 1;
        self.work.mark(condition, false, reason, &message);
        self.say(Severity::Error, reason, &with_log(message, log), &about.into());
    }

    fn released(&mut self, running: &Running, report: &Report) -> Ending {
        let installs = running.action == Action::Install;
        let name = running.action.name();
        let written: Vec<Snapshot> = report
            .written
            .iter()
            .map(|release| snapshot(release, ""))
            .collect();
        let left_something = !written.is_empty();
        let status = self.work.status_mut();
        status.last_attempted_release_action_duration = GoDuration::from(report.took).to_string();
        if let Some(inventory) = &report.inventory {
            status.inventory = Some(inventory.clone());
        }
        history::record(&mut status.history, written, name, "");
        let Some(cause) = &report.error else {
            self.release_succeeded(installs);
            return Ending::Done;
        };
        let (namespace, release) = (
            self.work.object.release_namespace(),
            self.work.object.release_name(),
        );
        let (chart, version, app_version) = &running.chart;
        let cause = cause.trim();
        let message = format!(
            "Helm {name} failed for release {namespace}/{release} with chart {chart}@{version}: {cause}"
        );
        let reason = if installs {
            reason::INSTALL_FAILED
        } else {
            reason::UPGRADE_FAILED
        };
        let about = About {
            chart_version: version.clone(),
            values: running.values.clone(),
            app_version: app_version.clone(),
        };
        self.went_wrong(RELEASED, reason, message, about, &report.log);
        if !left_something {
            return Ending::Void(cause.to_owned());
        }
        let status = self.work.status_mut();
        if installs {
            status.install_failures += 1;
        } else {
            status.upgrade_failures += 1;
        }
        Ending::Done
    }

    fn release_succeeded(&mut self, installs: bool) {
        let Some(latest) = self.work.latest().cloned() else {
            return;
        };
        let (reason, message) = if installs {
            (reason::INSTALL_SUCCEEDED, install_succeeded(&latest))
        } else {
            (reason::UPGRADE_SUCCEEDED, upgrade_succeeded(&latest))
        };
        self.went_well(RELEASED, reason, &message, &latest);
        let spec = &self.work.object.spec;
        let strategy = if installs {
            spec.install().strategy
        } else {
            spec.upgrade().strategy
        };
        if spec.test().enable && !latest.is_tested() {
            let (release, chart) = (latest.release(), latest.chart());
            let message = format!("Helm release {release} with chart {chart} is awaiting tests");
            self.work
                .mark(TEST_SUCCESS, Status::Unknown, reason::AWAITING_TESTS, &message);
        }
        let retries =
            flux_api::helmrelease::Strategy::retry(strategy.as_ref(), self.shared.defaults.retry_on_failure);
        if retries.is_some() {
            self.work.status_mut().clear_failures();
        }
    }

    fn tested(&mut self, report: &Report) -> Ending {
        let test = self.work.object.spec.test();
        let Some(before) = self.work.latest().cloned() else {
            return Ending::Void("no latest release: required for test".into());
        };
        let mut error = report.error.clone();
        if let Some((release, version)) = &report.target
            && (release.as_str(), *version)
                != (
                    format!("{}/{}", before.namespace, before.name).as_str(),
                    before.version,
                )
        {
            let current = before.release();
            error = Some(format!(
                "release mismatch: tested release {release}.v{version} != current release {current}"
            ));
        }
        for release in &report.written {
            if before.targets(&release.name, &release.namespace, release.version) {
                let mut tested = snapshot(release, &before.oci_digest);
                tested.test_hooks = Some(tests(release, &test));
                history::replace(&mut self.work.status_mut().history, tested, Some(&before.action));
            }
        }
        let latest = self.work.latest().cloned().unwrap_or(before);
        let (release, chart) = (latest.release(), latest.chart());
        let Some(cause) = error else {
            let count = latest
                .test_hooks
                .as_ref()
                .map_or(0, std::collections::BTreeMap::len);
            let hooks = match count {
                0 => "no test hooks".to_owned(),
                1 => "1 test hook completed successfully".to_owned(),
                count => format!("{count} test hooks completed successfully"),
            };
            let message = format!("Helm test succeeded for release {release} with chart {chart}: {hooks}");
            self.went_well(TEST_SUCCESS, reason::TEST_SUCCEEDED, &message, &latest);
            return Ending::Done;
        };
        let message = format!(
            "Helm test failed for release {release} with chart {chart}: {}",
            cause.trim()
        );
        self.went_wrong(TEST_SUCCESS, reason::TEST_FAILED, message, &latest, "");
        if !latest.is_tested() {
            return Ending::Void(cause);
        }
        let counts = Remedy::active(&self.work.object).is_some_and(|remedy| !remedy.ignores_tests);
        let status = self.work.status_mut();
        match status.last_attempted_release_action.as_str() {
            "install" if counts => status.install_failures += 1,
            "upgrade" if counts => status.upgrade_failures += 1,
            _ => {}
        }
        Ending::Done
    }

    fn rolled_back(&mut self, running: &Running, to: &Snapshot, report: &Report) -> Ending {
        let before = self.work.latest().map(|latest| latest.digest.clone());
        if let Some(inventory) = &report.inventory {
            self.work.status_mut().inventory = Some(inventory.clone());
        }
        for release in &report.written {
            let newer = snapshot(release, "");
            let history = &mut self.work.status_mut().history;
            if !history::replace(history, newer.clone(), Some("rollback")) {
                history.insert(0, newer);
            }
        }
        let (release, chart) = (to.release(), to.chart());
        let what = format!("Helm rollback to previous release {release} with chart {chart}");
        let about = About {
            values: running.values.clone(),
            ..About::from(to)
        };
        let Some(cause) = &report.error else {
            let message = format!("{what} succeeded");
            self.went_well(REMEDIATED, reason::ROLLBACK_SUCCEEDED, &message, about);
            return Ending::Done;
        };
        let message = format!("{what} failed: {}", cause.trim());
        self.went_wrong(REMEDIATED, reason::ROLLBACK_FAILED, message, about, &report.log);
        if self.work.latest().map(|latest| latest.digest.clone()) == before {
            return Ending::Void(cause.clone());
        }
        Ending::Done
    }

    /// Notes an uninstall in the history; the latest as it was before, and why it counts as failed, if so.
    pub(crate) fn uninstalled(
        &mut self,
        report: &Report,
        action: &str,
    ) -> (Option<Snapshot>, Option<String>) {
        let before = self.work.latest().cloned();
        for release in &report.written {
            let oci = before.as_ref().map_or("", |before| &before.oci_digest);
            let newer = snapshot(release, oci);
            history::replace(&mut self.work.status_mut().history, newer, Some(action));
        }
        let mut error = report.error.clone();
        if let (Some(before), Some((release, version))) = (&before, &report.target)
            && (release.as_str(), *version)
                != (
                    format!("{}/{}", before.namespace, before.name).as_str(),
                    before.version,
                )
        {
            let current = before.release();
            error = Some(format!(
                "release mismatch: uninstalled release {release}.v{version} != current release {current}"
            ));
        }
        (before, error)
    }

    fn removed(&mut self, report: &Report) -> Ending {
        let (before, mut error) = self.uninstalled(report, "uninstall-remediation");
        let Some(before) = before else {
            return Ending::Void("no latest release: required to uninstall".into());
        };
        let latest = self.work.latest().cloned().unwrap_or_else(|| before.clone());
        let unchanged = latest.digest == before.digest;
        if error.is_none() && unchanged {
            error = Some("uninstall completed with error: release not updated in Helm storage".into());
        }
        let (release, chart) = (latest.release(), latest.chart());
        let what = format!("Helm uninstall remediation for release {release} with chart {chart}");
        let Some(cause) = error else {
            let message = format!("{what} succeeded");
            self.work.status_mut().inventory = None;
            self.went_well(REMEDIATED, reason::UNINSTALL_SUCCEEDED, &message, &latest);
            return Ending::Done;
        };
        let message = format!("{what} failed: {}", cause.trim());
        self.went_wrong(
            REMEDIATED,
            reason::UNINSTALL_FAILED,
            message,
            &latest,
            &report.log,
        );
        if unchanged {
            Ending::Void(cause)
        } else {
            Ending::Done
        }
    }

    /// The outcome of an uninstall of a release that is no longer wanted; the cause where it failed.
    pub(crate) fn note_uninstall(&mut self, report: &Report) -> Result<(), String> {
        let (before, mut error) = self.uninstalled(report, "uninstall");
        let Some(before) = before else { return Ok(()) };
        let keeps = self.work.object.spec.uninstall().keep_history;
        let gone = report.not_found;
        let already = keeps
            && error
                .as_deref()
                .is_some_and(|error| error.contains("is already deleted"));
        if gone || already {
            let release = before.release();
            let message = if gone {
                format!("Release {release} was not found, assuming it is uninstalled")
            } else {
                format!("Release {release} was already uninstalled")
            };
            self.work
                .mark(RELEASED, false, reason::UNINSTALL_SUCCEEDED, &message);
            return Ok(());
        }
        let latest = self.work.latest().cloned().unwrap_or_else(|| before.clone());
        if error.is_none() && latest.digest == before.digest && before.status != "uninstalled" {
            error = Some("uninstall completed with error: release not updated in Helm storage".into());
        }
        let (release, chart) = (latest.release(), latest.chart());
        let Some(cause) = error else {
            let message = format!("Helm uninstall succeeded for release {release} with chart {chart}");
            self.work.status_mut().inventory = None;
            self.work
                .mark(RELEASED, false, reason::UNINSTALL_SUCCEEDED, &message);
            self.say(
                Severity::Info,
                reason::UNINSTALL_SUCCEEDED,
                &message,
                &(&latest).into(),
            );
            return Ok(());
        };
        let message = format!(
            "Helm uninstall failed for release {release} with chart {chart}: {}",
            cause.trim()
        );
        self.went_wrong(RELEASED, reason::UNINSTALL_FAILED, message, &latest, &report.log);
        Err(cause)
    }

    /// The old release of an object whose target changed is gone: the new one comes next.
    async fn moved_out(&mut self, report: &Report) -> Result<(), Early> {
        let ended = self.note_uninstall(report);
        self.work.summarize();
        self.memory.attempt = None;
        if let Err(cause) = ended {
            return Err(self.void(&cause).await);
        }
        let status = self.work.status_mut();
        status.history.clear();
        status.clear_failures();
        status.storage_namespace.clear();
        self.flush().await?;
        Err(Early::Outcome(Outcome::Again))
    }

    fn corrected(&mut self, report: &Report) -> Ending {
        let Some(latest) = self.work.latest().cloned() else {
            return Ending::Done;
        };
        let release = latest.release();
        let corrected = report.corrected.join("\n");
        let (severity, reason, message) = match &report.error {
            None if corrected.is_empty() => return Ending::Done,
            None => (
                Severity::Info,
                reason::DRIFT_CORRECTED,
                format!("Cluster state of release {release} has been corrected:\n{corrected}"),
            ),
            Some(cause) if corrected.is_empty() => (
                Severity::Error,
                reason::DRIFT_CORRECTION_FAILED,
                format!("Failed to correct cluster state of release {release}:\n{cause}"),
            ),
            Some(cause) => (
                Severity::Error,
                reason::DRIFT_CORRECTION_FAILED,
                format!(
                    "Failed to partially correct cluster state of release {release}:\n{cause}\n\nSuccessful corrections:\n{corrected}"
                ),
            ),
        };
        self.say(severity, reason, &message, &(&latest).into());
        Ending::Done
    }

    fn unlocked(&mut self, report: &Report) -> Ending {
        let Some((status, _)) = report.target.clone() else {
            return report.error.clone().map_or(Ending::Done, Ending::Void);
        };
        let Some(release) = report.written.last() else {
            return report.error.clone().map_or(Ending::Done, Ending::Void);
        };
        let held = self
            .work
            .status()
            .history
            .iter()
            .find(|held| held.targets(&release.name, &release.namespace, release.version));
        let (oci, action) = held.map_or((String::new(), String::new()), |held| {
            (held.oci_digest.clone(), held.action.clone())
        });
        let current = snapshot(release, &oci);
        let what = format!(
            "Helm release {} with chart {} in {status} state",
            current.release(),
            current.chart()
        );
        let (severity, message) = match &report.error {
            None => (Severity::Info, format!("Unlocked {what}")),
            Some(cause) => (
                Severity::Error,
                format!("Unlock of {what} failed: {}", cause.trim()),
            ),
        };
        self.work.mark(RELEASED, false, reason::PENDING_RELEASE, &message);
        self.say(severity, reason::PENDING_RELEASE, &message, &(&current).into());
        match &report.error {
            None => {
                history::replace(&mut self.work.status_mut().history, current, Some(&action));
                Ending::Done
            }
            Some(cause) => {
                self.work.status_mut().failures += 1;
                Ending::Void(cause.clone())
            }
        }
    }
}

fn with_log(message: String, log: &str) -> String {
    if log.is_empty() {
        message
    } else {
        format!("{message}\n\nLast Helm logs:\n\n{log}")
    }
}
