//! `flux reconcile`: asks for a reconciliation and waits for its outcome.

use serde_json::{Map, Value, json};

use crate::args::Global;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::kind_args::{ReconcileImage, ReconcileSource, ReconcileTarget};
use crate::kinds::{self, FluxKind};
use crate::{log, wait};

/// Asks for one forced install or upgrade of a HelmRelease.
const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Asks to forget the failures of a HelmRelease.
const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";

/// One object to reconcile.
#[derive(Clone, Debug)]
struct Target {
    kind: &'static FluxKind,
    namespace: String,
    name: String,
    /// Annotations that get the time of the request, besides the usual one.
    marks: Vec<&'static str>,
}

/// Runs `flux reconcile`.
pub async fn run(global: &Global, target: Option<&ReconcileTarget>) -> Result<(), Error> {
    let (kind, name, with_source, marks) = chosen(target)?;
    let name = name
        .clone()
        .ok_or_else(|| Error::message(format!("{} name is required", kind.kind)))?;
    let cluster = Cluster::connect(global).await?;
    let target = Target {
        kind,
        namespace: global.namespace.clone(),
        name,
        marks,
    };
    let targets = if with_source {
        with_sources(&cluster, target).await?
    } else {
        vec![target]
    };
    for target in &targets {
        one(&cluster, global, target).await?;
    }
    Ok(())
}

type Chosen<'a> = (&'static FluxKind, &'a Option<String>, bool, Vec<&'static str>);

fn chosen(target: Option<&ReconcileTarget>) -> Result<Chosen<'_>, Error> {
    let target = target.ok_or_else(|| Error::help(&["reconcile"]))?;
    Ok(match target {
        ReconcileTarget::Kustomization { name, with_source } => {
            (&kinds::KUSTOMIZATION, name, *with_source, Vec::new())
        }
        ReconcileTarget::Helmrelease {
            name,
            with_source,
            force,
            reset,
        } => {
            let marks = [(*force, FORCE_AT), (*reset, RESET_AT)];
            let marks = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark);
            (&kinds::HELM_RELEASE, name, *with_source, marks.collect())
        }
        ReconcileTarget::Receiver(name) => (&kinds::RECEIVER, &name.name, false, Vec::new()),
        ReconcileTarget::Source { kind } => {
            let kind = kind
                .as_ref()
                .ok_or_else(|| Error::help(&["reconcile", "source"]))?;
            let (kind, name, with_source) = match kind {
                ReconcileSource::Git(name) => (&kinds::GIT, &name.name, false),
                ReconcileSource::Oci(name) => (&kinds::OCI, &name.name, false),
                ReconcileSource::Helm(name) => (&kinds::HELM_REPOSITORY, &name.name, false),
                ReconcileSource::Bucket(name) => (&kinds::BUCKET, &name.name, false),
                ReconcileSource::Chart { name, with_source } => (&kinds::HELM_CHART, name, *with_source),
            };
            (kind, name, with_source, Vec::new())
        }
        ReconcileTarget::Image { kind } => {
            let kind = kind
                .as_ref()
                .ok_or_else(|| Error::help(&["reconcile", "image"]))?;
            let (kind, name) = match kind {
                ReconcileImage::Repository(name) => (&kinds::IMAGE_REPOSITORY, name),
                ReconcileImage::Policy(name) => (&kinds::IMAGE_POLICY, name),
                ReconcileImage::Update(name) => (&kinds::IMAGE_UPDATE, name),
            };
            (kind, &name.name, false, Vec::new())
        }
    })
}

/// What the object is made of comes before it: its source, and the source of that.
async fn with_sources(cluster: &Cluster, target: Target) -> Result<Vec<Target>, Error> {
    let mut targets = vec![target];
    while let Some(last) = targets.last() {
        let object = cluster.get(last.kind, &last.namespace, &last.name).await?;
        refuse_suspended(&object)?;
        let Some((wanted, namespace, name)) = source_of(last.kind, &object) else {
            break;
        };
        let allowed: &[&'static FluxKind] = match last.kind.kind {
            "Kustomization" => &[&kinds::GIT, &kinds::OCI, &kinds::BUCKET],
            "HelmRelease" => &[&kinds::HELM_CHART, &kinds::OCI],
            _ => &[&kinds::HELM_REPOSITORY, &kinds::GIT, &kinds::BUCKET],
        };
        let kind = allowed.iter().find(|kind| kind.kind == wanted);
        let kind = kind.ok_or_else(|| Error::message(format!("cannot reconcile source of kind {wanted}")))?;
        targets.push(Target {
            kind,
            namespace,
            name,
            marks: Vec::new(),
        });
    }
    targets.reverse();
    Ok(targets)
}

