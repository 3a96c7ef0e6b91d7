//! What is remembered of each release between passes. All of it can be lost: then an action that was under way is found cut off, and
//! the next pass takes it up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use flux_kube::Key;
use flux_runtime::Waker;
use tokio::sync::oneshot;

use crate::action::{self, Job, Report};
use crate::decide::{Action, Type};

/// All that is remembered, by object.
#[derive(Default)]
pub(crate) struct Memories(Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Memory>>>>);

impl Memories {
    pub(crate) fn of(&self, key: &Key) -> Arc<tokio::sync::Mutex<Memory>> {
        let mut memories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memories.entry(key.clone()).or_default().clone()
    }

    /// Forgets an object, unless something is being done for it: whoever suspends it wants nothing new, not a broken release.
    pub(crate) fn forget(&self, key: &Key) {
        let mut memories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = memories
            .get(key)
            .is_some_and(|memory| memory.try_lock().map_or(true, |memory| memory.running.is_some()));
        if !is_busy {
            memories.remove(key);
        }
    }
}

/// What is remembered of one object.
#[derive(Default)]
pub(crate) struct Memory {
    /// The object of that name may be another one by now.
    pub(crate) uid: String,
    /// What is being done.
    pub(crate) running: Option<Running>,
    /// What was done in this attempt.
    pub(crate) attempt: Option<Attempt>,
    /// Attempts in a row that did not end well.
    pub(crate) failures: u32,
}

/// A run through the actions for one wish. Each type of action happens once in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) wish: Wish,
    pub(crate) done: Vec<Type>,
}

/// What an attempt is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) generation: i64,
    pub(crate) requested: Option<String>,
    /// Digest of the chart's artifact.
    pub(crate) chart: String,
    /// Digest of the values.
    pub(crate) values: String,
}

/// An action under way. Dropping it cuts the action off.
pub(crate) struct Running {
    pub(crate) action: Action,
    /// The chart, for messages: name, version and application version.
    pub(crate) chart: (String, String, String),
    /// Digest of the values, for messages.
    pub(crate) values: String,
    report: oneshot::Receiver<Report>,
    task: tokio::task::AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Begins an action, in a task of its own; its end brings the next pass.
    pub(crate) fn start(job: Job, action: Action, values: String, waker: Waker) -> Self {
        let (tell, report) = oneshot::channel();
        let metadata = job
            .chart
            .as_ref()
            .map(|chart| chart.metadata.clone())
            .unwrap_or_default();
        let doing = action.clone();
        let task = tokio::spawn(async move {
            let report = action::run(job, doing).await;
            // Nobody waits any more: the object is gone.
            let _ = tell.send(report);
            waker.wake(flux_runtime::Cause::Health);
        });
        Running {
            action,
            chart: (metadata.name, metadata.version, metadata.app_version),
            values,
            report,
            task: task.abort_handle(),
        }
    }

    /// How it went, once it is over.
    pub(crate) fn report(&mut self) -> Option<Report> {
        match self.report.try_recv() {
            Ok(report) => Some(report),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Report {
                error: Some("the action ended unexpectedly (a defect of the controller)".into()),
                ..Report::default()
            }),
        }
    }
}
