//! What brings a pass besides the object itself.

use flux_kube::{Change, Key};
use flux_runtime::{Cause, Controller, Runtime, View};
use flux_store::Store;
use serde_json::Value;

use crate::reconciler::GitRepositoryReconciler;
use crate::settings::Settings;

/// Index over the names of the repositories that an object includes.
const INCLUDES: &str = "include";

/// Upstream's `--concurrent`.
const CONCURRENT: usize = 2;

/// The controller of GitRepository objects, for [`Runtime::run`]. Its artifacts go into `store`.
pub fn controller(
    runtime: &Runtime,
    settings: Settings,
    store: Store,
) -> Controller<GitRepositoryReconciler> {
    Controller::new(runtime, GitRepositoryReconciler::new(settings, store))
        .concurrency(CONCURRENT)
        .index(INCLUDES, included)
        .on_own(includers)
}

fn included(object: &Value) -> Vec<String> {
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let includes = object["spec"]["include"].as_array().into_iter().flatten();
    let name = |include: &Value| {
        include["repository"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    includes
        .map(|include| format!("{namespace}/{}", name(include)))
        .collect()
}

/// Who includes an object learns of its new artifact at once.
fn includers(change: &Change<Value>, view: &View) -> Vec<(Key, Cause)> {
    let digest = |object: &Option<std::sync::Arc<Value>>| {
        object
            .as_ref()
            .and_then(|object| object["status"]["artifact"]["digest"].as_str().map(str::to_owned))
    };
    if digest(&change.old) == digest(&change.new) {
        return Vec::new();
    }
    let keys = view.by_index(INCLUDES, &change.key.to_string());
    keys.into_iter().map(|key| (key, Cause::Dependency)).collect()
}
