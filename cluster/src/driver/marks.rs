//! Labels and selectors of stored objects, so that finding the pods of a Service does not read every pod.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::simulate::{Profile, Wanted};
use crate::store::Entry;

/// What was read of the objects that were asked about, by resource and key. Each is read again when its revision changes.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<Table>);

#[derive(Debug)]
struct Mark {
    revision: u64,
    profile: Profile,
}

impl Marks {
    /// Keep the entries that `wanted` picks.
    pub(crate) fn retain(
        &self,
        resource: &Arc<str>,
        entries: &mut Vec<(Arc<str>, Entry)>,
        wanted: &Wanted<'_>,
    ) {
        let mut all = self.lock();
        let marks = all.entry(resource.clone()).or_default();
        entries.retain(|(key, entry)| match marks.get(key) {
            Some(mark) if mark.revision == entry.revision => wanted(&mark.profile),
            _ => {
                let mark = Mark::read(entry);
                let is_wanted = wanted(&mark.profile);
                marks.insert(key.clone(), mark);
                is_wanted
            }
        });
    }

    /// An object is gone.
    pub(crate) fn forget(&self, resource: &str, key: &str) {
        if let Some(marks) = self.lock().get_mut(resource) {
            marks.remove(key);
        }
    }

    /// Anything may be gone.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A mark is complete before it is put in, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mark {
    fn read(entry: &Entry) -> Self {
        Self {
            revision: entry.revision,
            profile: Profile::of(entry.value()),
        }
    }
}

/// By resource and key.
type Table = HashMap<Arc<str>, HashMap<Arc<str>, Mark>>;
