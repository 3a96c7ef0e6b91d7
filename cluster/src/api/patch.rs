//! The four kinds of patches.

use http::StatusCode;
use serde_json::Value;

use super::body;
use super::core::Call;
use super::managed::Manager;
use super::negotiate::Offer;
use super::request::{FieldValidation, WriteOptions};
use super::types;
use super::write::{Part, Written};
use super::{ApiResponse, Failure, decode, meta};

/// How many operations a JSON patch may have.
const MAX_OPERATIONS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatchKind {
    Json,
    Merge,
    Strategic,
    Apply,
}

/// A patch that can be applied to an object again and again.
enum Patch {
    Json(Value),
    Merge(Value),
    Strategic(Value),
}

fn json_patch_failure(error: flux_patch::JsonPatchError) -> Failure {
    use flux_patch::JsonPatchError as Error;
    match error {
        Error::Decode(why) => Failure::bad_request(format!("error decoding patch: {why}")),
        Error::TooMany(_) => Failure::too_large(&error.to_string()),
        // Which operation failed, and why, is not told, as upstream does not.
        Error::Operation { .. } => {
            let details = Some(serde_json::json!({}));
            Failure {
                details,
                ..Failure::new(
                    422,
                    "Invalid",
                    "the server rejected our request due to an error in our request",
                )
            }
        }
    }
}

