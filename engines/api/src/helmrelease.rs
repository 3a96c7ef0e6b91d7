//! HelmRelease, `helm.toolkit.fluxcd.io/v2` (`v2beta1` and `v2beta2` are served with the same schema).

mod actions;
mod status;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::duration::GoDuration;
use crate::helmchart::ChartVerification;
use crate::kustomization::{CommonMetadata, Image, Patch, Selector};
use crate::meta::{DependencyReference, ObjectReference, Resource};

pub use actions::{
    Install, InstallRemediation, Rollback, Strategy, Test, TestFilter, Uninstall, Upgrade, UpgradeRemediation,
};
pub use status::{HelmReleaseStatus, Snapshot, TestHook};

/// API group.
pub const GROUP: &str = "helm.toolkit.fluxcd.io";
/// Group and version.
pub const API_VERSION: &str = "helm.toolkit.fluxcd.io/v2";
/// Kind.
pub const KIND: &str = "HelmRelease";
/// Name of upstream's program, and field manager of what it writes beside releases.
pub const FIELD_MANAGER: &str = "helm-controller";

/// True when the release of the present configuration was made.
pub const RELEASED: &str = "Released";
/// The outcome of the chart's tests, where they are enabled.
pub const TEST_SUCCESS: &str = "TestSuccess";
/// True when a failed release was undone.
pub const REMEDIATED: &str = "Remediated";
/// True when the cluster differs from the release.
pub const DRIFTED: &str = "Drifted";

/// Annotation that asks for one release whatever the state, where it equals the reconcile request.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Annotation that asks for the failures to be forgotten, where it equals the reconcile request.
pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";

/// Releases that are kept unless `maxHistory` says otherwise; also the length of the history in the status.
pub const MAX_HISTORY: usize = 5;

/// A chart to release.
pub type HelmRelease = Resource<HelmReleaseSpec, HelmReleaseStatus>;

/// Which chart, with which values, and how each action goes about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseSpec {
    /// The HelmChart to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartTemplate>,
    /// An object that gives the chart, instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart_ref: Option<ObjectReference>,
    /// Time between two looks.
    pub interval: GoDuration,
    /// Another cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<Value>,
    /// True: leave the object alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Name of the release; see [`HelmRelease::release_name`](Resource::release_name).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub release_name: String,
    /// Namespace of the release; the object's own unless set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_namespace: String,
    /// Namespace of the release records; the object's own unless set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_namespace: String,
    /// What must be ready first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Limit for each step of an action; 5 min unless set.
    #[serde(rename = "timeout", skip_serializing_if = "Option::is_none")]
    pub timeout_field: Option<GoDuration>,
    /// Release records to keep; 5 unless set, 0 keeps all.
    #[serde(rename = "maxHistory", skip_serializing_if = "Option::is_none")]
    pub max_history_field: Option<usize>,
    /// Account to act as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Upstream's client cache; means nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_client: Option<bool>,
    /// What to do about changes in the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_detection: Option<DriftDetection>,
    /// How to install.
    #[serde(rename = "install", skip_serializing_if = "Option::is_none")]
    pub install_field: Option<Install>,
    /// How to upgrade.
    #[serde(rename = "upgrade", skip_serializing_if = "Option::is_none")]
    pub upgrade_field: Option<Upgrade>,
    /// Whether and how to test.
    #[serde(rename = "test", skip_serializing_if = "Option::is_none")]
    pub test_field: Option<Test>,
    /// How to roll back.
    #[serde(rename = "rollback", skip_serializing_if = "Option::is_none")]
    pub rollback_field: Option<Rollback>,
    /// How to uninstall.
    #[serde(rename = "uninstall", skip_serializing_if = "Option::is_none")]
    pub uninstall_field: Option<Uninstall>,
    /// Values from other objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values_from: Vec<ValuesReference>,
    /// Values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Value>,
    /// Labels and annotations for every object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Changes of what the chart renders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_renderers: Option<Vec<PostRenderer>>,
    /// Which documents post-renderers see: nohooks, combined or separate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub post_render_strategy: String,
    /// How health is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_strategy: Option<WaitStrategy>,
    /// Custom health rules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<Value>,
}

/// The HelmChart to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartTemplate {
    /// Labels and annotations for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ChartMetadata>,
    /// Its spec.
    pub spec: ChartTemplateSpec,
}

