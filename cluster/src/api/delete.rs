//! Delete and deletecollection.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::body::{self, BodyFormat};
use super::core::Call;
use super::negotiate::Offer;
use super::policy::Operation;
use super::render::ListMeta;
use super::{ApiResponse, Failure, go, meta, types};
use crate::simulate::Propagation;
use crate::store::{Entry, Expect};

/// What a delete request asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) uid: Option<String>,
    pub(crate) revision: Option<String>,
}

/// What became of the object.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// It is gone (or would be).
    Gone(Entry),
    /// It waits for its finalizers or its grace period.
    Held(Entry),
    /// As `Held`, but only tried.
    DryHeld(Value),
}

const POLICIES: &str = "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"";

impl DeleteOptions {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let request = call.request;
        if request.body.iter().all(u8::is_ascii_whitespace) {
            return Self::from_query(call);
        }
        let bytes = &request.body;
        let value: Value = match body::format(request)? {
            BodyFormat::Json => body::json(bytes).map_err(|error| {
                Failure::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
            })?,
            BodyFormat::Yaml => body::yaml(bytes).map_err(Failure::bad_request)?,
            BodyFormat::Protobuf => body::protobuf(bytes).map_err(Failure::bad_request)?,
        };
        let kind = value["kind"].as_str().unwrap_or_default();
        let version = value["apiVersion"].as_str().unwrap_or_default();
        if !kind.is_empty() && kind != "DeleteOptions" {
            return Err(Failure::bad_request(format!(
                "no kind {} is registered for version {} in scheme \"pkg/apis/meta/internalversion/scheme/register.go:27\"",
                go::quote(kind),
                go::quote(version)
            )));
        }
        Self::from_body(&value)
    }

    fn from_query(call: &Call<'_>) -> Result<Self, Failure> {
        let query = &call.request.query;
        let grace: Option<i64> = match query.get("gracePeriodSeconds") {
            None | Some("") => None,
            Some(text) => Some(text.parse().map_err(|_| {
                Failure::bad_request(format!(
                    "strconv.ParseInt: parsing {}: invalid syntax",
                    go::quote(text)
                ))
            })?),
        };
        let dry_run: Vec<Value> = query.all("dryRun").map(Value::from).collect();
        let mut value = json!({"gracePeriodSeconds": grace});
        if !dry_run.is_empty() {
            value["dryRun"] = dry_run.into();
        }
        if let Some(policy) = query.get("propagationPolicy") {
            value["propagationPolicy"] = policy.into();
        }
        if let Some(orphan) = query.get("orphanDependents") {
            value["orphanDependents"] = (!matches!(orphan, "false" | "0")).into();
        }
        Self::from_body(&value)
    }

    fn from_body(value: &Value) -> Result<Self, Failure> {
        let wrong = |field: &str, wanted: &str| {
            Failure::bad_request(format!(
                "json: cannot unmarshal {} into Go struct field DeleteOptions.{field} of type {wanted}",
                go::json_type(&value[field])
            ))
        };
        let grace = match &value["gracePeriodSeconds"] {
            Value::Null => None,
            number => Some(
                number
                    .as_i64()
                    .ok_or_else(|| wrong("gracePeriodSeconds", "int64"))?,
            ),
        };
        let mut problems = Vec::new();
        let dry_run: Vec<String> = value["dryRun"]
            .as_array()
            .into_iter()
            .flatten()
            .map(go::plain)
            .collect();
        if dry_run.iter().any(|text| text != "All") {
            let list: Vec<String> = dry_run.iter().map(|text| go::quote(text)).collect();
            problems.push((
                "FieldValueNotSupported",
                "dryRun",
                format!(
                    "Unsupported value: [{}]: supported values: \"All\"",
                    list.join(",")
                ),
            ));
        }
        let policy = value["propagationPolicy"].as_str();
        let orphan = value["orphanDependents"].as_bool();
        if policy.is_some() && orphan.is_some() {
            problems.push((
                "FieldValueInvalid",
                "propagationPolicy",
                format!(
                    "Invalid value: {}: orphanDependents and deletionPropagation cannot be both set",
                    go::quote(policy.unwrap_or_default())
                ),
            ));
        }
        let propagation = match (policy, orphan) {
            (Some("Foreground"), _) => Some(Propagation::Foreground),
            (Some("Background"), _) | (None, Some(false)) => Some(Propagation::Background),
            (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
            (None, None) => None,
            (Some(other), _) => {
                problems.push((
                    "FieldValueNotSupported",
                    "propagationPolicy",
                    format!("Unsupported value: {}: {POLICIES}", go::quote(other)),
                ));
                None
            }
        };
        if !problems.is_empty() {
            return Err(Failure::invalid_options("DeleteOptions", problems));
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let preconditions = &value["preconditions"];
        Ok(Self {
            dry_run: !dry_run.is_empty(),
            grace,
            propagation,
            uid: text(&preconditions["uid"]),
            revision: text(&preconditions["resourceVersion"]),
        })
    }
}

impl Call<'_> {
    pub(crate) fn delete(&self) -> Result<ApiResponse, Failure> {
        self.renderer(Offer::Objects)?;
        let options = DeleteOptions::read(self)?;
        match self.delete_object(self.name(), &options)? {
            Deleted::Gone(entry) if types::returns_deleted(&self.resource) => {
                self.object_response(200, &entry)
            }
            Deleted::Gone(entry) => Ok(self.success(&entry)),
            Deleted::Held(entry) => self.object_response(200, &entry),
            Deleted::DryHeld(object) => self.value_response(200, &object),
        }
    }

    fn success(&self, entry: &Entry) -> ApiResponse {
        let object = entry.value();
        let mut details = json!({"name": meta::name(&object), "kind": self.resource.plural, "uid": meta::text(&object, "uid")});
        if !self.resource.group.is_empty() {
            details["group"] = self.resource.group.as_str().into();
        }
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        let format = super::negotiate::for_errors(&self.request.accept);
        ApiResponse::value(200, &status, format).after(entry.revision)
    }

    /// Delete one object of the resource in the namespace of the path.
    pub(crate) fn delete_object(&self, name: &str, options: &DeleteOptions) -> Result<Deleted, Failure> {
        let key = self.resource.key(&self.target.namespace, name);
        loop {
            let (entry, _) = self.core.store.get(&self.resource.storage, &key);
            let entry = entry.ok_or_else(|| Failure::not_found(self.resource.named(), name))?;
            let old = self.full(&entry);
            self.check_delete(name, &old, options)?;
            self.check_policies(Operation::Delete, None, Some(&old), "", options.dry_run)?;
            let mut new = old.clone();
            let gone = self.mark(&mut new, options);
            if options.dry_run {
                return Ok(if gone {
                    Deleted::Gone(entry)
                } else {
                    Deleted::DryHeld(new)
                });
            }
            if !gone && new == old {
                return Ok(Deleted::Held(entry));
            }
            let stored = new.clone();
            super::convert::to_storage(&self.resource, &mut new);
            let store = &self.core.store;
            let result = if gone {
                store
                    .remove(&self.resource.storage, &key, entry.revision, &mut new)
                    .map(Deleted::Gone)
            } else {
                store
                    .put(
                        &self.resource.storage,
                        &key,
                        Expect::Revision(entry.revision),
                        &mut new,
                        None,
                    )
                    .map(Deleted::Held)
            };
            if let Ok(deleted) = result {
                if gone {
                    self.after_remove(&stored)
                } else {
                    self.after_write(&stored, Some(&old))
                }
                return Ok(deleted);
            }
        }
    }

    fn check_delete(&self, name: &str, old: &Value, options: &DeleteOptions) -> Result<(), Failure> {
        let kind = self.resource.kind_named();
        let (uid, revision) = (meta::text(old, "uid"), meta::text(old, "resourceVersion"));
        if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
            return Err(Failure::conflict(
                kind,
                name,
                &format!(
                    "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
                ),
            ));
        }
        if let Some(wanted) = options.revision.as_deref().filter(|wanted| *wanted != revision) {
            return Err(Failure::conflict(
                kind,
                name,
                &format!(
                    "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({revision}). The object might have been modified"
                ),
            ));
        }
        if self.resource.is("", "namespaces") && matches!(name, "default" | "kube-system" | "kube-public") {
            return Err(Failure::forbidden(
                self.resource.named(),
                name,
                "this namespace may not be deleted",
            ));
        }
        Ok(())
    }

    /// Mark an object as deleted; gives whether it can go at once.
    fn mark(&self, object: &mut Value, options: &DeleteOptions) -> bool {
        let resource = &self.resource;
        let grace = types::grace(resource, object, options.grace);
        self.mark_finalizers(object, options.propagation);
        types::on_delete(resource, object, self.now);
        let held = !types::may_go(resource, object);
        if types::deletes_plainly(resource) {
            if held && !meta::is_deleting(object) {
                let now = meta::time(self.now);
                meta::metadata(object).insert("deletionTimestamp".into(), now.into());
            }
            return !held;
        }
        if meta::is_deleting(object) {
            let left = object["metadata"]["deletionGracePeriodSeconds"]
                .as_i64()
                .unwrap_or(0);
            if grace < left {
                self.stamp(object, grace);
            }
            return types::may_go(resource, object) && grace.min(left) == 0;
        }
        if !held && grace == 0 {
            return true;
        }
        self.stamp(object, grace);
        if types::has_generation(resource) || object["metadata"].get("generation").is_some() {
            let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
            if generation > 0 {
                meta::metadata(object).insert("generation".into(), (generation + 1).into());
            }
        }
        false
    }

    fn stamp(&self, object: &mut Value, grace: i64) {
        let at = self.now.checked_add(grace.seconds()).unwrap_or(self.now);
        let metadata = meta::metadata(object);
        metadata.insert("deletionTimestamp".into(), meta::time(at).into());
        metadata.insert("deletionGracePeriodSeconds".into(), grace.into());
    }

    fn mark_finalizers(&self, object: &mut Value, propagation: Option<Propagation>) {
        let old: Vec<String> = meta::finalizers(object)
            .iter()
            .map(|text| (*text).to_owned())
            .collect();
        let had = |name: &str| old.iter().any(|text| text == name);
        let wanted = match propagation {
            Some(Propagation::Orphan) => Some("orphan"),
            Some(Propagation::Foreground) => Some("foregroundDeletion"),
            Some(Propagation::Background) => None,
            None if had("orphan") => Some("orphan"),
            None if had("foregroundDeletion") => Some("foregroundDeletion"),
            None if types::orphans_by_default(&self.resource) => Some("orphan"),
            None => None,
        };
        let mut new: Vec<String> = old
            .iter()
            .filter(|text| !matches!(text.as_str(), "orphan" | "foregroundDeletion"))
            .cloned()
            .collect();
        if let Some(wanted) = wanted {
            new.push(wanted.to_owned());
        }
        if new.len() != old.len() || new.iter().any(|text| !old.contains(text)) {
            meta::set_finalizers(object, &new);
        }
    }

    pub(crate) fn delete_collection(&self) -> Result<ApiResponse, Failure> {
        let renderer = self.renderer(Offer::Objects)?;
        let options = DeleteOptions::read(self)?;
        let selection = self.selection()?;
        let (entries, _) = self
            .core
            .store
            .list(&self.resource.storage, &self.prefix(), None, usize::MAX);
        let mut deleted = Vec::new();
        for (_, entry) in entries {
            if !selection.matches(&self.resource, &entry) {
                continue;
            }
            let name = meta::name(&entry.value()).to_owned();
            match self.delete_object(&name, &options) {
                Ok(_) => deleted.push(entry),
                Err(failure) if failure.code == 404 => {}
                Err(failure) => return Err(failure),
            }
        }
        renderer.list(
            &deleted,
            &ListMeta {
                revision: self.core.store.revision(),
                ..ListMeta::default()
            },
        )
    }
}
