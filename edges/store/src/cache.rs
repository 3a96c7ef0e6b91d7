//! Artifacts in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use flux_artifact::Tree;

/// The artifacts read or written last, up to a number of bytes. One larger than the whole cache is not kept, but found as long as
/// someone else holds it.
pub(crate) struct Cache {
    limit: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: HashMap<String, Held>,
    known: HashMap<String, Weak<Tree>>,
    bytes: u64,
    clock: u64,
}

struct Held {
    tree: Arc<Tree>,
    bytes: u64,
    used: u64,
}

impl Cache {
    pub(crate) fn new(limit: u64) -> Self {
        Cache {
            limit,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing panics while it is held half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, digest: &str) -> Option<Arc<Tree>> {
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        if let Some(held) = state.held.get_mut(digest) {
            held.used = now;
            return Some(held.tree.clone());
        }
        state.known.get(digest)?.upgrade()
    }

    pub(crate) fn put(&self, digest: &str, tree: Arc<Tree>) {
        let bytes = tree.size();
        let mut state = self.state();
        state.known.retain(|_, tree| tree.strong_count() > 0);
        state.known.insert(digest.into(), Arc::downgrade(&tree));
        if bytes > self.limit {
            return;
        }
        state.clock += 1;
        let held = Held {
            tree,
            bytes,
            used: state.clock,
        };
        state.bytes += bytes;
        if let Some(old) = state.held.insert(digest.into(), held) {
            state.bytes -= old.bytes;
        }
        while state.bytes > self.limit {
            let oldest = state.held.iter().min_by_key(|(_, held)| held.used);
            let Some(digest) = oldest.map(|(digest, _)| digest.clone()) else {
                break;
            };
            let dropped = state.held.remove(&digest).map_or(0, |held| held.bytes);
            state.bytes -= dropped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(bytes: usize) -> Arc<Tree> {
        let mut tree = Tree::new();
        tree.insert("f", vec![0; bytes - 1], false).unwrap();
        Arc::new(tree)
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let cache = Cache::new(100);
        for digest in ["a", "b", "c"] {
            cache.put(digest, tree(33));
        }
        assert!(cache.get("a").is_some());
        cache.put("d", tree(33));
        assert!(cache.get("b").is_none());
        let held: Vec<_> = ["a", "c", "d"]
            .into_iter()
            .filter(|digest| cache.get(digest).is_some())
            .collect();
        assert_eq!(held, ["a", "c", "d"]);
    }

    #[test]
    fn bytes_are_counted_once() {
        let cache = Cache::new(100);
        for _ in 0..10 {
            cache.put("a", tree(60));
        }
        assert_eq!(cache.state().bytes, 60);
        cache.put("b", tree(101));
        assert!(cache.get("b").is_none() && cache.get("a").is_some());
    }

    #[test]
    fn what_someone_holds_is_found_whatever_its_size() {
        let cache = Cache::new(10);
        let large = tree(100);
        cache.put("a", large.clone());
        assert!(cache.get("a").is_some_and(|found| Arc::ptr_eq(&found, &large)));
        assert_eq!(cache.state().bytes, 0);
        drop(large);
        assert!(cache.get("a").is_none());
    }
}
