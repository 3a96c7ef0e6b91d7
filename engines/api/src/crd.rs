//! The CustomResourceDefinitions of every Flux kind.

use serde_json::Value;

/// All definitions, sorted by name.
pub fn all() -> Vec<Value> {
    Vec::new()
}
