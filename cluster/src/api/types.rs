//! What differs from kind to kind: schema, defaults, generation, deletion.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use flux_schema::Facts;
use serde_json::{Value, json};

use super::core::Core;
use super::registry::{Group, GroupVersion, Resource, Subresource};
use super::request::FieldValidation;
use super::{Failure, decode, meta};
use crate::Error;
use crate::defaults::{self, Allocate, FieldError, Reason};

/// The groups of the built-in kinds.
pub(crate) fn builtin_groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for facts in Facts::builtin().kinds() {
        let at = groups
            .iter()
            .position(|group| group.name == facts.group)
            .unwrap_or_else(|| {
                groups.push(Group {
                    name: facts.group.into(),
                    ..Group::default()
                });
                groups.len() - 1
            });
        let versions = &mut groups[at].versions;
        let at = versions
            .iter()
            .position(|version| version.version == facts.version)
            .unwrap_or_else(|| {
                versions.push(GroupVersion {
                    version: facts.version.into(),
                    ..GroupVersion::default()
                });
                versions.len() - 1
            });
        versions[at]
            .resources
            .insert(facts.plural.into(), Arc::new(builtin(facts)));
    }
    groups
}

fn builtin(facts: &flux_schema::KindFacts) -> Resource {
    let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let storage = match (facts.group, facts.plural) {
        ("" | "events.k8s.io", plural) => plural.to_owned(),
        (group, plural) => format!("{plural}.{group}"),
    };
    Resource {
        group: facts.group.into(),
        version: facts.version.into(),
        kind: facts.kind.into(),
        plural: facts.plural.into(),
        singular: facts.singular.into(),
        short_names: own(&facts.short_names),
        categories: own(&facts.categories),
        namespaced: facts.namespaced,
        list_kind: format!("{}List", facts.kind),
        verbs: own(&facts.verbs),
        subresources: facts
            .subresources
            .iter()
            .map(|sub| Subresource {
                name: sub.name.into(),
                group: sub.group.into(),
                version: sub.version.into(),
                kind: sub.kind.into(),
                verbs: own(&sub.verbs),
            })
            .collect(),
        storage: storage.into(),
        custom: None,
        deprecation: deprecation(facts.group, facts.version, facts.kind).map(str::to_owned),
    }
}

fn deprecation(group: &str, version: &str, kind: &str) -> Option<&'static str> {
    match (group, version, kind) {
        ("", "v1", "Endpoints") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        }
        ("", "v1", "ComponentStatus") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        _ => None,
    }
}

/// Check a body against the schema: unknown fields go, with a warning or an error.
pub(crate) fn accept(
    resource: &Resource,
    mut object: Value,
    duplicates: Vec<String>,
    validation: FieldValidation,
) -> Result<(Value, Vec<String>), Failure> {
    let given = &object["metadata"];
    if !given.is_null() && !given.is_object() {
        let found = super::go::json_type(given);
        let wanted = match resource.custom {
            Some(_) => "value of type".to_owned(),
            None => format!("struct field {}.metadata of type", resource.kind),
        };
        return Err(Failure::bad_request(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: json: cannot unmarshal {found} into Go {wanted} v1.ObjectMeta",
            resource.kind, resource.version
        )));
    }
    super::meta::metadata(&mut object);
    if resource.custom.is_some() {
        defaults::tidy_metadata(&mut object);
        super::go::settle_numbers(&mut object);
    }
    if let Some(map) = object.as_object_mut() {
        map.insert("kind".into(), resource.kind.as_str().into());
        map.insert("apiVersion".into(), resource.api_version().into());
    }
    let mut problems = duplicates;
    let mut unknown = Vec::new();
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        // Schemas hold schemas by name, and the names are part of the paths.
        unknown.extend(super::schema_fields::prune(&mut object));
    }
    unknown.extend(decode::object(resource, &mut object)?);
    if validation != FieldValidation::Ignore {
        problems.extend(unknown.iter().map(|path| format!("unknown field \"{path}\"")));
    }
    if problems.is_empty() || validation == FieldValidation::Ignore {
        return Ok((object, Vec::new()));
    }
    if validation == FieldValidation::Strict {
        return Err(Failure::bad_request(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: strict decoding error: {2}",
            resource.kind,
            resource.version,
            problems.join(", ")
        )));
    }
    Ok((
        object,
        problems
            .iter()
            .map(|text| format!("299 - {}", super::go::quote(text)))
            .collect(),
    ))
}

