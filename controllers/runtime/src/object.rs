//! The object of a pass.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

/// The object of a pass: typed (through `Deref`) and as the server gave it, without `managedFields`.
#[derive(Clone, Debug)]
pub struct Object<T> {
    /// As the server gave it.
    pub raw: Arc<Value>,
    /// In its type.
    pub typed: T,
}

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.typed
    }
}
