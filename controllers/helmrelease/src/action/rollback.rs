//! `helm rollback`.

use flux_api::helmrelease::Rollback;
use flux_helm::release::{HookEvent, Info, Release, Status};

use super::apply::{Target, Way, build};
use super::{Act, Patience, now, own};
use crate::storage::is;

impl Act {
    /// Makes a release that is as an earlier one was.
    pub(super) async fn rollback(&mut self, version: i64) -> Result<(), String> {
        let spec = self.object().spec.rollback();
        let patience = Patience {
            timeout: self.timeout(spec.timeout),
            waits: !spec.disable_wait,
            for_jobs: !spec.disable_wait_for_jobs,
            hooks: !spec.disable_hooks,
        };
        let name = self.name();
        let history = self.records.history(&name).await?;
        let mut current = history.last().cloned().ok_or("release: not found")?;
        let previous = history.iter().find(|release| release.version == version);
        let previous = previous.ok_or_else(|| format!("release has no {version} version"))?;
        let mut release = Release {
            name: name.clone(),
            namespace: current.namespace.clone(),
            version: current.version + 1,
            apply_method: "ssa".into(),
            info: Info {
                first_deployed: current.info.first_deployed.clone(),
                last_deployed: now(),
                status: Some(Status::PendingRollback),
                notes: previous.info.notes.clone(),
                rollback_revision: version,
                description: format!("Rollback to {version}"),
                ..Info::default()
            },
            ..previous.clone()
        };
        self.records
            .create(&release, self.object().spec.max_history())
            .await?;
        self.perform_rollback(&spec, &mut release, &mut current, patience)
            .await?;
        let deployed = self.records.history(&name).await?;
        for mut other in deployed.into_iter().filter(|other| is(other, &Status::Deployed)) {
            other.info.status = Some(Status::Superseded);
            self.records.record(&other).await;
        }
        release.info.status = Some(Status::Deployed);
        self.records.update(&release).await
    }

    async fn perform_rollback(
        &mut self,
        spec: &Rollback,
        release: &mut Release,
        current: &mut Release,
        patience: Patience,
    ) -> Result<(), String> {
        let client = &self.job.client;
        let originals = build(client, &current.manifest, &release.namespace).await;
        let originals = originals.map_err(|cause| {
            format!("unable to build kubernetes objects from current release manifest: {cause}")
        })?;
        let targets = build(client, &release.manifest, &release.namespace).await;
        let mut targets = targets.map_err(|cause| {
            format!("unable to build kubernetes objects from new release manifest: {cause}")
        })?;
        if patience.hooks {
            self.run_hooks(release, HookEvent::PreRollback, patience, |_| true)
                .await?;
        }
        targets
            .iter_mut()
            .for_each(|target| own::mark(&mut target.object, &release.name, &release.namespace));
        self.note_inventory(&targets);
        let way = Way {
            force: true,
            migrate: true,
        };
        let updated = self.update(&originals, &targets, way).await;
        if let Some(error) = updated.error {
            return Err(self
                .fail_rollback(spec, release, current, error, &updated.created)
                .await);
        }
        if let Err(cause) = self.wait(&updated.live, patience).await {
            let name = &release.name;
            release.info.status = Some(Status::Failed);
            release.info.description = format!("Release {name:?} failed: {cause}");
            let message = format!("release {name} failed: {cause}");
            self.records.record(current).await;
            self.records.record(release).await;
            return Err(message);
        }
        if patience.hooks {
            self.run_hooks(release, HookEvent::PostRollback, patience, |_| true)
                .await?;
        }
        Ok(())
    }

    async fn fail_rollback(
        &self,
        spec: &Rollback,
        release: &mut Release,
        current: &mut Release,
        cause: String,
        created: &[Target],
    ) -> String {
        current.info.status = Some(Status::Superseded);
        release.info.status = Some(Status::Failed);
        release.info.description = format!("Rollback {:?} failed: {cause}", release.name);
        self.records.record(current).await;
        self.records.record(release).await;
        if !spec.cleanup_on_fail {
            return cause;
        }
        match self.clean_up(created).await {
            Ok(()) => cause,
            Err(problems) => format!(
                "an error occurred while cleaning up resources. original rollback error: unable to cleanup resources: {problems}"
            ),
        }
    }
}
