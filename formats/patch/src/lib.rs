//! The patches of Kubernetes: JSON patch, merge patch, strategic merge patch.
//!
//! Takes JSON values (and for the strategic patch a type); gives patched values, or patches as the difference of values. It
//! follows kube-apiserver where that is more lenient than the standards. It deliberately does not decode patches from bytes,
//! nor convert, default or validate what comes out.
//!
//! ```
//! use flux_patch::{create_merge_patch, json_patch, merge_patch};
//! use serde_json::json;
//! let mut object = json!({"data": {"a": "1"}});
//! json_patch(&mut object, &json!([{"op": "add", "path": "/data/b", "value": "2"}]))?;
//! merge_patch(&mut object, &json!({"data": {"a": null}}));
//! assert_eq!(object, json!({"data": {"b": "2"}}));
//! assert_eq!(create_merge_patch(&object, &json!({"data": {}})), json!({"data": {"b": null}}));
//! # Ok::<(), flux_patch::JsonPatchError>(())
//! ```

mod go_text;
mod json;
mod merge;
mod pointer;
mod strategic;
mod three_way;

pub use json::{JsonPatchError, MAX_OPERATIONS, json_patch};
pub use merge::{create_merge_patch, merge_patch};
pub use strategic::{StrategicError, strategic_merge, three_way_strategic_patch};
pub use three_way::three_way_merge_patch;
