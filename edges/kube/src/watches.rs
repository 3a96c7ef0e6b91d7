//! One watch per kind for everyone who waits for objects of that kind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::client::Client;
use crate::error::Error;
use crate::object::{Key, ObjectRef};
use crate::options::WatchOptions;
use crate::watch::{WatchEvent, watch};
use flux_object::Gvk;

/// An object to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// The object.
    pub object: ObjectRef,
    /// The resource version that the caller has judged already; it hears only of later ones. `None`: the present state
    /// is told first.
    pub seen: Option<String>,
}

/// What became of an object.
#[derive(Clone, Debug)]
pub enum Observation {
    /// It is there, in this state.
    Present(Arc<Value>),
    /// It does not exist.
    Absent,
    /// It cannot be watched (no such kind, no permission); the watch goes on trying.
    Failed(Arc<Error>),
}

type Sink = dyn Fn(&ObjectRef, Observation) + Send + Sync;

/// The watches of one account on one server. Clones share it.
#[derive(Clone)]
pub struct Watches(Arc<Inner>);

struct Inner {
    client: Client,
    grace: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    kinds: HashMap<Gvk, Kind>,
}

struct Kind {
    /// Resource version of every object that the watch told of: enough to tell whether a caller's knowledge is old.
    versions: HashMap<Key, Box<str>>,
    synced: bool,
    interests: HashMap<Key, Vec<Party>>,
    /// Objects that a party has to be told the present state of.
    looks: mpsc::UnboundedSender<Look>,
    idle: Arc<Notify>,
    task: tokio::task::AbortHandle,
}

/// Who is interested in one object.
struct Party {
    id: u64,
    sink: Arc<Sink>,
    /// Whether the watch told it something: then it will tell the rest, and a look has nothing to add.
    told: bool,
}

struct Look {
    id: u64,
    key: Key,
}

impl Drop for Kind {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends the interest when dropped.
#[must_use = "dropping it ends the interest"]
pub struct Subscription {
    watches: Watches,
    id: u64,
    objects: Vec<ObjectRef>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.watches.unsubscribe(self.id, &self.objects);
    }
}

impl Watches {
    /// No watch runs yet. One that nobody is interested in ends after `grace`.
    pub fn new(client: Client, grace: Duration) -> Self {
        Watches(Arc::new(Inner {
            client,
            grace,
            state: Mutex::default(),
        }))
    }

    /// Tells `sink` what becomes of the objects until the subscription is dropped. It is called from the watching task, in
    /// order for each object, and must not block. Nothing that happens after `seen` is missed; the same state may be told twice.
    pub fn subscribe(
        &self,
        interests: Vec<Interest>,
        sink: impl Fn(&ObjectRef, Observation) + Send + Sync + 'static,
    ) -> Subscription {
        let sink: Arc<Sink> = Arc::new(sink);
        let mut objects = Vec::with_capacity(interests.len());
        let mut state = self.state();
        state.next += 1;
        let id = state.next;
        for interest in interests {
            let kind = state
                .kinds
                .entry(interest.object.gvk.clone())
                .or_insert_with_key(|gvk| self.start(gvk));
            let key = interest.object.key.clone();
            let party = Party {
                id,
                sink: sink.clone(),
                told: false,
            };
            kind.interests.entry(key.clone()).or_default().push(party);
            if !kind.will_tell(&key) && kind.is_news_to(&interest) {
                // The receiver lives as long as the kind is in the table.
                let _ = kind.looks.send(Look { id, key });
            }
            objects.push(interest.object);
        }
        drop(state);
        Subscription {
            watches: self.clone(),
            id,
            objects,
        }
    }

    /// How many kinds are being watched.
    pub fn len(&self) -> usize {
        self.state().kinds.len()
    }