/// Cluster IPs and node ports that are in use.
#[derive(Debug)]
pub(crate) struct Allocator {
    base: u32,
    size: u32,
    used: HashSet<u32>,
    ports: HashSet<u16>,
    next: u32,
}

const NODE_PORTS: std::ops::RangeInclusive<u16> = 30000..=32767;

impl Allocator {
    /// An allocator over a range such as `10.96.0.0/12`.
    pub(crate) fn new(cidr: &str) -> Result<Self, Error> {
        let parsed = cidr.split_once('/').and_then(|(address, bits)| {
            let address: std::net::Ipv4Addr = address.parse().ok()?;
            let bits: u32 = bits.parse().ok().filter(|bits| (8..=30).contains(bits))?;
            Some((u32::from(address), bits))
        });
        let (address, bits) = parsed.ok_or_else(|| {
            Error::Setting(format!(
                "the service range {cidr:?} is not an IPv4 range like 10.96.0.0/12"
            ))
        })?;
        let size = 1u32 << (32 - bits);
        Ok(Self {
            base: address & !(size - 1),
            size,
            used: HashSet::new(),
            ports: HashSet::new(),
            next: 10,
        })
    }

    fn text(&self, offset: u32) -> String {
        std::net::Ipv4Addr::from(self.base + offset).to_string()
    }

    fn offset(&self, address: &str) -> Option<u32> {
        let address: std::net::Ipv4Addr = address.parse().ok()?;
        u32::from(address)
            .checked_sub(self.base)
            .filter(|offset| *offset > 0 && *offset < self.size - 1)
    }

    fn note(&mut self, service: &Value, used: bool) {
        if let Some(offset) = service["spec"]["clusterIP"]
            .as_str()
            .and_then(|address| self.offset(address))
        {
            if used {
                self.used.insert(offset)
            } else {
                self.used.remove(&offset)
            };
        }
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            if let Some(port) = port["nodePort"]
                .as_u64()
                .and_then(|port| u16::try_from(port).ok())
            {
                if used {
                    self.ports.insert(port)
                } else {
                    self.ports.remove(&port)
                };
            }
        }
    }
}

/// What was given out for an object that is not stored yet.
#[derive(Debug, Default)]
pub(crate) struct Allocated {
    addresses: Vec<u32>,
    ports: Vec<u16>,
}

impl Allocated {
    /// The object was not stored after all.
    pub(crate) fn give_back(&self, core: &Core) {
        if self.addresses.is_empty() && self.ports.is_empty() {
            return;
        }
        let mut allocator = core.allocator.lock().unwrap_or_else(PoisonError::into_inner);
        for address in &self.addresses {
            allocator.used.remove(address);
        }
        for port in &self.ports {
            allocator.ports.remove(port);
        }
    }
}

struct Give<'a> {
    core: &'a Core,
    dry_run: bool,
    given: Allocated,
}

