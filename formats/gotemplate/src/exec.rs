//! Executing compiled templates.

mod argument;
mod call;
mod field;
mod frame;
mod range;
mod scope;
mod walk;

pub use scope::{Options, Scope};
