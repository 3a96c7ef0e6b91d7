//! Why a strategic merge patch fails.

use serde_json::Value;

use super::{MAX_DEPTH, Object};
use crate::go_text::{go_type, shown, shown_list};

/// Why a strategic merge patch cannot be applied. kube-apiserver answers 500 with this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrategicError {
    /// A value of the wrong shape.
    #[error("expected a {expected}, but received a {found}")]
    Argument {
        /// The Go type that was expected.
        expected: &'static str,
        /// The Go type that was found.
        found: &'static str,
    },
    /// A list element without its merge key.
    #[error("map: {element} does not contain declared merge key: {key}")]
    NoMergeKey {
        /// The element.
        element: String,
        /// The key.
        key: String,
    },
    /// A list of objects that is to be merged, but has no merge key.
    #[error("cannot merge lists without merge key for {0}")]
    NoKeyDeclared(String),
    /// A `$patch` that is none of replace, merge and delete.
    #[error("unknown patch type found: {0} in {1}")]
    BadDirective(String, String),
    /// A `$patch: merge` in a list element.
    #[error("merging lists cannot yet be specified in the patch")]
    MergeDirectiveInList,
    /// A `$retainKeys` that is no list, or lacks a key that the patch sets.
    #[error("invalid patch format of retainKeys")]
    RetainKeys,
    /// A `$deleteFromPrimitiveList` that is no list.
    #[error("invalid patch format of primitive list")]
    PrimitiveList,
    /// Elements of different types.
    #[error("list element types are not identical: {0}")]
    MixedElements(String),
    /// Lists in lists.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// The patch has another order than its `$setElementOrder`.
    #[error("The order in patch list:\n{patch}\n doesn't match $setElementOrder list:\n{order}\n")]
    Order {
        /// The elements of the patch.
        patch: String,
        /// The order.
        order: String,
    },
    /// Nested too deeply.
    #[error("the patch is nested more than {MAX_DEPTH} levels deep")]
    Depth,
}

pub(super) fn no_merge_key(element: &Object, key: &str) -> StrategicError {
    StrategicError::NoMergeKey {
        element: shown(&Value::Object(element.clone())),
        key: key.to_owned(),
    }
}

pub(super) fn not_an_object(value: &Value) -> StrategicError {
    StrategicError::Argument {
        expected: "map[string]interface {}",
        found: go_type(value),
    }
}

pub(super) fn bad_order(patch: &[Value], order: &[Value]) -> StrategicError {
    StrategicError::Order {
        patch: shown_list(patch),
        order: shown_list(order),
    }
}
