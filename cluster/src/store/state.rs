//! The index and the rules of writing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use super::history::{History, Past};
use super::{Disk, Entry, Event, EventKind, Packer, Text};

/// Text of past states that is kept for watches that lag behind; who lags further lists again. Also what a burst of
/// writes leaves in memory for good.
const HISTORY_BYTES: usize = 4 << 20;

/// What must hold for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// No such object.
    Absent,
    /// The object has this revision.
    Revision(u64),
}

/// Another object that must not have changed: the namespace of what is created.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) resource: Arc<str>,
    pub(crate) key: String,
    pub(crate) revision: u64,
}

/// The write was not done, because the object is not as expected: read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejected;

/// A write that was accepted could not be made durable and was undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Lost(pub(crate) Arc<str>);

/// One change on its way to the disk.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) epoch: u64,
    pub(crate) revision: u64,
    pub(crate) resource: Arc<str>,
    pub(crate) key: Arc<str>,
    /// The new text, or nothing when the object is gone.
    pub(crate) text: Option<Text>,
}

/// A change and the resource that it is of.
pub(crate) type Told = (Arc<str>, Event);

type Place = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct State {
    revision: u64,
    durable: u64,
    epoch: u64,
    objects: HashMap<Arc<str>, BTreeMap<Arc<str>, Entry>>,
    history: History,
    packer: Packer,
    uids: HashMap<u128, Place>,
    owned: HashMap<u128, HashSet<Place>>,
    /// Revisions that were undone, newest last.
    lost: Vec<(u64, u64, Arc<str>)>,
    notify: HashMap<Arc<str>, watch::Sender<u64>>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Store {
    state: Mutex<State>,
    settled: watch::Sender<u64>,
    disk: Option<Disk>,
}

impl Store {
    /// A store in memory, or over what a disk holds.
    pub(crate) fn new(
        loaded: Vec<(Arc<str>, Arc<str>, Entry)>,
        revision: u64,
        disk: Option<Disk>,
        history: usize,
    ) -> Self {
        let mut state = State {
            revision,
            durable: revision,
            epoch: 0,
            objects: HashMap::new(),
            history: History::new(history, HISTORY_BYTES, revision),
            packer: Packer::default(),
            uids: HashMap::new(),
            owned: HashMap::new(),
            lost: Vec::new(),
            notify: HashMap::new(),
        };
        for (resource, key, entry) in loaded {
            state.insert(&resource, &key, Some(entry));
        }
        Self {
            state: Mutex::new(state),
            settled: watch::Sender::new(revision),
            disk,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between statements of the write functions, none of which can panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is stored.
    pub(crate) fn is_new(&self) -> bool {
        self.lock().objects.is_empty()
    }

    /// The revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// Whether there is such an object.
    pub(crate) fn exists(&self, resource: &str, key: &str) -> bool {
        let state = self.lock();
        state
            .objects
            .get(resource)
            .is_some_and(|shelf| shelf.contains_key(key))
    }

    /// The object and the revision of the store.
    pub(crate) fn get(&self, resource: &str, key: &str) -> (Option<Entry>, u64) {
        let state = self.lock();
        (
            state
                .objects
                .get(resource)
                .and_then(|shelf| shelf.get(key))
                .cloned(),
            state.revision,
        )
    }

    /// The objects whose keys start with `prefix` and come after `after`, at most `limit`, and the revision of the store.
    pub(crate) fn list(
        &self,
        resource: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> (Vec<(Arc<str>, Entry)>, u64) {
        let state = self.lock();
        let Some(shelf) = state.objects.get(resource) else {
            return (Vec::new(), state.revision);
        };
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let found = shelf
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        (found, state.revision)
    }

    /// The same at an older revision; nothing when that is forgotten.
    pub(crate) fn list_at(
        &self,
        resource: &str,
        prefix: &str,
        revision: u64,
    ) -> Option<Vec<(Arc<str>, Entry)>> {
        let state = self.lock();
        if revision < state.history.compacted() {
            return None;
        }
        let mut found: BTreeMap<Arc<str>, Entry> = state
            .objects
            .get(resource)
            .map(|shelf| shelf.range::<str, _>((Bound::Included(prefix), Bound::Unbounded)))
            .into_iter()
            .flatten()
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        for (key, past) in state.history.past(resource, revision) {
            match past {
                _ if !key.starts_with(prefix) => {}
                Past::Was(entry) => drop(found.insert(key, entry)),
                Past::Absent => drop(found.remove(&key)),
            }
        }
        Some(found.into_iter().collect())
    }

    /// How many objects of a resource there are under a prefix.
    pub(crate) fn count(&self, resource: &str, prefix: &str) -> usize {
        let state = self.lock();
        let Some(shelf) = state.objects.get(resource) else {
            return 0;
        };
        shelf
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .count()
    }

    /// The resources that have objects.
    pub(crate) fn resources(&self) -> Vec<Arc<str>> {
        let state = self.lock();
        state
            .objects
            .iter()
            .filter(|(_, shelf)| !shelf.is_empty())
            .map(|(resource, _)| resource.clone())
            .collect()
    }

    /// Where the object with this UID is.
    pub(crate) fn by_uid(&self, uid: u128) -> Option<(Arc<str>, Entry)> {
        let state = self.lock();
        let (resource, key) = state.uids.get(&uid)?;
        Some((resource.clone(), state.objects.get(resource)?.get(key)?.clone()))
    }

    /// The objects that name this UID as an owner.
    pub(crate) fn owned_by(&self, uid: u128) -> Vec<(Arc<str>, Entry)> {
        let state = self.lock();
        let Some(places) = state.owned.get(&uid) else {
            return Vec::new();
        };
        let mut found: Vec<_> = places.iter().collect();
        found.sort();
        found
            .into_iter()
            .filter_map(|(resource, key)| {
                Some((resource.clone(), state.objects.get(resource)?.get(key)?.clone()))
            })
            .collect()
    }

    /// Write an object; sets `metadata.resourceVersion`.
    pub(crate) fn put(
        &self,
        resource: &Arc<str>,
        key: &str,
        expect: Expect,
        object: &mut Value,
        guard: Option<&Guard>,
    ) -> Result<Entry, Rejected> {
        let mut state = self.lock();
        let before = state.check(resource, key, expect)?;
        if let Some(guard) = guard {
            state.check(&guard.resource, &guard.key, Expect::Revision(guard.revision))?;
        }
        let revision = state.next(object);
        let entry = Entry::new(object, revision, resource, &mut state.packer);
        let kind = if before.is_some() {
            EventKind::Modified
        } else {
            EventKind::Added
        };
        self.commit(
            &mut state,
            resource,
            key,
            kind,
            entry.clone(),
            before,
            Some(entry.clone()),
        );
        Ok(entry)
    }

    /// Remove an object; `last` is what watchers see, with the revision of the removal set.
    pub(crate) fn remove(
        &self,
        resource: &Arc<str>,
        key: &str,
        revision: u64,
        last: &mut Value,
    ) -> Result<Entry, Rejected> {
        let mut state = self.lock();
        let before = state.check(resource, key, Expect::Revision(revision))?;
        let revision = state.next(last);
        let entry = Entry::new(last, revision, resource, &mut state.packer);
        self.commit(
            &mut state,
            resource,
            key,
            EventKind::Deleted,
            entry.clone(),
            before,
            None,
        );
        Ok(entry)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one event")]
    fn commit(
        &self,
        state: &mut State,
        resource: &Arc<str>,
        key: &str,
        kind: EventKind,
        now: Entry,
        before: Option<Entry>,
        stored: Option<Entry>,
    ) {
        let key: Arc<str> = state
            .objects
            .get(resource)
            .and_then(|shelf| shelf.get_key_value(key))
            .map_or_else(|| key.into(), |(key, _)| key.clone());
        let revision = now.revision;
        state.insert(resource, &key, stored.clone());
        let durable = state.durable;
        state.history.push(
            resource,
            Event {
                revision,
                key: key.clone(),
                kind,
                now,
                before,
            },
            durable,
        );
        match &self.disk {
            Some(disk) => {
                disk.send(Change {
                    epoch: state.epoch,
                    revision,
                    resource: resource.clone(),
                    key,
                    text: stored.map(|entry| entry.text),
                });
            }
            None => {
                state.durable = revision;
                self.settled.send_replace(revision);
                state.wake(resource, revision);
            }
        }
    }

    /// Everything up to `revision` is on disk. Called by the disk's thread.
    pub(crate) fn confirm(&self, revision: u64, resources: &HashSet<Arc<str>>) {
        let mut state = self.lock();
        state.durable = state.durable.max(revision);
        for resource in resources {
            state.wake(resource, revision);
        }
        self.settled.send_replace(state.durable);
    }

    /// The disk failed: undo everything that is not durable. Gives the epoch of writes that count from now on.
    pub(crate) fn undo(&self, message: &str) -> u64 {
        let mut state = self.lock();
        let (from, to) = (state.durable, state.revision);
        while let Some((resource, event)) = state.history.pop_after(from) {
            state.insert(&resource, &event.key, event.before);
        }
        state.epoch += 1;
        state.lost.push((from, to, message.into()));
        if state.lost.len() > 256 {
            state.lost.remove(0);
        }
        // The numbers are not used again, so that nobody takes the next write for one that was undone.
        state.durable = to;
        self.settled.send_replace(to);
        state.epoch
    }

    /// Wait until everything up to `revision` is durable.
    ///
    /// # Errors
    /// It was undone because the disk failed.
    pub(crate) async fn settled(&self, revision: u64) -> Result<(), Lost> {
        if self.disk.is_none() {
            return Ok(());
        }
        let mut receiver = self.settled.subscribe();
        // The sender lives as long as the store, so waiting cannot fail.
        if receiver.wait_for(|durable| *durable >= revision).await.is_err() {
            return Err(Lost("the store is closed".into()));
        }
        let state = self.lock();
        match state
            .lost
            .iter()
            .find(|(from, to, _)| revision > *from && revision <= *to)
        {
            Some((_, _, message)) => Err(Lost(message.clone())),
            None => Ok(()),
        }
    }

    /// The revision up to which everything is durable.
    pub(crate) fn durable(&self) -> u64 {
        self.lock().durable
    }

    /// Tells when a resource changes: the value is the revision of its last durable change.
    pub(crate) fn subscribe(&self, resource: &Arc<str>) -> watch::Receiver<u64> {
        let mut state = self.lock();
        let durable = state.durable;
        state
            .notify
            .entry(resource.clone())
            .or_insert_with(|| watch::Sender::new(durable))
            .subscribe()
    }

    /// Tells when anything changes.
    pub(crate) fn subscribe_all(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }

    /// The durable changes of a resource after `from`, at most `limit`, and the revision up to which there are no others; nothing when the history does not reach back.
    pub(crate) fn changes(&self, resource: &str, from: u64, limit: usize) -> Option<(Vec<Event>, u64)> {
        let state = self.lock();
        if from < state.history.compacted() {
            return None;
        }
        let events = state.history.range(resource, from, state.durable, limit);
        let seen = if events.len() < limit {
            state.durable
        } else {
            events.last().map_or(from, |event| event.revision)
        };
        Some((events, seen.max(from)))
    }

    /// The durable changes of all resources after `from`, in order; nothing when the history does not reach back.
    pub(crate) fn all_changes(&self, from: u64, limit: usize) -> Option<(Vec<Told>, u64)> {
        let state = self.lock();
        if from < state.history.compacted() {
            return None;
        }
        let events = state.history.all(from, state.durable, limit);
        let seen = if events.len() < limit {
            state.durable
        } else {
            events.last().map_or(from, |(_, event)| event.revision)
        };
        Some((events, seen.max(from)))
    }

    /// Everything up to this revision is forgotten.
    pub(crate) fn compacted(&self) -> u64 {
        self.lock().history.compacted()
    }

    /// Forget the history up to a revision.
    pub(crate) fn compact(&self, revision: u64) {
        let mut state = self.lock();
        let revision = revision.min(state.durable);
        state.history.compact(revision);
    }

    /// Tell the disk's thread which store it serves.
    pub(crate) fn attach_disk(self: &Arc<Self>) {
        if let Some(disk) = &self.disk {
            disk.attach(self);
        }
    }

    /// Let the disk take no more writes, as if it were stuck.
    #[cfg(test)]
    pub(crate) fn stall(&self) {
        self.lock().epoch += 1;
    }

    /// Wait for the disk to have everything, and stop its thread.
    pub(crate) fn close(&self) {
        if let Some(disk) = &self.disk {
            disk.close();
        }
    }
}

impl State {
    fn check(&self, resource: &str, key: &str, expect: Expect) -> Result<Option<Entry>, Rejected> {
        let found = self.objects.get(resource).and_then(|shelf| shelf.get(key));
        match (expect, found) {
            (Expect::Absent, None) => Ok(None),
            (Expect::Revision(revision), Some(entry)) if entry.revision == revision => {
                Ok(Some(entry.clone()))
            }
            _ => Err(Rejected),
        }
    }

    fn next(&mut self, object: &mut Value) -> u64 {
        self.revision += 1;
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("resourceVersion".into(), self.revision.to_string().into());
        }
        self.revision
    }

    /// Put an entry into the index, or take it out.
    fn insert(&mut self, resource: &Arc<str>, key: &Arc<str>, entry: Option<Entry>) {
        let shelf = self.objects.entry(resource.clone()).or_default();
        let place = (resource.clone(), key.clone());
        let old = match entry.clone() {
            Some(entry) => shelf.insert(key.clone(), entry),
            None => shelf.remove(key),
        };
        if let Some(old) = old {
            self.uids.remove(&old.uid);
            for owner in old.owners.iter() {
                if let Some(places) = self.owned.get_mut(owner) {
                    places.remove(&place);
                    if places.is_empty() {
                        self.owned.remove(owner);
                    }
                }
            }
        }
        if let Some(entry) = entry {
            for owner in entry.owners.iter() {
                self.owned.entry(*owner).or_default().insert(place.clone());
            }
            if entry.uid != 0 {
                self.uids.insert(entry.uid, place);
            }
        }
    }

    fn wake(&mut self, resource: &str, revision: u64) {
        if let Some(sender) = self.notify.get(resource) {
            sender.send_replace(revision);
        }
    }
}
