//! Who owns which field.

use flux_managedfields::{
    ApplyError, FieldSet, Request, apply, reset_fields, reset_fields_of_custom, update,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::registry::Resource;
use super::{Failure, decode, meta};

/// Who writes, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manager<'a> {
    name: &'a str,
    subresource: &'a str,
    /// An apply has settled the owners already.
    settled: bool,
}

/// Fields that the server gives out after it has noted the owners.
const ALLOCATED: [&str; 5] = [
    "clusterIP",
    "clusterIPs",
    "ipFamilies",
    "ipFamilyPolicy",
    "healthCheckNodePort",
];

/// Fields that admission sets on pods.
const ADMITTED: [&str; 6] = [
    "priority",
    "preemptionPolicy",
    "serviceAccount",
    "serviceAccountName",
    "tolerations",
    "volumes",
];

impl<'a> Manager<'a> {
    /// A writer that creates, replaces or patches.
    pub(crate) fn update(name: &'a str, subresource: Option<&'a str>) -> Self {
        Self {
            name,
            subresource: subresource.unwrap_or_default(),
            settled: false,
        }
    }

    /// A writer whose apply is done.
    pub(crate) fn applied(name: &'a str, subresource: Option<&'a str>) -> Self {
        Self {
            settled: true,
            ..Self::update(name, subresource)
        }
    }

    /// Note the owners of a new object. `given` is what the client sent, without what the server allocated.
    pub(crate) fn on_create(&self, resource: &Resource, given: &Value, object: &mut Value, now: Timestamp) {
        if self.settled {
            return;
        }
        let mut noted = without_allocated(resource, given, object);
        self.note(resource, Some(&super::skeleton::empty(resource)), &mut noted, now);
        meta::copy(object, &noted, "managedFields");
    }

    /// Note the owners of what an update changed.
    pub(crate) fn on_update(&self, resource: &Resource, old: &Value, new: &mut Value, now: Timestamp) {
        if self.settled {
            return;
        }
        self.note(resource, Some(old), new, now);
    }

    fn note(&self, resource: &Resource, old: Option<&Value>, new: &mut Value, now: Timestamp) {
        let reset = self.reset(resource);
        let (version, now) = (resource.api_version(), meta::time(now));
        *new = update(
            old,
            std::mem::take(new),
            &self.request(resource, &version, &now, reset.as_ref()),
        );
    }

    fn reset(&self, resource: &Resource) -> Option<FieldSet> {
        match resource.custom {
            Some(_) => reset_fields_of_custom(resource.has_status(), self.subresource),
            None => reset_fields(&resource.group, &resource.kind, self.subresource),
        }
    }

    fn request<'b>(
        &self,
        resource: &'b Resource,
        version: &'b str,
        now: &'b str,
        reset: Option<&'b FieldSet>,
    ) -> Request<'b>
    where
        'a: 'b,
    {
        Request {
            ty: decode::type_of(resource),
            api_version: version,
            manager: self.name,
            subresource: self.subresource,
            now,
            reset,
        }
    }

    /// Merge an applied configuration into an object.
    pub(crate) fn apply(
        &self,
        resource: &Resource,
        live: Option<&Value>,
        config: &Value,
        force: bool,
        now: Timestamp,
    ) -> Result<Value, Failure> {
        let reset = self.reset(resource);
        let (version, now) = (resource.api_version(), meta::time(now));
        apply(
            live,
            config,
            &self.request(resource, &version, &now, reset.as_ref()),
            force,
        )
        .map_err(failure)
    }
}

/// The object without what admission and allocation added after upstream notes the owners.
fn without_allocated(resource: &Resource, given: &Value, object: &Value) -> Value {
    let mut noted = object.clone();
    let added: &[&str] = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Service") => &ALLOCATED,
        ("", "Pod") => &ADMITTED,
        ("", "Namespace") => {
            if let Some(spec) = noted.get_mut("spec").and_then(Value::as_object_mut) {
                spec.remove("finalizers");
            }
            return noted;
        }
        _ => return noted,
    };
    let Some(spec) = noted.get_mut("spec").and_then(Value::as_object_mut) else {
        return noted;
    };
    for field in added {
        if given["spec"].get(field).is_none() {
            spec.remove(*field);
        }
    }
    let ports = spec
        .get_mut("ports")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for (port, given) in ports.zip(given["spec"]["ports"].as_array().into_iter().flatten()) {
        if let Some(port) = port.as_object_mut().filter(|_| given.get("nodePort").is_none()) {
            port.remove("nodePort");
        }
    }
    noted
}

fn failure(error: ApplyError) -> Failure {
    let message = error.to_string();
    match error {
        ApplyError::Conflicts(conflicts) => {
            let causes: Vec<Value> = conflicts
                .iter()
                .map(|conflict| json!({"reason": "FieldManagerConflict", "message": conflict.message(), "field": conflict.field()}))
                .collect();
            let mut failure = Failure::new(409, "Conflict", message);
            failure.details = Some(json!({"causes": causes}));
            failure
        }
        ApplyError::Version { .. } | ApplyError::ManagedFieldsSent => Failure::bad_request(message),
        ApplyError::Config { .. } | ApplyError::Live { .. } | ApplyError::Managed(_) => {
            Failure::unclassified(message)
        }
    }
}
