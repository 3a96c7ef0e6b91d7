//! JSON as Go's encoding/json reads and writes it.

mod read;
mod write;

pub(crate) use read::{Fault, Wanted, misfit, read};
pub(crate) use write::{Style, write};

fn quote(text: &[u8]) -> String {
    super::quote(text)
}
