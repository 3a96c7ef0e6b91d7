//! The difference of two values.

use std::collections::BTreeMap;

use flux_schema::TypeRef;
use serde_json::Value;

use super::items::{Form, both_empty, element_of, form, list_of, map_of, same};
use crate::element::PathElement;
use crate::set::FieldSet;

/// What became of the fields of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Fields that are gone.
    pub removed: FieldSet,
    /// Fields that have another value.
    pub modified: FieldSet,
    /// Fields that are new.
    pub added: FieldSet,
}

impl Comparison {
    /// Whether nothing changed.
    pub fn is_same(&self) -> bool {
        self.removed.is_empty() && self.modified.is_empty() && self.added.is_empty()
    }

    pub(crate) fn without(mut self, reset: Option<&FieldSet>) -> Comparison {
        if let Some(reset) = reset {
            self.removed = self.removed.recursive_difference(reset);
            self.modified = self.modified.recursive_difference(reset);
            self.added = self.added.recursive_difference(reset);
        }
        self
    }
}

/// Compares an old and a new value of a type.
pub fn compare(ty: TypeRef<'_>, old: &Value, new: &Value) -> Comparison {
    let mut walker = Walker {
        path: Vec::new(),
        out: Comparison::default(),
    };
    walker.walk(ty, Some(old), Some(new));
    walker.out
}

struct Walker {
    path: Vec<PathElement>,
    out: Comparison,
}

impl Walker {
    fn walk(&mut self, ty: TypeRef<'_>, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        let leaf = match (old, new) {
            (None, None) => return,
            (Some(old), Some(new)) if form(ty, old) != form(ty, new) => {
                // A value that changed its shape: the old shape goes, the new one comes.
                let old_leaf = self.descend(ty, form(ty, old), Some(old), Some(new));
                let new_leaf = self.descend(ty, form(ty, new), Some(old), Some(new));
                old_leaf || new_leaf
            }
            (_, Some(value)) | (Some(value), None) => self.descend(ty, form(ty, value), old, new),
        };
        if leaf {
            return;
        }
        if old.is_none() {
            self.out.added.insert(&self.path);
        } else if new.is_none() {
            self.out.removed.insert(&self.path);
        }
    }

    /// Gives whether the value was taken as one.
    fn descend(&mut self, ty: TypeRef<'_>, form: Form, old: Option<&Value>, new: Option<&Value>) -> bool {
        match form {
            Form::Fields { atomic: false } => {
                let (old_map, new_map) = (map_of(old), map_of(new));
                let (old_len, new_len) = (
                    old_map.map_or(0, |map| map.len()),
                    new_map.map_or(0, |map| map.len()),
                );
                if both_empty(old_len, new_len) {
                    self.leaf(old, new);
                    return true;
                }
                for (key, old_child) in old_map.into_iter().flatten() {
                    self.field(ty, key, Some(old_child), new_map.and_then(|map| map.get(key)));
                }
                for (key, new_child) in new_map.into_iter().flatten() {
                    if old_map.is_none_or(|map| !map.contains_key(key)) {
                        self.field(ty, key, None, Some(new_child));
                    }
                }
                false
            }
            Form::Elements { atomic: false } => {
                let (old_list, new_list) = (list_of(old), list_of(new));
                if both_empty(old_list.map_or(0, Vec::len), new_list.map_or(0, Vec::len)) {
                    self.leaf(old, new);
                    return true;
                }
                self.elements(ty, old_list, new_list);
                false
            }
            _ => {
                self.leaf(old, new);
                true
            }
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, _) => self.out.added.insert(&self.path),
            (_, None) => self.out.removed.insert(&self.path),
            (Some(old), Some(new)) if !same(old, new) => self.out.modified.insert(&self.path),
            _ => {}
        }
    }

    fn field(&mut self, ty: TypeRef<'_>, key: &str, old: Option<&Value>, new: Option<&Value>) {
        if old == new {
            return;
        }
        self.path.push(PathElement::field(key));
        self.walk(ty.field(key).unwrap_or(TypeRef::Deduced), old, new);
        self.path.pop();
    }

    fn elements(&mut self, ty: TypeRef<'_>, old: Option<&Vec<Value>>, new: Option<&Vec<Value>>) {
        let mut found: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for child in old.into_iter().flatten() {
            if let Ok(element) = element_of(ty, child) {
                found.entry(element).or_default().0.push(child);
            }
        }
        for child in new.into_iter().flatten() {
            if let Ok(element) = element_of(ty, child) {
                found.entry(element).or_default().1.push(child);
            }
        }
        let elem = ty.elem().unwrap_or(TypeRef::Deduced);
        for (element, (old, new)) in found {
            self.path.push(element);
            match (old.len(), new.len()) {
                (0 | 1, 0 | 1) => self.walk(elem, old.first().copied(), new.first().copied()),
                (2.., 2..) => {
                    let equal =
                        old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| same(old, new));
                    if !equal {
                        self.out.modified.insert(&self.path);
                    }
                }
                (2.., _) => {
                    if let Some(one) = new.first() {
                        self.walk(elem, None, Some(one));
                    }
                    self.out.removed.insert(&self.path);
                }
                (_, _) => {
                    if let Some(one) = old.first() {
                        self.walk(elem, Some(one), None);
                    }
                    self.out.added.insert(&self.path);
                }
            }
            self.path.pop();
        }
    }
}
