//! What a new cluster holds before anything is reconciled: the definitions, the namespace, and the pair that starts it all.

use serde_json::{Value, json};

use super::repository::Repository;
use crate::commands::{install, version::VERSION};

/// Name and namespace of the first GitRepository and Kustomization.
pub const ROOT: &str = "flux-system";

/// The controllers that run in this process.
const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "helm-controller"];

/// Everything but the sync, in the order of application.
pub fn installation() -> Vec<Value> {
    let mut objects = install::objects(ROOT, false);
    flux_api::crd::allow_local_repositories(&mut objects);
    objects.extend(CONTROLLERS.iter().map(|name| deployment(name)));
    objects
        .iter_mut()
        .filter(|object| object["kind"] != "Namespace")
        .for_each(protect);
    objects
}

/// A repository that was bootstrapped holds the same objects for a real cluster (another URL, other definitions). They must not
/// replace these, so Flux's own opt-out is put on them.
fn protect(object: &mut Value) {
    object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/reconcile"] = "disabled".into();
}

/// The GitRepository and the Kustomization, with a Secret where the address carried credentials. The source is asked to look at the
/// repository now (`now` is any text that was not used before): after a restart its state is from before.
pub fn sync(repository: &Repository, path: &str, now: &str) -> Vec<Value> {
    let metadata = || json!({ "name": ROOT, "namespace": ROOT });
    let mut source = json!({
        "apiVersion": flux_api::gitrepository::API_VERSION, "kind": flux_api::gitrepository::KIND, "metadata": metadata(),
        "spec": { "interval": "1m0s", "ref": { "branch": repository.branch }, "url": repository.url },
    });
    let mut objects = Vec::new();
    if let Some((username, password)) = &repository.credentials {
        objects.push(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": metadata(), "type": "Opaque",
            "stringData": { "username": username, "password": password },
        }));
        source["spec"]["secretRef"] = json!({ "name": ROOT });
    }
    source["metadata"]["annotations"][flux_api::meta::REQUESTED_AT] = now.into();
    objects.push(source);
    objects.push(json!({
        "apiVersion": flux_api::kustomization::API_VERSION, "kind": flux_api::kustomization::KIND, "metadata": metadata(),
        "spec": {
            "interval": "10m0s", "path": path, "prune": true,
            "sourceRef": { "kind": flux_api::gitrepository::KIND, "name": ROOT },
        },
    }));
    objects.iter_mut().for_each(protect);
    objects
}

/// Stands for a controller of this process, so that `flux check` and `flux version` find it as on any cluster. The workload
/// simulation keeps it available.
fn deployment(name: &str) -> Value {
    let labels = json!({
        "app.kubernetes.io/component": name, "app.kubernetes.io/instance": ROOT, "app.kubernetes.io/part-of": "flux",
        "app.kubernetes.io/version": VERSION, "control-plane": "controller",
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": name, "namespace": ROOT, "labels": labels,
            "annotations": { "ferroflux.dev/runs-in": "the process of flux up" },
        },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "manager", "image": format!("ferroflux.dev/{name}:{VERSION}") }] },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_into_a_secret() {
        let repository = Repository {
            url: "https://git.example.com/fleet".into(),
            branch: "main".into(),
            credentials: Some(("me".into(), "secret".into())),
            local: None,
        };
        let objects = sync(&repository, "./clusters/dev", "now");
        assert_eq!(objects[0]["stringData"]["password"], "secret");
        assert_eq!(objects[1]["spec"]["secretRef"]["name"], ROOT);
        assert!(!objects[1].to_string().contains("me:secret"));
    }
}
