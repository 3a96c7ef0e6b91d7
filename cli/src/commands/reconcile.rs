//! `flux reconcile`: asks for a reconciliation and waits for its outcome.

use serde_json::{Value, json};

use crate::args::{Global, ReconcileSource, ReconcileTarget};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::kinds::{self, FluxKind};
use crate::{log, wait};

/// Runs `flux reconcile`.
pub async fn run(global: &Global, target: Option<&ReconcileTarget>) -> Result<(), Error> {
    match target {
        None => Err(Error::help(&["reconcile"])),
        Some(ReconcileTarget::Kustomization { name, with_source }) => {
            let name = required(&kinds::KUSTOMIZATION, name.as_deref())?;
            let cluster = Cluster::connect(global).await?;
            if *with_source {
                source_first(&cluster, global, name).await?;
            }
            one(
                &cluster,
                global,
                &kinds::KUSTOMIZATION,
                &global.namespace,
                name,
                false,
            )
            .await
        }
        Some(ReconcileTarget::Source { kind: None }) => Err(Error::help(&["reconcile", "source"])),
        Some(ReconcileTarget::Source {
            kind: Some(ReconcileSource::Git { name }),
        }) => {
            let name = required(&kinds::GIT, name.as_deref())?;
            let cluster = Cluster::connect(global).await?;
            one(&cluster, global, &kinds::GIT, &global.namespace, name, true).await
        }
    }
}

fn required<'a>(kind: &FluxKind, name: Option<&'a str>) -> Result<&'a str, Error> {
    name.ok_or_else(|| Error::message(format!("{} name is required", kind.kind)))
}

/// Reconciles what the Kustomization's `sourceRef` names.
async fn source_first(cluster: &Cluster, global: &Global, name: &str) -> Result<(), Error> {
    let object = cluster
        .get(&kinds::KUSTOMIZATION, &global.namespace, name)
        .await?;
    refuse_suspended(&object)?;
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let wanted = text("/spec/sourceRef/kind").unwrap_or_default();
    let kind = [&kinds::GIT, &kinds::OCI, &kinds::BUCKET]
        .into_iter()
        .find(|kind| kind.kind == wanted);
    let kind = kind.ok_or_else(|| Error::message(format!("cannot reconcile source of kind {wanted}")))?;
    let namespace = text("/spec/sourceRef/namespace").unwrap_or(&global.namespace);
    one(
        cluster,
        global,
        kind,
        namespace,
        text("/spec/sourceRef/name").unwrap_or_default(),
        true,
    )
    .await
}

async fn one(
    cluster: &Cluster,
    global: &Global,
    kind: &'static FluxKind,
    namespace: &str,
    name: &str,
    quoted: bool,
) -> Result<(), Error> {
    let object = cluster.get(kind, namespace, name).await?;
    refuse_suspended(&object)?;
    log::action(format!(
        "annotating {} {name} in {namespace} namespace",
        kind.kind
    ));
    let handled = handled_request(&object).to_owned();
    request(cluster, kind, namespace, name).await?;
    log::success(format!("{} annotated", kind.kind));
    log::waiting(format!("waiting for {} reconciliation", kind.kind));
    let settled = |object: &Value| handled_request(object) != handled && wait::is_settled(object);
    let object = wait::until(cluster, kind, namespace, name, global.timeout, settled).await?;
    match kinds::ready(&object) {
        ("True", _) => log::success(kind.success_message(&object)),
        (_, message) if quoted => {
            return Err(Error::message(format!(
                "{} reconciliation failed: '{message}'",
                kind.kind
            )));
        }
        (_, message) => {
            return Err(Error::message(format!(
                "{} reconciliation failed: {message}",
                kind.kind
            )));
        }
    }
    Ok(())
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

/// Puts the current time into the annotation that asks for a reconciliation.
pub async fn request(cluster: &Cluster, kind: &FluxKind, namespace: &str, name: &str) -> Result<(), Error> {
    let now = jiff::Timestamp::now().to_string();
    let patch = json!({ "metadata": { "annotations": { flux_api::meta::REQUESTED_AT: now } } });
    cluster.merge_patch(kind, namespace, name, &patch).await
}
