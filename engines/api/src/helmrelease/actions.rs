//! How each Helm action goes about it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration::GoDuration;

const RETRY: GoDuration = GoDuration::from_secs(300);

/// How to install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Install {
    /// Limit for each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// What follows a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// How a failure is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<InstallRemediation>,
    /// Refuse objects that exist and belong to nobody or to others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_take_ownership: bool,
    /// Do not wait for the objects to become healthy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Do not wait for Jobs to be done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Run no hooks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Do not check the manifests against the server's schema.
    #[serde(
        rename = "disableOpenAPIValidation",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub disable_open_api_validation: bool,
    /// Do not check the values against the chart's schema.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_schema_validation: bool,
    /// Take the name over from a release that was uninstalled or failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replace: bool,
    /// Deprecated form of `crds: Skip`; upstream ignores it.
    #[serde(rename = "skipCRDs", skip_serializing_if = "std::ops::Not::not")]
    pub skip_crds: bool,
    /// `Skip`, `Create` (or empty) or `CreateReplace`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub crds: String,
    /// Make the target namespace.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub create_namespace: bool,
    /// Server-side apply; true unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<bool>,
}

/// How to upgrade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Upgrade {
    /// Limit for each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// What follows a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// How a failure is undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<UpgradeRemediation>,
    /// Refuse objects that exist and belong to nobody or to others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_take_ownership: bool,
    /// Do not wait for the objects to become healthy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Do not wait for Jobs to be done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Run no hooks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Do not check the manifests against the server's schema.
    #[serde(
        rename = "disableOpenAPIValidation",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub disable_open_api_validation: bool,
    /// Do not check the values against the chart's schema.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_schema_validation: bool,
    /// Replace objects that cannot be changed; client-side apply only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Begin with the values of the release before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub preserve_values: bool,
    /// Delete what a failed upgrade made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cleanup_on_fail: bool,
    /// `Skip`, `Create` (or empty) or `CreateReplace`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub crds: String,
    /// `enabled`, `disabled` or `auto` (or empty): as the release before.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server_side_apply: String,
    /// `Reinstall` (or empty) or `InPlaceUpdate`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chart_name_change_strategy: String,
}

/// What follows a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RemediateOnFailure` or `RetryOnFailure`.
    pub name: String,
    /// Time to the next try; 5 min unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<GoDuration>,
}

impl Strategy {
    /// The time to the next try where a failure is followed by one; none where it is undone.
    pub fn retry(strategy: Option<&Self>, default_to_retry: bool) -> Option<Duration> {
        match strategy {
            None => default_to_retry.then(|| RETRY.get()),
            Some(strategy) if strategy.name == "RetryOnFailure" => {
                Some(strategy.retry_interval.unwrap_or(RETRY).get())
            }
            Some(_) => None,
        }
    }
}

/// How a failed install is undone: by uninstalling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstallRemediation {
    /// Further attempts; negative: without end.
    #[serde(skip_serializing_if = "crate::gitrepository::is_zero")]
    pub retries: i64,
    /// Failed tests are no failure; as `test.ignoreFailures` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Undo the last failure too; false unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
}

/// How a failed upgrade is undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpgradeRemediation {
    /// Further attempts; negative: without end.
    #[serde(skip_serializing_if = "crate::gitrepository::is_zero")]
    pub retries: i64,
    /// Failed tests are no failure; as `test.ignoreFailures` unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Undo the last failure too; true with retries unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// `rollback` (or empty) or `uninstall`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
}

/// Whether and how to test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Test {
    /// Run the chart's tests after every release.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub enable: bool,
    /// Limit for each test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// Failed tests do not fail the release.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignore_failures: bool,
    /// Which tests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<TestFilter>,
}

/// Picks a test, or leaves it out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestFilter {
    /// Name of the hook.
    pub name: String,
    /// Leave it out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exclude: bool,
}

impl Test {
    /// Whether the test of this name runs.
    pub fn selects(&self, name: &str) -> bool {
        let named = |exclude: bool| {
            let mut filters = self.filters.iter().filter(|filter| filter.exclude == exclude);
            filters.any(|filter| filter.name == name)
        };
        let all = self.filters.iter().all(|filter| filter.exclude);
        !named(true) && (all || named(false))
    }
}

/// How to roll back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rollback {
    /// Limit for each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// Do not wait for the objects to become healthy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// Do not wait for Jobs to be done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait_for_jobs: bool,
    /// Run no hooks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Deprecated: has no effect.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recreate: bool,
    /// Replace objects that cannot be changed; client-side apply only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Delete what a failed rollback made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cleanup_on_fail: bool,
    /// `enabled`, `disabled` or `auto` (or empty): as the release to go back to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server_side_apply: String,
}

/// How to uninstall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Uninstall {
    /// Limit for each step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    /// Run no hooks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_hooks: bool,
    /// Keep the records, marked as uninstalled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_history: bool,
    /// Do not wait until everything is gone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable_wait: bool,
    /// `background` (or empty), `foreground` or `orphan`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub deletion_propagation: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(filters: &[(&str, bool)], name: &str, expect: bool) {
        let filters = filters.iter().map(|(name, exclude)| TestFilter {
            name: (*name).into(),
            exclude: *exclude,
        });
        let test = Test {
            filters: filters.collect(),
            ..Test::default()
        };
        assert_eq!(test.selects(name), expect);
    }

    #[test]
    fn filters_pick_and_leave_out() {
        check(&[], "a", true);
        check(&[("a", false)], "a", true);
        check(&[("a", false)], "b", false);
        check(&[("a", true)], "a", false);
        check(&[("a", true)], "b", true);
        check(&[("a", false), ("a", true)], "a", false);
    }
}
