//! Server-side apply.

use serde_json::{Value, json};

use crate::conflict::ApplyError;
use crate::managed::{Managed, Operation, strip};
use crate::typed::validate;
use crate::updater::{Updater, identity_fields, manager_of};
use crate::{Request, last_applied, update};

/// The owner of everything that an object had before anybody applied it.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Applies a configuration: gives the object to store, with its `metadata.managedFields`.
///
/// `live` is the stored object, in the version of the request; none where it does not exist yet. The caller defaults,
/// validates and stores the result, and leaves the store alone where [`crate::same_but_for_times`] holds afterwards.
pub fn apply(
    live: Option<&Value>,
    config: &Value,
    request: &Request<'_>,
    force: bool,
) -> Result<Value, ApplyError> {
    check_config(config, request)?;
    let mut live = live.cloned().unwrap_or_else(|| json!({}));
    let mut managed = Managed::of_object(&live)?;
    strip(&mut live);
    validate(request.ty, &live, true).map_err(|errors| ApplyError::Live {
        object: describe(&live),
        errors,
    })?;
    if managed.is_empty() {
        let before = Request {
            manager: BEFORE_FIRST_APPLY,
            subresource: "",
            ..*request
        };
        update::track(&request.ty.empty(), &live, &mut managed, &before);
    }
    let result = attempt(&live, config, &managed, request, force);
    let (mut object, managed) = match result {
        Err(conflicts) if request.manager == "kubectl" => {
            let rest = last_applied::not_excused(&live, request.ty, conflicts);
            if !rest.is_empty() {
                return Err(ApplyError::Conflicts(rest));
            }
            attempt(&live, config, &managed, request, true).map_err(ApplyError::Conflicts)?
        }
        other => other.map_err(ApplyError::Conflicts)?,
    };
    if request.manager == "kubectl" {
        last_applied::refresh(&mut object, config);
    }
    managed.store(&mut object);
    Ok(object)
}

fn attempt(
    live: &Value,
    config: &Value,
    managed: &Managed,
    request: &Request<'_>,
    force: bool,
) -> Result<(Value, Managed), Vec<crate::Conflict>> {
    let updater = Updater {
        ty: request.ty,
        api_version: request.api_version,
        reset: request.reset,
    };
    let manager = manager_of(request, Operation::Apply);
    let mut managed = managed.clone();
    let object = updater.apply(live, config, &mut managed, &manager, force)?;
    if let Some(owned) = managed.owners.get_mut(&manager) {
        owned.set = owned.set.difference(&identity_fields());
        if object.is_some() {
            owned.time = Some(request.now.to_owned()).filter(|now| !now.is_empty());
        }
        if owned.set.is_empty() {
            managed.owners.remove(&manager);
        }
    }
    Ok((object.unwrap_or_else(|| live.clone()), managed))
}

fn check_config(config: &Value, request: &Request<'_>) -> Result<(), ApplyError> {
    let found = config
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if found != request.api_version {
        return Err(ApplyError::Version {
            found: found.to_owned(),
            expected: request.api_version.to_owned(),
        });
    }
    if config
        .pointer("/metadata/managedFields")
        .is_some_and(|sent| !sent.is_null())
    {
        return Err(ApplyError::ManagedFieldsSent);
    }
    validate(request.ty, config, false).map_err(|errors| ApplyError::Config {
        object: describe(config),
        errors,
    })
}

/// `namespace/name; group/version, Kind=Kind`
fn describe(object: &Value) -> String {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let version = text("/apiVersion");
    let slash = if version.contains('/') { "" } else { "/" };
    format!(
        "{}/{}; {slash}{version}, Kind={}",
        text("/metadata/namespace"),
        text("/metadata/name"),
        text("/kind")
    )
}
