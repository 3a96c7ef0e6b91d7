//! Facts about the built-in kinds, parsed once from two tables that `cargo xtask gen` writes.

mod facts;
mod parse;
mod types;

pub use facts::{Facts, KindFacts, SubresourceFacts};
pub use types::BuiltinType;
