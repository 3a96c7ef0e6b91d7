//! The store as the controllers behind the API see it.

use std::sync::Arc;

use serde_json::Value;

use super::marks::Marks;
use crate::api::{Core, Resource, Served, full};
use crate::simulate::{View, Wanted};
use crate::store::{Entry, parse_uid};

/// A view of the store at the moment of each call.
pub(crate) struct StoreView<'a> {
    core: &'a Core,
    marks: &'a Marks,
    served: Arc<Served>,
}

impl<'a> StoreView<'a> {
    pub(crate) fn new(core: &'a Core, marks: &'a Marks) -> Self {
        Self {
            core,
            marks,
            served: core.registry.served(),
        }
    }

    /// An entry as an object in the preferred version of its resource.
    pub(crate) fn object(&self, storage: &str, entry: &Entry) -> Option<Arc<Value>> {
        Some(Arc::new(full(self.served.stored(storage)?, entry)))
    }

    /// All objects of all kinds.
    pub(crate) fn everything(&self) -> Vec<Arc<Value>> {
        self.core
            .store
            .resources()
            .iter()
            .flat_map(|storage| self.objects(storage, ""))
            .collect()
    }

    fn objects(&self, storage: &str, prefix: &str) -> Vec<Arc<Value>> {
        let Some(resource) = self.served.stored(storage) else {
            return Vec::new();
        };
        let (entries, _) = self.core.store.list(storage, prefix, None, usize::MAX);
        entries
            .iter()
            .map(|(_, entry)| Arc::new(full(resource, entry)))
            .collect()
    }

    fn kind(&self, group: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.served.kind(group, kind)
    }
}

impl View for StoreView<'_> {
    fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let resource = self.kind(group, kind)?;
        let (entry, _) = self
            .core
            .store
            .get(&resource.storage, &resource.key(namespace, name));
        Some(Arc::new(full(resource, &entry?)))
    }

    fn list(&self, group: &str, kind: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let Some(resource) = self.kind(group, kind) else {
            return Vec::new();
        };
        let prefix = namespace
            .filter(|namespace| !namespace.is_empty())
            .map(|namespace| format!("{namespace}/"))
            .unwrap_or_default();
        self.objects(&resource.storage, &prefix)
    }

    fn select(&self, group: &str, kind: &str, namespace: &str, wanted: &Wanted<'_>) -> Vec<Arc<Value>> {
        let Some(resource) = self.kind(group, kind) else {
            return Vec::new();
        };
        let prefix = format!("{namespace}/");
        let (mut entries, _) = self.core.store.list(&resource.storage, &prefix, None, usize::MAX);
        self.marks.retain(&resource.storage, &mut entries, wanted);
        entries
            .iter()
            .map(|(_, entry)| Arc::new(full(resource, entry)))
            .collect()
    }

    fn owned_by(&self, uid: &str) -> Vec<Arc<Value>> {
        let Some(uid) = parse_uid(uid) else {
            return Vec::new();
        };
        self.core
            .store
            .owned_by(uid)
            .iter()
            .filter_map(|(storage, entry)| self.object(storage, entry))
            .collect()
    }

    fn by_uid(&self, uid: &str) -> Option<Arc<Value>> {
        let (storage, entry) = self.core.store.by_uid(parse_uid(uid)?)?;
        self.object(&storage, &entry)
    }

    fn namespaced(&self, namespace: &str) -> Vec<Arc<Value>> {
        let prefix = format!("{namespace}/");
        let namespaced = |storage: &&Arc<str>| {
            self.served
                .stored(storage)
                .is_some_and(|resource| resource.namespaced)
        };
        self.core
            .store
            .resources()
            .iter()
            .filter(namespaced)
            .flat_map(|storage| self.objects(storage, &prefix))
            .collect()
    }

    fn is_namespaced(&self, group: &str, kind: &str) -> Option<bool> {
        self.kind(group, kind).map(|resource| resource.namespaced)
    }
}
