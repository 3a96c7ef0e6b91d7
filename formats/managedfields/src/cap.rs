//! The number of entries for ordinary writes is bounded: the oldest share one.

use crate::managed::{Managed, Manager, Operation};

const MAX_UPDATE_MANAGERS: usize = 10;
const BUCKET: &str = "ancient-changes";

/// Moves the oldest entries for ordinary writes into one entry per version until there are at most ten.
pub(crate) fn cap(managed: &mut Managed) {
    let mut updaters: Vec<Manager> = managed
        .owners
        .keys()
        .filter(|manager| manager.operation == Operation::Update)
        .cloned()
        .collect();
    if updaters.len() <= MAX_UPDATE_MANAGERS {
        return;
    }
    let mut left = updaters.len();
    updaters.sort_by_cached_key(|manager| {
        (
            managed.owners.get(manager).and_then(|owned| owned.time.clone()),
            manager.clone(),
        )
    });
    let mut first_of_version: std::collections::BTreeMap<String, Manager> = Default::default();
    for manager in updaters {
        if left <= MAX_UPDATE_MANAGERS {
            break;
        }
        let Some(first) = first_of_version.get(&manager.version) else {
            first_of_version.insert(manager.version.clone(), manager);
            continue;
        };
        let bucket = Manager {
            name: BUCKET.into(),
            operation: Operation::Update,
            version: manager.version.clone(),
            subresource: String::new(),
        };
        if !managed.owners.contains_key(&bucket)
            && let Some(owned) = managed.owners.remove(first)
        {
            managed.owners.insert(bucket.clone(), owned);
        }
        if manager == bucket {
            continue;
        }
        let Some(older) = managed.owners.remove(&manager) else {
            continue;
        };
        if let Some(owned) = managed.owners.get_mut(&bucket) {
            owned.set.extend(&older.set);
            // The entry that moves in is the more recent one.
            owned.time = older.time;
        }
        left -= 1;
    }
}
