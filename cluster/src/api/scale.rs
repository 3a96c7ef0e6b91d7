//! The scale subresource.

use serde_json::{Value, json};

use super::core::Call;
use super::custom::ScalePaths;
use super::managed::Manager;
use super::negotiate::negotiate;
use super::request::{FieldValidation, WriteOptions};
use super::write::{Part, Written};
use super::{ApiResponse, Failure, body, fields, meta};

impl Call<'_> {
    fn scale_paths(&self) -> ScalePaths {
        match self
            .resource
            .custom
            .as_ref()
            .and_then(|custom| custom.scale.clone())
        {
            Some(paths) => paths,
            None => ScalePaths {
                spec: ".spec.replicas".into(),
                status: ".status.replicas".into(),
                selector: None,
            },
        }
    }

    /// The `Scale` of an object.
    fn scale_of(&self, object: &Value) -> Result<Value, Failure> {
        let paths = self.scale_paths();
        let metadata = &object["metadata"];
        let mut kept = json!({});
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            if let Some(value) = metadata.get(field) {
                kept[field] = value.clone();
            }
        }
        let number = |path: &str| fields::at(object, path).as_i64();
        let mut spec = json!({});
        match number(&paths.spec) {
            Some(0) => {}
            Some(replicas) => spec["replicas"] = replicas.into(),
            None if self.resource.custom.is_some() && self.request.method == http::Method::GET => {
                return Err(Failure::internal(format!(
                    "the spec replicas field {} does not exist",
                    super::go::quote(&paths.spec)
                )));
            }
            None => {}
        }
        let mut status = json!({"replicas": number(&paths.status).unwrap_or(0)});
        let selector = match &paths.selector {
            Some(path) => fields::at(object, path).as_str().unwrap_or_default().to_owned(),
            None if self.resource.custom.is_some() => String::new(),
            None => selector_text(&object["spec"]["selector"]),
        };
        if !selector.is_empty() {
            status["selector"] = selector.into();
        }
        Ok(
            json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": kept, "spec": spec, "status": status}),
        )
    }

    fn scale_response(&self, status: u16, object: &Value) -> Result<ApiResponse, Failure> {
        let accepted = negotiate(&self.request.accept, super::negotiate::Offer::Plain)?;
        Ok(ApiResponse::value(
            status,
            &self.scale_of(object)?,
            accepted.format,
        ))
    }

    pub(crate) fn get_scale(&self) -> Result<ApiResponse, Failure> {
        let (entry, _) = self.core.store.get(&self.resource.storage, &self.key());
        let entry = entry.ok_or_else(|| self.missing())?;
        Ok(self
            .scale_response(200, &self.full(&entry))?
            .after(entry.revision))
    }

    /// `PUT` on the scale.
    pub(crate) fn update_scale(&self) -> Result<ApiResponse, Failure> {
        let options = WriteOptions::read(self.request, "UpdateOptions", false)?;
        let (scale, _) = body::object(self.request, "Scale", FieldValidation::Ignore)?;
        if !meta::name(&scale).is_empty() {
            self.check_name(&scale)?;
        }
        self.write_scale(&options, |_| Ok(scale.clone()))
    }

    /// Write the replicas of a changed scale to the object.
    pub(crate) fn write_scale(
        &self,
        options: &WriteOptions,
        change: impl Fn(&Value) -> Result<Value, Failure>,
    ) -> Result<ApiResponse, Failure> {
        let path = self.scale_paths().spec;
        let by_apply = body::media_type(self.request) == "application/apply-patch+yaml";
        let manager = Manager::scales(&options.field_manager, &path, by_apply);
        let written = self.change(Part::Main, options, &manager, |old| {
            let scale = change(&self.scale_of(old)?)?;
            let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
            if replicas < 0 && self.resource.custom.is_some() {
                let message = format!("Invalid value: {replicas}: should be a non-negative integer");
                return Err(Failure::invalid_causes(
                    self.resource.kind_named(),
                    self.name(),
                    &[("FieldValueInvalid", &path, message)],
                ));
            }
            if replicas < 0 {
                let message = format!("Invalid value: {replicas}: must be greater than or equal to 0");
                let kind = super::failure::Named {
                    group: "autoscaling",
                    resource: "Scale",
                };
                return Err(Failure::invalid_causes(
                    kind,
                    self.name(),
                    &[("FieldValueInvalid", "spec.replicas", message)],
                ));
            }
            let mut new = old.clone();
            *at_mut(&mut new, &path) = replicas.into();
            let version = meta::text(&scale, "resourceVersion").to_owned();
            meta::set_text(&mut new, "resourceVersion", &version);
            let uid = meta::text(&scale, "uid").to_owned();
            meta::set_text(&mut new, "uid", &uid);
            Ok(new)
        })?;
        match written {
            Written::Stored(entry) => Ok(self
                .scale_response(200, &self.full(&entry))?
                .after(entry.revision)),
            Written::Removed(object, revision) => Ok(self.scale_response(200, &object)?.after(revision)),
            Written::DryRun(object) => self.scale_response(200, &object),
        }
    }
}

fn at_mut<'a>(object: &'a mut Value, path: &str) -> &'a mut Value {
    path.trim_start_matches('.')
        .split('.')
        .fold(object, |value, key| {
            if !value.is_object() {
                *value = json!({});
            }
            &mut value[key]
        })
}

/// A label selector as text: `a=b,c in (d,e)`.
fn selector_text(selector: &Value) -> String {
    let labels = selector.get("matchLabels").unwrap_or(selector);
    let mut parts: Vec<String> = labels
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let mut values: Vec<&str> = expression["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        values.sort_unstable();
        parts.push(match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    parts.join(",")
}