    /// Whether nothing is being watched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    fn start(&self, gvk: &Gvk) -> Kind {
        let idle = Arc::new(Notify::new());
        let (looks, receiver) = mpsc::unbounded_channel();
        let follow = self.clone().follow(gvk.clone(), idle.clone(), receiver);
        Kind {
            versions: HashMap::new(),
            synced: false,
            interests: HashMap::new(),
            looks,
            idle,
            task: tokio::spawn(follow).abort_handle(),
        }
    }

    fn unsubscribe(&self, id: u64, objects: &[ObjectRef]) {
        // Dropped last, without the lock: a sink may hold a subscription of its own.
        let mut leaving = Vec::new();
        let mut state = self.state();
        for object in objects {
            let Some(kind) = state.kinds.get_mut(&object.gvk) else {
                continue;
            };
            if let Some(parties) = kind.interests.get_mut(&object.key) {
                leaving.extend(parties.extract_if(.., |party| party.id == id));
                if parties.is_empty() {
                    kind.interests.remove(&object.key);
                }
            }
            if kind.interests.is_empty() {
                kind.idle.notify_one();
            }
        }
        drop(state);
    }

    /// Watches a kind and takes looks at single objects. Both are told from this one task, so that nobody hears of an old
    /// state after a newer one.
    async fn follow(self, gvk: Gvk, idle: Arc<Notify>, mut looks: mpsc::UnboundedReceiver<Look>) {
        const AT_ONCE: usize = 8;
        let mut events = watch(self.0.client.clone(), gvk.clone(), WatchOptions::default());
        let looks = futures::stream::poll_fn(|context| looks.poll_recv(context));
        let mut looks = looks
            .map(|look| self.look(gvk.clone(), look))
            .buffer_unordered(AT_ONCE);
        let mut listed = HashMap::new();
        let mut end = None;
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.take(&gvk, event, &mut listed),
                    None => return,
                },
                Some((look, answer)) = looks.next() => self.looked(&gvk, &look, answer),
                () = idle.notified() => end = Some(Instant::now() + self.0.grace),
                () = at(end) => {
                    end = None;
                    if self.retire(&gvk) {
                        return;
                    }
                }
            }
        }
    }

    /// Reads an object whose state a party may not know.
    fn look(&self, gvk: Gvk, look: Look) -> impl Future<Output = (Look, Observation)> + use<> {
        let client = self.0.client.clone();
        let name = look.key.clone();
        // In a task of its own, so that the watch need not wait for it.
        let asked = tokio::spawn(async move { client.get(&gvk, &name.namespace, &name.name).await });
        async move {
            let observation = match asked.await {
                Ok(Ok(value)) => Observation::Present(Arc::new(value)),
                Ok(Err(Error::NotFound(_))) => Observation::Absent,
                Ok(Err(error)) => Observation::Failed(Arc::new(error)),
                Err(error) => Observation::Failed(Arc::new(Error::Network {
                    message: format!("an object that is waited for could not be read: {error}"),
                })),
            };
            (look, observation)
        }
    }

    /// Tells what a look found, unless the watch was faster.
    fn looked(&self, gvk: &Gvk, look: &Look, observation: Observation) {
        let sink = {
            let state = self.state();
            let parties = state
                .kinds
                .get(gvk)
                .and_then(|kind| kind.interests.get(&look.key));
            let mut parties = parties.into_iter().flatten();
            let party = parties.find(|party| party.id == look.id && !party.told);
            party.map(|party| party.sink.clone())
        };
        if let Some(sink) = sink {
            let object = ObjectRef {
                gvk: gvk.clone(),
                key: look.key.clone(),
            };
            sink(&object, observation);
        }
    }

    /// Ends the watch of a kind unless someone came back.
    fn retire(&self, gvk: &Gvk) -> bool {
        let mut state = self.state();
        let idle = state.kinds.get(gvk).is_some_and(|kind| kind.interests.is_empty());
        if idle {
            state.kinds.remove(gvk);
        }
        idle
    }

    fn take(&self, gvk: &Gvk, event: WatchEvent, listed: &mut HashMap<Key, Box<str>>) {
        let mut told = Vec::new();
        let mut state = self.state();
        let Some(kind) = state.kinds.get_mut(gvk) else {
            return;
        };
        match event {
            WatchEvent::Restarting => {
                listed.clear();
                kind.synced = false;
            }
            WatchEvent::Listed(object) => {
                let (key, version) = (Key::of(&object), version_of(&object));
                if kind.versions.get(&key) != Some(&version) {
                    kind.tell(&key, Observation::Present(Arc::new(object)), &mut told);
                    // Who comes before the list is complete is not told of it again.
                    kind.versions.insert(key.clone(), version.clone());
                }
                listed.insert(key, version);
            }
            WatchEvent::Ready => kind.settle(std::mem::take(listed), &mut told),
            WatchEvent::Applied(object) => {
                let key = Key::of(&object);
                kind.versions.insert(key.clone(), version_of(&object));
                kind.tell(&key, Observation::Present(Arc::new(object)), &mut told);
            }
            WatchEvent::Deleted(object) => {
                let key = Key::of(&object);
                kind.versions.remove(&key);
                kind.tell(&key, Observation::Absent, &mut told);
            }
            WatchEvent::Failed(error) => {
                tracing::debug!(kind = %gvk, %error, "cannot watch objects that are waited for");
                if matches!(
                    *error,
                    Error::NoMatch { .. } | Error::Forbidden(_) | Error::Unauthorized(_)
                ) {
                    let keys: Vec<_> = kind.interests.keys().cloned().collect();
                    keys.iter()
                        .for_each(|key| kind.tell(key, Observation::Failed(error.clone()), &mut told));
                }
            }
        }
        drop(state);
        for (sink, key, observation) in told {
            let object = ObjectRef {
                gvk: gvk.clone(),
                key,
            };
            sink(&object, observation);
        }
    }
}

type Told = (Arc<Sink>, Key, Observation);

impl Kind {
    fn tell(&mut self, key: &Key, observation: Observation, told: &mut Vec<Told>) {
        for party in self.interests.get_mut(key).into_iter().flatten() {
            party.told |= !matches!(observation, Observation::Failed(_));
            told.push((party.sink.clone(), key.clone(), observation.clone()));
        }
    }

    /// Whether a list is under way that has yet to tell of the object: that it is there, or at the end that it is not.
    fn will_tell(&self, key: &Key) -> bool {
        !self.synced && !self.versions.contains_key(key)
    }

    /// A list is complete: what is not in it does not exist.
    fn settle(&mut self, listed: HashMap<Key, Box<str>>, told: &mut Vec<Told>) {
        let absent: Vec<_> = self
            .interests
            .keys()
            .filter(|key| !listed.contains_key(*key))
            .cloned()
            .collect();
        absent
            .iter()
            .for_each(|key| self.tell(key, Observation::Absent, told));
        self.versions = listed;
        self.synced = true;
    }

    /// Whether the subscriber may not know the present state. When its knowledge is newer than the watch's, the watch
    /// will bring what comes after.
    fn is_news_to(&self, interest: &Interest) -> bool {
        let held = self.versions.get(&interest.object.key);
        match (held, &interest.seen) {
            (Some(held), Some(seen)) if **held == **seen => false,
            (Some(held), Some(seen)) => match (held.parse::<u128>(), seen.parse::<u128>()) {
                (Ok(held), Ok(seen)) => held > seen,
                _ => true,
            },
            _ => true,
        }
    }
}

/// Waits for a time that may never come.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn version_of(object: &Value) -> Box<str> {
    object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .into()
}
