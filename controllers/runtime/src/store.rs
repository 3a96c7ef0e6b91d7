//! The objects of a controller's own kind: what the watch brought, what was just written, and indexes over both.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use flux_kube::Key;
use serde_json::Value;

use crate::packed::Packed;

pub(crate) type IndexFn = dyn Fn(&Value) -> Vec<String> + Send + Sync;

/// The objects of a controller's own kind. Clones share it.
#[derive(Clone)]
pub struct View(Arc<Inner>);

struct Inner {
    indexers: Vec<(&'static str, Box<IndexFn>)>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    objects: HashMap<Key, Arc<Packed>>,
    /// By position of the indexer, then by value.
    indexes: Vec<HashMap<String, BTreeSet<Key>>>,
}

impl View {
    pub(crate) fn new(indexers: Vec<(&'static str, Box<IndexFn>)>) -> Self {
        let indexes = indexers.iter().map(|_| HashMap::new()).collect();
        View(Arc::new(Inner {
            indexers,
            state: RwLock::new(State {
                objects: HashMap::new(),
                indexes,
            }),
        }))
    }

    /// An object, without `managedFields`.
    pub fn get(&self, key: &Key) -> Option<Arc<Value>> {
        let held = self.read().objects.get(key).cloned();
        held.map(|held| held.value())
    }

    /// The keys of all objects.
    pub fn keys(&self) -> Vec<Key> {
        self.read().objects.keys().cloned().collect()
    }

    /// The objects for which the index of this name gave `value`, in order; none when there is no such index.
    pub fn by_index(&self, index: &str, value: &str) -> Vec<Key> {
        let Some(at) = self.0.indexers.iter().position(|(name, _)| *name == index) else {
            return Vec::new();
        };
        let state = self.read();
        let keys = state.indexes[at].get(value).into_iter().flatten();
        keys.cloned().collect()
    }

    /// Takes an object from the watch, unless something newer is held. Says whether it was taken.
    pub(crate) fn put(&self, key: &Key, object: &Value, packed: Arc<Packed>) -> bool {
        let mut state = self.write();
        let held = state.objects.get(key).cloned();
        if held.as_ref().is_some_and(|held| packed.is_older(held)) {
            return false;
        }
        if let Some(held) = &held {
            self.unindex(&mut state, key, held);
        }
        for (at, (_, indexer)) in self.0.indexers.iter().enumerate() {
            for value in indexer(object) {
                state.indexes[at].entry(value).or_default().insert(key.clone());
            }
        }
        state.objects.insert(key.clone(), packed);
        true
    }

    /// Takes an object from the answer to a write. When the watch said meanwhile that it is gone, gone it stays.
    pub(crate) fn note_written(&self, key: &Key, object: &Value) {
        let packed = Arc::new(Packed::new(object));
        let known = self
            .read()
            .objects
            .get(key)
            .is_some_and(|held| held.is_same_object(&packed));
        if known {
            self.put(key, object, packed);
        }
    }

    pub(crate) fn remove(&self, key: &Key) {
        let mut state = self.write();
        if let Some(held) = state.objects.remove(key) {
            self.unindex(&mut state, key, &held);
        }
    }

    fn unindex(&self, state: &mut State, key: &Key, held: &Packed) {
        if self.0.indexers.is_empty() {
            return;
        }
        let object = held.value();
        for (at, (_, indexer)) in self.0.indexers.iter().enumerate() {
            for value in indexer(&object) {
                let index = &mut state.indexes[at];
                if let Some(keys) = index.get_mut(&value) {
                    keys.remove(key);
                    if keys.is_empty() {
                        index.remove(&value);
                    }
                }
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(|poison| poison.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(|poison| poison.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(version: &str, source: &str) -> Arc<Value> {
        Arc::new(json!({"metadata": {"uid": "u", "resourceVersion": version}, "spec": {"source": source}}))
    }

    fn view() -> View {
        let index = |object: &Value| vec![object["spec"]["source"].as_str().unwrap_or_default().to_owned()];
        View::new(vec![("source", Box::new(index))])
    }

    fn put(view: &View, key: &Key, object: &Value) -> bool {
        view.put(key, object, Arc::new(Packed::new(object)))
    }

    #[test]
    fn the_index_follows_the_object() {
        let (view, key) = (view(), Key::new("ns", "a"));
        put(&view, &key, &object("1", "x"));
        put(&view, &key, &object("2", "y"));
        assert_eq!(view.by_index("source", "x"), []);
        assert_eq!(view.by_index("source", "y"), vec![key.clone()]);
        view.remove(&key);
        assert_eq!(view.by_index("source", "y"), []);
    }

    #[test]
    fn a_late_answer_does_not_bring_back_what_is_gone() {
        let (view, key) = (view(), Key::new("ns", "a"));
        put(&view, &key, &object("1", "x"));
        view.remove(&key);
        view.note_written(&key, &object("2", "x"));
        assert_eq!((view.get(&key), view.by_index("source", "x")), (None, vec![]));
    }

    #[test]
    fn a_late_watch_event_does_not_undo_a_write() {
        let (view, key) = (view(), Key::new("ns", "a"));
        assert!(put(&view, &key, &object("10", "new")));
        assert!(!put(&view, &key, &object("9", "old")));
        assert_eq!(view.get(&key), Some(object("10", "new")));
    }
}
