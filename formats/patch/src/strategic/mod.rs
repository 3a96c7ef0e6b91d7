//! Strategic merge patch.

mod apply;
mod diff;
mod error;
mod lists;
mod maps;
mod order;

pub use apply::strategic_merge;
pub use diff::three_way_strategic_patch;
pub use error::StrategicError;

/// How deep patches may nest.
const MAX_DEPTH: usize = 256;

type Object = serde_json::Map<String, serde_json::Value>;
