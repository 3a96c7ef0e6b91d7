//! The door to strategic merge patches.

use flux_schema::TypeRef;
use serde_json::Value;

use super::{StrategicError, maps};
use crate::go_text::go_type;

/// Applies a strategic merge patch to an object of this type, and gives the result.
///
/// Follows kube-apiserver: all directives (`$patch`, `$retainKeys`, `$deleteFromPrimitiveList`, `$setElementOrder`), and the
/// order of lists, where elements that the patch names keep its order and new ones come first. With [`TypeRef::Deduced`],
/// objects are merged and lists replaced.
pub fn strategic_merge(original: &Value, patch: &Value, ty: TypeRef<'_>) -> Result<Value, StrategicError> {
    let (Some(original), Some(patch)) = (original.as_object(), patch.as_object()) else {
        let found = go_type(if original.is_object() { patch } else { original });
        return Err(StrategicError::Argument {
            expected: "map[string]interface {}",
            found,
        });
    };
    maps::merge(original.clone(), patch.clone(), ty, 0).map(Value::Object)
}
