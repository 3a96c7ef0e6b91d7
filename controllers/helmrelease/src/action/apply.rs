//! Manifests become objects of the cluster, and go again.

use std::collections::HashSet;
use std::sync::Arc;

use flux_apply::{FieldManager, Operation, Options};
use flux_health::Rule;
use flux_helm::manifest::split_manifests;
use flux_kube::{Client, DeleteOptions, Error, ObjectRef, Patch, Propagation, WriteOptions};
use flux_object::{Gvk, ObjectId, meta};
use flux_runtime::wait::{Goal, Subject, until};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;

use flux_api::helmrelease::FIELD_MANAGER;

use super::{Act, Patience, own};

/// Objects of one kind that are written at the same time.
pub(super) const AT_ONCE: usize = 8;

/// An object of a manifest, in its namespace.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(super) object: Value,
    pub(super) at: ObjectRef,
}

impl Target {
    fn id(&self) -> ObjectId {
        self.at.id()
    }
}

/// The objects of a manifest, in its order. Those of a list come one by one.
pub(crate) async fn build(client: &Client, manifest: &str, namespace: &str) -> Result<Vec<Target>, String> {
    let mut targets = Vec::new();
    for object in documents(manifest)? {
        targets.push(target(client, object, namespace).await?);
    }
    Ok(targets)
}

/// The objects in a text.
pub(super) fn documents(manifest: &str) -> Result<Vec<Value>, String> {
    let mut objects = Vec::new();
    for document in split_manifests(manifest) {
        let read = flux_yaml::json::parse_json(
            document,
            flux_yaml::json::Duplicates::LastWins,
            &flux_yaml::Limits::default(),
        );
        match read.map_err(|error| error.to_string())? {
            Value::Null => {}
            Value::Object(mut list) if is_list(&list) => {
                let items = list.remove("items").unwrap_or_default();
                objects.extend(items.as_array().into_iter().flatten().cloned());
            }
            object => objects.push(object),
        }
    }
    Ok(objects)
}

fn is_list(object: &serde_json::Map<String, Value>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    kind.ends_with("List") && object.get("items").is_some_and(Value::is_array)
}

async fn target(client: &Client, mut object: Value, namespace: &str) -> Result<Target, String> {
    let gvk = Gvk::of(&object);
    let name = meta::name(&object).to_owned();
    if gvk.kind.is_empty() || gvk.version.is_empty() {
        let missing = if gvk.kind.is_empty() { "Kind" } else { "apiVersion" };
        return Err(format!("Object '{missing}' is missing in '{object}'"));
    }
    let resource = client.mapper().find(&gvk).await.map_err(|error| match error {
        Error::NoMatch { .. } => {
            let own = meta::namespace(&object);
            format!(
                "resource mapping not found for name: {name:?} namespace: {own:?} from \"\": no matches for kind {:?} in version {:?}\n\
                 ensure CRDs are installed first",
                gvk.kind,
                meta::api_version(&object)
            )
        }
        error => error.to_string(),
    })?;
    if resource.namespaced && meta::namespace(&object).is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    if !resource.namespaced
        && let Some(metadata) = object["metadata"].as_object_mut()
    {
        metadata.remove("namespace");
    }
    let at = ObjectRef::of(&object).ok_or_else(|| {
        format!(
            "resource name may not be empty: {} without metadata.name",
            gvk.kind
        )
    })?;
    Ok(Target { object, at })
}

/// Those of the objects that exist; with `take` whoever they belong to, else they have to belong to the release of this name.
pub(crate) async fn existing(
    client: &Client,
    targets: &[Target],
    name: &str,
    namespace: &str,
    take: bool,
) -> Result<Vec<Target>, String> {
    let mut existing = Vec::new();
    for target in targets {
        let Some(live) = live(client, target).await? else {
            continue;
        };
        if let Some(problem) = own::stranger(&live, name, namespace).filter(|_| !take) {
            let shown = own::shown(&target.object);
            return Err(format!(
                "{shown} exists and cannot be imported into the current release: {problem}"
            ));
        }
        existing.push(target.clone());
    }
    Ok(existing)
}

async fn live(client: &Client, target: &Target) -> Result<Option<Value>, String> {
    let key = &target.at.key;
    let found = client.get_opt(&target.at.gvk, &key.namespace, &key.name).await;
    found.map_err(|error| {
        let shown = own::shown(&target.object);
        format!("could not get information about the resource {shown}: {error}")
    })
}

