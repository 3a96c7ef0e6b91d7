//! The work queue: who is next, who waits for what time, who is being worked on.
//!
//! [`Core`] is pure (the time is a parameter); [`Queue`] adds waiting. A key is worked on once at a time; what comes for it
//! meanwhile makes it come again. A key has one timer; taking the key clears it.

mod core;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flux_kube::Key;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use self::core::{Backoff, Core};
use crate::cause::{Cause, Causes};

/// A shared [`Core`] that can be waited on.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    core: Mutex<Core>,
    news: Notify,
}

impl Queue {
    /// Empty.
    pub fn new(backoff: Backoff) -> Self {
        Queue(Arc::new(Inner {
            core: Mutex::new(Core::new(backoff)),
            news: Notify::new(),
        }))
    }

    /// The key shall be worked on.
    pub fn push(&self, key: Key, cause: Cause) {
        self.core().push(key, cause);
        self.0.news.notify_one();
    }

    /// The key shall be worked on in `pause`, unless something else comes earlier. Replaces its timer.
    pub fn push_after(&self, key: Key, pause: Duration, cause: Cause) {
        self.core().schedule(key, Instant::now() + pause, cause);
        self.0.news.notify_one();
    }

    /// Waits for the next key and takes it; [`Queue::done`] must follow. Dropping the future loses nothing.
    pub async fn next(&self) -> (Key, Causes) {
        loop {
            // Made before looking: a notification in between is kept.
            let news = self.0.news.notified();
            let deadline = {
                let mut core = self.core();
                core.wake(Instant::now());
                if let Some(taken) = core.take() {
                    return taken;
                }
                core.deadline()
            };
            match deadline {
                Some(at) => {
                    tokio::select! {
                        () = news => {}
                        () = tokio::time::sleep_until(at) => {}
                    }
                }
                None => news.await,
            }
        }
    }

    /// The work on the key is over.
    pub fn done(&self, key: &Key) {
        self.core().done(key);
        self.0.news.notify_one();
    }

    /// Counts a failure of the key and gives the pause before the next try.
    pub fn failed(&self, key: &Key) -> Duration {
        self.core().failed(key)
    }

    /// The key did not fail.
    pub fn succeeded(&self, key: &Key) {
        self.core().succeeded(key);
    }

    /// Drops failures and timer of a key that is gone.
    pub fn forget(&self, key: &Key) {
        self.core().forget(key);
    }

    /// How many keys are ready to be worked on.
    pub fn depth(&self) -> usize {
        self.core().depth()
    }

    /// How many keys are being worked on.
    pub fn in_flight(&self) -> usize {
        self.core().in_flight()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}
