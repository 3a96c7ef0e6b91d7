//! What is derived from elsewhere and kept in the repository: the tables of built-in Kubernetes types and of their protobuf
//! messages.

use crate::Error;

mod protobuf;
mod types;

/// Writes what is derived, or with `check` says what is not what it should be.
pub fn run(check: bool) -> Result<(), Error> {
    types::run(check)?;
    protobuf::run(check)
}
