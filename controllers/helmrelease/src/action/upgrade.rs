//! `helm upgrade`.

use flux_api::helmrelease::Upgrade;
use flux_helm::Log;
use flux_helm::release::{HookEvent, Info, Release, Status};
use flux_helm::values::{coalesce_values, merge_maps};
use flux_kube::Propagation;

use super::apply::{Target, Way, build};
use super::render::Purpose;
use super::{Act, Patience, now, own};
use crate::storage::{deployed, is};

impl Act {
    /// Makes the next release of one that there is.
    pub(super) async fn upgrade(&mut self) -> Result<(), String> {
        let spec = self.object().spec.upgrade();
        let patience = Patience {
            timeout: self.timeout(spec.timeout),
            waits: !spec.disable_wait,
            for_jobs: !spec.disable_wait_for_jobs,
            hooks: !spec.disable_hooks,
        };
        let name = self.name();
        let none = || format!("{name:?} has no deployed releases");
        let history = self.records.history(&name).await?;
        let last = history.last().ok_or_else(none)?;
        self.apply_definitions(&spec.crds).await?;
        flux_helm::check_release_name(&name).map_err(|_| format!("release name is invalid: {name}"))?;
        if last.info.status.as_ref().is_some_and(Status::is_pending) {
            return Err("another operation (install/upgrade/rollback) is in progress".into());
        }
        let mut current = match deployed(&history) {
            Some(deployed) => deployed.clone(),
            None if is(last, &Status::Failed) || is(last, &Status::Superseded) => last.clone(),
            None => return Err(none()),
        };
        let mut release = self.prepare(&spec, &current, last).await?;
        let namespace = release.namespace.clone();
        let (originals, targets) = self.objects(&spec, &current, &release).await?;
        self.note_inventory(&targets);
        self.records
            .create(&release, self.object().spec.max_history())
            .await?;
        let way = Way {
            force: true,
            migrate: current.apply_method != "ssa",
        };
        let performed = self
            .perform_upgrade(&mut release, &mut current, &originals, &targets, way, patience)
            .await;
        tracing::debug!(release = name, namespace, failed = performed.is_err(), "upgraded");
        match performed {
            Ok(()) => {
                release.info.status = Some(Status::Deployed);
                release.info.description = "Upgrade complete".into();
                self.records.update(&release).await
            }
            Err((cause, created)) => Err(self.fail_upgrade(&spec, release, cause, created).await),
        }
    }

    async fn prepare(
        &mut self,
        spec: &Upgrade,
        current: &Release,
        last: &Release,
    ) -> Result<Release, String> {
        if spec.preserve_values {
            self.reuse_values(current)?;
        }
        let version = last.version + 1;
        let checks = !spec.disable_schema_validation;
        let rendered = self.render(Purpose::Upgrade, version, checks).await?;
        Ok(Release {
            name: last.name.clone(),
            namespace: current.namespace.clone(),
            config: self.job.values.clone(),
            manifest: rendered.manifest(),
            chart: rendered.chart,
            hooks: rendered.hooks,
            version,
            apply_method: "ssa".into(),
            labels: last.labels.clone(),
            info: Info {
                first_deployed: current.info.first_deployed.clone(),
                last_deployed: now(),
                status: Some(Status::PendingUpgrade),
                description: "Preparing upgrade".into(),
                notes: rendered.notes,
                ..Info::default()
            },
        })
    }

    /// Begins with the values of the release before: those given to it under those given now, and its chart's for the chart.
    fn reuse_values(&mut self, current: &Release) -> Result<(), String> {
        let old = coalesce_values(&current.chart, &current.config, &mut Log::new())
            .map_err(|error| format!("failed to rebuild old values: {error}"))?;
        let mut values = current.config.clone();
        merge_maps(&mut values, std::mem::take(&mut self.job.values));
        self.job.values = values;
        if let Some(chart) = &mut self.job.chart {
            std::sync::Arc::make_mut(chart).values = Some(old);
        }
        Ok(())
    }

    /// What the cluster holds of the release, and what it shall hold.
    async fn objects(
        &self,
        spec: &Upgrade,
        current: &Release,
        release: &Release,
    ) -> Result<(Vec<Target>, Vec<Target>), String> {
        let (client, namespace) = (&self.job.client, release.namespace.as_str());
        let originals = build(client, &current.manifest, namespace).await;
        let mut originals = originals.map_err(|cause| {
            format!("unable to build kubernetes objects from current release manifest: {cause}")
        })?;
        let targets = build(client, &release.manifest, namespace).await;
        let mut targets = targets.map_err(|cause| {
            format!("unable to build kubernetes objects from new release manifest: {cause}")
        })?;
        targets
            .iter_mut()
            .for_each(|target| own::mark(&mut target.object, &release.name, namespace));
        let is_new = |target: &&Target| {
            !originals
                .iter()
                .any(|original| original.at.id() == target.at.id())
        };
        let new: Vec<Target> = targets.iter().filter(is_new).cloned().collect();
        let adopted = self.existing(&new, !spec.disable_take_ownership).await;
        originals.extend(adopted.map_err(|cause| format!("unable to continue with update: {cause}"))?);
        Ok((originals, targets))
    }

    async fn perform_upgrade(
        &self,
        release: &mut Release,
        current: &mut Release,
        originals: &[Target],
        targets: &[Target],
        way: Way,
        patience: Patience,
    ) -> Result<(), (String, Vec<Target>)> {
        if patience.hooks {
            let hooks = self
                .run_hooks(release, HookEvent::PreUpgrade, patience, |_| true)
                .await;
            hooks.map_err(|cause| (format!("pre-upgrade hooks failed: {cause}"), Vec::new()))?;
        }
        let updated = self.update(originals, targets, way).await;
        let outcome = match updated.error {
            Some(error) => Err(error),
            None => self.wait(&updated.live, patience).await,
        };
        if let Err(error) = outcome {
            self.records.record(current).await;
            return Err((error, updated.created));
        }
        if patience.hooks {
            let hooks = self
                .run_hooks(release, HookEvent::PostUpgrade, patience, |_| true)
                .await;
            hooks.map_err(|cause| (format!("post-upgrade hooks failed: {cause}"), updated.created))?;
        }
        current.info.status = Some(Status::Superseded);
        self.records.record(current).await;
        Ok(())
    }

    async fn fail_upgrade(
        &self,
        spec: &Upgrade,
        mut release: Release,
        cause: String,
        created: Vec<Target>,
    ) -> String {
        release.info.status = Some(Status::Failed);
        release.info.description = format!("Upgrade {:?} failed: {cause}", release.name);
        self.records.record(&release).await;
        if !spec.cleanup_on_fail {
            return cause;
        }
        match self.clean_up(&created).await {
            Ok(()) => cause,
            Err(problems) => format!(
                "an error occurred while cleaning up resources. original upgrade error: {cause}: unable to cleanup resources: \
                 {problems}"
            ),
        }
    }

    /// Deletes what a failed action made.
    pub(super) async fn clean_up(&self, created: &[Target]) -> Result<(), String> {
        let mut problems = Vec::new();
        for target in created {
            if let Err(error) = self.delete(target, Propagation::Background).await {
                problems.push(error);
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.join(", "))
        }
    }
}
