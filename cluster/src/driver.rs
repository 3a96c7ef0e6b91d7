//! Runs the controllers behind the API: feeds them changes and timers, and does what they ask for.

mod actions;
mod marks;
mod queue;
mod view;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::api::Core;
use crate::simulate::{self, ObjectRef};
use crate::{Controllers, behind, store::Event};
use marks::Marks;
use queue::Queue;
use view::StoreView;

/// How many objects are looked at before new changes are taken in.
const BURST: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Driver {
    core: Arc<Core>,
    config: simulate::Config,
    controllers: Controllers,
    queue: Queue,
    marks: Arc<Marks>,
    seen: u64,
}

impl Driver {
    pub(crate) fn new(core: Arc<Core>, config: simulate::Config, controllers: Controllers) -> Self {
        Self {
            core,
            config,
            controllers,
            queue: Queue::default(),
            marks: Arc::default(),
            seen: 0,
        }
    }

    /// Make what a new cluster starts with.
    pub(crate) fn bootstrap(&mut self) {
        let now = Timestamp::now();
        let view = StoreView::new(&self.core, &self.marks);
        for action in simulate::bootstrap(&view, &self.config, now) {
            actions::execute(&self.core, action, now);
        }
    }

    /// The certificate of the cluster's authority, for the accounts of pods; one that the configuration gives stays.
    pub(crate) fn trust(&mut self, root_ca: &str) {
        if self.config.root_ca.is_empty() {
            root_ca.clone_into(&mut self.config.root_ca);
        }
    }

    /// Look at everything once, and do what follows from it.
    pub(crate) fn settle_everything(&mut self) {
        self.look_at_everything();
        self.settle(Timestamp::now());
    }

    fn look_at_everything(&mut self) {
        self.seen = self.core.store.revision();
        self.marks.clear();
        let (core, marks) = (self.core.clone(), self.marks.clone());
        let view = StoreView::new(&core, &marks);
        for object in view.everything() {
            self.enqueue(&object, false, &view);
        }
    }

    fn enqueue(&mut self, object: &serde_json::Value, deleted: bool, view: &StoreView<'_>) {
        // Definitions are cleaned up and Events forgotten by the API server itself, whatever else is switched off.
        let some = !self.controllers.is_none();
        let wanted =
            |target: &ObjectRef| some || matches!(target.kind.as_str(), "CustomResourceDefinition" | "Event");
        behind::targets(object, deleted, view)
            .into_iter()
            .filter(wanted)
            .for_each(|target| self.queue.push(target));
        if some {
            simulate::targets(object, view)
                .into_iter()
                .for_each(|target| self.queue.push(target));
        }
    }

    /// Take in what changed.
    fn take_changes(&mut self) {
        loop {
            let Some((events, seen)) = self.core.store.all_changes(self.seen, BURST) else {
                // Behind the history: everything may have changed.
                self.look_at_everything();
                return;
            };
            let more = events.len() == BURST;
            let (core, marks) = (self.core.clone(), self.marks.clone());
            let view = StoreView::new(&core, &marks);
            for (resource, event) in &events {
                self.take(resource, event, &view);
            }
            self.seen = seen;
            if !more {
                return;
            }
        }
    }

    fn take(&mut self, resource: &str, event: &Event, view: &StoreView<'_>) {
        let deleted = event.kind == crate::store::EventKind::Deleted;
        if deleted {
            self.marks.forget(resource, &event.key);
        }
        if let Some(object) = view.object(resource, &event.now) {
            self.enqueue(&object, deleted, view);
        }
    }

    fn look(&mut self, target: &ObjectRef, now: Timestamp) {
        let core = self.core.clone();
        let step = {
            let view = StoreView::new(&core, &self.marks);
            let mut step = behind::step(target, &view, &self.config, &self.controllers, now);
            if self.controllers.look_at(target) {
                let more = simulate::step(target, &view, &self.config, now);
                step.actions.extend(more.actions);
                more.wake.into_iter().for_each(|at| step.wake_at(at));
            }
            step
        };
        if let Some(at) = step.wake {
            self.queue.push_at(target.clone(), at);
        }
        for action in step.actions {
            actions::execute(&core, action, now);
        }
    }

    /// Work until there is nothing to do at the moment.
    fn settle(&mut self, now: Timestamp) {
        loop {
            self.take_changes();
            let mut idle = true;
            for _ in 0..BURST {
                let Some(target) = self.queue.pop(now) else { break };
                idle = false;
                self.look(&target, now);
            }
            if idle {
                return;
            }
        }
    }

    /// Work until the cluster closes. What was there before is looked at first, unless it has been.
    pub(crate) async fn run(mut self, mut closing: watch::Receiver<bool>) {
        let mut changes = self.core.store.subscribe_all();
        if self.seen == 0 {
            self.look_at_everything();
        }
        loop {
            changes.borrow_and_update();
            self.step_all(&mut closing).await;
            if *closing.borrow() {
                return;
            }
            let wake = self
                .queue
                .next_wake()
                .map(|at| at.duration_since(Timestamp::now()).unsigned_abs());
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                _ = closing.changed() => return,
                () = sleep(wake) => {}
            }
        }
    }

    /// As `settle`, but gives other tasks their turn.
    async fn step_all(&mut self, closing: &mut watch::Receiver<bool>) {
        loop {
            self.take_changes();
            let now = Timestamp::now();
            let mut idle = true;
            for _ in 0..16 {
                let Some(target) = self.queue.pop(now) else { break };
                idle = false;
                self.look(&target, now);
            }
            if idle || *closing.borrow_and_update() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn sleep(wake: Option<std::time::Duration>) {
    match wake {
        Some(wake) => tokio::time::sleep(wake).await,
        None => std::future::pending().await,
    }
}
