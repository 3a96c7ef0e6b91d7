//! Writes of the cluster's own controllers, without HTTP around them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::core::{Call, Core};
use super::delete::DeleteOptions;
use super::managed::Manager;
use super::registry::Resource;
use super::request::{FieldValidation, Target, WriteOptions};
use super::write::Part;
use super::{ApiRequest, Failure, meta};
use crate::simulate::{ObjectRef, Parts, Propagation};

fn with_call<T>(
    core: &Core,
    what: &ObjectRef,
    version: Option<&str>,
    now: Timestamp,
    act: impl FnOnce(&Call<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let served = core.registry.served();
    let resource: Arc<Resource> = served
        .kind(&what.group, &what.kind)
        .and_then(|resource| match version {
            Some(version) if version != resource.version => {
                served.resource(&what.group, version, &resource.plural).ok()
            }
            _ => Some(resource.clone()),
        })
        .ok_or_else(Failure::no_resource)?;
    let request = ApiRequest::internal(http::Method::POST, String::new(), bytes::Bytes::new());
    let target = Target {
        namespace: what.namespace.clone(),
        name: Some(what.name.clone()),
        ..Target::default()
    };
    act(&Call {
        core,
        request: &request,
        resource,
        target,
        now,
        warnings: std::cell::RefCell::default(),
    })
}

fn version(object: &Value) -> Option<String> {
    let api_version = object["apiVersion"].as_str()?;
    Some(super::registry::split_api_version(api_version).1.to_owned())
}

/// Create an object with its status; one that exists is left alone.
pub(crate) fn create(core: &Core, object: Value, manager: &str, now: Timestamp) -> Result<(), Failure> {
    let what = ObjectRef::of(&object);
    with_call(core, &what, version(&object).as_deref(), now, |call| {
        let manager = Manager::update(manager, None);
        match call.create_object(object, &WriteOptions::default(), &manager, true) {
            Ok(_) => Ok(()),
            Err(failure) if failure.reason == "AlreadyExists" => Ok(()),
            Err(failure) => Err(failure),
        }
    })
}

/// Replace an object or a part of it.
pub(crate) fn update(
    core: &Core,
    object: Value,
    parts: Parts,
    manager: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let what = ObjectRef::of(&object);
    let (part, subresource) = match parts {
        Parts::Main => (Part::Main, None),
        Parts::Status => (Part::Status, Some("status")),
        Parts::Both => (Part::Both, None),
    };
    with_call(core, &what, version(&object).as_deref(), now, |call| {
        let manager = Manager::update(manager, subresource);
        call.change(part, &WriteOptions::default(), &manager, |old| {
            if meta::text(old, "resourceVersion") != meta::text(&object, "resourceVersion") {
                return Err(Failure::modified(call.resource.named(), call.name()));
            }
            Ok(object.clone())
        })?;
        Ok(())
    })
}

/// Delete an object, provided it is still the one that was meant.
pub(crate) fn delete(
    core: &Core,
    target: &ObjectRef,
    uid: &str,
    propagation: Propagation,
    now: Timestamp,
) -> Result<(), Failure> {
    with_call(core, target, None, now, |call| {
        let options = DeleteOptions {
            uid: Some(uid.to_owned()),
            propagation: Some(propagation),
            ..DeleteOptions::default()
        };
        let finished = call.resource.is("", "pods").then_some(0);
        call.delete_object(
            &target.name,
            &DeleteOptions {
                grace: finished,
                ..options
            },
        )?;
        Ok(())
    })
}

/// Apply a configuration by force to an object that exists.
pub(crate) fn apply(
    core: &Core,
    config: &Value,
    manager: &'static str,
    now: Timestamp,
) -> Result<(), Failure> {
    let what = ObjectRef::of(config);
    with_call(core, &what, version(config).as_deref(), now, |call| {
        let manager = Manager::applied(manager, None);
        call.change(Part::Main, &WriteOptions::default(), &manager, |old| {
            let new = manager.apply(&call.resource, Some(old), config, true, now)?;
            Ok(super::types::accept(&call.resource, new, Vec::new(), FieldValidation::Ignore)?.0)
        })?;
        Ok(())
    })
}

/// Write a Secret with a token of a service account that lasts as long as the Secret does.
pub(crate) fn put_token(
    core: &Core,
    mut secret: Value,
    account: &Value,
    manager: &'static str,
    now: Timestamp,
) -> Result<(), Failure> {
    use base64::Engine as _;
    let token = core.issue(account, &[], None, Some(("secret", &secret)), now)?;
    secret["data"]["token"] = base64::engine::general_purpose::STANDARD.encode(token).into();
    update(core, secret, Parts::Main, manager, now)
}
