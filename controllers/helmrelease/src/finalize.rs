//! A HelmRelease goes, and its release with it.

use flux_api::condition::READY;
use flux_api::reason;
use flux_kube::Gvk;
use flux_runtime::{Error, Outcome};

use crate::action::Job;
use crate::decide::Action;
use crate::memory::Running;
use crate::pass::Pass;
use crate::state::shorten;
use crate::storage::Records;
use crate::template;

impl Pass<'_> {
    /// Uninstalls, and waits until it is done. After `Done` the finalizer goes. A suspended object leaves everything as it is.
    pub(crate) async fn finalize(&mut self) -> Result<Outcome, Error> {
        if self.work.object.spec.suspend {
            return Ok(Outcome::Done);
        }
        match self.memory.running.take() {
            Some(mut running) if running.action == Action::Uninstall => match running.report() {
                None => {
                    self.memory.running = Some(running);
                    return Ok(Outcome::Wait(std::time::Duration::from_secs(60)));
                }
                Some(report) => {
                    if let Err(cause) = self.note_uninstall(&report) {
                        return Err(self.failed(&cause).await);
                    }
                    self.forget_release();
                }
            },
            // What was being done is cut off: it would be undone anyhow.
            running => {
                let cut_off = running.is_some();
                drop(running);
                if self.has_release(cut_off).await? {
                    return self.uninstall().await;
                }
            }
        }
        self.leave().await
    }

    /// Whether there is something to uninstall, and a way to do it.
    async fn has_release(&mut self, cut_off: bool) -> Result<bool, Error> {
        let status = self.work.status();
        if status.storage_namespace.is_empty() {
            return Ok(false);
        }
        if let Some(obstacle) = self.lost_access().await? {
            tracing::error!(object = %self.context.key(), obstacle, "skipping Helm release uninstallation");
            return Ok(false);
        }
        if !status.history.is_empty() || cut_off {
            return Ok(true);
        }
        // A process may have died before it could note what it did.
        let records = Records::new(self.client.clone(), &status.storage_namespace);
        let last = records.last(&shorten(&self.work.object.release_name())).await;
        let last = last.map_err(|cause| Error::transient(reason::UNINSTALL_FAILED, cause).quiet())?;
        let pending = last
            .and_then(|last| last.info.status)
            .is_some_and(|status| status.is_pending());
        Ok(pending)
    }

    /// Why the release cannot be reached any more, if so.
    async fn lost_access(&self) -> Result<Option<&'static str>, Error> {
        if self.work.object.spec.kube_config.is_some() {
            return Ok(Some("it is on another cluster, which this version cannot reach"));
        }
        let account = self.shared.account(&self.work.object);
        if account.is_empty() {
            return Ok(None);
        }
        let namespace = &self.work.object.metadata.namespace;
        let kind = Gvk::new("v1", "ServiceAccount");
        let found = self.context.client().get_opt(&kind, namespace, account).await?;
        Ok(found.is_none().then_some("the service account to act as is gone"))
    }

    async fn uninstall(&mut self) -> Result<Outcome, Error> {
        let job = Job {
            object: std::sync::Arc::new(self.work.object.clone()),
            chart: None,
            values: flux_helm::Table::new(),
            client: self.client.clone(),
            watches: self.context.watches().clone(),
            settings: self.shared.settings.clone(),
            storage_namespace: self.work.status().storage_namespace.clone(),
        };
        let running = Running::start(job, Action::Uninstall, String::new(), self.context.waker());
        self.memory.running = Some(running);
        Ok(Outcome::Wait(std::time::Duration::from_secs(60)))
    }

    async fn failed(&mut self, cause: &str) -> Error {
        self.work.summarize();
        if let Err(error) = self.flush().await {
            return error;
        }
        let ready = self.work.status().conditions.get(READY).cloned();
        let message = ready.map_or_else(|| cause.to_owned(), |ready| ready.message);
        Error::transient(reason::UNINSTALL_FAILED, message).quiet()
    }

    fn forget_release(&mut self) {
        self.work.summarize();
        let status = self.work.status_mut();
        status.history.clear();
        status.storage_namespace.clear();
    }

    /// The HelmChart goes last.
    async fn leave(&mut self) -> Result<Outcome, Error> {
        template::remove(self.context, &mut self.work).await?;
        self.flush().await?;
        Ok(Outcome::Done)
    }
}