/// How objects are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Take fields from other managers.
    pub(super) force: bool,
    /// Make fields that Helm wrote by update those of server-side apply, so that what leaves the chart leaves the object.
    pub(super) migrate: bool,
}

/// What became of an update.
#[derive(Debug, Default)]
pub(super) struct Updated {
    /// Live objects after the update, in the order of the manifest.
    pub(super) live: Vec<Value>,
    /// Those that did not exist before.
    pub(super) created: Vec<Target>,
    pub(super) error: Option<String>,
}

impl Act {
    /// Those of the objects that exist; with `take` whoever they belong to, else they have to belong to the release.
    pub(super) async fn existing(&self, targets: &[Target], take: bool) -> Result<Vec<Target>, String> {
        existing(&self.job.client, targets, &self.name(), self.namespace(), take).await
    }

    /// Writes objects that do not exist yet: kind after kind, those of one kind at once.
    pub(super) async fn create(&self, targets: &[Target]) -> Result<Vec<Value>, String> {
        self.lines.add(format!("creating resource(s): {}", targets.len()));
        let mut live = Vec::with_capacity(targets.len());
        for group in targets.chunk_by(|a, b| a.at.gvk.kind == b.at.gvk.kind) {
            let mut writes = Vec::with_capacity(group.len());
            for target in group {
                writes.push(self.apply(target, false));
            }
            let written: Vec<Value> = futures::stream::iter(writes)
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            live.extend(written);
        }
        Ok(live)
    }

