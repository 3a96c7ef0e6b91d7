//! Slices.

use std::rc::Rc;

use super::{Map, Ty, Value};

/// A Go slice: items and the type of its elements. Immutable and shared; nil and empty are told apart.
#[derive(Clone, Debug)]
pub struct List {
    elem: &'static Ty,
    items: Option<Rc<Items>>,
}

#[derive(Debug)]
struct Items(Vec<Value>);

impl List {
    /// `[]interface {}` of the items.
    pub fn new(items: Vec<Value>) -> Self {
        Self {
            elem: &Ty::Any,
            items: Some(Rc::new(Items(items))),
        }
    }

    /// A slice of another element type. The items must be of it.
    pub fn of(elem: impl Into<&'static Ty>, items: Vec<Value>) -> Self {
        Self {
            elem: elem.into(),
            items: Some(Rc::new(Items(items))),
        }
    }

    /// A nil slice.
    pub fn nil(elem: impl Into<&'static Ty>) -> Self {
        Self {
            elem: elem.into(),
            items: None,
        }
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        self.items.as_ref().map_or(&[], |items| &items.0)
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.items().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    /// Whether it is nil: empty, and `null` in JSON.
    pub fn is_nil(&self) -> bool {
        self.items.is_none()
    }

    /// The type of the elements.
    pub fn elem(&self) -> Ty {
        *self.elem
    }

    /// The type of the slice.
    pub fn ty(&self) -> Ty {
        Ty::List(self.elem)
    }
}

impl Drop for Items {
    /// A list in a list in a list, a million deep, must not end the process for want of stack.
    fn drop(&mut self) {
        drop_flat(&mut self.0);
    }
}

/// Drops values without recursion, however deep they nest.
pub(super) fn drop_flat(values: &mut Vec<Value>) {
    if !values.iter().any(is_container) {
        return;
    }
    let mut pending = std::mem::take(values);
    while let Some(value) = pending.pop() {
        match value {
            Value::List(List {
                items: Some(mut items),
                ..
            }) => {
                if let Some(items) = Rc::get_mut(&mut items) {
                    pending.append(&mut items.0);
                }
            }
            Value::Map(map) => Map::drop_into(map, &mut pending),
            _ => {}
        }
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_))
}
