//! The recent changes, for watches and for reading the past.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::{Entry, Event};

/// What a reader at an old revision finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    /// The object as it was then.
    Was(Entry),
    /// There was none.
    Absent,
}

/// The changes of all resources, bounded in number and bytes over all of them.
#[derive(Debug)]
pub(crate) struct History {
    events: HashMap<Arc<str>, VecDeque<Event>>,
    /// The resources of the events, oldest first: what to forget next.
    order: VecDeque<(u64, Arc<str>)>,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
    /// Everything up to here is forgotten.
    compacted: u64,
}

impl History {
    pub(crate) fn new(max_events: usize, max_bytes: usize, compacted: u64) -> Self {
        Self {
            events: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            max_events,
            max_bytes,
            compacted,
        }
    }

    /// Everything up to this revision is forgotten.
    pub(crate) fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Add a change; changes after `durable` are never forgotten, because they may have to be undone.
    pub(crate) fn push(&mut self, resource: &Arc<str>, event: Event, durable: u64) {
        self.bytes += event.now.cost();
        self.order.push_back((event.revision, resource.clone()));
        self.events.entry(resource.clone()).or_default().push_back(event);
        while self.order.len() > self.max_events || self.bytes > self.max_bytes {
            match self.order.front() {
                Some((revision, _)) if *revision <= durable => self.forget_oldest(),
                _ => break,
            }
        }
    }

    /// Forget everything up to a revision.
    pub(crate) fn compact(&mut self, revision: u64) {
        while self.order.front().is_some_and(|(oldest, _)| *oldest <= revision) {
            self.forget_oldest();
        }
        self.compacted = self.compacted.max(revision);
    }

    fn forget_oldest(&mut self) {
        let Some((revision, resource)) = self.order.pop_front() else {
            return;
        };
        self.compacted = self.compacted.max(revision);
        if let Some(events) = self.events.get_mut(&resource)
            && let Some(event) = events.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(event.now.cost());
        }
    }

    /// Take back the newest change, if it is after `revision`.
    pub(crate) fn pop_after(&mut self, revision: u64) -> Option<(Arc<str>, Event)> {
        if self.order.back()?.0 <= revision {
            return None;
        }
        let (_, resource) = self.order.pop_back()?;
        let event = self.events.get_mut(&resource)?.pop_back()?;
        self.bytes = self.bytes.saturating_sub(event.now.cost());
        Some((resource, event))
    }

    /// The changes of a resource after `from` and up to `to`, at most `limit`.
    pub(crate) fn range(&self, resource: &str, from: u64, to: u64, limit: usize) -> Vec<Event> {
        let Some(events) = self.events.get(resource) else {
            return Vec::new();
        };
        let start = events.partition_point(|event| event.revision <= from);
        events
            .iter()
            .skip(start)
            .take_while(|event| event.revision <= to)
            .take(limit)
            .cloned()
            .collect()
    }

    /// The changes of all resources after `from` and up to `to`, in order, at most `limit`.
    pub(crate) fn all(&self, from: u64, to: u64, limit: usize) -> Vec<(Arc<str>, Event)> {
        let start = self.order.partition_point(|(revision, _)| *revision <= from);
        self.order
            .iter()
            .skip(start)
            .take_while(|(revision, _)| *revision <= to)
            .take(limit)
            .filter_map(|(revision, resource)| {
                let events = self.events.get(resource)?;
                let at = events.partition_point(|event| event.revision < *revision);
                Some((resource.clone(), events.get(at)?.clone()))
            })
            .collect()
    }

    /// The objects that changed after `revision`, as they were then.
    pub(crate) fn past(&self, resource: &str, revision: u64) -> HashMap<Arc<str>, Past> {
        let mut past = HashMap::new();
        let Some(events) = self.events.get(resource) else {
            return past;
        };
        let start = events.partition_point(|event| event.revision <= revision);
        for event in events.iter().skip(start) {
            past.entry(event.key.clone())
                .or_insert_with(|| event.before.clone().map_or(Past::Absent, Past::Was));
        }
        past
    }
}
