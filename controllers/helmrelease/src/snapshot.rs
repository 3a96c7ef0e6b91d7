//! What the status keeps of a release record.

use std::collections::BTreeMap;

use flux_api::helmrelease::{Snapshot, Test, TestHook};
use flux_helm::Time;
use flux_helm::chart::Metadata;
use flux_helm::release::{Hook, HookEvent, Info, Release};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::digest;
use crate::state::{SNAPSHOT, Stored};

/// A release without its tests, in the form that upstream digests.
#[derive(Serialize)]
struct Observation<'a> {
    name: &'a str,
    version: i64,
    info: &'a Info,
    #[serde(rename = "chartMetadata")]
    chart_metadata: &'a Metadata,
    config: Option<Value>,
    manifest: &'a str,
    hooks: Option<Vec<&'a Hook>>,
    namespace: &'a str,
    #[serde(rename = "ociDigest", skip_serializing_if = "str::is_empty")]
    oci_digest: &'a str,
}

/// Digest over a record. `oci_digest` is that of the chart's artifact, which the record does not hold.
pub(crate) fn digest_of(release: &Release, oci_digest: &str) -> String {
    let hooks: Vec<&Hook> = release.hooks.iter().filter(|hook| !is_test(hook)).collect();
    let observation = Observation {
        name: &release.name,
        version: release.version,
        info: &release.info,
        chart_metadata: &release.chart.metadata,
        config: (!release.config.is_empty()).then(|| release.config.to_json()),
        manifest: &release.manifest,
        hooks: (!hooks.is_empty()).then_some(hooks),
        namespace: &release.namespace,
        oci_digest,
    };
    digest::sha256(digest::go_json(&observation).as_bytes())
}

fn is_test(hook: &Hook) -> bool {
    hook.events.contains(&HookEvent::Test)
}

/// What the status keeps.
pub(crate) fn snapshot(release: &Release, oci_digest: &str) -> Snapshot {
    let metadata = &release.chart.metadata;
    let config = match release.config.to_json() {
        Value::Object(config) => config,
        _ => Map::new(),
    };
    Snapshot {
        api_version: SNAPSHOT.into(),
        digest: digest_of(release, oci_digest),
        name: release.name.clone(),
        namespace: release.namespace.clone(),
        version: release.version,
        status: status_of(release),
        chart_name: metadata.name.clone(),
        chart_version: metadata.version.clone(),
        app_version: metadata.app_version.clone(),
        config_digest: digest::values(&config),
        first_deployed: seconds(&release.info.first_deployed).unwrap_or_default(),
        last_deployed: seconds(&release.info.last_deployed).unwrap_or_default(),
        deleted: seconds(&release.info.deleted),
        oci_digest: oci_digest.into(),
        ..Snapshot::default()
    }
}

/// What the state is told from. The history of the status knows the digest of the artifact.
pub(crate) fn stored(release: &Release, history: &[Snapshot]) -> Stored {
    let oci_digest = crate::history::latest(history).map_or("", |latest| &latest.oci_digest);
    Stored {
        status: status_of(release),
        digest: digest_of(release, oci_digest),
        chart_name: release.chart.metadata.name.clone(),
        chart_version: release.chart.metadata.version.clone(),
    }
}

pub(crate) fn status_of(release: &Release) -> String {
    release
        .info
        .status
        .as_ref()
        .map_or_else(|| "unknown".into(), |status| status.as_str().to_owned())
}

/// The outcomes of the tests that the spec selects.
pub(crate) fn tests(release: &Release, test: &Test) -> BTreeMap<String, Option<TestHook>> {
    let hooks = release.hooks.iter().filter(|hook| is_test(hook));
    let selected = hooks.filter(|hook| test.selects(&hook.name));
    let outcome = |hook: &Hook| TestHook {
        last_started: seconds(&hook.last_run.started_at),
        last_completed: seconds(&hook.last_run.completed_at),
        phase: hook.last_run.phase.clone(),
    };
    selected
        .map(|hook| (hook.name.clone(), Some(outcome(hook))))
        .collect()
}

/// RFC 3339 in whole seconds; none for none.
fn seconds(time: &Time) -> Option<String> {
    let (seconds, _) = time.unix()?;
    let timestamp = jiff::Timestamp::from_second(seconds).ok()?;
    Some(flux_runtime::time::rfc3339(timestamp))
}
