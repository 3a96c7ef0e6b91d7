//! What is done to rendered manifests: the post-renderers of the spec in their order, then its common metadata, then the labels
//! that say whose the objects are.

use flux_api::helmrelease::{GROUP, HelmRelease, KustomizeRenderer};
use flux_helm::manifest::split_manifests;
use flux_kustomize::{MemFiles, NoRemote, Options};
use flux_yaml::json::{Duplicates, json_to_yaml, parse_json};
use serde_json::{Value, json};

use crate::action::set;

/// The labels that say which HelmRelease an object belongs to.
pub(crate) fn origin(object: &HelmRelease) -> [(String, String); 2] {
    let metadata = &object.metadata;
    [
        (format!("{GROUP}/name"), metadata.name.clone()),
        (format!("{GROUP}/namespace"), metadata.namespace.clone()),
    ]
}

/// Changes a stream of manifests. The result is written as kustomize writes it: keys sorted, one document an object.
///
/// # Errors
/// A document is no YAML, or a post-renderer does not apply.
pub(crate) fn run(object: &HelmRelease, stream: &str) -> Result<String, String> {
    let mut objects = Vec::new();
    for document in split_manifests(stream) {
        let read = parse_json(document, Duplicates::LastWins, &flux_yaml::Limits::default());
        match read.map_err(|error| error.to_string())? {
            Value::Null => {}
            value => objects.push(value),
        }
    }
    let renderers = object.spec.post_renderers.iter().flatten();
    for renderer in renderers.filter_map(|renderer| renderer.kustomize.as_ref()) {
        objects = kustomize(renderer, objects)?;
    }
    let common = object.spec.common_metadata.as_ref();
    for value in &mut objects {
        if let Some(common) = common {
            for (key, text) in &common.labels {
                set(value, "labels", key, text);
            }
            for (key, text) in &common.annotations {
                set(value, "annotations", key, text);
            }
        }
        for (key, text) in origin(object) {
            set(value, "labels", &key, &text);
        }
    }
    Ok(write(&objects))
}

fn write(objects: &[Value]) -> String {
    let documents: Vec<String> = objects.iter().map(json_to_yaml).collect();
    documents.join("---\n")
}

/// Patches and image overrides.
fn kustomize(renderer: &KustomizeRenderer, objects: Vec<Value>) -> Result<Vec<Value>, String> {
    const RESOURCES: &str = "helm-output.yaml";
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [RESOURCES], "patches": renderer.patches, "images": renderer.images,
    });
    let text = json_to_yaml(&kustomization);
    let resources = write(&objects);
    let files: MemFiles = [
        ("kustomization.yaml", text.as_str()),
        (RESOURCES, resources.as_str()),
    ]
    .into_iter()
    .collect();
    let built = flux_kustomize::build(&files, ".", &Options::default(), &NoRemote);
    let built = built.map_err(|error| error.to_string())?;
    let objects = built.objects.iter().map(|object| object.to_json());
    objects
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(spec: Value, stream: &str, expect: &str) {
        let object = json!({"metadata": {"name": "app", "namespace": "ns"}, "spec": spec});
        let object: HelmRelease = serde_json::from_value(object).unwrap();
        assert_eq!(run(&object, stream).unwrap(), expect);
    }

    const SERVICE: &str = "kind: Service\napiVersion: v1\nmetadata:\n  name: web\n";
    const OWNED: &str = "    helm.toolkit.fluxcd.io/name: app\n    helm.toolkit.fluxcd.io/namespace: ns\n";

    #[test]
    fn every_object_says_whose_it_is() {
        let owned = format!("apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n{OWNED}  name: web\n");
        check(json!({}), SERVICE, &owned);
        check(
            json!({}),
            &format!("{SERVICE}---\n---\n{SERVICE}"),
            &format!("{owned}---\n{owned}"),
        );
    }

    #[test]
    fn common_metadata_does_not_hide_the_owner() {
        let spec = json!({"commonMetadata": {"labels": {"a": "b", "helm.toolkit.fluxcd.io/name": "x"}, "annotations": {"c": "d"}}});
        check(
            spec,
            SERVICE,
            &format!(
                "apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    c: d\n  labels:\n    a: b\n{OWNED}  name: web\n"
            ),
        );
    }

    #[test]
    fn kustomize_patches_and_overrides_images() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: nginx:1\n";
        let spec = json!({"postRenderers": [{"kustomize": {
            "patches": [{"patch": "- op: add\n  path: /spec/nodeName\n  value: node-1\n", "target": {"kind": "Pod"}}],
            "images": [{"name": "nginx", "newTag": "2"}],
        }}]});
        check(
            spec,
            pod,
            &format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n{OWNED}  name: p\nspec:\n  containers:\n  - image: nginx:2\n    \
                 name: c\n  nodeName: node-1\n"
            ),
        );
    }
}
