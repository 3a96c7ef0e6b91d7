//! `flux install`: namespace, custom resource definitions, rights, and the Deployments of the controllers.

mod components;

use serde_json::{Value, json};

use crate::args::{Global, Install};
use crate::cluster::Cluster;
use crate::commands::version::VERSION;
use crate::error::Error;
use crate::{log, output};

/// Says how the controllers get into a cluster as long as their image is published nowhere.
const NO_IMAGE: &str = "no image of this program is published: build one and name it with --image, or run the controllers beside the cluster with `flux controller all`";

/// Runs `flux install`.
pub async fn run(global: &Global, install: &Install) -> Result<(), Error> {
    let mut all = everything(global, install)?;
    let without_image = install.image.is_none() && !install.crds_only;
    if install.export {
        if without_image {
            log::warning(NO_IMAGE);
        }
        return output::text(&export(install, &all));
    }
    if without_image {
        // Pods that cannot start would only be noise.
        all.retain(|object| object["kind"] != "Deployment");
    }
    log::action(format!("installing components in {} namespace", global.namespace));
    let cluster = Cluster::connect(global).await?;
    for object in &all {
        cluster.apply(object).await?;
        log::success(format!("{} applied", named(object)));
    }
    if without_image {
        log::warning(NO_IMAGE);
    }
    log::success("install finished");
    Ok(())
}

/// `kind/name`, with the namespace where there is one.
fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    let namespace = match text(&metadata["namespace"]) {
        namespace if namespace.is_empty() => namespace,
        namespace => namespace + "/",
    };
    format!("{}/{namespace}{}", text(&object["kind"]), text(&metadata["name"]))
}

/// All that the flags ask for, in the order of application.
fn everything(global: &Global, install: &Install) -> Result<Vec<Value>, Error> {
    let namespace = &global.namespace;
    let mut all = objects(namespace, install.crds_only);
    if install.crds_only {
        return Ok(all);
    }
    let mut definitions = all.split_off(1);
    let common = labels(namespace, None);
    for mut object in components::before(install, namespace)? {
        label(&mut object, &common);
        all.push(object);
    }
    all.append(&mut definitions);
    for (component, mut object) in components::after(install, namespace, VERSION)? {
        let labels = labels(namespace, Some(component));
        label(&mut object, &labels);
        if object["kind"] == "Deployment" {
            label(&mut object["spec"]["template"], &labels);
        }
        all.push(object);
    }
    Ok(all)
}

/// Adds labels to those that an object has.
fn label(object: &mut Value, labels: &Value) {
    let held = &mut object["metadata"]["labels"];
    if held.is_null() {
        *held = json!({});
    }
    for (key, value) in labels.as_object().into_iter().flatten() {
        held[key] = value.clone();
    }
}

fn labels(namespace: &str, component: Option<&str>) -> Value {
    let mut labels = json!({
        "app.kubernetes.io/instance": namespace, "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": VERSION,
    });
    if let Some(component) = component {
        labels["app.kubernetes.io/component"] = component.into();
    }
    labels
}

/// Namespace and definitions, in the order of application.
pub fn objects(namespace: &str, crds_only: bool) -> Vec<Value> {
    let mut objects = Vec::new();
    if !crds_only {
        let mut labels = labels(namespace, None);
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
        definition["metadata"]["labels"] = labels(namespace, component(&group, &kind));
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

fn export(install: &Install, objects: &[Value]) -> String {
    let mut text =
        format!("---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: {VERSION}\n");
    if !install.crds_only {
        text += &format!("# Components: {}\n", components::names(install).join(","));
        if install.image.is_none() {
            text += &format!("# {NO_IMAGE}\n");
        }
    }
    let documents: Vec<String> = objects.iter().map(flux_yaml::json::json_to_yaml).collect();
    text + &documents.join("---\n")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn flags(text: &str) -> (Global, Install) {
        let words = ["flux", "install"].into_iter().chain(text.split_whitespace());
        let cli = Cli::parse_from(words);
        match cli.command {
            Some(Command::Install(install)) => (cli.global, install),
            other => panic!("{other:?}"),
        }
    }

    /// Kinds and names, the definitions as one.
    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let (global, install) = flags(text);
        let all = everything(&global, &install).unwrap();
        let mut names: Vec<String> = all.iter().map(named).collect();
        names.retain(|name| !name.starts_with("CustomResourceDefinition/"));
        assert_eq!(names, expect);
        let definitions = all.len() - names.len();
        assert_eq!(definitions, flux_api::crd::all().len());
    }

    #[test]
    fn what_is_installed_in_which_order() {
        check("--crds-only", &[]);
        check(
            "-n gitops --network-policy=false --components source-controller",
            &[
                "Namespace/gitops",
                "ResourceQuota/gitops/critical-pods-gitops",
                "ClusterRole/crd-controller-gitops",
                "ClusterRole/flux-edit-gitops",
                "ClusterRole/flux-view-gitops",
                "ClusterRoleBinding/cluster-reconciler-gitops",
                "ClusterRoleBinding/crd-controller-gitops",
                "ServiceAccount/gitops/source-controller",
                "Service/gitops/source-controller",
                "Deployment/gitops/source-controller",
            ],
        );
    }

    #[test]
    fn everything_carries_the_labels_of_the_installation() {
        let (global, install) = flags("--image registry.example/flux:1");
        for object in everything(&global, &install).unwrap() {
            let labels = &object["metadata"]["labels"];
            for key in ["instance", "part-of", "version"] {
                assert!(labels[format!("app.kubernetes.io/{key}")].is_string(), "{object}");
            }
            let kind = object["kind"].as_str().unwrap();
            if matches!(
                kind,
                "CustomResourceDefinition" | "ServiceAccount" | "Service" | "Deployment"
            ) {
                assert!(labels["app.kubernetes.io/component"].is_string(), "{object}");
            }
            if kind == "Deployment" {
                let template = &object["spec"]["template"];
                assert_eq!(
                    template["metadata"]["labels"]["app.kubernetes.io/part-of"],
                    "flux"
                );
                assert_eq!(
                    template["spec"]["containers"][0]["image"],
                    "registry.example/flux:1"
                );
            }
        }
    }

    #[test]
    fn the_arguments_of_the_deployments_are_understood() {
        let (global, install) =
            flags("--log-level=debug --watch-all-namespaces=false --cluster-domain=example");
        let all = everything(&global, &install).unwrap();
        let deployments: Vec<&Value> = all
            .iter()
            .filter(|object| object["kind"] == "Deployment")
            .collect();
        assert_eq!(deployments.len(), 3);
        for deployment in deployments {
            let args = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
            let args = args.as_array().unwrap().iter().map(|arg| arg.as_str().unwrap());
            let cli = Cli::try_parse_from(["flux"].into_iter().chain(args)).unwrap();
            assert!(matches!(
                cli.command,
                Some(Command::Controller { which: Some(_) })
            ));
        }
    }

    #[test]
    fn a_component_that_is_not_there_is_named() {
        let (global, install) = flags("--components-extra image-reflector-controller");
        let error = everything(&global, &install).unwrap_err().to_string();
        assert!(
            error.starts_with("component image-reflector-controller is not available"),
            "{error}"
        );
    }

    #[test]
    fn the_export_says_what_it_is() {
        let (global, install) = flags("");
        let text = export(&install, &everything(&global, &install).unwrap());
        assert!(
            text.starts_with("---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v")
        );
        assert!(
            text.contains(
                "\n# Components: source-controller,kustomize-controller,helm-controller\n# no image of this program"
            )
        );
        assert!(text.contains("\napiVersion: v1\nkind: Namespace\n"));
    }

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
