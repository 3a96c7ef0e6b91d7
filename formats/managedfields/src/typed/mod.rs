//! What a type makes of values: sets of fields, differences, merges.

mod compare;
mod items;
mod merge;
mod remove;
mod to_set;
mod validate;

pub use compare::{Comparison, compare};
pub(crate) use items::same;
pub use merge::merge;
pub use remove::remove;
pub use to_set::field_set;
pub use validate::{TypedError, TypedErrors, validate};
