//! Messages and their fields, parsed once from the table that `cargo xtask gen` writes.

mod parse;
mod types;

pub(crate) use types::{Field, Kind, Message, Special, Table, Wrap, Zero};
