//! Where the chart of a release comes from: the HelmChart that was made for it, or one that it names.

use flux_api::condition::{READY, STALLED};
use flux_api::helmchart::{HelmChart, KIND};
use flux_api::helmrelease::HelmRelease;
use flux_api::source::Artifact;
use flux_kube::Key;

/// What is known of a source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// It may not be used; the sentence says why.
    Denied(String),
    /// It does not exist.
    Missing(String),
    /// It is not ready; the sentence says why.
    NotReady(String),
    /// It has a chart.
    Ready(Artifact),
}

/// The HelmChart of an object; none where the one to be made for it has not been made yet.
pub(crate) fn key(object: &HelmRelease) -> Option<Key> {
    if let Some(reference) = &object.spec.chart_ref {
        let namespace = match reference.namespace.as_str() {
            "" => &object.metadata.namespace,
            namespace => namespace,
        };
        return Some(Key::new(namespace, &reference.name));
    }
    object
        .chart_name()
        .map(|(namespace, name)| Key::new(namespace, name))
}

/// Why the reference may not be followed, if so.
pub(crate) fn denied(key: &Key, own_namespace: &str, no_cross_namespace_refs: bool) -> Option<String> {
    let crosses = no_cross_namespace_refs && key.namespace != own_namespace;
    crosses.then(|| {
        let (namespace, name) = (&key.namespace, &key.name);
        format!("can't access '{KIND}/{namespace}/{name}', cross-namespace references have been blocked")
    })
}

/// What a HelmChart, or its absence, means.
pub(crate) fn read(key: &Key, chart: Option<&HelmChart>) -> Source {
    let Some(chart) = chart else {
        let name = &key.name;
        return Source::Missing(format!(
            "helmcharts.source.toolkit.fluxcd.io \"{name}\" not found"
        ));
    };
    let status = &chart.status;
    let message = |kind: &str| {
        status
            .conditions
            .get(kind)
            .map(|condition| condition.message.as_str())
    };
    let not_ready = |cause: &str| Source::NotReady(format!("{KIND} '{key}' is not ready: {cause}"));
    if chart.metadata.generation != status.observed_generation {
        let failed = message(READY).filter(|_| status.conditions.is_false(READY));
        return not_ready(failed.unwrap_or("latest generation of object has not been reconciled"));
    }
    if status.conditions.is_true(STALLED) {
        return not_ready(message(STALLED).unwrap_or_default());
    }
    match &status.artifact {
        None => not_ready("does not have an artifact"),
        Some(artifact) => Source::Ready(artifact.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(generation: i64, status: Value, expect: &str) {
        let chart = json!({"metadata": {"name": "c", "namespace": "ns", "generation": generation},
            "spec": {"chart": "x", "sourceRef": {"kind": "GitRepository", "name": "s"}, "interval": "1m"}, "status": status});
        let chart: HelmChart = serde_json::from_value(chart).unwrap();
        let found = match read(&Key::new("ns", "c"), Some(&chart)) {
            Source::NotReady(message) => message,
            Source::Ready(artifact) => artifact.revision,
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn a_chart_is_ready_once_it_has_an_artifact_of_its_spec() {
        let failed = json!([{"type": "Ready", "status": "False", "reason": "R", "message": "broken", "lastTransitionTime": "t"}]);
        let stalled = json!([{"type": "Stalled", "status": "True", "reason": "R", "message": "given up", "lastTransitionTime": "t"}]);
        let artifact =
            json!({"digest": "d", "path": "p", "url": "u", "revision": "1.0.0", "lastUpdateTime": "t"});
        check(
            2,
            json!({"observedGeneration": 1}),
            "HelmChart 'ns/c' is not ready: latest generation of object has not been reconciled",
        );
        check(
            2,
            json!({"observedGeneration": 1, "conditions": failed}),
            "HelmChart 'ns/c' is not ready: broken",
        );
        check(
            1,
            json!({"observedGeneration": 1, "conditions": stalled}),
            "HelmChart 'ns/c' is not ready: given up",
        );
        check(
            1,
            json!({"observedGeneration": 1}),
            "HelmChart 'ns/c' is not ready: does not have an artifact",
        );
        check(
            1,
            json!({"observedGeneration": 1, "artifact": artifact, "conditions": failed}),
            "1.0.0",
        );
    }
}
