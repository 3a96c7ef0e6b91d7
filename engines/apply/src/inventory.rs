//! What was done, and the record of it that outlives the process.

use std::collections::{HashMap, HashSet};
use std::fmt;

use flux_api::kustomization::{Inventory, InventoryEntry};
use flux_object::{Gvk, InvalidInventoryId, ObjectId, delete_order};

/// What was done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It is new.
    Created,
    /// It was changed.
    Configured,
    /// It was as wanted.
    Unchanged,
    /// It was deleted, or was gone already.
    Deleted,
    /// It was left alone.
    Skipped,
}

impl Action {
    /// Whether anything was written.
    pub fn is_change(self) -> bool {
        !matches!(self, Action::Unchanged | Action::Skipped)
    }
}

/// The word of change logs.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Created => "created",
            Action::Configured => "configured",
            Action::Unchanged => "unchanged",
            Action::Deleted => "deleted",
            Action::Skipped => "skipped",
        })
    }
}

/// One line of the change log; displays as `Kind/namespace/name action`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which object.
    pub id: ObjectId,
    /// Its API version, without group.
    pub version: String,
    /// What was done.
    pub action: Action,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.action)
    }
}

/// An inventory entry, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedEntry {
    /// Which object.
    pub id: ObjectId,
    /// Its API version, without group.
    pub version: String,
}

impl ParsedEntry {
    /// Group, version and kind, for requests.
    pub fn gvk(&self) -> Gvk {
        Gvk {
            group: self.id.group.clone(),
            version: self.version.clone(),
            kind: self.id.kind.clone(),
        }
    }

    /// The entry as it is written.
    pub fn entry(&self) -> InventoryEntry {
        InventoryEntry {
            id: self.id.inventory_id(),
            v: self.version.clone(),
        }
    }
}

/// The inventory of what was applied (skipped objects included), in the order of application.
pub fn inventory_of(changes: &[Change]) -> Inventory {
    entries(changes.iter().map(|change| (&change.id, change.version.as_str())))
}

/// The inventory of these objects, each once, in their order.
pub fn entries<'a>(objects: impl IntoIterator<Item = (&'a ObjectId, &'a str)>) -> Inventory {
    let mut seen = HashSet::new();
    let entries = objects.into_iter().filter_map(|(id, version)| {
        let id = id.inventory_id();
        seen.insert(id.clone()).then(|| InventoryEntry {
            id,
            v: version.into(),
        })
    });
    Inventory {
        entries: entries.collect(),
    }
}

/// Reads an inventory.
///
/// # Errors
/// The first id that is not one.
pub fn parse(inventory: &Inventory) -> Result<Vec<ParsedEntry>, InvalidInventoryId> {
    let parse = |entry: &InventoryEntry| {
        Ok(ParsedEntry {
            id: ObjectId::from_inventory_id(&entry.id)?,
            version: entry.v.clone(),
        })
    };
    inventory.entries.iter().map(parse).collect()
}

/// What `old` has and `new` has not, in the order of deletion. Versions do not count.
///
/// # Errors
/// The first id of `old` that is not one.
pub fn stale(old: &Inventory, new: &Inventory) -> Result<Vec<ParsedEntry>, InvalidInventoryId> {
    let kept: HashSet<ObjectId> = parse(new)?.into_iter().map(|entry| entry.id).collect();
    let mut stale = parse(old)?;
    stale.retain(|entry| !kept.contains(&entry.id));
    stale.sort_by(|a, b| delete_order(&a.id, &b.id));
    Ok(stale)
}

/// `first`, and what `second` has besides; entries of both keep the version of `first`.
pub fn merge(first: &Inventory, second: &Inventory) -> Inventory {
    let mut known: HashMap<&str, ()> = HashMap::new();
    let mut entries = Vec::with_capacity(first.entries.len());
    for entry in first.entries.iter().chain(&second.entries) {
        if known.insert(&entry.id, ()).is_none() {
            entries.push(entry.clone());
        }
    }
    Inventory { entries }
}
