//! What follows from failures: how many attempts are left, and how a failure is undone.

use flux_api::helmrelease::HelmRelease;

/// The remediation of the action that was tried last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remedy {
    /// Further attempts; negative: without end.
    retries: i64,
    /// Attempts that failed.
    pub(crate) failures: i64,
    /// Failed tests count as no failure.
    pub(crate) ignores_tests: bool,
    /// The last failure is undone too.
    pub(crate) undoes_last: bool,
    pub(crate) way: Way,
    /// Of an upgrade.
    of_upgrade: bool,
}

/// How a failed release is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Rollback,
    Uninstall,
}

impl Remedy {
    /// That of an install.
    pub(crate) fn of_install(object: &HelmRelease) -> Self {
        let set = object.spec.install().remediation.unwrap_or_default();
        Remedy {
            retries: set.retries,
            failures: object.status.install_failures,
            ignores_tests: set
                .ignore_test_failures
                .unwrap_or(object.spec.test().ignore_failures),
            undoes_last: set.remediate_last_failure.unwrap_or(false),
            way: Way::Uninstall,
            of_upgrade: false,
        }
    }

    /// That of an upgrade.
    pub(crate) fn of_upgrade(object: &HelmRelease) -> Self {
        let set = object.spec.upgrade().remediation.unwrap_or_default();
        Remedy {
            retries: set.retries,
            failures: object.status.upgrade_failures,
            ignores_tests: set
                .ignore_test_failures
                .unwrap_or(object.spec.test().ignore_failures),
            undoes_last: set.remediate_last_failure.unwrap_or(set.retries > 0),
            way: if set.strategy == "uninstall" {
                Way::Uninstall
            } else {
                Way::Rollback
            },
            of_upgrade: true,
        }
    }

    /// That of the action that was tried last; none before the first.
    pub(crate) fn active(object: &HelmRelease) -> Option<Self> {
        match object.status.last_attempted_release_action.as_str() {
            "install" => Some(Remedy::of_install(object)),
            "upgrade" => Some(Remedy::of_upgrade(object)),
            _ => None,
        }
    }

    /// Whether no attempts are left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.retries >= 0 && self.failures > self.retries
    }

    /// Whether a failed upgrade is undone by uninstalling, after which there is an install to come.
    pub(crate) fn reinstalls(&self) -> bool {
        self.of_upgrade && self.way == Way::Uninstall
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(spec: serde_json::Value, status: serde_json::Value, expect: Option<(bool, bool, Way)>) {
        let object: HelmRelease =
            serde_json::from_value(json!({"metadata": {"name": "a"}, "spec": spec, "status": status}))
                .unwrap();
        let remedy = Remedy::active(&object);
        let found = remedy.map(|remedy| (remedy.is_exhausted(), remedy.undoes_last, remedy.way));
        assert_eq!(found, expect);
    }

    #[test]
    fn one_attempt_more_than_retries() {
        let failed = |count: i64| json!({"lastAttemptedReleaseAction": "install", "installFailures": count});
        check(json!({}), json!({}), None);
        check(json!({}), failed(0), Some((false, false, Way::Uninstall)));
        check(json!({}), failed(1), Some((true, false, Way::Uninstall)));
        let retries = |count: i64| json!({"install": {"remediation": {"retries": count}}});
        check(retries(2), failed(2), Some((false, false, Way::Uninstall)));
        check(retries(2), failed(3), Some((true, false, Way::Uninstall)));
        check(retries(-1), failed(100), Some((false, false, Way::Uninstall)));
    }

    #[test]
    fn an_upgrade_with_retries_undoes_its_last_failure() {
        let failed = json!({"lastAttemptedReleaseAction": "upgrade", "upgradeFailures": 1});
        let with = |remediation: serde_json::Value| json!({"upgrade": {"remediation": remediation}});
        check(json!({}), failed.clone(), Some((true, false, Way::Rollback)));
        check(
            with(json!({"retries": 1})),
            failed.clone(),
            Some((false, true, Way::Rollback)),
        );
        let last = with(json!({"remediateLastFailure": true, "strategy": "uninstall"}));
        check(last, failed, Some((true, true, Way::Uninstall)));
    }
}
