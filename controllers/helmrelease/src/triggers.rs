//! What brings a pass: charts, dependencies, and the objects that hold values.

use std::sync::Arc;

use flux_api::condition::READY;
use flux_api::helmchart::{API_VERSION, KIND};
use flux_api::helmrelease::HelmRelease;
use flux_kube::{Cache, CacheOptions, Change, Client, Gvk, Key, ListOptions};
use flux_runtime::{Cause, Controller, Runtime, View};
use serde_json::Value;

use crate::charts::Charts;
use crate::decide::Defaults;
use crate::reconciler::{HelmReleaseReconciler, Shared};
use crate::settings::Settings;
use crate::{dependency, source};

const BY_CHART: &str = "chart";
const BY_DEPENDENCY: &str = "dependency";
const BY_CONFIG: &str = "config";

/// The controller, with its triggers; its number of workers can still be set. Charts come from `charts`.
pub fn controller(
    runtime: &Runtime,
    settings: Settings,
    charts: Charts,
) -> Controller<HelmReleaseReconciler> {
    let client = runtime.client();
    let shared = runtime.settings();
    let namespace = shared.watch_namespace();
    let sources = sources(client, namespace);
    let reconciler = HelmReleaseReconciler::new(Shared {
        settings,
        charts,
        sources: sources.clone(),
        defaults: Defaults {
            retry_on_failure: shared.feature("DefaultToRetryOnFailure", false),
        },
    });
    let mut controller = Controller::new(runtime, reconciler)
        .index(BY_CHART, |object| {
            read(object, |object| {
                source::key(object)
                    .map(|key| key.to_string())
                    .into_iter()
                    .collect()
            })
        })
        .index(BY_DEPENDENCY, |object| {
            read(object, |object| {
                dependency::keys(object).map(|key| key.to_string()).collect()
            })
        })
        .index(BY_CONFIG, |object| read(object, configs))
        .on(sources, on_chart)
        .on_own(|change, view| {
            let dependents = if matters_to_dependents(change) {
                view.by_index(BY_DEPENDENCY, &change.key.to_string())
            } else {
                Vec::new()
            };
            all(dependents, Cause::Dependency)
        });
    if !shared.feature("DisableConfigWatchers", false) {
        for kind in ["ConfigMap", "Secret"] {
            let cache = config_cache(client, kind, namespace, &shared.watch_configs_label_selector);
            controller = controller.on(cache, move |change: &Change<String>, view| {
                let referrers = if change.old == change.new {
                    Vec::new()
                } else {
                    view.by_index(BY_CONFIG, &format!("{kind}/{}", change.key))
                };
                all(referrers, Cause::Config)
            });
        }
    }
    controller
}

/// What is needed of HelmCharts.
fn sources(client: &Client, namespace: &str) -> Cache<Value> {
    let options = CacheOptions {
        gvk: Gvk::new(API_VERSION, KIND),
        watch: ListOptions::in_namespace(namespace).into(),
    };
    Cache::start(client.clone(), options, |mut object| {
        flux_kube::strip_managed_fields(&mut object);
        Some(object)
    })
}

/// Resource versions of the objects that hold values and are marked to be watched.
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

/// A chart became ready, or is another one; or it says why it is not.
fn on_chart(change: &Change<Value>, view: &View) -> Vec<(Key, Cause)> {
    let said = |state: &Option<Arc<Value>>| {
        let chart = serde_json::from_value((**state.as_ref()?).clone()).ok()?;
        Some(source::read(&change.key, Some(&chart)))
    };
    let new = said(&change.new);
    if new.is_none() || new == said(&change.old) {
        return Vec::new();
    }
    all(view.by_index(BY_CHART, &change.key.to_string()), Cause::Source)
}

/// Whether those who depend on an object have something else to say: it came, went, or became ready.
fn matters_to_dependents(change: &Change<Value>) -> bool {
    let ready = |object: &Option<Arc<Value>>| {
        let object = object.as_deref()?;
        let ready = flux_object::meta::condition(object, READY)?;
        let observed = &object["status"]["observedGeneration"];
        (ready["status"] == "True" && *observed == object["metadata"]["generation"]).then(|| observed.clone())
    };
    let new = ready(&change.new);
    change.old.is_none() != change.new.is_none() || (new.is_some() && new != ready(&change.old))
}

fn configs(object: &HelmRelease) -> Vec<String> {
    let namespace = &object.metadata.namespace;
    let references = object.spec.values_from.iter();
    references
        .map(|reference| format!("{}/{namespace}/{}", reference.kind, reference.name))
        .collect()
}

fn read(object: &Value, values: impl Fn(&HelmRelease) -> Vec<String>) -> Vec<String> {
    serde_json::from_value(object.clone())
        .map(|object| values(&object))
        .unwrap_or_default()
}

fn all(keys: Vec<Key>, cause: Cause) -> Vec<(Key, Cause)> {
    keys.into_iter().map(|key| (key, cause)).collect()
}
