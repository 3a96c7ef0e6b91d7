//! What is derived from elsewhere and kept in the repository.

use crate::command::Error;

mod types;

/// Writes everything that is derived; with `check` writes nothing and fails where a file is out of date.
pub fn run(check: bool) -> Result<(), Error> {
    types::run_types(check)
}
