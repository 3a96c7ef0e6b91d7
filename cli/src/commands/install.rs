//! `flux install`: the namespace and the custom resource definitions.

use serde_json::{Value, json};

use crate::args::{Global, Install};
use crate::cluster::Cluster;
use crate::commands::version::VERSION;
use crate::error::Error;
use crate::{log, output};

/// Runs `flux install`.
pub async fn run(global: &Global, install: &Install) -> Result<(), Error> {
    let objects = objects(&global.namespace, install.crds_only);
    if install.export {
        return output::text(&export(&objects));
    }
    log::action(format!("installing components in {} namespace", global.namespace));
    let cluster = Cluster::connect(global).await?;
    for object in &objects {
        cluster.apply(object).await?;
        log::success(format!(
            "{} applied",
            object["metadata"]["name"].as_str().unwrap_or_default()
        ));
    }
    log::success("install finished; run the controllers with `flux controller all`");
    Ok(())
}

/// What is installed, in the order of application.
pub fn objects(namespace: &str, crds_only: bool) -> Vec<Value> {
    let labels = |component: Option<&str>| {
        let mut labels = json!({
            "app.kubernetes.io/instance": namespace, "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": VERSION,
        });
        if let Some(component) = component {
            labels["app.kubernetes.io/component"] = component.into();
        }
        labels
    };
    let mut objects = Vec::new();
    if !crds_only {
        let mut labels = labels(None);
        labels["pod-security.kubernetes.io/warn"] = "restricted".into();
        labels["pod-security.kubernetes.io/warn-version"] = "latest".into();
        objects.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace, "labels": labels } }));
    }
    for mut definition in flux_api::crd::all() {
        let group = definition["spec"]["group"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let kind = definition["spec"]["names"]["kind"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        definition["metadata"]["labels"] = labels(component(&group, &kind));
        objects.push(definition);
    }
    objects
}

/// The controller that works on a kind.
fn component(group: &str, kind: &str) -> Option<&'static str> {
    Some(match (group, kind) {
        ("source.toolkit.fluxcd.io", _) => "source-controller",
        ("kustomize.toolkit.fluxcd.io", _) => "kustomize-controller",
        ("helm.toolkit.fluxcd.io", _) => "helm-controller",
        ("notification.toolkit.fluxcd.io", _) => "notification-controller",
        ("image.toolkit.fluxcd.io", "ImageUpdateAutomation") => "image-automation-controller",
        ("image.toolkit.fluxcd.io", _) => "image-reflector-controller",
        ("source.extensions.fluxcd.io", _) => "source-watcher",
        _ => return None,
    })
}

fn export(objects: &[Value]) -> String {
    objects
        .iter()
        .map(|object| format!("---\n{}", flux_yaml::json::json_to_yaml(object)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_belongs_to_a_component() {
        let all = objects("flux-system", true);
        assert_eq!(all.len(), flux_api::crd::all().len());
        assert!(
            all.iter()
                .all(|crd| crd["metadata"]["labels"]["app.kubernetes.io/component"].is_string())
        );
    }

    #[test]
    fn the_namespace_comes_first() {
        assert_eq!(objects("gitops", false)[0]["metadata"]["name"], "gitops");
    }
}
