//! `helm uninstall`.

use flux_api::helmrelease::Uninstall;
use flux_helm::manifest::{UNINSTALL_ORDER, sort_by_kind};
use flux_helm::release::{HookEvent, Release, Status};
use flux_kube::Propagation;
use flux_object::meta;

use super::apply::{Target, build, documents};
use super::{Act, Patience, now, own};
use crate::storage::is;

impl Act {
    /// Takes the release away.
    pub(super) async fn uninstall(&mut self) -> Result<(), String> {
        let spec = self.object().spec.uninstall();
        let patience = Patience {
            timeout: self.timeout(spec.timeout),
            waits: !spec.disable_wait,
            for_jobs: true,
            hooks: !spec.disable_hooks,
        };
        let name = self.latest_name();
        let mut history = self.records.history(&name).await?;
        let Some(mut release) = history.pop() else {
            self.not_found = true;
            return Err(format!(
                "uninstall: Release not loaded: {name}: release: not found"
            ));
        };
        self.target = Some((format!("{}/{name}", release.namespace), release.version));
        if is(&release, &Status::Uninstalled) {
            if spec.keep_history {
                return Err(format!("the release named {name:?} is already deleted"));
            }
            history.push(release);
            return self.purge(&history).await.map_err(failed_to_purge);
        }
        release.info.status = Some(Status::Uninstalling);
        release.info.deleted = now();
        release.info.description = "Deletion in progress (or silently failed)".into();
        if patience.hooks {
            self.run_hooks(&mut release, HookEvent::PreDelete, patience, |_| true)
                .await?;
        }
        self.records.record(&release).await;
        let deleted = self.delete_objects(&spec, &release).await?;
        let mut problems = Vec::new();
        if let Err(error) = self.wait_gone(&deleted, patience).await {
            problems.push(error);
        }
        if patience.hooks
            && let Err(error) = self
                .run_hooks(&mut release, HookEvent::PostDelete, patience, |_| true)
                .await
        {
            problems.push(error);
        }
        release.info.status = Some(Status::Uninstalled);
        release.info.description = "Uninstallation complete".into();
        history.push(release);
        if let Err(error) = self.settle(&spec, history).await {
            problems.push(error);
        }
        if problems.is_empty() {
            return Ok(());
        }
        let (count, all) = (problems.len(), problems.join("; "));
        Err(format!("uninstallation completed with {count} error(s): {all}"))
    }

    /// The name under which the release was made, which the spec may have left behind.
    fn latest_name(&self) -> String {
        let latest = crate::history::latest(&self.object().status.history);
        latest.map_or_else(|| self.name(), |latest| latest.name.clone())
    }

    /// The records go; or stay, marked.
    async fn settle(&self, spec: &Uninstall, mut history: Vec<Release>) -> Result<(), String> {
        let Some(release) = history.last().cloned() else {
            return Ok(());
        };
        if !spec.keep_history {
            let purged = self.purge(&history).await;
            // The history in the status shows how it ended.
            self.records.note(&release);
            return purged.map_err(failed_to_purge);
        }
        self.records.record(&release).await;
        history.pop();
        for mut other in history.into_iter().filter(|other| is(other, &Status::Deployed)) {
            other.info.status = Some(Status::Superseded);
            self.records.record(&other).await;
        }
        Ok(())
    }

    async fn purge(&self, history: &[Release]) -> Result<(), String> {
        for release in history {
            self.records.delete(&release.name, release.version).await?;
        }
        Ok(())
    }

    /// Deletes the objects of a release in Helm's order, but for those that are to be kept or belong to others by now.
    async fn delete_objects(&self, spec: &Uninstall, release: &Release) -> Result<Vec<Target>, String> {
        let failed = |cause: String| {
            self.lines
                .add(format!("uninstall: Failed to delete release: {cause}"));
            format!("failed to delete release: {}", release.name)
        };
        let mut objects = documents(&release.manifest).map_err(failed)?;
        objects.retain(|object| !own::is_kept(object));
        sort_by_kind(&mut objects, UNINSTALL_ORDER, |object| meta::kind(object));
        let text: Vec<String> = objects.iter().map(ToString::to_string).collect();
        let targets = build(&self.job.client, &text.join("\n---\n"), &release.namespace).await;
        let targets = targets.map_err(failed)?;
        let mut owned = Vec::new();
        for target in targets {
            let key = &target.at.key;
            let live = self
                .job
                .client
                .get_opt(&target.at.gvk, &key.namespace, &key.name)
                .await;
            match live {
                Ok(None) => {}
                Ok(Some(live)) => match own::stranger(&live, &release.name, &release.namespace) {
                    None => owned.push(target),
                    Some(_) => self.lines.add(format!(
                        "skipping delete of resource not owned by this release: {}",
                        own::shown(&live)
                    )),
                },
                Err(error) => self.lines.add(format!(
                    "skipping delete of resource because ownership could not be verified: {}: {error}",
                    own::shown(&target.object)
                )),
            }
        }
        let propagation = match spec.deletion_propagation.as_str() {
            "foreground" => Propagation::Foreground,
            "orphan" => Propagation::Orphan,
            _ => Propagation::Background,
        };
        let mut problems = Vec::new();
        for target in &owned {
            if let Err(error) = self.delete(target, propagation).await {
                problems.push(error);
            }
        }
        if problems.is_empty() {
            Ok(owned)
        } else {
            Err(failed(problems.join("; ")))
        }
    }
}

fn failed_to_purge(cause: String) -> String {
    format!("uninstall: Failed to purge the release: {cause}")
}
