//! Maps.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{GoStr, Ty, Value, list};

/// A Go map with string keys: shared and mutable, as in Go. A clone is the same map.
#[derive(Clone, Debug)]
pub struct Map {
    ty: &'static MapType,
    inner: Rc<Inner>,
}

/// The type of a map: that of its elements, and its own name when it has one (`common.Values`).
#[derive(Debug)]
pub struct MapType {
    /// The type of the elements: what a missing key gives.
    pub elem: &'static Ty,
    /// The name, unless it is `map[string]ELEM`.
    pub name: Option<&'static str>,
}

/// Trips when a map of the shared input is changed for the first time. Held by the renderer and by each such map.
pub type Mutated = Rc<Cell<bool>>;

#[derive(Debug)]
struct Inner {
    nil: bool,
    shared: Option<Mutated>,
    entries: RefCell<BTreeMap<GoStr, Value>>,
}

impl MapType {
    /// `map[string]interface {}`.
    pub const ANY: &'static Self = &Self {
        elem: &Ty::Any,
        name: None,
    };
    /// `map[string]string`.
    pub const STRINGS: &'static Self = &Self {
        elem: &Ty::Str,
        name: None,
    };

    /// Go's name of the type.
    pub fn name(&self) -> Cow<'static, str> {
        match self.name {
            Some(name) => Cow::Borrowed(name),
            None => Ty::Map(self.elem).name(),
        }
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::with_type(MapType::ANY, BTreeMap::new())
    }

    /// `map[string]interface {}` of these entries; the last one wins.
    pub fn from_entries<K: Into<GoStr>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::with_type(
            MapType::ANY,
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }

    /// A map of some type. The values must be of its element type.
    pub fn with_type(ty: &'static MapType, entries: BTreeMap<GoStr, Value>) -> Self {
        Self::build(ty, false, None, entries)
    }

    /// A map that several renders share: `mutated` trips when this one is changed.
    pub fn shared(ty: &'static MapType, entries: BTreeMap<GoStr, Value>, mutated: Mutated) -> Self {
        Self::build(ty, false, Some(mutated), entries)
    }

    /// A nil map: empty, `null` in JSON, and cannot be written to.
    pub fn nil(ty: &'static MapType) -> Self {
        Self::build(ty, true, None, BTreeMap::new())
    }

    fn build(
        ty: &'static MapType,
        nil: bool,
        shared: Option<Mutated>,
        entries: BTreeMap<GoStr, Value>,
    ) -> Self {
        Self {
            ty,
            inner: Rc::new(Inner {
                nil,
                shared,
                entries: RefCell::new(entries),
            }),
        }
    }

    /// The same map under another type with the same elements: what Go makes of a `common.Values` that is passed as
    /// `map[string]interface {}`.
    #[must_use]
    pub fn converted(&self, ty: &'static MapType) -> Self {
        Self {
            ty,
            inner: Rc::clone(&self.inner),
        }
    }

    /// The type.
    pub fn ty(&self) -> &'static MapType {
        self.ty
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.inner.nil
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.inner.entries.borrow().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.inner.entries.borrow().is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.inner.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether the key is there, be it with nil.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.inner.entries.borrow().contains_key(key.as_ref())
    }

    /// The keys, in order.
    pub fn keys(&self) -> Vec<GoStr> {
        self.inner.entries.borrow().keys().cloned().collect()
    }

    /// The entries as they are now, in key order. Holding them does not keep the map from being changed.
    pub fn entries(&self) -> Vec<(GoStr, Value)> {
        self.inner
            .entries
            .borrow()
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The entries to read, without copying. Nothing that could change the map may run while this is held: not a
    /// template, not a method of an object.
    pub fn borrow(&self) -> Ref<'_, BTreeMap<GoStr, Value>> {
        self.inner.entries.borrow()
    }

    /// Sets a key, in place, for everyone who holds this map. Gives `false`, and changes nothing, on a nil map, where
    /// Go says `assignment to entry in nil map`.
    pub fn insert(&self, key: impl Into<GoStr>, value: Value) -> bool {
        if self.is_nil() {
            return false;
        }
        self.touch();
        // What was there is dropped after the borrow has ended: its own end may look at this map.
        let before = self.inner.entries.borrow_mut().insert(key.into(), value);
        drop(before);
        true
    }

    /// Removes a key, in place.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        if !self.contains(key.as_ref()) {
            return None;
        }
        self.touch();
        self.inner.entries.borrow_mut().remove(key.as_ref())
    }

    /// Whether both are the same map, not just equal ones.
    pub fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }

    /// A number for this very map, to find cycles with.
    pub fn identity(&self) -> usize {
        Rc::as_ptr(&self.inner).addr()
    }

    fn touch(&self) {
        if let Some(mutated) = &self.inner.shared {
            mutated.set(true);
        }
    }

    /// Moves the values out, when this is the last holder.
    pub(super) fn drop_into(map: Self, pending: &mut Vec<Value>) {
        let mut inner = map.inner;
        if let Some(inner) = Rc::get_mut(&mut inner) {
            pending.extend(std::mem::take(inner.entries.get_mut()).into_values());
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut values: Vec<Value> = std::mem::take(self.entries.get_mut()).into_values().collect();
        list::drop_flat(&mut values);
    }
}
