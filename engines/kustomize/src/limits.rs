//! What a build may cost. The input is not trusted; real trees are far below these figures.

use flux_yaml::Limits;

use crate::error::{Error, ErrorKind};

/// Bytes of all files that a build reads, each time it reads them.
const MAX_LOADED: usize = 256 << 20;

/// What a JSON patch copies inside one object: bytes of text, and one for each node.
const MAX_COPIED_IN_OBJECT: usize = 4 << 20;

/// What the replacements of one kustomization copy, counted in the same way.
const MAX_REPLACED: usize = 256 << 20;

/// Levels of mappings and lists in a file. Objects are walked recursively.
const MAX_DEPTH: usize = 200;

/// The limits of one file.
pub(crate) fn of_file() -> Limits {
    Limits {
        max_depth: MAX_DEPTH,
        max_bytes: MAX_LOADED,
        max_nodes: 8_000_000,
    }
}

/// Adds what was read, and fails when it is too much.
pub(crate) fn load(spent: usize, more: usize) -> Result<usize, Error> {
    add(
        spent,
        more,
        MAX_LOADED,
        "bytes in files; bases that include each other several times multiply",
    )
}

/// Adds what a JSON patch copied, and fails when it is too much.
pub(crate) fn copy(spent: usize, more: usize) -> Result<usize, Error> {
    let what = "bytes of copied values in one object; a value that is copied into itself doubles each time";
    add(spent, more, MAX_COPIED_IN_OBJECT, what)
}

/// Adds what a replacement copied, and fails when it is too much.
pub(crate) fn replace(spent: usize, more: usize) -> Result<usize, Error> {
    let what = "bytes of replaced values; a value that is copied into itself doubles each time";
    add(spent, more, MAX_REPLACED, what)
}

fn add(spent: usize, more: usize, limit: usize, what: &str) -> Result<usize, Error> {
    let sum = spent.saturating_add(more);
    if sum > limit {
        return Err(Error::new(
            ErrorKind::Restricted,
            format!("the build takes more than {limit} {what}"),
        ));
    }
    Ok(sum)
}
