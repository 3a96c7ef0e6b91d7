//! A controller: a reconciler, its objects and its triggers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use flux_kube::{Cache, CacheOptions, Change, Changes, Key, ListOptions};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cause::{Cause, Causes};
use crate::context::{Shared, Waker};
use crate::events::Recorder;
use crate::manager::{RunError, Runtime};
use crate::one::pass;
use crate::packed::Packed;
use crate::queue::{Backoff, Queue};
use crate::reconciler::Reconciler;
use crate::shutdown::Shutdown;
use crate::store::{IndexFn, View};

type Running = Pin<Box<dyn Future<Output = Result<(), RunError>> + Send>>;
type OwnMap = dyn Fn(&Change<Value>, &View) -> Vec<(Key, Cause)> + Send + Sync;
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Waits for what is known at the start and takes it; gives what takes the rest.
type Trigger = Box<dyn FnOnce(Queue, View) -> Pin<Box<dyn Future<Output = Task> + Send>> + Send>;

/// A controller of any kind, for [`Runtime::run`].
pub struct BoxedController {
    pub(crate) name: String,
    pub(crate) component: &'static str,
    pub(crate) run: Box<dyn FnOnce(Shutdown) -> Running + Send>,
}

impl BoxedController {
    /// Something that runs beside the controllers of `component`, and only while this process leads: a server, for example. It has to
    /// end when the shutdown comes.
    pub fn beside<F>(
        component: &'static str,
        name: &str,
        run: impl FnOnce(Shutdown) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), RunError>> + Send + 'static,
    {
        BoxedController {
            name: name.into(),
            component,
            run: Box::new(|shutdown| Box::pin(run(shutdown))),
        }
    }
}

/// A reconciler with its objects and triggers, before it runs.
pub struct Controller<R> {
    runtime: Runtime,
    reconciler: Arc<R>,
    queue: Queue,
    concurrency: usize,
    label_selector: String,
    indexers: Vec<(&'static str, Box<IndexFn>)>,
    own: Vec<Box<OwnMap>>,
    triggers: Vec<Trigger>,
}

impl<R: Reconciler> Controller<R> {
    /// With four workers and no triggers but changes of the objects themselves: spec, reconcile request, deletion.
    pub fn new(runtime: &Runtime, reconciler: R) -> Self {
        let settings = runtime.settings();
        let backoff = Backoff {
            min: settings.min_retry_delay,
            max: settings.max_retry_delay,
        };
        Controller {
            runtime: runtime.clone(),
            reconciler: Arc::new(reconciler),
            queue: Queue::new(backoff),
            concurrency: 4,
            label_selector: settings.watch_label_selector.clone(),
            indexers: Vec::new(),
            own: Vec::new(),
            triggers: Vec::new(),
        }
    }

    /// How many passes may run at the same time; at least one.
    #[must_use]
    pub fn concurrency(mut self, workers: usize) -> Self {
        self.concurrency = workers.max(1);
        self
    }

    /// Makes objects of the own kind findable by the values that `values` gives (see [`View::by_index`]).
    #[must_use]
    pub fn index(
        mut self,
        name: &'static str,
        values: impl Fn(&Value) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.indexers.push((name, Box::new(values)));
        self
    }

    /// Changes of one object of the own kind trigger others, such as the dependents of what became ready.
    #[must_use]
    pub fn on_own(
        mut self,
        map: impl Fn(&Change<Value>, &View) -> Vec<(Key, Cause)> + Send + Sync + 'static,
    ) -> Self {
        self.own.push(Box::new(map));
        self
    }

    /// Changes in a cache of another kind trigger objects. Objects known at the start come as created.
    #[must_use]
    #[expect(
        clippy::async_yields_async,
        reason = "what comes after the start runs in a task of its own"
    )]
    pub fn on<T: Send + Sync + 'static>(
        mut self,
        cache: Cache<T>,
        map: impl Fn(&Change<T>, &View) -> Vec<(Key, Cause)> + Send + Sync + 'static,
    ) -> Self {
        self.triggers.push(Box::new(move |queue, view| {
            Box::pin(async move {
                let mut changes = cache.subscribe();
                let take = move |change: Change<T>| {
                    for (key, cause) in map(&change, &view) {
                        queue.push(key, cause);
                    }
                };
                cache.tried().await;
                while let Some(change) = changes.ready() {
                    take(change);
                }
                let rest: Task = Box::pin(async move {
                    let _cache = cache;
                    while let Some(change) = changes.next().await {
                        take(change);
                    }
                });
                rest
            })
        }));
        self
    }

    /// Brings a pass of one object, from anywhere.
    pub fn waker(&self, key: Key) -> Waker {
        Waker::new(self.queue.clone(), key)
    }

    /// The queue, to trigger objects from anywhere.
    pub fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// For [`Runtime::run`].
    pub fn boxed(self) -> BoxedController {
        let facts = self.reconciler.facts();
        BoxedController {
            name: facts.name,
            component: facts.component,
            run: Box::new(move |shutdown| Box::pin(self.run(shutdown))),
        }
    }

    /// Runs until the end; then lets the passes under way finish for a while.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), RunError> {
        let facts = self.reconciler.facts();
        let settings = self.runtime.settings();
        let client = self.runtime.client().with_field_manager(facts.component);
        let recorder = Recorder::start(
            client.clone(),
            facts.component,
            &settings.hostname,
            &settings.events_addr,
            self.runtime.passes(),
        );
        let view = View::new(self.indexers);
        let list = ListOptions::in_namespace(settings.watch_namespace()).labels(self.label_selector);
        let options = CacheOptions {
            gvk: facts.gvk.clone(),
            watch: list.into(),
        };
        let cache = Cache::start(client.clone(), options, |mut object| {
            flux_kube::strip_managed_fields(&mut object);
            Some(Packed::new(&object))
        });
        self.runtime.metrics().workers(&facts.name, self.concurrency);
        let shared = Arc::new(Shared {
            runtime: self.runtime,
            client,
            facts,
            queue: self.queue.clone(),
            view: view.clone(),
            recorder,
            shutdown: shutdown.clone(),
        });
        let mut watchers = JoinSet::new();
        let mut own = Own {
            changes: cache.subscribe(),
            queue: self.queue.clone(),
            view: view.clone(),
            maps: self.own,
        };
        // Everything that is known at the start is taken in before the first pass: else each object that a trigger
        // finds a moment later would get a second one.
        let start = async {
            cache.synced().await;
            own.take_ready();
            let triggers = self.triggers.into_iter();
            let triggers = triggers.map(|trigger| trigger(self.queue.clone(), view.clone()));
            futures::future::join_all(triggers).await
        };
        tokio::select! {
            rest = start => rest.into_iter().for_each(|rest| drop(watchers.spawn(rest))),
            () = shutdown.wait() => return Ok(()),
        }
        watchers.spawn(own.follow());
        drive(shared, self.reconciler, self.concurrency, shutdown).await;
        Ok(())
    }
}

