//! The objects of a build in order, found by id without looking through all of them.

use std::collections::HashMap;

use crate::error::Error;
use crate::id::{IdKey, ResId};
use crate::resource::{Behavior, Resource};

/// An ordered list of objects whose present ids are unique when they are added.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResMap {
    list: Vec<Resource>,
    /// By the id of now; dropped when ids may have changed.
    current: Option<HashMap<IdKey, usize>>,
    /// By the ids of now and before.
    any: Option<HashMap<IdKey, Vec<usize>>>,
}

impl ResMap {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.list.iter()
    }

    pub(crate) fn list(&self) -> &[Resource] {
        &self.list
    }

    /// For changes that leave ids alone.
    pub(crate) fn list_mut(&mut self) -> &mut [Resource] {
        &mut self.list
    }

    /// For changes of any kind; the indexes are made anew afterwards.
    pub(crate) fn edit(&mut self) -> &mut Vec<Resource> {
        self.current = None;
        self.any = None;
        &mut self.list
    }

    pub(crate) fn into_vec(self) -> Vec<Resource> {
        self.list
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Resource> {
        self.list.get_mut(index)
    }

    fn current(&mut self) -> &mut HashMap<IdKey, usize> {
        let list = &self.list;
        self.current.get_or_insert_with(|| {
            list.iter()
                .enumerate()
                .map(|(index, object)| (object.id().key(), index))
                .collect()
        })
    }

    /// Adds an object at the end; its id must be new.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<(), Error> {
        let id = resource.id();
        let key = id.key();
        if let Some(first) = self
            .current()
            .get(&key)
            .copied()
            .and_then(|index| self.list.get(index))
        {
            let place = first.place();
            return Err(Error::conflict(format!(
                "may not add resource with an already registered id: {id}; the first is at {}:{}",
                place.file, place.line
            ))
            .at(&resource.place.file, resource.place.line)
            .object(id));
        }
        let index = self.list.len();
        self.current().insert(key, index);
        if let Some(any) = &mut self.any {
            index_ids(any, &resource, index);
        }
        self.list.push(resource);
        Ok(())
    }

    pub(crate) fn append_all(&mut self, objects: impl IntoIterator<Item = Resource>) -> Result<(), Error> {
        objects.into_iter().try_for_each(|object| self.append(object))
    }

    /// The objects that have or had this id.
    pub(crate) fn with_any_id(&mut self, key: &IdKey) -> &[usize] {
        let list = &self.list;
        let any = self.any.get_or_insert_with(|| {
            let mut any = HashMap::with_capacity(list.len());
            for (index, object) in list.iter().enumerate() {
                index_ids(&mut any, object, index);
            }
            any
        });
        any.get(key).map_or(&[], Vec::as_slice)
    }

    /// The one object that has or had this id.
    pub(crate) fn one_with_any_id(&mut self, id: &ResId) -> Result<usize, Error> {
        match self.with_any_id(&id.key()) {
            [index] => Ok(*index),
            [] => Err(Error::conflict(format!(
                "no matches for Id {id}; failed to find unique target for patch {id}"
            ))),
            several => Err(Error::conflict(format!(
                "multiple matches for Id {id}: {} objects have or had this id",
                several.len()
            ))),
        }
    }

    /// Takes in what a generator made: adds, replaces or merges as its behavior says.
    pub(crate) fn absorb(&mut self, mut resource: Resource) -> Result<(), Error> {
        let id = resource.id();
        let behavior = resource.memory.behavior;
        match (self.with_any_id(&id.key()), behavior) {
            ([], Behavior::Create) => return self.append(resource),
            ([], _) => Err(Error::conflict(format!(
                "id {id} does not exist; cannot merge or replace"
            ))),
            ([_], Behavior::Create) => Err(Error::conflict(format!(
                "id {id} exists; can not use behavior create, behavior must be merge or replace"
            ))),
            (&[index], _) => {
                let old = &self.list[index];
                let origin = old.memory.origin.clone();
                crate::generate::merge_into(&mut resource, old, behavior);
                if behavior == Behavior::Merge && origin.is_some() {
                    resource.memory.origin = origin;
                }
                self.edit()[index] = resource;
                Ok(())
            }
            (several, _) => Err(Error::conflict(format!(
                "{} objects could accept the merge of {id}",
                several.len()
            ))),
        }
        .map_err(|error| error.object(id))
    }

    /// Drops objects that were emptied.
    pub(crate) fn drop_empty(&mut self) {
        if self
            .list
            .iter()
            .any(|object| crate::node_ext::is_nil_or_empty(&object.node))
        {
            self.edit()
                .retain(|object| !crate::node_ext::is_nil_or_empty(&object.node));
        }
    }
}

fn index_ids(any: &mut HashMap<IdKey, Vec<usize>>, object: &Resource, index: usize) {
    if crate::node_ext::is_nil_or_empty(&object.node) {
        return;
    }
    for id in object.previous_ids().chain([object.id()]) {
        let slot = any.entry(id.key()).or_default();
        if slot.last() != Some(&index) {
            slot.push(index);
        }
    }
}
