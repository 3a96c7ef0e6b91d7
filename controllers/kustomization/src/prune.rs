//! Deleting what left the source.

use flux_apply::{Action, Change, Deletion, ParsedEntry, deletion};
use flux_kube::{Client, DeleteOptions, Error, ObjectRef, Propagation};

/// What became of stale objects.
#[derive(Debug, Default)]
pub(crate) struct Pruned {
    /// One entry for each object that is settled.
    pub(crate) changes: Vec<Change>,
    /// Objects whose deletion the server did not confirm: they stay in the inventory.
    pub(crate) survivors: Vec<ParsedEntry>,
    /// What went wrong with them.
    pub(crate) error: Option<String>,
}

impl Pruned {
    /// The lines of the event; skipped objects are listed as upstream does.
    pub(crate) fn log(&self) -> String {
        let lines: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        lines.join("\n")
    }

    /// Objects that were told to go.
    pub(crate) fn deleted(&self) -> impl Iterator<Item = ObjectRef> {
        let deleted = self
            .changes
            .iter()
            .filter(|change| change.action == Action::Deleted);
        deleted.map(|change| ObjectRef::with_version(&change.id, &change.version))
    }
}

/// Deletes stale objects in their order, going on after failures. Objects that belong to another Kustomization, or are marked
/// to stay, are left alone; those that are gone, or whose kind is gone, count as deleted.
pub(crate) async fn prune(client: &Client, stale: Vec<ParsedEntry>, name: &str, namespace: &str) -> Pruned {
    let mut pruned = Pruned::default();
    let mut errors = String::new();
    for entry in stale {
        match delete(client, &entry, name, namespace).await {
            Ok(action) => {
                let ParsedEntry { id, version } = entry;
                pruned.changes.push(Change { id, version, action });
            }
            Err(error) => {
                errors += &format!("{error};");
                pruned.survivors.push(entry);
            }
        }
    }
    pruned.error = (!errors.is_empty()).then(|| format!("delete failed, errors: {errors}"));
    pruned
}

async fn delete(client: &Client, entry: &ParsedEntry, name: &str, namespace: &str) -> Result<Action, String> {
    let id = &entry.id;
    let live = match client.get_opt(&entry.gvk(), &id.namespace, &id.name).await {
        Ok(live) => live,
        // The definition went, and everything of its kind with it.
        Err(Error::NoMatch { .. }) => None,
        Err(error) => return Err(format!("{id} query failed: {error}")),
    };
    match (deletion(live.as_ref(), name, namespace), live) {
        (Deletion::Skip, _) => Ok(Action::Skipped),
        (Deletion::Gone, _) | (_, None) => Ok(Action::Deleted),
        (Deletion::Delete, Some(live)) => {
            let target = ObjectRef::new(entry.gvk(), &id.namespace, &id.name);
            // The object that was judged, not one of the same name that came meanwhile.
            let options = DeleteOptions::with(Propagation::Background).uid(flux_object::meta::uid(&live));
            match client.delete(&target, &options).await {
                Ok(_) => Ok(Action::Deleted),
                Err(error) => Err(format!("{id} delete failed: {error}")),
            }
        }
    }
}
