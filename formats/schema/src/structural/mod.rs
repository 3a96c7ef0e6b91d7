//! Structural schemas of custom resources: read, navigate, prune, default, validate.

mod default;
mod embedded;
mod formats;
mod node;
mod parse;
mod prune;
mod rules;
mod validate;

pub use node::{Additional, Checks, JsonType, ListType, Node, Rule, Structural};