/// Kind, namespace and name of what an object is made of; none for a source that stands at the beginning.
fn source_of(kind: &FluxKind, object: &Value) -> Option<(String, String, String)> {
    let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let reference = |reference: &Value| {
        let text = |key: &str| reference[key].as_str().unwrap_or_default().to_owned();
        let namespace = reference["namespace"]
            .as_str()
            .filter(|namespace| !namespace.is_empty());
        (text("kind"), namespace.unwrap_or(own).to_owned(), text("name"))
    };
    let spec = &object["spec"];
    match kind.kind {
        "Kustomization" | "HelmChart" => Some(reference(&spec["sourceRef"])),
        "HelmRelease" if spec["chartRef"].is_object() => Some(reference(&spec["chartRef"])),
        "HelmRelease" => {
            let (_, namespace, _) = reference(&spec["chart"]["spec"]["sourceRef"]);
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            Some(("HelmChart".into(), namespace, format!("{own}-{name}")))
        }
        _ => None,
    }
}

async fn one(cluster: &Cluster, global: &Global, target: &Target) -> Result<(), Error> {
    let Target {
        kind,
        namespace,
        name,
        ..
    } = target;
    let object = cluster.get(kind, namespace, name).await?;
    if kinds::is_static(&object) {
        log::success("reconciliation not supported by the object");
        return Ok(());
    }
    refuse_suspended(&object)?;
    log::action(format!(
        "annotating {} {name} in {namespace} namespace",
        kind.kind
    ));
    let handled = handled_request(&object).to_owned();
    request(cluster, target).await?;
    log::success(format!("{} annotated", kind.kind));
    log::waiting(format!("waiting for {} reconciliation", kind.kind));
    let settled = |object: &Value| handled_request(object) != handled && wait::is_settled(object);
    let object = wait::until(cluster, kind, namespace, name, global.timeout, settled).await?;
    let (status, message) = kinds::ready(&object);
    if status == "True" {
        log::success(kind.success_message(&object));
        return Ok(());
    }
    // Upstream quotes the message except of those that have a source of their own.
    let has_source = matches!(kind.kind, "Kustomization" | "HelmRelease" | "HelmChart");
    let quote = if has_source { "" } else { "'" };
    Err(Error::message(format!(
        "{} reconciliation failed: {quote}{message}{quote}",
        kind.kind
    )))
}

fn refuse_suspended(object: &Value) -> Result<(), Error> {
    if kinds::is_suspended(object) {
        Err(Error::message("resource is suspended"))
    } else {
        Ok(())
    }
}

fn handled_request(object: &Value) -> &str {
    object
        .pointer("/status/lastHandledReconcileAt")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Puts the current time into the annotations that ask for a reconciliation.
async fn request(cluster: &Cluster, target: &Target) -> Result<(), Error> {
    let now = jiff::Timestamp::now().to_string();
    let marks = [flux_api::meta::REQUESTED_AT]
        .into_iter()
        .chain(target.marks.iter().copied());
    let annotations: Map<String, Value> = marks.map(|mark| (mark.to_owned(), now.clone().into())).collect();
    let patch = json!({ "metadata": { "annotations": annotations } });
    cluster
        .merge_patch(target.kind, &target.namespace, &target.name, &patch)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &FluxKind, spec: Value, expect: Option<(&str, &str, &str)>) {
        let object = json!({"metadata": {"namespace": "apps", "name": "web"}, "spec": spec});
        let found = source_of(kind, &object);
        let found = found
            .as_ref()
            .map(|(kind, namespace, name)| (kind.as_str(), namespace.as_str(), name.as_str()));
        assert_eq!(found, expect);
    }

    #[test]
    fn sources_are_named_as_the_controllers_name_them() {
        check(
            &kinds::KUSTOMIZATION,
            json!({"sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}}),
            Some(("GitRepository", "flux-system", "fleet")),
        );
        check(
            &kinds::HELM_CHART,
            json!({"sourceRef": {"kind": "Bucket", "name": "charts"}}),
            Some(("Bucket", "apps", "charts")),
        );
        check(
            &kinds::HELM_RELEASE,
            json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "x", "namespace": "repos"}}}}),
            Some(("HelmChart", "repos", "apps-web")),
        );
        check(
            &kinds::HELM_RELEASE,
            json!({"chartRef": {"kind": "OCIRepository", "name": "web"}}),
            Some(("OCIRepository", "apps", "web")),
        );
        check(&kinds::GIT, json!({}), None);
    }
}