impl Allocate for Give<'_> {
    fn cluster_ip(&mut self, requested: Option<&str>) -> Result<String, String> {
        let mut allocator = self.core.allocator.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(requested) = requested {
            let offset = allocator.offset(requested).ok_or_else(|| {
                format!(
                    "failed to allocate IP {requested}: the provided network does not match the current range"
                )
            })?;
            if !allocator.used.insert(offset) {
                return Err(format!(
                    "failed to allocate IP {requested}: provided IP is already allocated"
                ));
            }
            self.given.addresses.push(offset);
            return Ok(requested.to_owned());
        }
        if self.dry_run {
            return Ok(allocator.text(0));
        }
        for _ in 0..allocator.size {
            let offset = allocator.next;
            allocator.next = if offset + 2 >= allocator.size {
                1
            } else {
                offset + 1
            };
            if offset > 0 && allocator.used.insert(offset) {
                self.given.addresses.push(offset);
                return Ok(allocator.text(offset));
            }
        }
        Err("failed to allocate IP: range is full".into())
    }

    fn node_port(&mut self, requested: Option<u16>) -> Result<u16, String> {
        let mut allocator = self.core.allocator.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(port) = requested {
            if !NODE_PORTS.contains(&port) {
                return Err(
                    "provided port is not in the valid range. The range of valid ports is 30000-32767".into(),
                );
            }
            if !allocator.ports.insert(port) {
                return Err("provided port is already allocated".into());
            }
            self.given.ports.push(port);
            return Ok(port);
        }
        let free = NODE_PORTS
            .clone()
            .find(|port| !allocator.ports.contains(port))
            .ok_or("range is full")?;
        allocator.ports.insert(free);
        self.given.ports.push(free);
        Ok(free)
    }

    fn uid(&mut self) -> String {
        meta::random_uid()
    }

    fn default_storage_class(&mut self) -> Option<String> {
        self.core.default_storage_class()
    }

    fn priority(&mut self, class: &str) -> Option<(i64, String)> {
        self.core.priority(class)
    }

    fn automounts_token(&mut self, namespace: &str, account: &str) -> bool {
        self.core.automounts_token(namespace, account)
    }
}

impl Core {
    /// Take note of the addresses of stored Services, at start.
    pub(crate) fn note_services(&self) {
        let (services, _) = self.store.list("services", "", None, usize::MAX);
        let mut allocator = self.allocator.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, entry) in services {
            allocator.note(&entry.value(), true);
        }
    }

    /// A Service was written or removed.
    pub(crate) fn service_changed(&self, old: Option<&Value>, new: Option<&Value>) {
        let mut allocator = self.allocator.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = old {
            allocator.note(old, false);
        }
        if let Some(new) = new {
            allocator.note(new, true);
        }
    }
}

/// Fill in the defaults that are part of the API.
pub(crate) fn default_fields(resource: &Resource, object: &mut Value, old: Option<&Value>) {
    match &resource.custom {
        Some(custom) => {
            if let Some(schema) = custom.schema() {
                schema.default(object);
            }
        }
        None if resource.is("apiextensions.k8s.io", "customresourcedefinitions") => {
            super::crd::default(object);
        }
        None => defaults::default_fields(object, old),
    }
}

/// What the server adds to an object besides: what it gives out, and what admission sets.
pub(crate) fn admit(
    core: &Core,
    resource: &Resource,
    object: &mut Value,
    old: Option<&Value>,
    dry_run: bool,
) -> Result<Allocated, Vec<FieldError>> {
    if resource.custom.is_some() || resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        return Ok(Allocated::default());
    }
    let mut give = Give {
        core,
        dry_run,
        given: Allocated::default(),
    };
    match defaults::admit(object, old, &mut give) {
        Ok(()) => Ok(give.given),
        Err(errors) => {
            give.given.give_back(core);
            Err(errors)
        }
    }
}

/// What is wrong with an object.
pub(crate) fn validate(resource: &Resource, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        let mut errors = defaults::validate_metadata(object, old, false);
        errors.extend(super::definition::validate(object, old));
        return errors;
    }
    let Some(custom) = &resource.custom else {
        return defaults::validate(object, old);
    };
    let mut errors = defaults::validate_metadata(object, old, resource.namespaced);
    errors.extend(custom.validate(object, old).into_iter().map(field_error));
    errors
}

/// Whether the template of a workload was sent with labels that are empty, which is not the same as none in messages.
pub(crate) fn empty_template_labels(object: &Value) -> bool {
    let labels = object["spec"]["template"]["metadata"]["labels"].as_object();
    labels.is_some_and(serde_json::Map::is_empty)
}

