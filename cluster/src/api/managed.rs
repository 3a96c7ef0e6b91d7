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

    /// Note the owners of a new object, before the server adds what nobody owns.
    pub(crate) fn on_create(&self, resource: &Resource, object: &mut Value, now: Timestamp) {
        if !self.settled {
            self.note(resource, None, object, now);
        }
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
        let version = resource.api_version();
        // Upstream loses the time of an entry on its way through the scale.
        let now = match self.subresource {
            "scale" => String::new(),
            _ => meta::time(now),
        };
        *new = update(
            old,
            std::mem::take(new),
            &self.request(resource, &version, &now, reset.as_ref()),
        );
    }

    /// An object of a kind that is not stored, with its writer noted.
    pub(crate) fn note_of_type(
        &self,
        ty: flux_schema::TypeRef<'_>,
        version: &str,
        object: &mut Value,
        now: Timestamp,
    ) -> Value {
        let request = Request {
            ty,
            api_version: version,
            manager: self.name,
            subresource: self.subresource,
            now: &meta::time(now),
            reset: None,
        };
        update(None, std::mem::take(object), &request)
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
