//! The controllers, what brings a pass besides the object itself, and where charts come from.

use std::sync::Arc;

use flux_api::gitrepository::{self, API_VERSION};
use flux_api::helmrepository::{self, HelmRepositorySpec};
use flux_api::source::Artifact;
use flux_kube::{Cache, CacheOptions, Change, Client, Gvk, Key, ListOptions};
use flux_runtime::{Cause, Controller, Runtime, View};
use flux_store::Store;
use serde_json::Value;

use super::chart::HelmChartReconciler;
use super::remote::normalize;
use super::repository::HelmRepositoryReconciler;
use crate::settings::Settings;

/// Upstream's `--concurrent`.
const CONCURRENT: usize = 2;
/// Index over what a chart comes from.
const BY_SOURCE: &str = "source";

/// The controller of HelmRepository objects. Its artifacts go into `store`.
pub fn repository_controller(
    runtime: &Runtime,
    settings: Settings,
    store: Store,
) -> Controller<HelmRepositoryReconciler> {
    Controller::new(runtime, HelmRepositoryReconciler::new(settings, store)).concurrency(CONCURRENT)
}

/// The controller of HelmChart objects, whose sources have their artifacts in `store`, where those of the charts go as well.
pub fn chart_controller(
    runtime: &Runtime,
    settings: Settings,
    store: Store,
) -> Controller<HelmChartReconciler> {
    let sources = Sources::start(runtime.client(), runtime.settings().watch_namespace());
    let (git, helm) = (sources.git.clone(), sources.helm.clone());
    Controller::new(runtime, HelmChartReconciler::new(settings, store, sources))
        .concurrency(CONCURRENT)
        .index(BY_SOURCE, |object| {
            let text = |pointer: &str| {
                object
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let (kind, name) = (text("/spec/sourceRef/kind"), text("/spec/sourceRef/name"));
            vec![format!("{kind}/{}/{name}", text("/metadata/namespace"))]
        })
        .on(git, |change, view| {
            let artifact = |state: &Option<Arc<Option<Artifact>>>| state.as_deref().cloned().flatten();
            on_source(
                gitrepository::KIND,
                &change.key,
                artifact(&change.old),
                artifact(&change.new),
                view,
            )
        })
        .on(helm, |change: &Change<Repository>, view| {
            let artifact =
                |state: &Option<Arc<Repository>>| state.as_ref().and_then(|held| held.artifact.clone());
            on_source(
                helmrepository::KIND,
                &change.key,
                artifact(&change.old),
                artifact(&change.new),
                view,
            )
        })
}

fn on_source(
    kind: &str,
    key: &Key,
    old: Option<Artifact>,
    new: Option<Artifact>,
    view: &View,
) -> Vec<(Key, Cause)> {
    let said = |artifact: &Option<Artifact>| {
        let artifact = artifact.as_ref()?;
        Some((artifact.revision.clone(), artifact.digest.clone()))
    };
    if new.is_none() || said(&old) == said(&new) {
        return Vec::new();
    }
    let charts = view.by_index(BY_SOURCE, &format!("{kind}/{key}"));
    charts.into_iter().map(|key| (key, Cause::Source)).collect()
}

/// What is known of a HelmRepository.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Repository {
    pub(crate) spec: HelmRepositorySpec,
    pub(crate) artifact: Option<Artifact>,
}

/// Where charts come from.
pub(crate) struct Sources {
    git: Cache<Option<Artifact>>,
    helm: Cache<Repository>,
}

impl Sources {
    fn start(client: &Client, namespace: &str) -> Self {
        let options = |kind: &str| CacheOptions {
            gvk: Gvk::new(API_VERSION, kind),
            watch: ListOptions::in_namespace(namespace).into(),
        };
        Sources {
            git: Cache::start(client.clone(), options(gitrepository::KIND), |object| {
                Some(artifact_of(&object))
            }),
            helm: Cache::start(client.clone(), options(helmrepository::KIND), |object| {
                Some(Repository {
                    spec: serde_json::from_value(object["spec"].clone()).ok()?,
                    artifact: artifact_of(&object),
                })
            }),
        }
    }

    /// Whether they were listed, or cannot be: then they count as missing.
    pub(crate) fn are_known(&self) -> bool {
        let git = self.git.is_synced() || self.git.error().is_some();
        git && (self.helm.is_synced() || self.helm.error().is_some())
    }

    pub(crate) fn git(&self, namespace: &str, name: &str) -> Option<Arc<Option<Artifact>>> {
        self.git.get(&Key::new(namespace, name))
    }

    pub(crate) fn helm(&self, namespace: &str, name: &str) -> Option<Arc<Repository>> {
        self.helm.get(&Key::new(namespace, name))
    }

    /// The repository of a namespace that has this address, for its credentials.
    pub(crate) fn by_address(&self, namespace: &str, address: &str) -> Option<Arc<Repository>> {
        let mut own = self.helm.list();
        own.retain(|(key, held)| {
            key.namespace == namespace && normalize(&held.spec.url).as_deref() == Ok(address)
        });
        own.sort_by(|a, b| a.0.cmp(&b.0));
        own.into_iter().next().map(|(_, held)| held)
    }
}

fn artifact_of(object: &Value) -> Option<Artifact> {
    serde_json::from_value(object.pointer("/status/artifact")?.clone()).ok()
}