/// Empty labels are gone when an object is looked at; the message about them shows them.
pub(crate) fn show_empty_labels(empty: bool, errors: &mut [FieldError]) {
    let about = |error: &&mut FieldError| error.field == "spec.template.metadata.labels";
    for error in errors.iter_mut().filter(|_| empty).filter(about) {
        error.message = error
            .message
            .replacen("Invalid value: null:", "Invalid value: {}:", 1);
    }
}

/// An error of a schema as an error of a field.
pub(crate) fn field_error(error: flux_schema::FieldError) -> FieldError {
    FieldError {
        reason: reason(error.kind),
        message: error.message(),
        field: error.path,
    }
}

fn reason(kind: flux_schema::FieldErrorKind) -> Reason {
    use flux_schema::FieldErrorKind as Kind;
    match kind {
        Kind::Required => Reason::Required,
        Kind::Invalid => Reason::Invalid,
        Kind::TypeInvalid => Reason::TypeInvalid,
        Kind::NotSupported => Reason::NotSupported,
        Kind::Forbidden => Reason::Forbidden,
        Kind::Duplicate => Reason::Duplicate,
        Kind::TooLong => Reason::TooLong,
        Kind::TooMany => Reason::TooMany,
    }
}

/// Whether the server counts changes of the specification.
pub(crate) fn has_generation(resource: &Resource) -> bool {
    resource.custom.is_some()
        || matches!(
            (resource.group.as_str(), resource.plural.as_str()),
            ("", "pods" | "replicationcontrollers" | "podtemplates")
                | (
                    "apps",
                    "deployments" | "replicasets" | "statefulsets" | "daemonsets"
                )
                | ("batch", "jobs" | "cronjobs")
                | (
                    "networking.k8s.io",
                    "ingresses" | "networkpolicies" | "ingressclasses"
                )
                | ("policy", "poddisruptionbudgets")
                | ("apiextensions.k8s.io", "customresourcedefinitions")
                | ("admissionregistration.k8s.io", _)
                | ("discovery.k8s.io", "endpointslices")
                | ("flowcontrol.apiserver.k8s.io", _)
                | ("storage.k8s.io", "csidrivers")
                | ("scheduling.k8s.io", "priorityclasses")
        )
}

/// Whether an update changes what the generation counts.
pub(crate) fn spec_changed(resource: &Resource, old: &Value, new: &Value) -> bool {
    // Nothing of them that may change counts.
    if resource.is("scheduling.k8s.io", "priorityclasses") {
        return false;
    }
    let whole = match &resource.custom {
        Some(_) => true,
        None => !resource.has_status() && old.get("spec").is_none(),
    };
    if !whole {
        let noted = resource.is("apps", "deployments")
            && old["metadata"].get("annotations") != new["metadata"].get("annotations");
        return noted || old["spec"] != new["spec"];
    }
    let skip = |field: &str| {
        matches!(field, "metadata" | "apiVersion" | "kind") || (field == "status" && resource.has_status())
    };
    let fields = |object: &Value| -> Vec<(String, Value)> {
        let map = object.as_object().into_iter().flatten();
        map.filter(|(field, _)| !skip(field))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect()
    };
    fields(old) != fields(new)
}

/// The status of a new object: what the client sent is dropped, defaults make the first one.
pub(crate) fn initial_status(resource: &Resource, object: &mut Value) {
    let Some(map) = object.as_object_mut() else { return };
    map.remove("status");
    if !resource.is("apiextensions.k8s.io", "customresourcedefinitions") {
        return;
    }
    let stored: Vec<Value> = map
        .get("spec")
        .and_then(|spec| spec["versions"].as_array())
        .into_iter()
        .flatten()
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .take(1)
        .collect();
    map.insert(
        "status".into(),
        json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}),
    );
}

