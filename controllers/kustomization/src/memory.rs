//! What is remembered of each Kustomization between passes. All of it can be lost: then the next pass does the full work.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use flux_api::kustomization::Inventory;
use flux_api::source::Artifact;
use flux_apply::{Action, Change, Stage};
use flux_kube::Key;
use flux_object::ObjectId;
use flux_runtime::wait::Wait;

use crate::apply::{self, Done};
use crate::build::{Closure, Variables};
use crate::decide::{Last, Waiting};

/// All that is remembered, by object.
#[derive(Default)]
pub(crate) struct Memories(Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Memory>>>>);

impl Memories {
    pub(crate) fn of(&self, key: &Key) -> Arc<tokio::sync::Mutex<Memory>> {
        let mut memories = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        memories.entry(key.clone()).or_default().clone()
    }

    pub(crate) fn forget(&self, key: &Key) {
        let mut memories = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        memories.remove(key);
    }
}

/// What is remembered of one object.
#[derive(Default)]
pub(crate) struct Memory {
    /// The object of that name may be another one by now.
    pub(crate) uid: String,
    /// What the present run waits for.
    pub(crate) phase: Option<Phase>,
    /// The last run that ended well.
    pub(crate) good: Option<Good>,
    /// Live objects as they were seen last.
    pub(crate) seen: apply::Memory,
}

impl Memory {
    pub(crate) fn waiting(&self) -> Option<Waiting<'_>> {
        self.phase.as_ref().and_then(Phase::run).map(|run| Waiting {
            generation: run.generation,
            revision: &run.artifact.revision,
            requested: run.requested.as_deref(),
        })
    }

    pub(crate) fn last(&self, inputs_changed: bool) -> Option<Last<'_>> {
        self.good.as_ref().map(|good| Last {
            generation: good.generation,
            revision: &good.revision,
            due_in: good.due.saturating_duration_since(Instant::now()),
            inputs_changed,
        })
    }
}

/// A run that ended well.
pub(crate) struct Good {
    pub(crate) generation: i64,
    pub(crate) revision: String,
    /// When live objects are to be compared again.
    pub(crate) due: Instant,
    pub(crate) inputs: Inputs,
}

/// What a build was made from, and the digest of what it made.
#[derive(Clone, Default)]
pub(crate) struct Inputs {
    pub(crate) closure: Closure,
    pub(crate) variables: Variables,
    pub(crate) digest: String,
}

/// What a run waits for.
pub(crate) enum Phase {
    /// A stage must become current before the next.
    Stage(Box<Run>, Wait),
    /// Objects are being deleted that are to be created anew; then it starts over.
    Recreate(Box<Run>, Wait),
    /// Everything is applied and shall become healthy.
    Health(Box<Run>, Wait),
    /// The Kustomization is being deleted and what it deleted shall be gone.
    Termination(Wait),
}

impl Phase {
    fn run(&self) -> Option<&Run> {
        match self {
            Phase::Stage(run, _) | Phase::Recreate(run, _) | Phase::Health(run, _) => Some(run),
            Phase::Termination(_) => None,
        }
    }
}

/// One reconciliation on its way from build to ready.
pub(crate) struct Run {
    pub(crate) began: Instant,
    pub(crate) generation: i64,
    pub(crate) requested: Option<String>,
    pub(crate) artifact: Artifact,
    pub(crate) inputs: Inputs,
    /// The inventory before.
    pub(crate) old: Inventory,
    /// What the status holds by now: everything that may exist in the cluster because of this object.
    pub(crate) recorded: Inventory,
    /// Stages to come.
    pub(crate) rest: VecDeque<Stage>,
    /// What was dealt with.
    pub(crate) done: Vec<Done>,
    /// Jobs that vanish when they are done.
    pub(crate) vanishing: HashSet<ObjectId>,
    /// Whether the last health check before this run was good.
    pub(crate) was_healthy: bool,
    /// Whether the revision was not applied before.
    pub(crate) is_news: bool,
}

impl Run {
    pub(crate) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn changes(&self) -> Vec<Change> {
        self.done.iter().map(|done| done.change.clone()).collect()
    }

    /// Lets go of the live objects: what comes after the last stage needs only the changes, and many runs may wait.
    pub(crate) fn forget_live(&mut self) {
        self.done
            .iter_mut()
            .for_each(|done| done.live = serde_json::Value::Null);
    }

    /// The lines about what was written.
    pub(crate) fn log(&self) -> String {
        let written = self.done.iter().filter(|done| done.change.action.is_change());
        let lines: Vec<String> = written.map(|done| done.change.to_string()).collect();
        lines.join("\n")
    }

    /// What was applied and not left alone.
    pub(crate) fn applied(&self) -> impl Iterator<Item = &Done> {
        self.done
            .iter()
            .filter(|done| done.change.action != Action::Skipped)
    }
}
