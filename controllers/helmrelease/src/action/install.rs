//! `helm install`.

use flux_api::helmrelease::FIELD_MANAGER;
use flux_helm::release::{HookEvent, Info, Release, Status};
use flux_kube::{Error, Gvk, WriteOptions};
use serde_json::json;

use super::apply::{Target, Way, build};
use super::render::Purpose;
use super::{Act, Patience, now, own};
use crate::storage::is;

impl Act {
    /// Makes the first release, or one after an uninstall.
    pub(super) async fn install(&mut self) -> Result<(), String> {
        let spec = self.object().spec.install();
        let patience = Patience {
            timeout: self.timeout(spec.timeout),
            waits: !spec.disable_wait,
            for_jobs: !spec.disable_wait_for_jobs,
            hooks: !spec.disable_hooks,
        };
        self.apply_definitions(&spec.crds).await?;
        let (name, namespace) = (self.name(), self.namespace().to_owned());
        let last = self.records.last(&name).await?;
        self.check_name(&name, last.as_ref(), spec.replace)?;
        let rendered = self
            .render(Purpose::Install, 1, !spec.disable_schema_validation)
            .await?;
        let at = now();
        let mut release = Release {
            name: name.clone(),
            namespace: namespace.clone(),
            config: self.job.values.clone(),
            manifest: rendered.manifest(),
            chart: rendered.chart,
            hooks: rendered.hooks,
            version: 1,
            apply_method: "ssa".into(),
            info: Info {
                first_deployed: at.clone(),
                last_deployed: at,
                status: Some(Status::PendingInstall),
                description: "Initial install underway".into(),
                notes: rendered.notes,
                ..Info::default()
            },
            ..Release::default()
        };
        let built = build(&self.job.client, &release.manifest, &namespace).await;
        let mut targets = built
            .map_err(|cause| format!("unable to build kubernetes objects from release manifest: {cause}"))?;
        targets
            .iter_mut()
            .for_each(|target| own::mark(&mut target.object, &name, &namespace));
        let adopted = self.existing(&targets, !spec.disable_take_ownership).await;
        let adopted = adopted.map_err(|cause| format!("unable to continue with install: {cause}"))?;
        if spec.create_namespace && !self.object().spec.target_namespace.is_empty() {
            self.create_namespace(&namespace).await?;
        }
        if spec.replace
            && let Some(last) = last
        {
            release.version = last.version + 1;
            self.replace(last).await?;
        }
        self.note_inventory(&targets);
        self.records.create(&release, 0).await?;
        let performed = self
            .perform_install(&mut release, &adopted, &targets, patience)
            .await;
        let (status, description) = match &performed {
            Ok(()) => (Status::Deployed, "Install complete".into()),
            Err(cause) => (Status::Failed, format!("Release {name:?} failed: {cause}")),
        };
        release.info.status = Some(status);
        release.info.description = description;
        self.records.record(&release).await;
        performed
    }

    fn check_name(&self, name: &str, last: Option<&Release>, replace: bool) -> Result<(), String> {
        flux_helm::check_release_name(name)
            .map_err(|cause| format!("release name check failed: release name {name:?}: {cause}"))?;
        let Some(last) = last else { return Ok(()) };
        let free = is(last, &Status::Uninstalled) || is(last, &Status::Failed);
        if replace && free {
            return Ok(());
        }
        Err("release name check failed: cannot reuse a name that is still in use".into())
    }

    async fn create_namespace(&self, name: &str) -> Result<(), String> {
        let client = &self.job.client;
        let kind = Gvk::new("v1", "Namespace");
        if client.get_opt(&kind, "", name).await.ok().flatten().is_some() {
            return Ok(());
        }
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}});
        match client
            .apply(&namespace, &WriteOptions::manager(FIELD_MANAGER))
            .await
        {
            Ok(_) | Err(Error::AlreadyExists(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn replace(&self, mut last: Release) -> Result<(), String> {
        if is(&last, &Status::Failed) {
            return Ok(());
        }
        last.info.status = Some(Status::Superseded);
        last.info.description = "superseded by new release".into();
        self.records.update(&last).await
    }

    async fn perform_install(
        &self,
        release: &mut Release,
        adopted: &[Target],
        targets: &[Target],
        patience: Patience,
    ) -> Result<(), String> {
        if patience.hooks {
            let hooks = self
                .run_hooks(release, HookEvent::PreInstall, patience, |_| true)
                .await;
            hooks.map_err(|cause| format!("failed pre-install: {cause}"))?;
        }
        let live = if adopted.is_empty() {
            self.create(targets).await?
        } else {
            let way = Way {
                force: true,
                migrate: true,
            };
            let updated = self.update(adopted, targets, way).await;
            updated.error.map_or(Ok(updated.live), Err)?
        };
        self.wait(&live, patience).await?;
        if patience.hooks {
            let hooks = self
                .run_hooks(release, HookEvent::PostInstall, patience, |_| true)
                .await;
            hooks.map_err(|cause| format!("failed post-install: {cause}"))?;
        }
        Ok(())
    }
}