/// Kinds that a `PUT` without a revision does not replace.
pub(crate) fn needs_revision(resource: &Resource) -> bool {
    resource.custom.is_some()
        || matches!(
            (resource.group.as_str(), resource.plural.as_str()),
            ("coordination.k8s.io", "leases")
                | ("policy", "poddisruptionbudgets")
                | ("storage.k8s.io", "csidrivers" | "csinodes" | "volumeattachments")
                | ("node.k8s.io", "runtimeclasses")
                | (
                    "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io",
                    _
                )
        )
}

/// Whether a deleted object may go: nothing holds it.
pub(crate) fn may_go(resource: &Resource, object: &Value) -> bool {
    let held = resource.is("", "namespaces")
        && object["spec"]["finalizers"]
            .as_array()
            .is_some_and(|list| !list.is_empty());
    let grace = object["metadata"]["deletionGracePeriodSeconds"]
        .as_i64()
        .unwrap_or(0);
    let waits = resource.is("", "pods") && meta::is_deleting(object) && grace > 0;
    meta::finalizers(object).is_empty() && !held && !waits
}

/// Kinds that `PUT` creates.
pub(crate) fn creates_on_update(resource: &Resource) -> bool {
    matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        ("", "events" | "services" | "endpoints" | "limitranges")
            | ("events.k8s.io", "events")
            | ("coordination.k8s.io", "leases")
            | ("rbac.authorization.k8s.io", _)
    )
}

/// Kinds whose deletion answers with the object instead of a Status.
pub(crate) fn returns_deleted(resource: &Resource) -> bool {
    resource.is("storage.k8s.io", "storageclasses")
        || resource.group.is_empty()
            && matches!(
                resource.plural.as_str(),
                "pods"
                    | "services"
                    | "serviceaccounts"
                    | "persistentvolumeclaims"
                    | "persistentvolumes"
                    | "podtemplates"
                    | "resourcequotas"
            )
}

/// Kinds whose dependents stay when the client says nothing.
pub(crate) fn orphans_by_default(resource: &Resource) -> bool {
    resource.is("batch", "jobs") || resource.is("", "replicationcontrollers")
}

/// Seconds that an object gets for its end.
pub(crate) fn grace(resource: &Resource, object: &Value, asked: Option<i64>) -> i64 {
    if !resource.is("", "pods") {
        return 0;
    }
    let unscheduled = object["spec"]["nodeName"].as_str().is_none_or(str::is_empty);
    let ended = matches!(object["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if unscheduled || ended {
        return 0;
    }
    let seconds = asked.unwrap_or_else(|| {
        object["spec"]["terminationGracePeriodSeconds"]
            .as_i64()
            .unwrap_or(30)
    });
    if seconds < 0 { 1 } else { seconds }
}

/// What deletion itself changes.
pub(crate) fn on_delete(resource: &Resource, object: &mut Value, now: jiff::Timestamp) {
    if resource.is("", "namespaces") {
        object["status"]["phase"] = "Terminating".into();
    }
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") && !meta::is_deleting(object) {
        super::crd::on_delete(object, now);
    }
}

/// Kinds whose deletion leaves neither a grace period nor a new generation behind.
pub(crate) fn deletes_plainly(resource: &Resource) -> bool {
    resource.is("", "namespaces") || resource.is("apiextensions.k8s.io", "customresourcedefinitions")
}

/// Whether reading changes an object: the definition may have changed since it was written.
pub(crate) fn read_changes(resource: &Resource) -> bool {
    resource
        .custom
        .as_ref()
        .is_some_and(|custom| custom.has_defaults())
}

/// Defaults that came after an object was stored.
pub(crate) fn on_read(resource: &Resource, object: &mut Value) {
    if let Some(custom) = &resource.custom
        && custom.has_defaults()
        && let Some(schema) = custom.schema()
    {
        schema.default(object);
    }
}

/// Fields without which the type of a bookmark does not exist.
pub(crate) fn bookmark(resource: &Resource, object: &mut Value) {
    if resource.custom.is_some() {
        return;
    }
    if resource.is("", "pods") || resource.is("", "namespaces") {
        object["spec"] = json!({});
        object["status"] = json!({});
    }
}
