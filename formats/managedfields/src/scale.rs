//! Ownership through the scale subresource: a Scale has one field, and it is a field of its parent.

use crate::element::PathElement;
use crate::managed::{Managed, Manager, Operation, Owned};
use crate::set::FieldSet;

const SCALE: &str = "autoscaling/v1";

/// The owners that the Scale of an object shows: those of the number of replicas.
///
/// `replicas` is where the parent keeps it, usually `spec.replicas`.
pub fn owners_of_scale(parent: &Managed, replicas: &[PathElement]) -> Managed {
    let owners = parent
        .owners
        .iter()
        .filter(|(_, owned)| owned.set.has(replicas))
        .map(|(manager, owned)| {
            let owned = Owned {
                set: FieldSet::of_fields(&["spec.replicas"]),
                api_version: SCALE.into(),
                time: owned.time.clone(),
            };
            (speaking(manager, SCALE), owned)
        });
    Managed {
        owners: owners.collect(),
    }
}

/// The owners of the parent after a write to its Scale, whose owners are now `scale`. New entries have no time, as in
/// Kubernetes. `api_version` is that of the parent.
pub fn owners_after_scale(
    parent: &Managed,
    scale: &Managed,
    replicas: &[PathElement],
    api_version: &str,
) -> Managed {
    let mut field = FieldSet::new();
    field.insert(replicas);
    let mut out = parent.clone();
    for owned in out.owners.values_mut() {
        owned.set = owned.set.difference(&field);
    }
    let in_scale = FieldSet::of_fields(&["spec.replicas"]);
    for (manager, _) in scale
        .owners
        .iter()
        .filter(|(_, owned)| !owned.set.intersection(&in_scale).is_empty())
    {
        let empty = Owned {
            set: FieldSet::new(),
            api_version: api_version.to_owned(),
            time: None,
        };
        out.owners
            .entry(speaking(manager, api_version))
            .or_insert(empty)
            .set
            .extend(&field);
    }
    out.owners.retain(|_, owned| !owned.set.is_empty());
    out
}

/// The same manager, writing in another version. Appliers are the same in any.
fn speaking(manager: &Manager, version: &str) -> Manager {
    let version = if manager.operation == Operation::Apply {
        String::new()
    } else {
        version.to_owned()
    };
    Manager {
        version,
        ..manager.clone()
    }
}
