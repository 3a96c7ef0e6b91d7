//! Create and update: what the server does to an object between the client and the store.

use serde_json::{Value, json};

use super::body;
use super::core::Call;
use super::managed::Manager;
use super::meta;
use super::negotiate::Offer;
use super::policy::Operation;
use super::request::WriteOptions;
use super::types;
use super::{ApiResponse, Failure};
use crate::store::{Entry, Expect, Guard};

/// How often a write is tried again when somebody else was faster; after that the client gets a conflict.
const ATTEMPTS: usize = 100;

/// Which part of an object a write is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Metadata and spec.
    Main,
    /// The status subresource.
    Status,
    /// Everything at once: only the controllers behind the API write so.
    Both,
    /// The node of a pod: everything, but it does not count as a change of the specification.
    Binding,
}

/// The outcome of a write.
#[derive(Debug)]
pub(crate) enum Written {
    /// The store has it.
    Stored(Entry),
    /// The object as it would be.
    DryRun(Value),
    /// The last finalizer went, and the object with it: its last state, and the revision of its end.
    Removed(Value, u64),
}

impl Call<'_> {
    pub(crate) fn create(&self) -> Result<ApiResponse, Failure> {
        self.renderer(Offer::Objects)?;
        let options = WriteOptions::read(self.request, "CreateOptions", false)?;
        if self.resource.allows("get") {
            let (mut object, warnings) = self.decode(&options)?;
            if self
                .resource
                .is("certificates.k8s.io", "certificatesigningrequests")
            {
                super::reviews::sign_request(&self.request.user, &mut object);
            }
            let manager = Manager::update(&options.field_manager, None);
            let written = self.create_object(object, &options, &manager, false);
            let written = written.inspect_err(|_| self.warn_first(&warnings))?;
            return Ok(self.written_response(201, written)?.with_warnings(warnings));
        }
        super::reviews::create(self)
    }

    /// What was found while a body was read is told with a failure as well; what its object was warned of is not.
    pub(crate) fn warn_first(&self, warnings: &[String]) {
        const READING: [&str; 3] = ["unknown field ", "duplicate field ", "line "];
        let while_reading = warnings.iter().filter(|warning| {
            let text = warning.trim_start_matches("299 - \"");
            READING.iter().any(|start| text.starts_with(start))
        });
        self.warnings.borrow_mut().splice(0..0, while_reading.cloned());
    }

    /// The object in the body, checked against the path and the schema.
    pub(crate) fn decode(&self, options: &WriteOptions) -> Result<(Value, Vec<String>), Failure> {
        let (object, duplicates) = body::object(self.request, &self.resource.kind, options.validation)?;
        self.check_type(&object)?;
        let (object, mut warnings) = types::accept(&self.resource, object, duplicates, options.validation)?;
        body::check_depth(self.request, &object)?;
        warnings.extend(super::warn::of_object(&self.resource, &object, None));
        Ok((object, warnings))
    }

    /// `apiVersion` and `kind` of a body must be those of the path.
    pub(crate) fn check_type(&self, object: &Value) -> Result<(), Failure> {
        let resource = &self.resource;
        let (version, kind) = (
            object["apiVersion"].as_str().unwrap_or_default(),
            object["kind"].as_str().unwrap_or_default(),
        );
        let wanted = resource.api_version();
        if !object.is_object() {
            return Err(Failure::bad_request(format!(
                "{0} in version \"{1}\" cannot be handled as a {0}: json: cannot unmarshal {2} into Go value of type {3}.{0}",
                resource.kind,
                resource.version,
                super::go::json_type(object),
                resource.version,
            )));
        }
        if resource.custom.is_some() {
            if kind.is_empty() {
                return Err(Failure::bad_request("Object 'Kind' is missing"));
            }
            if version.is_empty() || version != wanted {
                return Err(Failure::bad_request(format!(
                    "the API version in the data ({version}) does not match the expected API version ({wanted})"
                )));
            }
            if kind != resource.kind {
                let what = super::failure::Named {
                    group: &resource.group,
                    resource: kind,
                };
                let message = format!(
                    "Invalid value: {}: must be {}",
                    super::go::quote(kind),
                    resource.kind
                );
                return Err(Failure::invalid_causes(
                    what,
                    meta::name(object),
                    &[("FieldValueInvalid", "kind", message)],
                ));
            }
            return Ok(());
        }
        if !version.is_empty() && version != wanted {
            // Old beta versions are still known to upstream by name, others are not.
            let known = version.contains("beta") && version.split('/').next() == wanted.split('/').next();
            return Err(Failure::bad_request(if known {
                format!(
                    "the API version in the data ({version}) does not match the expected API version ({wanted})"
                )
            } else {
                let (_, short) = super::registry::split_api_version(version);
                let kind = if kind.is_empty() {
                    resource.kind.as_str()
                } else {
                    kind
                };
                format!(
                    "{kind} in version \"{short}\" cannot be handled as a {}: no kind {} is registered for version {} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
                    resource.kind,
                    super::go::quote(kind),
                    super::go::quote(version)
                )
            }));
        }
        if !kind.is_empty() && kind != resource.kind {
            let package = if resource.group.is_empty() {
                "core"
            } else {
                resource.group.split('.').next().unwrap_or_default()
            };
            return Err(Failure::bad_request(format!(
                "{kind} in version \"{0}\" cannot be handled as a {1}: converting ({0}.{kind}) to ({package}.{1}): unknown conversion",
                resource.version, resource.kind
            )));
        }
        Ok(())
    }

    /// The namespace that an object is created in must be there and must not be going.
    fn namespace_guard(&self, name: &str) -> Result<Option<Guard>, Failure> {
        if !self.resource.namespaced {
            return Ok(None);
        }
        let what = super::failure::Named {
            group: "",
            resource: "namespaces",
        };
        let namespace = self.target.namespace.as_str();
        let resource: std::sync::Arc<str> = "namespaces".into();
        let (Some(entry), _) = self.core.store.get(&resource, namespace) else {
            return Err(Failure::not_found(what, namespace));
        };
        let object = entry.value();
        if object["status"]["phase"] == "Terminating" || meta::is_deleting(&object) {
            let text = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            let mut failure = Failure::forbidden(self.resource.named(), name, &text);
            if let Some(details) = &mut failure.details {
                details["causes"] = json!([{
                    "reason": "NamespaceTerminating",
                    "message": format!("namespace {namespace} is being terminated"),
                    "field": "metadata.namespace",
                }]);
            }
            return Err(failure);
        }
        Ok(Some(Guard {
            resource,
            key: namespace.to_owned(),
            revision: entry.revision,
        }))
    }

    fn check_namespace(&self, object: &mut Value) -> Result<(), Failure> {
        let given = meta::text(object, "namespace").to_owned();
        if self.resource.namespaced {
            if !given.is_empty() && given != self.target.namespace {
                return Err(Failure::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            meta::set_text(object, "namespace", &self.target.namespace);
        } else {
            meta::set_text(object, "namespace", "");
        }
        Ok(())
    }

    /// Store a new object. `keep_status` is for the controllers behind the API.
    pub(crate) fn create_object(
        &self,
        mut object: Value,
        options: &WriteOptions,
        manager: &Manager<'_>,
        keep_status: bool,
    ) -> Result<Written, Failure> {
        self.check_namespace(&mut object)?;
        self.check_escalation(&object, None)?;
        if self
            .resource
            .custom
            .as_ref()
            .is_some_and(|custom| custom.terminating)
        {
            let why = "create not allowed while custom resource definition is terminating";
            return Err(Failure::forbidden(
                self.resource.named(),
                meta::name(&object),
                why,
            ));
        }
        let version = meta::text(&object, "resourceVersion");
        if version.parse::<u64>().is_ok_and(|version| version > 0) {
            return Err(Failure::unclassified(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let generated = meta::name(&object).is_empty() && !meta::text(&object, "generateName").is_empty();
        self.prepare_create(&mut object, keep_status);
        for _ in 0..ATTEMPTS {
            let mut object = object.clone();
            if generated {
                let name = meta::generated_name(meta::text(&object, "generateName"));
                meta::set_text(&mut object, "name", &name);
            }
            let guard = self.namespace_guard(meta::name(&object))?;
            let allocated = self.finish_create(&mut object, options, manager)?;
            let admitted = self
                .check_policies(Operation::Create, Some(&object), None, "", options.dry_run)
                .and_then(|()| self.check_quotas(&object, options.dry_run));
            if let Err(failure) = admitted {
                allocated.give_back(self.core);
                return Err(failure);
            }
            let key = self.resource.key(&self.target.namespace, meta::name(&object));
            let (existing, _) = self.core.store.get(&self.resource.storage, &key);
            if let Some(existing) = existing {
                allocated.give_back(self.core);
                if generated {
                    continue;
                }
                let deleting = meta::is_deleting(&existing.value());
                return Err(Failure::already_exists(
                    self.resource.named(),
                    meta::name(&object),
                    deleting,
                ));
            }
            if options.dry_run {
                allocated.give_back(self.core);
                meta::set_text(&mut object, "resourceVersion", "");
                return Ok(Written::DryRun(object));
            }
            super::convert::to_storage(&self.resource, &mut object);
            match self.core.store.put(
                &self.resource.storage,
                &key,
                Expect::Absent,
                &mut object,
                guard.as_ref(),
            ) {
                Ok(entry) => {
                    self.after_write(&object, None);
                    return Ok(Written::Stored(entry));
                }
                Err(_) => allocated.give_back(self.core),
            }
        }
        Err(Failure::already_exists(
            self.resource.named(),
            meta::name(&object),
            false,
        ))
    }

    /// Metadata that the server sets on new objects.
    fn prepare_create(&self, object: &mut Value, keep_status: bool) {
        let resource = &self.resource;
        let has_generation = types::has_generation(resource);
        let metadata = meta::metadata(object);
        for field in [
            "selfLink",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
        ] {
            metadata.remove(field);
        }
        metadata.insert("uid".into(), meta::random_uid().into());
        metadata.insert("creationTimestamp".into(), meta::time(self.now).into());
        if has_generation {
            metadata.insert("generation".into(), 1.into());
        }
        if resource.has_status() && !keep_status {
            types::initial_status(resource, object);
        }
    }

    fn finish_create(
        &self,
        object: &mut Value,
        options: &WriteOptions,
        manager: &Manager<'_>,
    ) -> Result<types::Allocated, Failure> {
        let name = meta::name(object).to_owned();
        let invalid = |errors: &[crate::defaults::FieldError]| {
            Failure::invalid(self.resource.kind_named(), &name, errors)
        };
        let empty_labels = types::empty_template_labels(object);
        types::default_fields(&self.resource, object, None);
        // The writer owns what it sent and its defaults, not what the server adds from here on.
        manager.on_create(&self.resource, object, self.now);
        self.admit_new(object)?;
        let allocated = types::admit(self.core, &self.resource, object, None, options.dry_run)
            .map_err(|errors| invalid(&errors))?;
        let mut errors = types::validate(&self.resource, object, None);
        types::show_empty_labels(empty_labels, &mut errors);
        if !errors.is_empty() {
            allocated.give_back(self.core);
            return Err(invalid(&errors));
        }
        Ok(allocated)
    }

    pub(crate) fn update(&self) -> Result<ApiResponse, Failure> {
        self.renderer(Offer::Objects)?;
        self.update_part(Part::Main)
    }

    /// `PUT` on the object or its status.
    pub(crate) fn update_part(&self, part: Part) -> Result<ApiResponse, Failure> {
        let options = WriteOptions::read(self.request, "UpdateOptions", false)?;
        let (mut object, warnings) = self.decode(&options)?;
        self.check_name(&object)?;
        self.check_namespace(&mut object)?;
        let manager = Manager::update(&options.field_manager, self.managed_part(part));
        let exists = self
            .core
            .store
            .get(&self.resource.storage, &self.key())
            .0
            .is_some();
        if !exists && part == Part::Main && types::creates_on_update(&self.resource) {
            meta::set_text(&mut object, "name", self.name());
            let written = self.create_object(object, &options, &manager, false);
            let written = written.inspect_err(|_| self.warn_first(&warnings))?;
            return Ok(self.written_response(201, written)?.with_warnings(warnings));
        }
        if types::needs_revision(&self.resource)
            && exists
            && meta::text(&object, "resourceVersion").is_empty()
        {
            let message = "Invalid value: 0: must be specified for an update".to_owned();
            return Err(Failure::invalid_causes(
                self.resource.named(),
                self.name(),
                &[("FieldValueInvalid", "metadata.resourceVersion", message)],
            ));
        }
        let written = self.change(part, &options, &manager, |_| Ok(object.clone()));
        let written = written.inspect_err(|_| self.warn_first(&warnings))?;
        Ok(self.written_response(200, written)?.with_warnings(warnings))
    }

    /// The subresource that the fields of a write belong to.
    pub(crate) fn managed_part(&self, part: Part) -> Option<&str> {
        match self.target.subresource.as_deref() {
            Some(sub @ ("ephemeralcontainers" | "resize")) => Some(sub),
            _ => (part == Part::Status).then_some("status"),
        }
    }

    /// The subresource of a write, as policies name it.
    fn policy_part(&self, part: Part) -> &str {
        match (self.target.subresource.as_deref(), part) {
            (Some(sub), _) => sub,
            (None, Part::Main) => "",
            (None, Part::Status | Part::Both) => "status",
            (None, Part::Binding) => "binding",
        }
    }

    /// The name in a body must be that of the path.
    pub(crate) fn check_name(&self, object: &Value) -> Result<(), Failure> {
        match meta::name(object) {
            "" => Err(Failure::bad_request(format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                self.name()
            ))),
            name if name != self.name() => Err(Failure::bad_request(format!(
                "the name of the object ({name}) does not match the name on the URL ({})",
                self.name()
            ))),
            _ => Ok(()),
        }
    }

    /// Read, change, write; again when somebody else was faster.
    pub(crate) fn change(
        &self,
        part: Part,
        options: &WriteOptions,
        manager: &Manager<'_>,
        change: impl Fn(&Value) -> Result<Value, Failure>,
    ) -> Result<Written, Failure> {
        let key = self.key();
        for _ in 0..ATTEMPTS {
            let (entry, _) = self.core.store.get(&self.resource.storage, &key);
            let entry = entry.ok_or_else(|| self.missing())?;
            let old = self.full(&entry);
            let mut new = change(&old)?;
            if self.request.method == http::Method::PUT {
                self.check_uid(&old, &new)?;
            }
            self.check_revision(&old, &new)?;
            let empty_labels = types::empty_template_labels(&new);
            types::default_fields(&self.resource, &mut new, Some(&old));
            manager.on_update(&self.resource, &old, &mut new, self.now);
            self.prepare_update(&old, &mut new, part);
            self.check_escalation(&new, Some(&old))?;
            let allocated = self.finish_update(&old, &mut new, part, empty_labels, options.dry_run)?;
            let sub = self.policy_part(part);
            let asked = self.check_policies(Operation::Update, Some(&new), Some(&old), sub, options.dry_run);
            if let Err(failure) = asked {
                allocated.give_back(self.core);
                return Err(failure);
            }
            if options.dry_run {
                allocated.give_back(self.core);
                meta::copy(&mut new, &old, "resourceVersion");
                return Ok(Written::DryRun(new));
            }
            if flux_managedfields::same_but_for_times(&old, &new) {
                allocated.give_back(self.core);
                return Ok(Written::Stored(entry));
            }
            let remove = meta::is_deleting(&new) && types::may_go(&self.resource, &new);
            let store = &self.core.store;
            let result = if remove {
                // Watchers see the object as it was stored last.
                let mut last = entry.value();
                store
                    .remove(&self.resource.storage, &key, entry.revision, &mut last)
                    .map(|gone| Written::Removed(new.clone(), gone.revision))
            } else {
                super::convert::to_storage(&self.resource, &mut new);
                store
                    .put(
                        &self.resource.storage,
                        &key,
                        Expect::Revision(entry.revision),
                        &mut new,
                        None,
                    )
                    .map(Written::Stored)
            };
            match result {
                Ok(written) => {
                    if remove {
                        self.after_remove(&new)
                    } else {
                        self.after_write(&new, Some(&old))
                    }
                    return Ok(written);
                }
                Err(_) => allocated.give_back(self.core),
            }
        }
        Err(Failure::modified(self.resource.named(), self.name()))
    }

    /// A replacement may say which object it means.
    fn check_uid(&self, old: &Value, new: &Value) -> Result<(), Failure> {
        let uid = meta::text(new, "uid");
        if !uid.is_empty() && uid != meta::text(old, "uid") {
            let key = format!("/registry/{}/{}", self.resource.storage, self.key());
            return Err(Failure::conflict(
                self.resource.named(),
                self.name(),
                &format!(
                    "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                    meta::text(old, "uid")
                ),
            ));
        }
        Ok(())
    }

    /// Optimistic locking, where the client gives a revision.
    fn check_revision(&self, old: &Value, new: &Value) -> Result<(), Failure> {
        let version = meta::text(new, "resourceVersion");
        if version.is_empty() || version == "0" || version == meta::text(old, "resourceVersion") {
            return Ok(());
        }
        match version.parse::<u64>() {
            Ok(_) => Err(Failure::modified(self.resource.named(), self.name())),
            Err(_) => Err(Failure::unclassified(format!(
                "strconv.ParseUint: parsing {}: invalid syntax",
                super::go::quote(version)
            ))),
        }
    }

    /// What a client cannot change comes from the stored object.
    fn prepare_update(&self, old: &Value, new: &mut Value, part: Part) {
        let resource = &self.resource;
        for field in [
            "generation",
            "resourceVersion",
            "namespace",
            "name",
            "creationTimestamp",
        ] {
            meta::copy(new, old, field);
        }
        // A deletion cannot be taken back, nor begun so: the latter is an error, which validation finds.
        if meta::is_deleting(old) {
            meta::copy(new, old, "deletionTimestamp");
        }
        // These may be left out; where they are given they must not change, which validation sees to.
        for field in ["uid", "deletionGracePeriodSeconds"] {
            if new["metadata"]
                .get(field)
                .is_none_or(|value| value.is_null() || value == "")
            {
                meta::copy(new, old, field);
            }
        }
        meta::set_text(new, "selfLink", "");
        if part == Part::Main && resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
            meta::copy_field(new, old, "status");
            super::crd::note_stored(new);
            return;
        }
        match part {
            Part::Main if resource.has_status() => meta::copy_field(new, old, "status"),
            Part::Main | Part::Both | Part::Binding => {}
            Part::Status => {
                let status = new.get("status").cloned();
                let metadata = new["metadata"].clone();
                *new = old.clone();
                match (status, new.as_object_mut()) {
                    (Some(status), Some(map)) => drop(map.insert("status".into(), status)),
                    (None, Some(map)) if resource.custom.is_some() => drop(map.remove("status")),
                    (None, Some(map)) => {
                        let status = crate::defaults::first_status(&resource.api_version(), &resource.kind);
                        map.insert("status".into(), status.unwrap_or_else(|| json!({})));
                    }
                    _ => {}
                }
                if resource.custom.is_none() {
                    new["metadata"] = metadata;
                    if resource.is("apps", "deployments") {
                        meta::copy(new, old, "labels");
                    }
                } else if let Some(fields) = metadata.get("managedFields") {
                    meta::metadata(new).insert("managedFields".into(), fields.clone());
                }
            }
        }
    }

    fn finish_update(
        &self,
        old: &Value,
        new: &mut Value,
        part: Part,
        empty_labels: bool,
        dry_run: bool,
    ) -> Result<types::Allocated, Failure> {
        let resource = &self.resource;
        let invalid = |errors: &[crate::defaults::FieldError]| {
            Failure::invalid(resource.kind_named(), self.name(), errors)
        };
        let allocated =
            types::admit(self.core, resource, new, Some(old), dry_run).map_err(|errors| invalid(&errors))?;
        if !matches!(part, Part::Status | Part::Binding)
            && types::has_generation(resource)
            && types::spec_changed(resource, old, new)
        {
            let generation = old["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
            meta::metadata(new).insert("generation".into(), generation.into());
        }
        let mut errors = types::validate(resource, new, Some(old));
        types::show_empty_labels(empty_labels, &mut errors);
        if part == Part::Status && resource.custom.is_some() {
            // Upstream looks at the status alone, and its texts name fields from there.
            for error in &mut errors {
                if let Some(rest) = error.field.strip_prefix("status.") {
                    let (whole, rest) = (format!("{} in body", error.field), format!("{rest} in body"));
                    error.message = error.message.replacen(&whole, &rest, 1);
                }
            }
        }
        if !errors.is_empty() {
            allocated.give_back(self.core);
            return Err(invalid(&errors));
        }
        Ok(allocated)
    }

    /// Answer with the outcome of a write.
    pub(crate) fn written_response(&self, status: u16, written: Written) -> Result<ApiResponse, Failure> {
        match written {
            Written::Stored(entry) => self.object_response(status, &entry),
            Written::Removed(object, revision) => Ok(self.value_response(status, &object)?.after(revision)),
            Written::DryRun(object) => self.value_response(status, &object),
        }
    }

    fn roles_changed(&self, object: &Value) {
        let (store, plural) = (&self.core.store, &self.resource.plural);
        let key = || {
            self.resource
                .key(meta::text(object, "namespace"), meta::name(object))
        };
        match self.resource.group.as_str() {
            "rbac.authorization.k8s.io" => self.core.roles.refresh(store, plural, &key()),
            super::policy::GROUP => self.core.policies.refresh(store, plural, &key()),
            _ => {}
        }
    }

    /// Keep in step with what was written.
    pub(crate) fn after_write(&self, new: &Value, old: Option<&Value>) {
        self.roles_changed(new);
        if self
            .resource
            .is("apiextensions.k8s.io", "customresourcedefinitions")
        {
            let served = |object: &Value| {
                (
                    object["spec"].clone(),
                    object["status"]["acceptedNames"].clone(),
                    object["status"]["conditions"].clone(),
                )
            };
            if old.is_none_or(|old| served(old) != served(new)) {
                self.core.definition_changed(meta::name(new), self.now);
            }
        }
        if self.resource.is("", "services") {
            self.core.service_changed(old, Some(new));
        }
    }

    /// Keep in step with what was removed.
    pub(crate) fn after_remove(&self, old: &Value) {
        self.roles_changed(old);
        if self
            .resource
            .is("apiextensions.k8s.io", "customresourcedefinitions")
        {
            self.core.definition_changed(meta::name(old), self.now);
        }
        if self.resource.is("", "services") {
            self.core.service_changed(Some(old), None);
        }
    }
}