    /// Makes the cluster hold `targets` where it held `originals`. What is in the originals only is deleted, unless it is to be
    /// kept.
    pub(super) async fn update(&self, originals: &[Target], targets: &[Target], way: Way) -> Updated {
        self.lines
            .add(format!("checking resources for changes: {}", targets.len()));
        let mut updated = Updated::default();
        let mut errors = Vec::new();
        for target in targets {
            let live = match live(&self.job.client, target).await {
                Ok(live) => live,
                Err(error) => return updated.failed(error),
            };
            let Some(live) = live else {
                updated.created.push(target.clone());
                match self.apply(target, way.force).await {
                    Ok(live) => updated.live.push(live),
                    Err(error) => return updated.failed(format!("failed to create resource: {error}")),
                }
                continue;
            };
            match self.change(target, &live, way).await {
                Ok(live) => updated.live.push(live),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            errors.extend(self.delete_absent(originals, targets).await);
        }
        if errors.is_empty() {
            return updated;
        }
        updated.failed(errors.join(" && "))
    }

    async fn change(&self, target: &Target, live: &Value, way: Way) -> Result<Value, String> {
        if way.migrate {
            let take_over = ["helm", FIELD_MANAGER].map(|manager| FieldManager {
                prefix: manager.into(),
                operation: Operation::Update,
            });
            let options = Options {
                field_manager: FIELD_MANAGER.into(),
                force: false,
                take_over: take_over.to_vec(),
            };
            if let Some(patch) = flux_apply::cleanup(&target.object, live, &options) {
                let write = WriteOptions::manager(FIELD_MANAGER);
                let patched = self
                    .job
                    .client
                    .patch(&target.at, &Patch::Json(patch), &write)
                    .await;
                patched.map_err(|error| {
                    format!("failed to upgrade client-side apply field management: {error}")
                })?;
            }
        }
        self.apply(target, way.force).await
    }

    async fn apply(&self, target: &Target, force: bool) -> Result<Value, String> {
        let mut write = WriteOptions::manager(FIELD_MANAGER).ignore_unknown_fields();
        write.force = force;
        let applied = self.job.client.apply(&target.object, &write).await;
        applied.map_err(|error| {
            let (gvk, key) = (&target.at.gvk, &target.at.key);
            let group = if gvk.group.is_empty() {
                format!("/{}", gvk.version)
            } else {
                format!("{}/{}", gvk.group, gvk.version)
            };
            let at = format!("{}/{} {group}, Kind={}", key.namespace, key.name, gvk.kind);
            match error {
                Error::Conflict(_) => format!("conflict occurred while applying object {at}: {error}"),
                error => format!("server-side apply failed for object {at}: {error}"),
            }
        })
    }

    /// Deletes what is no longer there; the problems.
    async fn delete_absent(&self, originals: &[Target], targets: &[Target]) -> Vec<String> {
        let wanted: HashSet<ObjectId> = targets.iter().map(Target::id).collect();
        let mut problems = Vec::new();
        for original in originals
            .iter()
            .filter(|original| !wanted.contains(&original.id()))
        {
            let Ok(Some(live)) = live(&self.job.client, original).await else {
                continue;
            };
            if own::is_kept(&live) {
                self.lines.add(format!(
                    "skipping delete due to annotation: {}",
                    own::shown(&live)
                ));
                continue;
            }
            if let Err(error) = self.delete(original, Propagation::Background).await {
                let key = &original.at.key;
                problems.push(format!(
                    "failed to delete resource namespace={}, name={}, kind={}: {error}",
                    key.namespace, key.name, original.at.gvk.kind
                ));
            }
        }
        problems
    }

    pub(super) async fn delete(&self, target: &Target, propagation: Propagation) -> Result<(), String> {
        let deleted = self
            .job
            .client
            .delete(&target.at, &DeleteOptions::with(propagation))
            .await;
        match deleted {
            Ok(_) | Err(Error::NoMatch { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits until what was written is healthy.
    pub(super) async fn wait(&self, live: &[Value], patience: Patience) -> Result<(), String> {
        if !patience.waits {
            return Ok(());
        }
        let subjects = live.iter().filter(|object| !is_paused(object));
        let rule = patience.rule();
        let subjects = subjects
            .filter_map(|object| Some(Subject::of(object, flux_health::is_job_with_ttl(object))?.by(rule)));
        let subjects: Vec<Subject> = subjects.collect();
        self.lines.add(format!(
            "beginning wait for resources: {}, timeout {:?}",
            subjects.len(),
            patience.timeout
        ));
        self.until(subjects, Goal::Healthy { fail_fast: true }, patience)
            .await
    }

    /// Waits until hooks are done.
    pub(super) async fn wait_for_hook(&self, live: &[Value], patience: Patience) -> Result<(), String> {
        let subjects = live.iter().filter_map(|object| {
            Some(Subject::of(object, flux_health::is_job_with_ttl(object))?.by(Rule::Hook))
        });
        self.until(subjects.collect(), Goal::Healthy { fail_fast: false }, patience)
            .await
    }

    /// Waits until objects are gone.
    pub(super) async fn wait_gone(&self, targets: &[Target], patience: Patience) -> Result<(), String> {
        if !patience.waits || targets.is_empty() {
            return Ok(());
        }
        let subjects = targets.iter().map(|target| Subject::named(target.at.clone()));
        self.until(subjects.collect(), Goal::Gone, patience).await
    }

    pub(super) async fn until(
        &self,
        subjects: Vec<Subject>,
        goal: Goal,
        patience: Patience,
    ) -> Result<(), String> {
        let (watches, client) = (&self.job.watches, &self.job.client);
        until(watches, client, subjects, goal, patience.timeout).await
    }

    /// The objects of the release for the status, definitions of the chart included.
    pub(super) fn note_inventory(&mut self, targets: &[Target]) {
        let own = targets
            .iter()
            .map(|target| (target.id(), target.at.gvk.version.clone()));
        let mut all: Vec<(ObjectId, String)> = own.collect();
        if let Some(chart) = self.job.chart.clone() {
            all.extend(definitions(&chart));
        }
        let entries = flux_apply::entries(all.iter().map(|(id, version)| (id, version.as_str())));
        self.inventory = Some(entries);
    }
}

fn definitions(chart: &Arc<flux_helm::chart::Chart>) -> Vec<(ObjectId, String)> {
    let files = chart.crds();
    let texts = files
        .iter()
        .map(|crd| String::from_utf8_lossy(&crd.file.data).into_owned());
    let objects = texts.filter_map(|text| documents(&text).ok()).flatten();
    objects
        .filter(super::crds::is_definition)
        .map(|object| (ObjectId::of(&object), Gvk::of(&object).version))
        .collect()
}

impl Updated {
    fn failed(mut self, error: String) -> Self {
        self.error = Some(error);
        self
    }
}

fn is_paused(object: &Value) -> bool {
    meta::kind(object) == "Deployment" && object["spec"]["paused"] == true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(manifest: &str, expect: &[&str]) {
        let objects = documents(manifest).unwrap();
        let names: Vec<&str> = objects.iter().map(meta::name).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn a_manifest_holds_documents_and_lists() {
        check("", &[]);
        check(
            "---\n# Source: a\nkind: A\nmetadata: {name: a}\n---\n---\nkind: B\nmetadata: {name: b}\n",
            &["a", "b"],
        );
        check(
            "kind: List\nitems:\n- {kind: A, metadata: {name: a}}\n- {kind: B, metadata: {name: b}}\n",
            &["a", "b"],
        );
    }
}
