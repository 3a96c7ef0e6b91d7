//! HelmChart, `source.toolkit.fluxcd.io/v1`.

use serde::{Deserialize, Serialize};

use crate::condition::Conditions;
use crate::duration::GoDuration;
use crate::gitrepository::is_zero;
use crate::meta::{LocalReference, ObjectReference, Resource};
use crate::source::Artifact;

pub use crate::gitrepository::{API_VERSION, GROUP};

/// Kind.
pub const KIND: &str = "HelmChart";
/// `reconcileStrategy` under which every revision of the source gives an artifact.
pub const STRATEGY_REVISION: &str = "Revision";

/// A chart to pull or package.
pub type HelmChart = Resource<HelmChartSpec, HelmChartStatus>;

/// Which chart of which source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmChartSpec {
    /// Name in the index, or path in the source.
    pub chart: String,
    /// Range of versions; any unless set. Means nothing for a path.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it comes from, in the same namespace.
    pub source_ref: ObjectReference,
    /// Time between two looks at the source.
    pub interval: GoDuration,
    /// `ChartVersion` (or empty) or `Revision`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reconcile_strategy: String,
    /// Files whose merged content becomes the default values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Pass over those that do not exist.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// True: leave the object alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Signature check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartVerification>,
}

/// How a chart is verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartVerification {
    /// `cosign` or `notation`.
    pub provider: String,
    /// Public keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// What was built last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmChartStatus {
    /// The generation that this status speaks of; -1 on a new object.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Conditions.
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The stored chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Name of the stored chart.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub observed_chart_name: String,
    /// Revision of the source that was looked at last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub observed_source_artifact_revision: String,
    /// Values files that exist, where missing ones are passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed_values_files: Vec<String>,
    /// Where the newest chart is served.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The reconcile request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_reconcile_at: String,
}
