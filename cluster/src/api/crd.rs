//! Custom resource definitions: from the stored object to served resources, and the status that tells so.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::core::{Call, Core};
use super::custom::CustomVersion;
use super::managed::Manager;
use super::registry::{Group, GroupVersion, Resource, Subresource};
use super::request::{Target, WriteOptions};
use super::write::Part;
use super::{ApiRequest, meta};
use crate::store::Entry;

const STORAGE: &str = "customresourcedefinitions.apiextensions.k8s.io";
const VERBS: [&str; 8] = [
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
];

fn condition<'a>(definition: &'a Value, kind: &str) -> &'a str {
    definition["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == kind)
        .and_then(|condition| condition["status"].as_str())
        .unwrap_or_default()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// Versions from the most to the least preferred: `v2`, `v1`, `v1beta2`, `v1alpha1`, others by name.
pub(crate) fn version_priority(version: &str) -> (u8, std::cmp::Reverse<(u32, u32, u32)>, String) {
    let parse = || {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major: u32 = rest[..digits].parse().ok()?;
        let (stage, minor) = match &rest[digits..] {
            "" => (3, 0),
            tail => match (tail.strip_prefix("beta"), tail.strip_prefix("alpha")) {
                (Some(minor), _) => (2, minor.parse().ok()?),
                (_, Some(minor)) => (1, minor.parse().ok()?),
                _ => return None,
            },
        };
        Some((stage, major, minor))
    };
    match parse() {
        Some(order) => (0, std::cmp::Reverse(order), String::new()),
        None => (1, std::cmp::Reverse((0, 0, 0)), version.to_owned()),
    }
}

/// What is known of a definition at one revision.
#[derive(Debug)]
pub(crate) struct Definition {
    revision: u64,
    /// The revision from which on it is served.
    since: u64,
    group: String,
    /// The names that it has got.
    accepted: Value,
    /// What it serves.
    resources: Vec<Arc<Resource>>,
}

impl Definition {
    fn read(entry: &Entry, before: Option<&Self>) -> Self {
        let definition = entry.value();
        let served = before.filter(|before| !before.resources.is_empty());
        let since = served.map_or(entry.revision, |before| before.since);
        let resources = resources(&definition, &entry.body(), since);
        Self {
            revision: entry.revision,
            since,
            group: definition["spec"]["group"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            accepted: definition["status"]["acceptedNames"].clone(),
            resources: resources.into_iter().map(Arc::new).collect(),
        }
    }
}

/// The served resources of one definition.
fn resources(definition: &Value, body: &bytes::Bytes, since: u64) -> Vec<Resource> {
    if condition(definition, "Established") != "True" {
        return Vec::new();
    }
    let (spec, names) = (&definition["spec"], &definition["status"]["acceptedNames"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, plural, kind) = (text(&spec["group"]), text(&names["plural"]), text(&names["kind"]));
    let versions = spec["versions"].as_array().into_iter().flatten().enumerate();
    versions
        .filter(|(_, version)| version["served"] == true)
        .map(|(index, version)| {
            let name = text(&version["name"]);
            let deprecation =
                (version["deprecated"] == true).then(|| match version["deprecationWarning"].as_str() {
                    Some(warning) => warning.to_owned(),
                    None => default_deprecation(spec, &group, &name, &kind),
                });
            Resource {
                group: group.clone(),
                kind: kind.clone(),
                plural: plural.clone(),
                singular: text(&names["singular"]),
                short_names: texts(&names["shortNames"]),
                categories: texts(&names["categories"]),
                namespaced: spec["scope"] == "Namespaced",
                list_kind: text(&names["listKind"]),
                verbs: VERBS.map(str::to_owned).to_vec(),
                subresources: subresources(version, &group, &name, &kind),
                storage: format!("{plural}.{group}").into(),
                custom: Some(Arc::new(CustomVersion::new(
                    definition,
                    body.clone(),
                    index,
                    since,
                ))),
                deprecation,
                version: name,
            }
        })
        .collect()
}

fn default_deprecation(spec: &Value, group: &str, version: &str, kind: &str) -> String {
    let better = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|other| other["served"] == true && other["deprecated"] != true)
        .filter_map(|other| other["name"].as_str())
        .min_by_key(|name| version_priority(name))
        .filter(|name| version_priority(name) < version_priority(version));
    match better {
        Some(better) => format!("{group}/{version} {kind} is deprecated; use {group}/{better} {kind}"),
        None => format!("{group}/{version} {kind} is deprecated"),
    }
}

fn subresources(version: &Value, group: &str, name: &str, kind: &str) -> Vec<Subresource> {
    let declared = &version["subresources"];
    let mut found = Vec::new();
    let verbs = || ["get", "patch", "update"].map(str::to_owned).to_vec();
    if declared["status"].is_object() {
        found.push(Subresource {
            name: "status".into(),
            group: group.into(),
            version: name.into(),
            kind: kind.into(),
            verbs: verbs(),
        });
    }
    if declared["scale"].is_object() {
        found.push(Subresource {
            name: "scale".into(),
            group: "autoscaling".into(),
            version: "v1".into(),
            kind: "Scale".into(),
            verbs: verbs(),
        });
    }
    found
}

impl Core {
    /// Read the definitions that changed since the last time.
    fn read_definitions(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Definition>> {
        let mut known = self.definitions.lock().unwrap_or_else(PoisonError::into_inner);
        let (entries, _) = self.store.list(STORAGE, "", None, usize::MAX);
        let mut old = std::mem::take(&mut *known);
        for (name, entry) in entries {
            let read = match old.remove(&name) {
                Some(same) if same.revision == entry.revision => same,
                before => Definition::read(&entry, before.as_ref()),
            };
            known.insert(name, read);
        }
        known
    }

    /// Serve what the stored definitions say.
    pub(crate) fn refresh_custom(&self) {
        let mut groups: BTreeMap<String, BTreeMap<_, GroupVersion>> = BTreeMap::new();
        let known = self.read_definitions();
        for resource in known.values().flat_map(|definition| &definition.resources) {
            let versions = groups.entry(resource.group.clone()).or_default();
            let version = versions.entry(version_priority(&resource.version)).or_default();
            version.version = resource.version.clone();
            version
                .resources
                .insert(resource.plural.clone(), resource.clone());
        }
        let groups = groups
            .into_iter()
            .map(|(name, versions)| Group {
                name,
                versions: versions.into_values().collect(),
                custom: true,
            })
            .collect();
        // Still under the lock, so that what is served is never older than what was served before.
        self.registry.set_custom(groups);
    }

    /// Whether the definition of a custom resource is stored.
    pub(crate) fn is_defined(&self, resource: &Resource) -> bool {
        let name = format!("{}.{}", resource.plural, resource.group);
        self.store.exists(STORAGE, &name)
    }

    /// The names that other definitions of the same group have.
    fn rivals(&self, name: &str, group: &str) -> Vec<Value> {
        let known = self.read_definitions();
        let others = known
            .iter()
            .filter(|(other, definition)| &***other != name && definition.group == group);
        others
            .map(|(_, definition)| definition.accepted.clone())
            .collect()
    }

    /// A definition was written or removed: settle its names and conditions, then serve it.
    pub(crate) fn definition_changed(&self, name: &str, now: Timestamp) {
        let (entry, _) = self.store.get(STORAGE, name);
        if let Some(entry) = entry {
            let definition = entry.value();
            let group = definition["spec"]["group"].as_str().unwrap_or_default();
            let status = status(&definition, &self.rivals(name, group), now);
            if status != definition["status"] {
                self.write_definition_status(name, status, now);
            }
        } else {
            self.settle_others(now);
        }
        self.refresh_custom();
    }

    /// A removed definition may free names that others wait for.
    fn settle_others(&self, now: Timestamp) {
        let names: Vec<Arc<str>> = self.read_definitions().keys().cloned().collect();
        for name in names {
            let (Some(entry), _) = self.store.get(STORAGE, &name) else {
                continue;
            };
            let definition = entry.value();
            if condition(&definition, "NamesAccepted") == "True" {
                continue;
            }
            let group = definition["spec"]["group"].as_str().unwrap_or_default();
            let status = status(&definition, &self.rivals(&name, group), now);
            if status != definition["status"] {
                self.write_definition_status(&name, status, now);
            }
        }
    }

    fn write_definition_status(&self, name: &str, status: Value, now: Timestamp) {
        let served = self.registry.served();
        let Ok(resource) = served.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions") else {
            return;
        };
        let request = ApiRequest::internal(http::Method::PUT, String::new(), bytes::Bytes::new());
        let target = Target {
            name: Some(name.to_owned()),
            ..Target::default()
        };
        let call = Call {
            core: self,
            request: &request,
            resource,
            target,
            now,
            warnings: std::cell::RefCell::default(),
        };
        let manager = Manager::update("kube-apiserver", Some("status"));
        let result = call.change(Part::Status, &WriteOptions::default(), &manager, |old| {
            let mut new = old.clone();
            new["status"] = status.clone();
            Ok(new)
        });
        if let Err(failure) = result {
            tracing::warn!(definition = name, %failure, "the status of a custom resource definition could not be written");
        }
    }
}

/// Note the version that objects are stored in from now on.
pub(crate) fn note_stored(definition: &mut Value) {
    let versions = definition["spec"]["versions"].as_array().into_iter().flatten();
    let stored = versions
        .filter(|version| version["storage"] == true)
        .map(|version| version["name"].clone())
        .next();
    let list = &mut definition["status"]["storedVersions"];
    if let (Some(stored), Some(list)) = (stored, list.as_array_mut())
        && !list.contains(&stored)
    {
        list.push(stored);
    }
}

/// What the deletion of a definition changes.
pub(crate) fn on_delete(definition: &mut Value, now: Timestamp) {
    const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
    let mut finalizers: Vec<String> = meta::finalizers(definition)
        .iter()
        .map(|text| (*text).to_owned())
        .collect();
    if !finalizers.iter().any(|text| text == CLEANUP) {
        finalizers.push(CLEANUP.to_owned());
        meta::set_finalizers(definition, &finalizers);
    }
    let mut conditions = definition["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    set_condition(
        &mut conditions,
        "Terminating",
        true,
        "InstanceDeletionPending",
        message,
        now,
    );
    definition["status"]["conditions"] = Value::Array(conditions);
}

/// The defaults of a definition.
pub(crate) fn default(definition: &mut Value) {
    let spec = &mut definition["spec"];
    if !spec.is_object() {
        return;
    }
    let kind = spec["names"]["kind"].as_str().unwrap_or_default().to_owned();
    if let Some(names) = spec["names"].as_object_mut() {
        for (field, value) in [
            ("singular", kind.to_lowercase()),
            ("listKind", format!("{kind}List")),
        ] {
            let empty = names.get(field).and_then(Value::as_str).is_none_or(str::is_empty);
            if empty && !kind.is_empty() {
                names.insert(field.into(), value.into());
            }
        }
    }
    if !spec["conversion"].is_object() {
        spec["conversion"] = json!({"strategy": "None"});
    }
    if spec["preserveUnknownFields"] == false
        && let Some(spec) = spec.as_object_mut()
    {
        spec.remove("preserveUnknownFields");
    }
}

/// The status that a definition should have beside the others.
fn status(definition: &Value, rivals: &[Value], now: Timestamp) -> Value {
    let names = &definition["spec"]["names"];
    let mut accepted = definition["status"]["acceptedNames"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let conflict = accept(&mut accepted, names, rivals);
    let mut status = definition["status"].as_object().cloned().unwrap_or_default();
    status.insert("acceptedNames".into(), Value::Object(accepted));
    let mut conditions = status
        .get("conditions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut set = |kind: &str, ok: bool, reason: &str, message: &str| {
        set_condition(&mut conditions, kind, ok, reason, message, now)
    };
    match &conflict {
        None => set("NamesAccepted", true, "NoConflicts", "no conflicts found"),
        Some((reason, message)) => set("NamesAccepted", false, reason, message),
    }
    let established = condition(definition, "Established") == "True" || conflict.is_none();
    if established {
        set(
            "Established",
            true,
            "InitialNamesAccepted",
            "the initial names have been accepted",
        );
    } else {
        set("Established", false, "NotAccepted", "not all names are accepted");
    }
    status.insert("conditions".into(), Value::Array(conditions));
    let stored = status
        .get("storedVersions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    status.insert(
        "storedVersions".into(),
        Value::Array(with_storage_version(stored, definition)),
    );
    Value::Object(status)
}

fn with_storage_version(mut stored: Vec<Value>, definition: &Value) -> Vec<Value> {
    let storage = definition["spec"]["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|version| version["storage"] == true);
    if let Some(name) = storage.map(|version| version["name"].clone())
        && !stored.contains(&name)
    {
        stored.push(name);
    }
    stored
}

fn set_condition(
    conditions: &mut Vec<Value>,
    kind: &str,
    ok: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let status = if ok { "True" } else { "False" };
    let old = conditions.iter().position(|condition| condition["type"] == kind);
    let since = old
        .map(|at| &conditions[at])
        .filter(|condition| condition["status"] == status)
        .map_or_else(
            || Value::from(meta::time(now)),
            |condition| condition["lastTransitionTime"].clone(),
        );
    let condition = json!({"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message});
    match old {
        Some(at) => conditions[at] = condition,
        None => conditions.push(condition),
    }
}

/// Take over the names that nobody else has; gives reason and message of the last conflict.
fn accept(
    accepted: &mut serde_json::Map<String, Value>,
    wanted: &Value,
    rivals: &[Value],
) -> Option<(&'static str, String)> {
    let mut conflict = None;
    let taken = |name: &Value| {
        rivals.iter().any(|rival| {
            [&rival["plural"], &rival["singular"]].contains(&name)
                || rival["shortNames"]
                    .as_array()
                    .is_some_and(|names| names.contains(name))
        })
    };
    let taken_kind = |name: &Value| {
        rivals
            .iter()
            .any(|rival| [&rival["kind"], &rival["listKind"]].contains(&name))
    };
    for (field, reason, kind) in [
        ("plural", "PluralConflict", false),
        ("singular", "SingularConflict", false),
        ("kind", "KindConflict", true),
        ("listKind", "ListKindConflict", true),
    ] {
        let name = &wanted[field];
        if name.as_str().is_none_or(str::is_empty) {
            continue;
        }
        if if kind { taken_kind(name) } else { taken(name) } {
            conflict = Some((
                reason,
                format!(
                    "{} is already in use",
                    super::go::quote(name.as_str().unwrap_or_default())
                ),
            ));
        } else {
            accepted.insert(field.into(), name.clone());
        }
    }
    let short = texts(&wanted["shortNames"]);
    match short.iter().find(|name| taken(&Value::from(name.as_str()))) {
        Some(name) => {
            conflict = Some((
                "ShortNamesConflict",
                format!("{} is already in use", super::go::quote(name)),
            ))
        }
        None => copy_list(accepted, "shortNames", &wanted["shortNames"]),
    }
    copy_list(accepted, "categories", &wanted["categories"]);
    conflict
}

fn copy_list(accepted: &mut serde_json::Map<String, Value>, field: &str, value: &Value) {
    match value {
        Value::Array(items) if !items.is_empty() => drop(accepted.insert(field.into(), value.clone())),
        _ => drop(accepted.remove(field)),
    }
}
