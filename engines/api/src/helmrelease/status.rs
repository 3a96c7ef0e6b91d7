//! What was released.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::condition::Conditions;
use crate::gitrepository::is_zero;
use crate::kustomization::Inventory;

/// What was released, and what was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseStatus {
    /// The generation that this status speaks of; -1 on a new object.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Conditions.
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The HelmChart made for the object, as `namespace/name`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub helm_chart: String,
    /// Namespace of the release records.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_namespace: String,
    /// Releases as they were made, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Snapshot>,
    /// The objects of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// Failures of this configuration.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: i64,
    /// Failed installs of this configuration.
    #[serde(skip_serializing_if = "is_zero")]
    pub install_failures: i64,
    /// Failed upgrades of this configuration.
    #[serde(skip_serializing_if = "is_zero")]
    pub upgrade_failures: i64,
    /// Generation tried last.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_attempted_generation: i64,
    /// `install` or `upgrade`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_release_action: String,
    /// How long it took.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_release_action_duration: String,
    /// Version of the chart tried last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_revision: String,
    /// Digest of its artifact, where it came from a registry.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_revision_digest: String,
    /// Digest of the values tried last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_config_digest: String,
    /// Old form of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_values_checksum: String,
    /// Old form of the history.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_release_revision: i64,
    /// Digest of `spec.postRenderers` of the release.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub observed_post_renderers_digest: String,
    /// Digest of `spec.commonMetadata` of the release.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub observed_common_metadata_digest: String,
    /// The reconcile request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_reconcile_at: String,
    /// The force request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_force_at: String,
    /// The reset request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_reset_at: String,
}

/// A release as it was when it was made or changed by the controller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snapshot {
    /// How the digest is computed: `v2`, or empty in the way before it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// `sha256:hex` over the release record without its tests.
    pub digest: String,
    /// Name of the release.
    pub name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Its number.
    pub version: i64,
    /// Helm's status, such as `deployed`.
    pub status: String,
    /// The action that made it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Name of the chart.
    pub chart_name: String,
    /// Version of the chart.
    pub chart_version: String,
    /// Version of the application.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Digest of the values.
    pub config_digest: String,
    /// RFC 3339.
    pub first_deployed: String,
    /// RFC 3339.
    pub last_deployed: String,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<String>,
    /// Tests by name, once they were run; null for one that did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_hooks: Option<BTreeMap<String, Option<TestHook>>>,
    /// Digest of the chart's artifact, where it came from a registry.
    #[serde(rename = "ociDigest", skip_serializing_if = "String::is_empty")]
    pub oci_digest: String,
}

/// The outcome of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestHook {
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_started: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_completed: Option<String>,
    /// `Succeeded`, `Failed`, `Running` or `Unknown`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
}

impl Snapshot {
    /// `namespace/name.vN`
    pub fn release(&self) -> String {
        format!("{}/{}.v{}", self.namespace, self.name, self.version)
    }

    /// `chart@version`
    pub fn chart(&self) -> String {
        format!("{}@{}", self.chart_name, self.chart_version)
    }

    /// Whether it is of this release.
    pub fn targets(&self, name: &str, namespace: &str, version: i64) -> bool {
        self.name == name && self.namespace == namespace && self.version == version
    }

    /// Whether the outcome of its tests is known: all succeeded, one failed, or there are none.
    pub fn is_tested(&self) -> bool {
        let Some(hooks) = &self.test_hooks else {
            return false;
        };
        let succeeded = |hook: &Option<TestHook>| hook.as_ref().is_some_and(|hook| hook.phase == "Succeeded");
        self.has_failed_test() || hooks.values().all(succeeded)
    }

    /// Whether a test failed.
    pub fn has_failed_test(&self) -> bool {
        let mut hooks = self.test_hooks.iter().flat_map(BTreeMap::values).flatten();
        hooks.any(|hook| hook.phase == "Failed")
    }
}

impl HelmReleaseStatus {
    /// Forgets the failures of this configuration.
    pub fn clear_failures(&mut self) {
        self.failures = 0;
        self.install_failures = 0;
        self.upgrade_failures = 0;
    }
}
