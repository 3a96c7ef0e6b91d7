//! What one fetch shares, whatever it speaks with the server: the limits, the first error, and the end from outside.
//!
//! The library that speaks Git's protocol wants blocking readers and writers and keeps only the text of an error. So each fetch
//! has a [`Channel`], which runs the exchanges, counts what comes in, and remembers the first error as it was.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flux_http::redact;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::error::GitError;

/// Ends a fetch from outside: between two steps through the flag, in the middle of a request through the notification.
#[derive(Default)]
pub(crate) struct Interrupt {
    pub(crate) flag: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    pub(crate) fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
        // It is kept until someone waits.
        self.notify.notify_one();
    }
}

/// What one fetch shares.
pub(crate) struct Channel {
    pub(crate) url: String,
    pub(crate) runtime: Handle,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) timeout: Duration,
    pub(crate) limit: u64,
    pub(crate) received: AtomicU64,
    pub(crate) failure: Mutex<Option<GitError>>,
}

impl Channel {
    /// The first thing that went wrong.
    pub(crate) fn failure(&self) -> Option<GitError> {
        lock(&self.failure).take()
    }

    pub(crate) fn fail(&self, error: GitError) -> io::Error {
        let text = error.to_string();
        lock(&self.failure).get_or_insert(error);
        io::Error::other(text)
    }

    pub(crate) fn timed_out(&self) -> GitError {
        GitError::Timeout {
            url: redact(&self.url),
            after: self.timeout,
        }
    }

    /// Runs one step of an exchange, unless the fetch is over.
    pub(crate) fn run<T>(&self, step: impl Future<Output = Result<T, GitError>>) -> io::Result<T> {
        if self.interrupt.flag.load(Ordering::Relaxed) {
            return Err(self.fail(self.timed_out()));
        }
        let result = self.runtime.block_on(async {
            tokio::select! {
                result = step => result,
                () = self.interrupt.notify.notified() => Err(self.timed_out()),
            }
        });
        result.map_err(|error| self.fail(error))
    }

    /// Counts what came in.
    pub(crate) fn count(&self, more: usize) -> io::Result<()> {
        let more = more as u64;
        if self.received.fetch_add(more, Ordering::Relaxed) + more > self.limit {
            let what = "what the server sends".into();
            return Err(self.fail(GitError::TooLarge {
                what,
                limit: self.limit,
            }));
        }
        Ok(())
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
