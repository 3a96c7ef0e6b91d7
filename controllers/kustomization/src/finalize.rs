//! A Kustomization goes, and what it applied goes with it if it says so.

use flux_api::kustomization::{Kustomization, KustomizationSpec};
use flux_api::reason;
use flux_apply::ParsedEntry;
use flux_kube::Gvk;
use flux_object::{ObjectId, delete_order};
use flux_runtime::wait::{Goal, State, Subject, Wait};
use flux_runtime::{Error, Outcome, Severity};

use crate::memory::Phase;
use crate::pass::Pass;
use crate::prune::{Pruned, prune};

const WAIT_FOR_TERMINATION: &str = "WaitForTermination";

/// Whether the objects of a Kustomization are to be deleted together with it.
pub(crate) fn deletes_objects(object: &Kustomization) -> bool {
    let KustomizationSpec {
        suspend,
        prune,
        deletion_policy,
        ..
    } = &object.spec;
    let has_objects = object
        .status
        .inventory
        .as_ref()
        .is_some_and(|held| !held.entries.is_empty());
    let policy = match deletion_policy.as_str() {
        "" | "MirrorPrune" => *prune,
        "Delete" | WAIT_FOR_TERMINATION => true,
        _ => false,
    };
    has_objects && !suspend && policy
}

impl Pass<'_> {
    /// Deletes, and waits if asked to. After `Done` the finalizer goes.
    pub(crate) async fn finalize(&mut self) -> Result<Outcome, Error> {
        if let Some(Phase::Termination(wait)) = self.memory.phase.take() {
            return self.terminate(wait).await;
        }
        if !deletes_objects(self.object) {
            return Ok(Outcome::Done);
        }
        let objects = self.entries();
        if let Some(obstacle) = self.lost_access().await? {
            tracing::error!(object = %self.context.target(), obstacle, "skipping the deletion of objects");
            let names: Vec<String> = objects.iter().map(|entry| entry.id.to_string()).collect();
            self.say_error(&format!("unable to prune objects: \n{}", names.join("\n")));
            return Ok(Outcome::Done);
        }
        let pruned = prune(&self.client, objects, self.name(), self.namespace()).await;
        if let Some(error) = pruned.error {
            self.say_error("pruning for deleted resource failed");
            return Err(Error::transient(reason::PRUNE_FAILED, error).quiet());
        }
        self.event_of_deletion(Severity::Info, &pruned.log());
        if self.object.spec.deletion_policy != WAIT_FOR_TERMINATION {
            return Ok(Outcome::Done);
        }
        let wait = self.wait(subjects(&pruned), Goal::Gone, self.timeout().get());
        self.terminate(wait).await
    }

    async fn terminate(&mut self, wait: Wait) -> Result<Outcome, Error> {
        match wait.state(&self.client).await {
            State::Reached => Ok(Outcome::Done),
            State::Failed(_) => {
                self.say_error("failed to wait for resources termination");
                Ok(Outcome::Done)
            }
            State::Pending(left) => {
                self.memory.phase = Some(Phase::Termination(wait));
                Ok(Outcome::Wait(left))
            }
        }
    }

    /// The inventory in the order of deletion. Ids that cannot be read name nothing that could be deleted.
    fn entries(&self) -> Vec<ParsedEntry> {
        let inventory = self.object.status.inventory.as_ref();
        let entries = inventory.into_iter().flat_map(|inventory| &inventory.entries);
        let parse =
            |entry: &flux_api::kustomization::InventoryEntry| match ObjectId::from_inventory_id(&entry.id) {
                Ok(id) => Some(ParsedEntry {
                    id,
                    version: entry.v.clone(),
                }),
                Err(error) => {
                    tracing::error!(object = %self.context.target(), %error, "object left behind");
                    None
                }
            };
        let mut entries: Vec<ParsedEntry> = entries.filter_map(parse).collect();
        entries.sort_by(|a, b| delete_order(&a.id, &b.id));
        entries
    }

    /// Why the objects cannot be reached any more, if so.
    async fn lost_access(&self) -> Result<Option<&'static str>, Error> {
        if self.object.spec.kube_config.is_some() {
            return Ok(Some(
                "they are on another cluster, which this version cannot reach",
            ));
        }
        let account = self.shared.account(self.object);
        if account.is_empty() {
            return Ok(None);
        }
        let kind = Gvk::new("v1", "ServiceAccount");
        let found = self
            .context
            .client()
            .get_opt(&kind, self.namespace(), account)
            .await?;
        Ok(found.is_none().then_some("the service account to act as is gone"))
    }

    fn say_error(&self, message: &str) {
        self.event_of_deletion(Severity::Error, message);
    }

    fn event_of_deletion(&self, severity: Severity, message: &str) {
        let status = &self.object.status;
        let ready = status.conditions.get(flux_api::condition::READY);
        let fallback = if severity == Severity::Error {
            "error"
        } else {
            "info"
        };
        let reason = ready.map_or(fallback, |ready| ready.reason.as_str());
        let mut metadata = vec![
            ("revision", status.last_applied_revision.as_str()),
            ("originRevision", status.last_applied_origin_revision.as_str()),
        ];
        metadata.retain(|(_, value)| !value.is_empty());
        self.context.event(severity, reason, message, &metadata);
    }
}

fn subjects(pruned: &Pruned) -> Vec<Subject> {
    pruned.deleted().map(Subject::named).collect()
}
