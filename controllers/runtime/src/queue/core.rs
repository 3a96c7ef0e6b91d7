//! The queue without waiting.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use flux_kube::Key;
use tokio::time::Instant;

use crate::cause::{Cause, Causes};

/// Pauses after failures: `min` at first, doubled each time, never above `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first pause.
    pub min: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Backoff {
    /// The pause after so many failures in a row (1 for the first).
    pub fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.min.saturating_mul(1 << doublings).min(self.max)
    }
}

/// Who is ready, who waits until when, who is being worked on, who failed how often.
#[derive(Debug)]
pub struct Core {
    backoff: Backoff,
    order: VecDeque<Key>,
    ready: HashMap<Key, Causes>,
    /// Keys being worked on, with what came for them meanwhile.
    working: HashMap<Key, Causes>,
    /// By time, then by order of arrival.
    timers: BTreeMap<(Instant, u64), (Key, Cause)>,
    timer_of: HashMap<Key, (Instant, u64)>,
    failures: HashMap<Key, u32>,
    arrivals: u64,
}

impl Core {
    /// Empty.
    pub fn new(backoff: Backoff) -> Self {
        Core {
            backoff,
            order: VecDeque::new(),
            ready: HashMap::new(),
            working: HashMap::new(),
            timers: BTreeMap::new(),
            timer_of: HashMap::new(),
            failures: HashMap::new(),
            arrivals: 0,
        }
    }

    /// The key shall be worked on: now, or again when the work under way is over.
    pub fn push(&mut self, key: Key, cause: Cause) {
        if let Some(meanwhile) = self.working.get_mut(&key) {
            meanwhile.insert(cause);
            return;
        }
        match self.ready.get_mut(&key) {
            Some(causes) => causes.insert(cause),
            None => {
                self.ready.insert(key.clone(), cause.into());
                self.order.push_back(key);
            }
        }
    }

    /// The key shall be worked on at this time. Replaces its timer.
    pub fn schedule(&mut self, key: Key, at: Instant, cause: Cause) {
        self.cancel(&key);
        self.arrivals += 1;
        let place = (at, self.arrivals);
        self.timer_of.insert(key.clone(), place);
        self.timers.insert(place, (key, cause));
    }

    /// Makes the keys ready whose time has come.
    pub fn wake(&mut self, now: Instant) {
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                return;
            }
            let (key, cause) = entry.remove();
            self.timer_of.remove(&key);
            self.push(key, cause);
        }
    }

    /// When the next timer is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the key that has been ready longest, and clears its timer.
    pub fn take(&mut self) -> Option<(Key, Causes)> {
        let key = self.order.pop_front()?;
        let causes = self.ready.remove(&key).unwrap_or_default();
        self.cancel(&key);
        self.working.insert(key.clone(), Causes::default());
        Some((key, causes))
    }

    /// The work on the key is over; it is ready again if something came for it meanwhile.
    pub fn done(&mut self, key: &Key) {
        let meanwhile = self.working.remove(key).unwrap_or_default();
        if meanwhile != Causes::default() {
            self.ready.insert(key.clone(), meanwhile);
            self.order.push_back(key.clone());
        }
    }

    /// Counts a failure and gives the pause that follows.
    pub fn failed(&mut self, key: &Key) -> Duration {
        let failures = self.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        self.backoff.pause(*failures)
    }

    /// The failures are forgotten.
    pub fn succeeded(&mut self, key: &Key) {
        self.failures.remove(key);
    }

    /// Failures and timer are forgotten.
    pub fn forget(&mut self, key: &Key) {
        self.failures.remove(key);
        self.cancel(key);
    }

    /// How many keys are ready.
    pub fn depth(&self) -> usize {
        self.order.len()
    }

    /// How many keys are being worked on.
    pub fn in_flight(&self) -> usize {
        self.working.len()
    }

    fn cancel(&mut self, key: &Key) {
        if let Some(place) = self.timer_of.remove(key) {
            self.timers.remove(&place);
        }
    }
}