/// Takes keys from the queue as long as there are workers, and starts a pass for each.
async fn drive<R: Reconciler>(shared: Arc<Shared>, reconciler: Arc<R>, workers: usize, shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(workers));
    let mut passes = JoinSet::new();
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, shared.queue.next().await)
        };
        let (place, (key, causes)): (_, (Key, Causes)) = tokio::select! {
            biased;
            () = shutdown.wait() => break,
            next = next => next,
            Some(_) = passes.join_next() => continue,
        };
        let work = pass(shared.clone(), reconciler.clone(), key, causes);
        passes.spawn(async move {
            let _place = place;
            work.await;
        });
    }
    let grace = shared.runtime.settings().graceful_shutdown_timeout;
    let ended = tokio::time::timeout(grace, async { while passes.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!(
            controller = shared.facts.name,
            left = passes.len(),
            "passes cut off at the end"
        );
    }
}

/// Keeps the view up to date and turns changes of the own kind into work.
struct Own {
    changes: Changes<Packed>,
    queue: Queue,
    view: View,
    maps: Vec<Box<OwnMap>>,
}

impl Own {
    fn take_ready(&mut self) {
        while let Some(change) = self.changes.ready() {
            self.take(change);
        }
    }

    async fn follow(mut self) {
        while let Some(change) = self.changes.next().await {
            self.take(change);
        }
    }

    fn take(&self, packed: Change<Packed>) {
        let change = Change {
            key: packed.key,
            old: packed.old.map(|old| old.value()),
            new: packed.new.as_ref().map(|new| new.value()),
        };
        match change.new.as_ref().zip(packed.new) {
            Some((object, packed)) => drop(self.view.put(&change.key, object, packed)),
            None => self.view.remove(&change.key),
        }
        if let Some(cause) = cause_of(&change) {
            self.queue.push(change.key.clone(), cause);
        }
        for map in &self.maps {
            for (key, cause) in map(&change, &self.view) {
                self.queue.push(key, cause);
            }
        }
    }
}

/// Whether a change of the object itself asks for a pass: it is new, gone, being deleted, has a new generation or a new
/// reconcile request. Changes of status and other metadata do not.
fn cause_of(change: &Change<Value>) -> Option<Cause> {
    let (old, new) = match (&change.old, &change.new) {
        (None, _) => return Some(Cause::Changed),
        (_, None) => return Some(Cause::Deleted),
        (Some(old), Some(new)) => (&old["metadata"], &new["metadata"]),
    };
    let differs = |field: &str| old[field] != new[field];
    let request = |metadata: &Value| metadata["annotations"][flux_api::meta::REQUESTED_AT].clone();
    if differs("deletionTimestamp") || (new["deletionTimestamp"].is_string() && differs("finalizers")) {
        Some(Cause::Deleted)
    } else if differs("uid") || differs("generation") {
        Some(Cause::Changed)
    } else if request(new) != request(old) && request(new).is_string() {
        Some(Cause::Requested)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(old: Option<Value>, new: Option<Value>, expect: Option<Cause>) {
        let wrap =
            |metadata: Option<Value>| metadata.map(|metadata| Arc::new(json!({ "metadata": metadata })));
        let change = Change {
            key: Key::new("ns", "a"),
            old: wrap(old),
            new: wrap(new),
        };
        assert_eq!(cause_of(&change), expect);
    }

    #[test]
    fn only_changes_of_intent_ask_for_a_pass() {
        let base = || json!({"uid": "u", "generation": 1, "resourceVersion": "1"});
        let with = |field: &str, value: Value| {
            let mut metadata = base();
            metadata[field] = value;
            Some(metadata)
        };
        check(None, Some(base()), Some(Cause::Changed));
        check(Some(base()), None, Some(Cause::Deleted));
        check(Some(base()), with("resourceVersion", "2".into()), None);
        check(Some(base()), with("labels", json!({"a": "b"})), None);
        check(Some(base()), with("generation", 2.into()), Some(Cause::Changed));
        check(Some(base()), with("uid", "v".into()), Some(Cause::Changed));
        check(
            Some(base()),
            with("deletionTimestamp", "t".into()),
            Some(Cause::Deleted),
        );
        let requested = with("annotations", json!({"reconcile.fluxcd.io/requestedAt": "now"}));
        check(Some(base()), requested.clone(), Some(Cause::Requested));
        check(requested, Some(base()), None);
    }
}
