//! The rules of ownership, on one object in one version.

use flux_schema::TypeRef;
use serde_json::Value;

use crate::conflict::Conflict;
use crate::managed::{Managed, Manager, Operation, Owned};
use crate::set::FieldSet;
use crate::typed::{Comparison, compare, field_set, merge, remove};

/// What an operation needs to know.
pub(crate) struct Updater<'a> {
    pub(crate) ty: TypeRef<'a>,
    pub(crate) api_version: &'a str,
    pub(crate) reset: Option<&'a FieldSet>,
}

impl Updater<'_> {
    /// An ordinary write: the writer takes what it changed, and everybody loses what changed under them.
    ///
    /// `workflow` starts from nothing: gives what the writer took.
    pub(crate) fn update(&self, live: &Value, new: &Value, managed: &mut Managed) -> FieldSet {
        let compared = compare(self.ty, live, new).without(self.reset);
        take_away(managed, &compared, None);
        let taken = compared.modified.union(&compared.added);
        match self.reset {
            Some(reset) => taken.recursive_difference(reset),
            None => taken,
        }
    }

    /// A server-side apply. Gives the new object, none where nothing changed.
    pub(crate) fn apply(
        &self,
        live: &Value,
        config: &Value,
        managed: &mut Managed,
        manager: &Manager,
        force: bool,
    ) -> Result<Option<Value>, Vec<Conflict>> {
        let merged = merge(self.ty, live, config);
        let mut set = field_set(self.ty, config);
        if let Some(reset) = self.reset {
            set = set.recursive_difference(reset);
        }
        let last = managed.owners.get(manager);
        let time = last.and_then(|owned| owned.time.clone());
        let last = last.map(|owned| owned.set.clone());
        let owned = Owned {
            set,
            api_version: self.api_version.to_owned(),
            time,
        };
        managed.owners.insert(manager.clone(), owned);
        let new = match last {
            Some(last) => self.prune(merged, managed, manager, &last),
            None => merged,
        };
        let compared = compare(self.ty, live, &new).without(self.reset);
        let found = conflicts(managed, &compared, manager);
        if !force && !found.is_empty() {
            return Err(found);
        }
        take_away(managed, &compared, Some(manager));
        Ok(if crate::typed::same(live, &new) {
            None
        } else {
            Some(new)
        })
    }

    /// Takes out what the manager applied last time, does not apply now, and nobody else owns.
    fn prune(&self, merged: Value, managed: &Managed, manager: &Manager, last: &FieldSet) -> Value {
        let kept = managed.owners.get(manager).map(|owned| &owned.set);
        if kept.is_some_and(|kept| last.difference(kept).is_empty()) {
            return merged;
        }
        let named = |set: &FieldSet| set.with_named_parents(Some(self.ty));
        let last = named(last);
        let pruned = remove(self.ty, &merged, &last);
        let mut everyone = FieldSet::new();
        for owned in managed.owners.values() {
            everyone.extend(&owned.set);
        }
        let all = named(&field_set(self.ty, &merged));
        let still = named(&field_set(self.ty, &pruned)).union(&named(&everyone));
        let pruned = remove(self.ty, &merged, &all.difference(&still));
        // What nobody owned before stays: only what this manager gave can be taken by it.
        let still = named(&field_set(self.ty, &pruned));
        remove(self.ty, &merged, &all.difference(&still).intersection(&last))
    }
}

/// The fields that change under other managers.
fn conflicts(managed: &Managed, compared: &Comparison, manager: &Manager) -> Vec<Conflict> {
    let changed = compared.modified.union(&compared.added);
    let mut found = Vec::new();
    for (other, owned) in managed.owners.iter().filter(|(other, _)| *other != manager) {
        for path in owned.set.intersection(&changed).paths() {
            found.push(Conflict {
                manager: other.clone(),
                path,
            });
        }
    }
    found
}

/// Everybody but the manager loses what was changed or removed; who has nothing left is dropped.
fn take_away(managed: &mut Managed, compared: &Comparison, manager: Option<&Manager>) {
    let changed = compared.modified.union(&compared.added).union(&compared.removed);
    if !changed.is_empty() {
        for (_, owned) in managed
            .owners
            .iter_mut()
            .filter(|(other, _)| Some(*other) != manager)
        {
            owned.set = owned.set.difference(&changed);
        }
    }
    managed.owners.retain(|_, owned| !owned.set.is_empty());
}

/// The manager of a request.
pub(crate) fn manager_of(request: &crate::Request<'_>, operation: Operation) -> Manager {
    Manager {
        name: request.manager.to_owned(),
        operation,
        version: if operation == Operation::Apply {
            String::new()
        } else {
            request.api_version.to_owned()
        },
        subresource: request.subresource.to_owned(),
    }
}

/// Identity fields that nobody owns.
pub(crate) fn identity_fields() -> FieldSet {
    FieldSet::of_fields(&[
        "apiVersion",
        "kind",
        "metadata",
        "metadata.name",
        "metadata.namespace",
        "metadata.creationTimestamp",
        "metadata.selfLink",
        "metadata.uid",
        "metadata.clusterName",
        "metadata.generation",
        "metadata.managedFields",
        "metadata.resourceVersion",
    ])
}
