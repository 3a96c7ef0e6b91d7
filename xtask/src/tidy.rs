//! The rules of the house, checked by machine: floors, purity, who may know what, budgets, heads of files, links of documents,
//! licenses of dependencies.

mod crates;
mod documents;
mod sources;

use crate::command::Error;

/// Checks all rules and lists every breach.
pub fn check() -> Result<(), Error> {
    let workspace = crates::Workspace::read()?;
    let mut problems = Vec::new();
    problems.extend(crates::floors(&workspace));
    problems.extend(crates::owners(&workspace));
    problems.extend(crates::licenses(&workspace));
    problems.extend(crates::manifests(&workspace)?);
    problems.extend(sources::check(&workspace)?);
    problems.extend(documents::check()?);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Problems(problems))
    }
}
