//! The history in the status: releases as the controller left them, newest first.

use flux_api::helmrelease::{MAX_HISTORY, Snapshot};

/// The newest.
pub(crate) fn latest(history: &[Snapshot]) -> Option<&Snapshot> {
    history.iter().max_by_key(|snapshot| snapshot.version)
}

fn sort(history: &mut [Snapshot]) {
    history.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.version));
}

/// Whether one could go back to it.
fn is_good(snapshot: &Snapshot, ignores_tests: bool) -> bool {
    matches!(snapshot.status.as_str(), "deployed" | "superseded")
        && (ignores_tests || !snapshot.has_failed_test())
}

/// The newest good release before the latest.
pub(crate) fn previous(history: &[Snapshot], ignores_tests: bool) -> Option<Snapshot> {
    let mut sorted = history.to_vec();
    sort(&mut sorted);
    sorted
        .into_iter()
        .skip(1)
        .find(|snapshot| is_good(snapshot, ignores_tests))
}

/// Removes what is older than the newest good release before the latest; without one, all but the newest five.
pub(crate) fn truncate(history: &mut Vec<Snapshot>, ignores_tests: bool) {
    sort(history);
    let good = history
        .iter()
        .skip(1)
        .position(|snapshot| is_good(snapshot, ignores_tests));
    history.truncate(good.map_or(MAX_HISTORY, |index| index + 2));
}

/// Removes all but the newest five.
pub(crate) fn keep_five(history: &mut Vec<Snapshot>) {
    sort(history);
    history.truncate(MAX_HISTORY);
}

/// Puts in the snapshots of releases that an install or upgrade wrote: the newest becomes the latest; one of an older release
/// takes its place.
pub(crate) fn record(
    history: &mut Vec<Snapshot>,
    mut written: Vec<Snapshot>,
    action: &str,
    oci_digest: &str,
) {
    sort(&mut written);
    let mut written = written.into_iter();
    let Some(mut newest) = written.next() else {
        return;
    };
    newest.action = action.into();
    newest.oci_digest = oci_digest.into();
    history.insert(0, newest);
    for older in written {
        if replace(history, older, None) {
            return;
        }
    }
}

/// Puts a snapshot in the place of the one of the same release, which keeps its tests and the digest of its artifact. Without an
/// action it gets none. Whether there was one.
pub(crate) fn replace(history: &mut [Snapshot], mut newer: Snapshot, action: Option<&str>) -> bool {
    let place = history
        .iter_mut()
        .find(|held| held.targets(&newer.name, &newer.namespace, newer.version));
    let Some(held) = place else {
        return false;
    };
    newer.test_hooks = newer.test_hooks.or_else(|| held.test_hooks.clone());
    newer.oci_digest = held.oci_digest.clone();
    newer.action = action.unwrap_or_default().into();
    *held = newer;
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use flux_api::helmrelease::TestHook;

    use super::*;

    fn history(entries: &[(i64, &str)]) -> Vec<Snapshot> {
        let entry = |(version, status): &(i64, &str)| {
            let failed = TestHook {
                phase: "Failed".into(),
                ..TestHook::default()
            };
            let (status, tested) = match status.strip_suffix('!') {
                Some(status) => (status, Some(BTreeMap::from([("t".to_owned(), Some(failed))]))),
                None => (*status, None),
            };
            Snapshot {
                version: *version,
                status: status.into(),
                test_hooks: tested,
                ..Snapshot::default()
            }
        };
        entries.iter().map(entry).collect()
    }

    #[track_caller]
    fn check(entries: &[(i64, &str)], previous_version: Option<i64>, kept: &[i64]) {
        let mut history = history(entries);
        let found = previous(&history, false).map(|snapshot| snapshot.version);
        assert_eq!(found, previous_version);
        truncate(&mut history, false);
        let versions: Vec<i64> = history.iter().map(|snapshot| snapshot.version).collect();
        assert_eq!(versions, kept);
    }

    #[test]
    fn the_history_reaches_back_to_the_last_good_release() {
        check(&[], None, &[]);
        check(&[(1, "deployed")], None, &[1]);
        check(&[(2, "deployed"), (1, "superseded")], Some(1), &[2, 1]);
        check(
            &[(3, "failed"), (1, "deployed"), (2, "failed")],
            Some(1),
            &[3, 2, 1],
        );
        check(
            &[(3, "deployed"), (2, "superseded"), (1, "superseded")],
            Some(2),
            &[3, 2],
        );
        check(
            &[(3, "failed"), (2, "superseded!"), (1, "superseded")],
            Some(1),
            &[3, 2, 1],
        );
        let failures: Vec<_> = (1..=7).map(|version| (version, "failed")).collect();
        check(&failures, None, &[7, 6, 5, 4, 3]);
    }

    #[test]
    fn an_upgrade_leaves_two_traces() {
        let mut held = history(&[(1, "deployed")]);
        held[0].oci_digest = "sha256:old".into();
        record(
            &mut held,
            history(&[(1, "superseded"), (2, "deployed")]),
            "upgrade",
            "sha256:new",
        );
        let shown: Vec<_> = held
            .iter()
            .map(|one| {
                (
                    one.version,
                    one.status.as_str(),
                    one.action.as_str(),
                    one.oci_digest.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (2, "deployed", "upgrade", "sha256:new"),
                (1, "superseded", "", "sha256:old")
            ]
        );
    }
}
