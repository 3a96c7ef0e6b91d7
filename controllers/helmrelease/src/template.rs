//! The HelmChart that is made for a release.

use flux_api::helmchart::{API_VERSION, KIND};
use flux_api::helmrelease::{FIELD_MANAGER, GROUP, HelmRelease};
use flux_kube::{Client, DeleteOptions, Gvk, Key, ObjectRef, WriteOptions};
use flux_runtime::{Context, Error, Severity};
use serde_json::{Value, json};

use crate::source;
use crate::work::Work;

fn kind() -> Gvk {
    Gvk::new(API_VERSION, KIND)
}

/// Makes the HelmChart be as the template says; one of another name, or without a template, goes. The status names it.
pub(crate) async fn reconcile(context: &Context, work: &mut Work) -> Result<(), Error> {
    let wanted = work
        .object
        .chart_name()
        .map(|(namespace, name)| Key::new(namespace, name));
    let shown = wanted.as_ref().map(Key::to_string).unwrap_or_default();
    if !work.status().helm_chart.is_empty() && work.status().helm_chart != shown {
        remove(context, work).await?;
    }
    let Some(key) = wanted.filter(|_| work.object.spec.chart_ref.is_none()) else {
        return Ok(());
    };
    let no_cross = context.settings().no_cross_namespace_refs;
    if let Some(message) = source::denied(&key, &work.object.metadata.namespace, no_cross) {
        return Err(Error::stalled(flux_api::reason::ACCESS_DENIED, message));
    }
    let desired = chart(&work.object, &key);
    let action = apply(context.client(), &desired, &key).await.map_err(|error| {
        let message = format!("failed to run server-side apply: {error}");
        context.event(Severity::Trace, "HelmChartSyncErr", &message, &[]);
        Error::transient(flux_api::reason::RECONCILE_ERROR, message).quiet()
    })?;
    if let Some(action) = action {
        let reference = &desired["spec"]["sourceRef"];
        let text = |field: &str| reference[field].as_str().unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        let (word, reason) = action;
        let message = format!(
            "{word} HelmChart/{key} with SourceRef '{kind}/{}/{name}'",
            key.namespace
        );
        tracing::info!(object = %context.key(), "{message}");
        context.event(Severity::Trace, reason, &message, &[]);
    }
    work.status_mut().helm_chart = shown;
    Ok(())
}

/// Deletes the HelmChart that the status names.
pub(crate) async fn remove(context: &Context, work: &mut Work) -> Result<(), Error> {
    let held = work.status().helm_chart.clone();
    let Some((namespace, name)) = held.split_once('/') else {
        return Ok(());
    };
    let target = ObjectRef::new(kind(), namespace, name);
    let deleted = context.client().delete(&target, &DeleteOptions::default()).await;
    let existed = deleted.map_err(|error| {
        let message = format!("failed to delete HelmChart '{held}': {error}");
        Error::transient(flux_api::reason::RECONCILE_ERROR, message).quiet()
    })?;
    if existed.is_some() {
        let message = format!("deleted HelmChart '{held}'");
        context.event(Severity::Trace, "HelmChartDeleted", &message, &[]);
    }
    work.status_mut().helm_chart.clear();
    Ok(())
}

type Action = (&'static str, &'static str);

/// Applies it where it is not as wanted; what was done, if anything.
async fn apply(client: &Client, desired: &Value, key: &Key) -> Result<Option<Action>, flux_kube::Error> {
    let live = client.get_opt(&kind(), &key.namespace, &key.name).await?;
    let write = WriteOptions::manager(FIELD_MANAGER).force();
    let Some(live) = live else {
        client.apply(desired, &write).await?;
        return Ok(Some(("Created", "HelmChartCreated")));
    };
    let same = |field: &str| live[field] == desired[field];
    let answer = client.apply(desired, &write.clone().dry_run()).await?;
    let metadata = |object: &Value| {
        let metadata = &object["metadata"];
        (metadata["labels"].clone(), metadata["annotations"].clone())
    };
    if answer["spec"] == live["spec"] && metadata(&answer) == metadata(&live) && same("kind") {
        return Ok(None);
    }
    client.apply(desired, &write).await?;
    Ok(Some(("Configured", "HelmChartConfigured")))
}

/// The HelmChart of the template.
fn chart(object: &HelmRelease, key: &Key) -> Value {
    let template = object.spec.chart.clone().unwrap_or_default();
    let spec = template.spec;
    let metadata = template.metadata.unwrap_or_default();
    let mut chart = json!({
        "apiVersion": API_VERSION, "kind": KIND,
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": metadata.labels},
        "spec": {
            "chart": spec.chart,
            "version": if spec.version.is_empty() { "*" } else { &spec.version },
            "sourceRef": {"kind": spec.source_ref.kind, "name": spec.source_ref.name},
            "interval": spec.interval.unwrap_or(object.spec.interval),
            "reconcileStrategy":
                if spec.reconcile_strategy.is_empty() { "ChartVersion" } else { &spec.reconcile_strategy },
        },
    });
    let labels = &mut chart["metadata"]["labels"];
    labels[format!("{GROUP}/name")] = object.metadata.name.as_str().into();
    labels[format!("{GROUP}/namespace")] = object.metadata.namespace.as_str().into();
    if !metadata.annotations.is_empty() {
        chart["metadata"]["annotations"] = json!(metadata.annotations);
    }
    if !spec.values_files.is_empty() {
        chart["spec"]["valuesFiles"] = json!(spec.values_files);
    }
    if spec.ignore_missing_values_files {
        chart["spec"]["ignoreMissingValuesFiles"] = true.into();
    }
    if let Some(verify) = spec.verify {
        chart["spec"]["verify"] = json!(verify);
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_as_the_template_says() {
        let object = json!({"metadata": {"name": "app", "namespace": "apps"}, "spec": {"interval": "5m", "chart": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"chart": "./charts/app", "valuesFiles": ["v.yaml"],
                "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "flux-system"}}}}});
        let object: HelmRelease = serde_json::from_value(object).unwrap();
        let key = source::key(&object).unwrap();
        assert_eq!(
            chart(&object, &key),
            json!({
                "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
                "metadata": {"name": "apps-app", "namespace": "flux-system", "labels": {
                    "a": "b", "helm.toolkit.fluxcd.io/name": "app", "helm.toolkit.fluxcd.io/namespace": "apps"}},
                "spec": {"chart": "./charts/app", "version": "*", "interval": "5m0s", "reconcileStrategy": "ChartVersion",
                    "valuesFiles": ["v.yaml"], "sourceRef": {"kind": "GitRepository", "name": "fleet"}},
            })
        );
    }
}
