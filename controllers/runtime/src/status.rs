//! The status of an object: drafted in memory, written as the difference.

mod draft;
#[cfg(test)]
mod tests;
mod writer;

pub use draft::{Draft, merge_patch};
pub use writer::StatusWriter;
