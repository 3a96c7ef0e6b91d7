//! Ordinary writes: create, replace, patch.

use serde_json::Value;

use crate::Request;
use crate::cap;
use crate::managed::{Managed, Operation, Owned, strip};
use crate::typed::validate;
use crate::updater::{Updater, identity_fields, manager_of};

/// Keeps `metadata.managedFields` over an ordinary write.
///
/// `live` is the stored object (none on create), `new` is what is about to be stored, defaulted and in the same version.
/// `managedFields` that the writer sent win over the stored ones where they can be read and are not empty; a list of one
/// empty entry clears them for good. Never fails: what cannot be tracked leaves the owners as they were.
pub fn update(live: Option<&Value>, mut new: Value, request: &Request<'_>) -> Value {
    let mut managed = starting_point(live, &new, request);
    let mut old = live.cloned().unwrap_or_else(|| request.ty.empty());
    strip(&mut old);
    strip(&mut new);
    let is_create = old
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if !managed.is_empty() || is_create {
        track(&old, &new, &mut managed, request);
        cap::cap(&mut managed);
    }
    managed.store(&mut new);
    new
}

/// The writer takes what it changed.
pub(crate) fn track(old: &Value, new: &Value, managed: &mut Managed, request: &Request<'_>) {
    if validate(request.ty, new, true).is_err() || validate(request.ty, old, true).is_err() {
        return;
    }
    let updater = Updater {
        ty: request.ty,
        api_version: request.api_version,
        reset: request.reset,
    };
    let taken = updater.update(old, new, managed).difference(&identity_fields());
    if taken.is_empty() {
        return;
    }
    let manager = manager_of(request, Operation::Update);
    let time = Some(request.now.to_owned()).filter(|now| !now.is_empty());
    match managed.owners.get_mut(&manager) {
        Some(owned) => {
            owned.set.extend(&taken);
            owned.time = time;
        }
        None => {
            let owned = Owned {
                set: taken,
                api_version: request.api_version.to_owned(),
                time,
            };
            managed.owners.insert(manager, owned);
        }
    }
}

fn starting_point(live: Option<&Value>, new: &Value, request: &Request<'_>) -> Managed {
    let stored = || {
        live.and_then(|live| Managed::of_object(live).ok())
            .unwrap_or_default()
    };
    if !request.subresource.is_empty() {
        return stored();
    }
    let sent = new.pointer("/metadata/managedFields").unwrap_or(&Value::Null);
    if sent
        .as_array()
        .is_some_and(|list| matches!(list.as_slice(), [entry] if is_blank(entry)))
    {
        return Managed::default();
    }
    match Managed::parse(sent) {
        Ok(managed) if !managed.is_empty() => managed,
        _ => stored(),
    }
}

fn is_blank(entry: &Value) -> bool {
    entry.as_object().is_some_and(|map| {
        map.values()
            .all(|value| value.is_null() || value.as_str() == Some(""))
    })
}