/// Labels and annotations of a HelmChart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// The spec of the HelmChart to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChartTemplateSpec {
    /// Name in the index, or path in the source.
    pub chart: String,
    /// Range of versions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it comes from.
    pub source_ref: ObjectReference,
    /// Time between two looks at the source; that of the release unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<GoDuration>,
    /// `ChartVersion` or `Revision`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reconcile_strategy: String,
    /// Files whose merged content becomes the default values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values_files: Vec<String>,
    /// Pass over those that do not exist.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_values_files: bool,
    /// Signature check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<ChartVerification>,
}

/// Values in a ConfigMap or Secret of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValuesReference {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Key in its data; see [`ValuesReference::key`].
    #[serde(rename = "valuesKey", skip_serializing_if = "String::is_empty")]
    pub key_field: String,
    /// Put the content there, as one value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_path: String,
    /// Pass over what does not exist.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// With a path: take the content as it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub literal: bool,
}

impl ValuesReference {
    /// Key in the data: `values.yaml` unless set.
    pub fn key(&self) -> &str {
        if self.key_field.is_empty() {
            "values.yaml"
        } else {
            &self.key_field
        }
    }
}

/// What to do about changes in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftDetection {
    /// `enabled`, `warn` or `disabled` (or empty).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mode: String,
    /// What may change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoreRule>,
}

/// Fields that may change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IgnoreRule {
    /// JSON pointers; an empty one means the whole object.
    pub paths: Vec<String>,
    /// Which objects; all unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}

/// A change of what the chart renders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PostRenderer {
    /// By kustomize.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kustomize: Option<KustomizeRenderer>,
}

/// Patches and image overrides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KustomizeRenderer {
    /// Patches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Image overrides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

/// How health is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitStrategy {
    /// `poller` or `legacy`.
    pub name: String,
}

impl HelmReleaseSpec {
    /// How to install.
    pub fn install(&self) -> Install {
        self.install_field.clone().unwrap_or_default()
    }

    /// How to upgrade.
    pub fn upgrade(&self) -> Upgrade {
        self.upgrade_field.clone().unwrap_or_default()
    }

    /// Whether and how to test.
    pub fn test(&self) -> Test {
        self.test_field.clone().unwrap_or_default()
    }

    /// How to roll back.
    pub fn rollback(&self) -> Rollback {
        self.rollback_field.clone().unwrap_or_default()
    }

    /// How to uninstall.
    pub fn uninstall(&self) -> Uninstall {
        self.uninstall_field.clone().unwrap_or_default()
    }

    /// Limit for each step of an action: 5 min unless set.
    pub fn timeout(&self) -> GoDuration {
        self.timeout_field.unwrap_or(GoDuration::from_secs(300))
    }

    /// Release records to keep: 5 unless set, 0 keeps all.
    pub fn max_history(&self) -> usize {
        self.max_history_field.unwrap_or(MAX_HISTORY)
    }

    /// The inline values.
    pub fn values(&self) -> Map<String, Value> {
        match &self.values {
            Some(Value::Object(values)) => values.clone(),
            _ => Map::new(),
        }
    }
}

impl Resource<HelmReleaseSpec, HelmReleaseStatus> {
    /// Name of the release before it is shortened: the given one, or `[<targetNamespace>-]<name>`.
    pub fn release_name(&self) -> String {
        let spec = &self.spec;
        if !spec.release_name.is_empty() {
            return spec.release_name.clone();
        }
        if spec.target_namespace.is_empty() {
            return self.metadata.name.clone();
        }
        format!("{}-{}", spec.target_namespace, self.metadata.name)
    }

    /// Namespace of the release.
    pub fn release_namespace(&self) -> &str {
        or(&self.spec.target_namespace, &self.metadata.namespace)
    }

    /// Namespace of the release records.
    pub fn storage_namespace(&self) -> &str {
        or(&self.spec.storage_namespace, &self.metadata.namespace)
    }

    /// The HelmChart that is made for the object, as `namespace/name`; none when it names another source.
    pub fn chart_name(&self) -> Option<(String, String)> {
        let template = self.spec.chart.as_ref()?;
        let namespace = or(&template.spec.source_ref.namespace, &self.metadata.namespace);
        Some((
            namespace.into(),
            format!("{}-{}", self.metadata.namespace, self.metadata.name),
        ))
    }

    /// Whether the failures of this configuration are remembered as those of an install or an upgrade, and how many there were.
    pub fn active_retry(&self, default_to_retry: bool) -> Option<Duration> {
        let strategy = match self.status.last_attempted_release_action.as_str() {
            "install" => self.spec.install().strategy,
            "upgrade" => self.spec.upgrade().strategy,
            _ => return None,
        };
        Strategy::retry(strategy.as_ref(), default_to_retry)
    }
}

fn or<'a>(given: &'a str, default: &'a str) -> &'a str {
    if given.is_empty() { default } else { given }
}
