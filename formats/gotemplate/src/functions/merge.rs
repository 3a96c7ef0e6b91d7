//! Merging maps as mergo 1.0 does, in place.

use super::convert::is_empty;
use crate::{Error, Kind, Map, Value};

/// Deeper than this Go's stack ends, or a map is within itself.
const MAX_DEPTH: usize = 500;
/// Entries merged at once: maps may hold one another many times over.
const MAX_ENTRIES: usize = 10_000_000;

/// Merges `source` into `target`. Without `overwrite` only what is missing or empty there is filled.
///
/// Values are not copied: maps and lists of the source are shared afterwards, as in Go.
///
/// # Errors
/// Maps that are nested too deeply; types that cannot be merged.
pub(super) fn merge(target: &Map, source: &Map, overwrite: bool) -> Result<(), Error> {
    deep_merge(target, source, overwrite, 0, &mut 0)
}

fn deep_merge(
    target: &Map,
    source: &Map,
    overwrite: bool,
    depth: usize,
    entries: &mut usize,
) -> Result<(), Error> {
    *entries += source.len();
    if depth > MAX_DEPTH || *entries > MAX_ENTRIES {
        return Err(Error::new("maps are nested too deeply to be merged"));
    }
    if target.same(source) || target.is_nil() {
        return Ok(());
    }
    for (key, value) in source.entries() {
        let there = target.get(key.as_bytes());
        if value.is_nothing() {
            if overwrite {
                target.insert(key, Value::Nil);
            }
            continue;
        }
        let filled = there.as_ref().is_some_and(|there| !is_vacant(there));
        match (&value, &there) {
            (Value::Map(source), Some(Value::Map(target))) => {
                deep_merge(target, source, overwrite, depth + 1, entries)?;
                if filled {
                    continue;
                }
            }
            (_, Some(there)) if there.kind() == Kind::Pointer && !overwrite && value.kind() == Kind::Map => {
                return Err(Error::new("src and dst must be of same type"));
            }
            _ if value.kind() == Kind::Slice && filled => {
                if overwrite {
                    target.insert(key, value);
                }
                continue;
            }
            _ => {}
        }
        if overwrite || !filled {
            target.insert(key, value);
        }
    }
    Ok(())
}

/// mergo's idea of empty.
fn is_vacant(value: &Value) -> bool {
    is_empty(value)
}
