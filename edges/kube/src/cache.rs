//! A watched set of objects, kept as small as its users allow.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use futures::StreamExt as _;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::client::Client;
use crate::error::Error;
use crate::object::Key;
use crate::options::WatchOptions;
use crate::watch::WatchEvent;
use flux_object::Gvk;

/// What a cache watches.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// The kind.
    pub gvk: Gvk,
    /// Which objects, and how.
    pub watch: WatchOptions,
}

/// What happened to one object: created (`old` is none), changed, or deleted (`new` is none).
#[derive(Debug)]
pub struct Change<T> {
    /// The object.
    pub key: Key,
    /// What was known of it.
    pub old: Option<Arc<T>>,
    /// What is known of it now.
    pub new: Option<Arc<T>>,
}

impl<T> Clone for Change<T> {
    fn clone(&self) -> Self {
        Change {
            key: self.key.clone(),
            old: self.old.clone(),
            new: self.new.clone(),
        }
    }
}

/// The changes of a cache from a subscription on.
#[derive(Debug)]
pub struct Changes<T>(mpsc::UnboundedReceiver<Change<T>>);

impl<T> Changes<T> {
    /// The next change; `None` when the cache ended.
    pub async fn next(&mut self) -> Option<Change<T>> {
        self.0.recv().await
    }

    /// The next change that has come already, if there is one.
    pub fn ready(&mut self) -> Option<Change<T>> {
        self.0.try_recv().ok()
    }
}

/// One watch and what a projection keeps of each object. Clones share it; the watch ends with the last clone.
pub struct Cache<T>(Arc<Handle<T>>);

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Cache(self.0.clone())
    }
}

struct Handle<T> {
    shared: Arc<Shared<T>>,
    task: tokio::task::AbortHandle,
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared<T> {
    held: RwLock<Held<T>>,
    synced: watch::Sender<bool>,
    /// Whether the first list is complete or could not be had.
    tried: watch::Sender<bool>,
}

struct Held<T> {
    objects: HashMap<Key, Arc<T>>,
    subscribers: Vec<mpsc::UnboundedSender<Change<T>>>,
    error: Option<Arc<Error>>,
}

impl<T: Send + Sync + 'static> Cache<T> {
    /// Starts the watch in a task of its own. `project` takes what shall be kept of an object; an object for which it
    /// gives `None` counts as absent.
    pub fn start(
        client: Client,
        options: CacheOptions,
        project: impl Fn(Value) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            held: RwLock::new(Held {
                objects: HashMap::new(),
                subscribers: Vec::new(),
                error: None,
            }),
            synced: watch::Sender::new(false),
            tried: watch::Sender::new(false),
        });
        let task = tokio::spawn(follow(client, options, shared.clone(), project)).abort_handle();
        Cache(Arc::new(Handle { shared, task }))
    }

    /// What is known of an object.
    pub fn get(&self, key: &Key) -> Option<Arc<T>> {
        self.0.shared.read().objects.get(key).cloned()
    }

    /// All objects, in no order.
    pub fn list(&self) -> Vec<(Key, Arc<T>)> {
        let held = self.0.shared.read();
        held.objects
            .iter()
            .map(|(key, object)| (key.clone(), object.clone()))
            .collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.shared.read().objects.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until the first list is complete.
    pub async fn synced(&self) {
        let mut synced = self.0.shared.synced.subscribe();
        // The sender lives as long as `self`.
        let _ = synced.wait_for(|synced| *synced).await;
    }

    /// Waits until the first list is complete, or could not be had for now: no such kind, no permission, no answer.
    pub async fn tried(&self) {
        let mut tried = self.0.shared.tried.subscribe();
        // The sender lives as long as `self`.
        let _ = tried.wait_for(|tried| *tried).await;
    }

    /// Whether the first list is complete.
    pub fn is_synced(&self) -> bool {
        *self.0.shared.synced.borrow()
    }

    /// Why the watch does not get on, if so.
    pub fn error(&self) -> Option<Arc<Error>> {
        self.0.shared.read().error.clone()
    }

    /// All changes from now on, after one change for each object that is known already.
    pub fn subscribe(&self) -> Changes<T> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut held = self.0.shared.write();
        for (key, object) in &held.objects {
            // The receiver is here.
            let _ = sender.send(Change {
                key: key.clone(),
                old: None,
                new: Some(object.clone()),
            });
        }
        held.subscribers.push(sender);
        Changes(receiver)
    }
}

impl<T> Shared<T> {
    fn read(&self) -> std::sync::RwLockReadGuard<'_, Held<T>> {
        self.held.read().unwrap_or_else(|poison| poison.into_inner())
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Held<T>> {
        self.held.write().unwrap_or_else(|poison| poison.into_inner())
    }

    fn put(&self, key: Key, new: Option<T>) {
        let new = new.map(Arc::new);
        let mut held = self.write();
        let old = match &new {
            Some(object) => held.objects.insert(key.clone(), object.clone()),
            None => held.objects.remove(&key),
        };
        if old.is_none() && new.is_none() {
            return;
        }
        let change = Change { key, old, new };
        held.subscribers
            .retain(|subscriber| subscriber.send(change.clone()).is_ok());
    }

    fn known(&self) -> HashSet<Key> {
        self.read().objects.keys().cloned().collect()
    }
}

async fn follow<T: Send + Sync + 'static>(
    client: Client,
    options: CacheOptions,
    shared: Arc<Shared<T>>,
    project: impl Fn(Value) -> Option<T> + Send + Sync,
) {
    let kind = options.gvk.to_string();
    let mut events = crate::watch::watch(client, options.gvk, options.watch);
    // Known before the current list and not seen in it yet.
    let mut stale = HashSet::new();
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Restarting => stale = shared.known(),
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let key = Key::of(&object);
                stale.remove(&key);
                shared.put(key, project(object));
            }
            WatchEvent::Deleted(object) => shared.put(Key::of(&object), None),
            WatchEvent::Ready => {
                stale.drain().for_each(|key| shared.put(key, None));
                shared.write().error = None;
                shared.synced.send_replace(true);
                shared.tried.send_replace(true);
            }
            WatchEvent::Failed(error) => {
                tracing::warn!(%kind, %error, "cannot list or watch; trying again");
                shared.write().error = Some(error);
                shared.tried.send_replace(true);
            }
        }
    }
}