/// The outcome of a patch cannot be read as an object: upstream calls that invalid, and shows what it tried to read.
fn undecodable(patch: &Patch, object: &Value, failure: &Failure) -> Failure {
    let message = &failure.message;
    // The patch is named, not what was sent: there was no object in the body.
    let why = message
        .split_once(" cannot be handled as a ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(message.as_str(), |(_, why)| why);
    let (shown, why) = match patch {
        Patch::Strategic(patch) => (super::go::plain(patch), restore_error(why)),
        Patch::Json(_) | Patch::Merge(_) => (object.to_string(), why.to_owned()),
    };
    let what = super::failure::Named {
        group: "",
        resource: "",
    };
    let message = format!("Invalid value: {}: {why}", super::go::quote(&shown));
    let mut invalid = Failure::invalid_causes(what, "", &[("FieldValueInvalid", "patch", message)]);
    if let Some(details) = invalid.details.as_mut().and_then(Value::as_object_mut) {
        details.remove("kind");
    }
    invalid
}

/// A decoding error as the converter puts it that reads the outcome of a strategic merge.
fn restore_error(why: &str) -> String {
    let (Some((_, found)), Some((_, wanted))) = (
        why.split_once("json: cannot unmarshal "),
        why.rsplit_once(" of type "),
    ) else {
        return why.to_owned();
    };
    match (found.split(' ').next().unwrap_or_default(), wanted) {
        ("object", wanted) if wanted.starts_with("[]") => "cannot restore slice from map".into(),
        (found, wanted) if wanted.starts_with(char::is_alphanumeric) && wanted.contains('.') => {
            let found = if found == "array" { "slice" } else { found };
            format!("cannot restore struct from: {found}")
        }
        (_, wanted) => format!("unrecognized type: {wanted}"),
    }
}

impl Call<'_> {
    pub(crate) fn patch(&self) -> Result<ApiResponse, Failure> {
        self.patch_part(Part::Main)
    }

    /// `PATCH` on the object or its status.
    pub(crate) fn patch_part(&self, part: Part) -> Result<ApiResponse, Failure> {
        self.renderer(Offer::Objects)?;
        let kind = self.patch_kind()?;
        if self.request.body.len() > body::MAX_BODY {
            return Err(Failure::too_large(&format!("limit is {}", body::MAX_BODY)));
        }
        let options = WriteOptions::read(self.request, "PatchOptions", kind == PatchKind::Apply)?;
        if kind == PatchKind::Apply {
            return self.apply(part, &options);
        }
        let patch = self.read_patch(kind)?;
        let duplicates = self.duplicates(kind, &options);
        let manager = Manager::update(&options.field_manager, self.managed_part(part));
        let warnings = std::cell::RefCell::new(Vec::new());
        let written = self.change(part, &options, &manager, |old| {
            let (new, found) = self.patched(&patch, old, &duplicates, &options)?;
            *warnings.borrow_mut() = found;
            Ok(new)
        });
        let written = written.inspect_err(|_| self.warn_first(&warnings.borrow()))?;
        Ok(self
            .written_response(200, written)?
            .with_warnings(warnings.into_inner()))
    }

    fn patch_kind(&self) -> Result<PatchKind, Failure> {
        let custom = self.resource.custom.is_some();
        let known = match body::media_type(self.request) {
            "application/json-patch+json" => Some(PatchKind::Json),
            "application/merge-patch+json" => Some(PatchKind::Merge),
            "application/strategic-merge-patch+json" if !custom => Some(PatchKind::Strategic),
            "application/apply-patch+yaml" => Some(PatchKind::Apply),
            _ => None,
        };
        known.ok_or_else(|| match custom {
            true => Failure::unsupported_media_type(
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            ),
            false => {
                let code = StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16();
                Failure {
                    details: Some(serde_json::json!({})),
                    ..Failure::new(code, "UnsupportedMediaType", "415: Unsupported Media Type")
                }
            }
        })
    }

    /// Fields that stand in the patch twice.
    fn duplicates(&self, kind: PatchKind, options: &WriteOptions) -> Vec<String> {
        if kind == PatchKind::Json || options.validation == FieldValidation::Ignore {
            return Vec::new();
        }
        body::duplicate_fields(&super::nesting::shorten(&self.request.body))
            .iter()
            .map(|path| format!("duplicate field \"{path}\""))
            .collect()
    }

    fn read_patch(&self, kind: PatchKind) -> Result<Patch, Failure> {
        let bytes = &self.request.body;
        let go_map = |value: &Value| {
            format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                super::go::json_type(value)
            )
        };
        let prefix = if kind == PatchKind::Strategic {
            ""
        } else {
            "error decoding patch: "
        };
        let value = body::json(bytes).map_err(|error| Failure::bad_request(format!("{prefix}{error}")))?;
        match kind {
            PatchKind::Json => {
                let count = value.as_array().map_or(0, Vec::len);
                if count > MAX_OPERATIONS {
                    return Err(Failure::too_large(&format!(
                        "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
                    )));
                }
                // Decoding errors do not depend on the object, so they come before it is looked for.
                if let Err(flux_patch::JsonPatchError::Decode(why)) =
                    flux_patch::json_patch(&mut Value::Null, &value)
                {
                    return Err(Failure::bad_request(format!("{prefix}{why}")));
                }
                Ok(Patch::Json(value))
            }
            PatchKind::Merge if value.is_null() => Err(Failure::bad_request("Invalid JSON Patch")),
            PatchKind::Merge if value.is_object() => Ok(Patch::Merge(value)),
            PatchKind::Strategic if value.is_object() => Ok(Patch::Strategic(value)),
            _ => Err(Failure::bad_request(format!("{prefix}{}", go_map(&value)))),
        }
    }

    /// The object after a patch, decoded as if it had been sent.
    fn patched(
        &self,
        patch: &Patch,
        old: &Value,
        duplicates: &[String],
        options: &WriteOptions,
    ) -> Result<(Value, Vec<String>), Failure> {
        let mut new = old.clone();
        match patch {
            Patch::Json(patch) => flux_patch::json_patch(&mut new, patch).map_err(json_patch_failure)?,
            Patch::Merge(patch) => flux_patch::merge_patch(&mut new, patch),
            Patch::Strategic(patch) => {
                new = flux_patch::strategic_merge(&new, patch, decode::type_of(&self.resource))
                    .map_err(|error| Failure::unclassified(error.to_string()))?;
            }
        }
        if self.resource.custom.is_some() {
            self.check_type(&new)?;
        }
        let sent = new.clone();
        let accepted = match self.resource.custom {
            None => self.check_type(&new),
            Some(_) => Ok(()),
        }
        .and_then(|()| types::accept(&self.resource, new, duplicates.to_vec(), options.validation));
        let (new, mut warnings) = accepted.map_err(|failure| undecodable(patch, &sent, &failure))?;
        body::check_depth(self.request, &new)?;
        warnings.extend(super::warn::of_object(&self.resource, &new, Some(old)));
        let name = meta::name(&new);
        if name != self.name() {
            return Err(match name {
                "" => Failure::bad_request(format!(
                    "the name of the object ({} based on URL) was undeterminable: name must be provided",
                    self.name()
                )),
                name => Failure::bad_request(format!(
                    "the name of the object ({name}) does not match the name on the URL ({})",
                    self.name()
                )),
            });
        }
        if meta::text(&new, "namespace") != self.target.namespace {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok((new, warnings))
    }

    /// Server-side apply.
    fn apply(&self, part: Part, options: &WriteOptions) -> Result<ApiResponse, Failure> {
        let (config, mut warnings) = self.applied_config(options)?;
        warnings.extend(super::warn::of_object(&self.resource, &config, None));
        let subresource = (part == Part::Status).then_some("status");
        let manager = Manager::applied(&options.field_manager, subresource);
        let force = options.force == Some(true);
        for _ in 0..100 {
            let exists = self
                .core
                .store
                .get(&self.resource.storage, &self.key())
                .0
                .is_some();
            if !exists {
                if part == Part::Status {
                    return Err(self.missing());
                }
                match self.apply_new(&config, options, &manager) {
                    Err(failure) if failure.reason == "AlreadyExists" => continue,
                    result => return Ok(self.written_response(201, result?)?.with_warnings(warnings)),
                }
            }
            let result = self.change(part, options, &manager, |old| {
                let mut new = manager.apply(&self.resource, Some(old), &config, force, self.now)?;
                self.refuse_nulls(&new)?;
                if let Some(version) = config["metadata"].get("resourceVersion").and_then(Value::as_str) {
                    meta::set_text(&mut new, "resourceVersion", version);
                }
                Ok(types::accept(&self.resource, new, Vec::new(), FieldValidation::Ignore)?.0)
            });
            match result {
                Err(failure) if failure.code == 404 && part == Part::Main => {}
                result => return Ok(self.written_response(200, result?)?.with_warnings(warnings)),
            }
        }
        Err(Failure::modified(self.resource.named(), self.name()))
    }

    fn applied_config(&self, options: &WriteOptions) -> Result<(Value, Vec<String>), Failure> {
        let bytes = &self.request.body;
        let plain = body::plain_json(bytes);
        let duplicate = match plain {
            Some(_) => None,
            None => body::duplicate_key(bytes, options.validation),
        };
        if let (Some(duplicate), FieldValidation::Strict) = (&duplicate, options.validation) {
            return Err(Failure::bad_request(format!(
                "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {duplicate}"
            )));
        }
        let mut config = plain
            .map_or_else(|| body::yaml(bytes), Ok)
            .map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}")))?;
        if !config.is_object() {
            return Err(Failure::bad_request(
                "error decoding YAML: the configuration is not an object",
            ));
        }
        let (version, kind) = (
            config["apiVersion"].as_str().unwrap_or_default(),
            config["kind"].as_str().unwrap_or_default(),
        );
        if version != self.resource.api_version() || kind != self.resource.kind {
            let (group, version) = super::registry::split_api_version(version);
            return Err(Failure::bad_request(format!(
                "invalid object type: {group}/{version}, Kind={kind}"
            )));
        }
        if config["metadata"]
            .get("managedFields")
            .is_some_and(|fields| !fields.is_null())
        {
            return Err(Failure::bad_request("metadata.managedFields must be nil"));
        }
        meta::metadata(&mut config);
        let name = meta::name(&config);
        if !name.is_empty() && name != self.name() {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.name()
            )));
        }
        let namespace = meta::text(&config, "namespace");
        if !namespace.is_empty() && namespace != self.target.namespace {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        let warnings = duplicate
            .map(|text| super::warn::header(&text))
            .into_iter()
            .collect();
        Ok((config, warnings))
    }

    /// What is applied to a custom resource keeps its nulls, which must be allowed then. Elsewhere they disappear.
    fn refuse_nulls(&self, object: &Value) -> Result<(), Failure> {
        let schema = self.resource.custom.as_ref().and_then(|custom| custom.schema());
        let Some(schema) = schema else {
            return Ok(());
        };
        let is_null = |error: &flux_schema::FieldError| {
            error.kind == flux_schema::FieldErrorKind::TypeInvalid && error.message().ends_with("\"null\"")
        };
        let errors = schema.validate(object, None).into_iter().filter(is_null);
        let errors: Vec<_> = errors.map(types::field_error).collect();
        match errors.as_slice() {
            [] => Ok(()),
            errors => Err(Failure::invalid(self.resource.kind_named(), self.name(), errors)),
        }
    }

    /// Apply on a name that does not exist: creates.
    fn apply_new(
        &self,
        config: &Value,
        options: &WriteOptions,
        manager: &Manager<'_>,
    ) -> Result<Written, Failure> {
        let uid = meta::text(config, "uid");
        if !uid.is_empty() {
            return Err(Failure::conflict(
                self.resource.named(),
                self.name(),
                &format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                ),
            ));
        }
        if meta::name(config).is_empty() {
            self.check_name(config)?;
        }
        let merged = manager.apply(&self.resource, None, config, true, self.now)?;
        self.refuse_nulls(&merged)?;
        let (mut object, _) = types::accept(&self.resource, merged, Vec::new(), FieldValidation::Ignore)?;
        meta::set_text(&mut object, "name", self.name());
        meta::set_text(&mut object, "resourceVersion", "");
        self.create_object(object, options, manager, false)
    }

    /// `PATCH` on the scale.
    pub(crate) fn patch_scale(&self) -> Result<ApiResponse, Failure> {
        let kind = self.patch_kind()?;
        let options = WriteOptions::read(self.request, "PatchOptions", kind == PatchKind::Apply)?;
        let patch = match kind {
            PatchKind::Apply => Patch::Merge(body::yaml(&self.request.body).map_err(Failure::bad_request)?),
            PatchKind::Strategic => {
                Patch::Merge(body::json(&self.request.body).map_err(Failure::bad_request)?)
            }
            kind => self.read_patch(kind)?,
        };
        self.write_scale(&options, |scale| {
            let mut new = scale.clone();
            match &patch {
                Patch::Json(patch) => flux_patch::json_patch(&mut new, patch).map_err(json_patch_failure)?,
                Patch::Merge(patch) | Patch::Strategic(patch) => flux_patch::merge_patch(&mut new, patch),
            }
            Ok(new)
        })
    }
}
