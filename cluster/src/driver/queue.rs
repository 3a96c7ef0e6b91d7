//! What is to be looked at, and when.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use crate::simulate::ObjectRef;

/// A queue without duplicates, with timers.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    ready: VecDeque<ObjectRef>,
    waiting: HashSet<ObjectRef>,
    timers: BTreeMap<(Timestamp, u64), ObjectRef>,
    due: HashMap<ObjectRef, (Timestamp, u64)>,
    number: u64,
}

impl Queue {
    /// Look at an object soon.
    pub(crate) fn push(&mut self, target: ObjectRef) {
        if self.waiting.insert(target.clone()) {
            self.ready.push_back(target);
        }
    }

    /// Look at an object at a time, or earlier if that was asked for.
    pub(crate) fn push_at(&mut self, target: ObjectRef, at: Timestamp) {
        if let Some(old) = self.due.get(&target) {
            if old.0 <= at {
                return;
            }
            self.timers.remove(old);
        }
        self.number += 1;
        self.due.insert(target.clone(), (at, self.number));
        self.timers.insert((at, self.number), target);
    }

    /// The next object to look at.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<ObjectRef> {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let target = entry.remove();
            self.due.remove(&target);
            self.push(target);
        }
        let target = self.ready.pop_front()?;
        self.waiting.remove(&target);
        Some(target)
    }

    /// When the next timer is due.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.timers.keys().next().map(|(at, _)| *at)
    }
}
