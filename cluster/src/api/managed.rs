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
    /// The replicas are written through the scale: where they stand, and whether by an apply.
    scaled: Option<(&'a str, bool)>,
}

impl<'a> Manager<'a> {
    /// A writer that creates, replaces or patches.
    pub(crate) fn update(name: &'a str, subresource: Option<&'a str>) -> Self {
        Self {
            name,
            subresource: subresource.unwrap_or_default(),
            settled: false,
            scaled: None,
        }
    }

    /// A writer of the replicas at `path`, through the scale.
    pub(crate) fn scales(name: &'a str, path: &'a str, by_apply: bool) -> Self {
        Self {
            scaled: Some((path, by_apply)),
            ..Self::update(name, Some("scale"))
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
        if let Some((path, by_apply)) = self.scaled {
            self.settle_scale(new, path, by_apply);
        }
    }

    /// A scale of zero replicas says nothing of them, so that nobody owns them; an apply is one here as well.
    fn settle_scale(&self, object: &mut Value, path: &str, by_apply: bool) {
        let keys: Vec<String> = path
            .trim_start_matches('.')
            .split('.')
            .map(|key| format!("f:{key}"))
            .collect();
        let none = super::fields::at(object, path).as_i64() == Some(0);
        let entries = object["metadata"]
            .get_mut("managedFields")
            .and_then(Value::as_array_mut);
        let Some(entries) = entries else { return };
        if none {
            entries.retain_mut(|entry| {
                cut(&mut entry["fieldsV1"], &keys);
                entry["fieldsV1"]
                    .as_object()
                    .is_some_and(|fields| !fields.is_empty())
            });
        }
        if by_apply {
            for entry in entries.iter_mut() {
                if entry["subresource"] == "scale" && entry["manager"] == self.name {
                    entry["operation"] = "Apply".into();
                }
            }
            entries.sort_by_key(|entry| entry["operation"] != "Apply");
        }
        if entries.is_empty() {
            meta::metadata(object).remove("managedFields");
        }
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

/// Take a path out of a set of fields, and what is empty without it.
fn cut(fields: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let Some(map) = fields.as_object_mut() else { return };
    if let Some(inner) = map.get_mut(first) {
        cut(inner, rest);
        if rest.is_empty() || inner.as_object().is_some_and(serde_json::Map::is_empty) {
            map.remove(first);
        }
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
