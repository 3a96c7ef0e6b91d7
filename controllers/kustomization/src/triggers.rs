//! What brings a pass: sources, dependencies, and the objects that hold variables.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use flux_api::condition::READY;
use flux_api::kustomization::Kustomization;
use flux_api::source::Artifact;
use flux_kube::{Cache, CacheOptions, Change, Client, Gvk, Key, ListOptions};
use flux_runtime::{Cause, Controller, Runtime, View};

use crate::artifacts::Artifacts;
use crate::dependency;
use crate::reconciler::KustomizationReconciler;
use crate::settings::Settings;
use crate::source::{self, KINDS, Source, SourceKey};

const BY_SOURCE: &str = "source";
const BY_DEPENDENCY: &str = "dependency";
const BY_CONFIG: &str = "config";

/// The artifacts of all sources, by kind.
pub(crate) struct Sources(HashMap<&'static str, Cache<Option<Artifact>>>);

impl Sources {
    fn start(client: &Client, namespace: &str, external: bool) -> Self {
        let kinds = KINDS
            .into_iter()
            .filter(|kind| external || *kind != "ExternalArtifact");
        let cache = |kind: &'static str| {
            let options = CacheOptions {
                gvk: SourceKey::gvk(kind),
                watch: ListOptions::in_namespace(namespace).into(),
            };
            (
                kind,
                Cache::start(client.clone(), options, |object| {
                    Some(source::artifact_of(&object))
                }),
            )
        };
        Sources(kinds.map(cache).collect())
    }

    /// Whether the sources of a kind were listed, or cannot be: then they count as missing.
    pub(crate) fn are_known(&self, kind: &str) -> bool {
        self.0
            .get(kind)
            .is_none_or(|cache| cache.is_synced() || cache.error().is_some())
    }

    /// The source of an object.
    pub(crate) fn find(&self, object: &Kustomization, settings: &flux_runtime::Settings) -> Source {
        let key = SourceKey::of(object);
        source::check(&key, &object.metadata.namespace, settings).unwrap_or_else(|| {
            let cache = self.0.get(key.kind.as_str());
            let held = cache.and_then(|cache| cache.get(&Key::new(&key.namespace, &key.name)));
            source::read(&key, held.as_deref())
        })
    }
}

/// The controller, with its triggers; its number of workers can still be set. Artifacts come from `artifacts`.
pub fn controller(
    runtime: &Runtime,
    settings: Settings,
    artifacts: Artifacts,
) -> Controller<KustomizationReconciler> {
    let client = runtime.client();
    let shared = runtime.settings();
    let namespace = shared.watch_namespace();
    let sources = Sources::start(client, namespace, shared.feature("ExternalArtifact", false));
    let caches: Vec<_> = sources
        .0
        .iter()
        .map(|(kind, cache)| (*kind, cache.clone()))
        .collect();
    let reconciler = KustomizationReconciler::new(settings, artifacts, sources);
    let mut controller = Controller::new(runtime, reconciler)
        .index(BY_SOURCE, |object| {
            read(object, |object| vec![SourceKey::of(object).to_string()])
        })
        .index(BY_DEPENDENCY, |object| {
            read(object, |object| {
                dependency::keys(object).map(|key| key.to_string()).collect()
            })
        })
        .index(BY_CONFIG, |object| read(object, configs))
        .on_own(|change, view| {
            let dependents = if matters_to_dependents(change) {
                view.by_index(BY_DEPENDENCY, &change.key.to_string())
            } else {
                Vec::new()
            };
            all(dependents, Cause::Dependency)
        });
    for (kind, cache) in caches {
        controller = controller.on(cache, move |change, view| on_source(kind, change, view));
    }
    if !shared.feature("DisableConfigWatchers", false) {
        for kind in ["ConfigMap", "Secret"] {
            let cache = config_cache(client, kind, namespace, &shared.watch_configs_label_selector);
            controller = controller.on(cache, move |change, view| on_config(kind, change, view));
        }
    }
    controller
}

/// Resource versions of the objects that hold variables and are marked to be watched.
fn config_cache(client: &Client, kind: &str, namespace: &str, selector: &str) -> Cache<String> {
    let list = ListOptions::in_namespace(namespace)
        .labels(selector)
        .metadata_only();
    let options = CacheOptions {
        gvk: Gvk::new("v1", kind),
        watch: list.into(),
    };
    Cache::start(client.clone(), options, |object| {
        Some(flux_object::meta::resource_version(&object).to_owned())
    })
}

fn on_source(kind: &str, change: &Change<Option<Artifact>>, view: &View) -> Vec<(Key, Cause)> {
    let revision = |state: &Option<Arc<Option<Artifact>>>| -> Option<String> {
        let artifact = state.as_deref()?.as_ref()?;
        Some(format!("{} {}", artifact.revision, artifact.digest))
    };
    // A source that goes takes nothing with it: what it gave stays applied.
    let (old, new) = (revision(&change.old), revision(&change.new));
    if new.is_none() || old == new {
        return Vec::new();
    }
    let key = format!("{kind}/{}", change.key);
    all(view.by_index(BY_SOURCE, &key), Cause::Source)
}

fn on_config(kind: &str, change: &Change<String>, view: &View) -> Vec<(Key, Cause)> {
    let is_change = change.old != change.new;
    let referrers = if is_change {
        view.by_index(BY_CONFIG, &format!("{kind}/{}", change.key))
    } else {
        Vec::new()
    };
    all(referrers, Cause::Config)
}

/// Whether those who depend on an object have something else to say: it came, went, or became ready.
fn matters_to_dependents(change: &Change<Value>) -> bool {
    change.old.is_none() != change.new.is_none() || became_ready(change)
}

/// Whether an object became ready, or is ready with something newer: what its dependents wait for.
fn became_ready(change: &Change<Value>) -> bool {
    let state = |object: &Option<Arc<Value>>| {
        let object = object.as_deref()?;
        let ready = flux_object::meta::condition(object, READY)?;
        let status = &object["status"];
        (ready["status"] == "True" && status["observedGeneration"] == object["metadata"]["generation"]).then(
            || {
                (
                    status["observedGeneration"].clone(),
                    status["lastAppliedRevision"].clone(),
                )
            },
        )
    };
    let new = state(&change.new);
    new.is_some() && new != state(&change.old)
}

fn configs(object: &Kustomization) -> Vec<String> {
    let post_build = object.spec.post_build.iter();
    let references = post_build.flat_map(|post_build| &post_build.substitute_from);
    let namespace = &object.metadata.namespace;
    references
        .map(|reference| format!("{}/{namespace}/{}", reference.kind, reference.name))
        .collect()
}

fn read(object: &Value, values: impl Fn(&Kustomization) -> Vec<String>) -> Vec<String> {
    serde_json::from_value(object.clone())
        .map(|object| values(&object))
        .unwrap_or_default()
}

fn all(keys: Vec<Key>, cause: Cause) -> Vec<(Key, Cause)> {
    keys.into_iter().map(|key| (key, cause)).collect()
}
