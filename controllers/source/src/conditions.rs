//! Which conditions a source has, and how `Ready` follows from them.

use flux_api::condition::{Condition, Conditions, READY, RECONCILING, STALLED, Status};
use flux_api::source::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, BUILD_FAILED, FETCH_FAILED, INCLUDE_UNAVAILABLE, SOURCE_VERIFIED,
    STORAGE_OPERATION_FAILED,
};

/// Condition types of a GitRepository besides Ready, Reconciling and Stalled.
pub(crate) const OWNED: &[&str] = &[
    STORAGE_OPERATION_FAILED,
    FETCH_FAILED,
    INCLUDE_UNAVAILABLE,
    ARTIFACT_OUTDATED,
    ARTIFACT_IN_STORAGE,
    SOURCE_VERIFIED,
];

/// Condition types of a HelmRepository besides Ready, Reconciling and Stalled.
pub(crate) const OWNED_BY_REPOSITORY: &[&str] = &[
    STORAGE_OPERATION_FAILED,
    FETCH_FAILED,
    ARTIFACT_OUTDATED,
    ARTIFACT_IN_STORAGE,
];

/// Condition types of a HelmChart besides Ready, Reconciling and Stalled.
pub(crate) const OWNED_BY_CHART: &[&str] = &[
    STORAGE_OPERATION_FAILED,
    FETCH_FAILED,
    BUILD_FAILED,
    ARTIFACT_OUTDATED,
    ARTIFACT_IN_STORAGE,
    SOURCE_VERIFIED,
];

/// Those that say that something failed.
pub(crate) const FAILURES: &[&str] = &[
    FETCH_FAILED,
    INCLUDE_UNAVAILABLE,
    BUILD_FAILED,
    STORAGE_OPERATION_FAILED,
];

/// One line of the table that `Ready` is computed from.
struct Line {
    kind: &'static str,
    /// True is bad news.
    abnormal: bool,
    /// False makes `Ready` false, whatever else there is.
    decisive: bool,
}

const fn normal(kind: &'static str) -> Line {
    Line {
        kind,
        abnormal: false,
        decisive: false,
    }
}

const fn abnormal(kind: &'static str) -> Line {
    Line {
        kind,
        abnormal: true,
        decisive: false,
    }
}

/// In this order: of several conditions of the same weight the first gives reason and message.
const TABLE: [Line; 9] = [
    abnormal(STORAGE_OPERATION_FAILED),
    abnormal(FETCH_FAILED),
    abnormal(INCLUDE_UNAVAILABLE),
    abnormal(BUILD_FAILED),
    abnormal(ARTIFACT_OUTDATED),
    normal(ARTIFACT_IN_STORAGE),
    Line {
        kind: SOURCE_VERIFIED,
        abnormal: false,
        decisive: true,
    },
    abnormal(STALLED),
    abnormal(RECONCILING),
];

/// How much a condition weighs: the smallest number decides.
fn weight(status: Status, abnormal: bool) -> u8 {
    match (status, abnormal) {
        (Status::True, true) => 0,
        (Status::False, false) => 1,
        (Status::True, false) => 2,
        (Status::False, true) => 3,
        (Status::Unknown, _) => 4,
    }
}

/// `Ready` as it follows from the other conditions; none when there are none.
pub(crate) fn ready(conditions: &Conditions) -> Option<Condition> {
    let found = |line: &'static Line| conditions.get(line.kind).map(|condition| (line, condition));
    let decisive = TABLE
        .iter()
        .filter(|line| line.decisive)
        .find(|line| conditions.is_false(line.kind));
    let (line, decides) = match decisive {
        Some(line) => found(line)?,
        // Of equal weights the first one is kept.
        None => TABLE
            .iter()
            .filter_map(found)
            .min_by_key(|(line, one)| weight(one.status, line.abnormal))?,
    };
    let status = match (decides.status, line.abnormal) {
        (Status::Unknown, _) => Status::Unknown,
        (status, abnormal) => Status::from((status == Status::True) != abnormal),
    };
    Some(Condition::new(
        READY,
        status,
        &decides.reason,
        decides.message.clone(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given = (&'static str, Status, &'static str);

    #[track_caller]
    fn check(given: &[Given], expect: Option<(Status, &str)>) {
        let mut conditions = Conditions::default();
        for (kind, status, reason) in given {
            conditions.set(
                Condition::new(kind, *status, reason, format!("because {reason}")),
                1,
                "t",
            );
        }
        let found = ready(&conditions);
        assert_eq!(
            found.as_ref().map(|one| (one.status, one.reason.as_str())),
            expect
        );
        if let Some(found) = found {
            assert_eq!(found.message, format!("because {}", found.reason));
        }
    }

    use Status::{False, True, Unknown};

    #[test]
    fn nothing_says_nothing() {
        check(&[], None);
        check(&[(READY, True, "Succeeded"), ("Other", True, "X")], None);
    }

    #[test]
    fn a_stored_artifact_is_ready() {
        check(
            &[(ARTIFACT_IN_STORAGE, True, "Succeeded")],
            Some((True, "Succeeded")),
        );
        check(
            &[
                (ARTIFACT_IN_STORAGE, True, "Stored"),
                (SOURCE_VERIFIED, True, "Verified"),
            ],
            Some((True, "Stored")),
        );
    }

    #[test]
    fn true_bad_news_outweighs_false_good_news() {
        check(
            &[
                (ARTIFACT_IN_STORAGE, False, "Missing"),
                (FETCH_FAILED, True, "GitOperationFailed"),
            ],
            Some((False, "GitOperationFailed")),
        );
        check(
            &[
                (ARTIFACT_IN_STORAGE, True, "Stored"),
                (RECONCILING, True, "ProgressingWithRetry"),
            ],
            Some((False, "ProgressingWithRetry")),
        );
    }

    #[test]
    fn the_order_decides_between_equals() {
        check(
            &[
                (RECONCILING, True, "ProgressingWithRetry"),
                (STALLED, True, "URLInvalid"),
                (ARTIFACT_OUTDATED, True, "NewRevision"),
                (FETCH_FAILED, True, "GitOperationFailed"),
            ],
            Some((False, "GitOperationFailed")),
        );
        check(
            &[
                (FETCH_FAILED, True, "Git"),
                (STORAGE_OPERATION_FAILED, True, "Disk"),
            ],
            Some((False, "Disk")),
        );
    }

    #[test]
    fn a_failed_verification_is_decisive() {
        check(
            &[
                (FETCH_FAILED, True, "Git"),
                (SOURCE_VERIFIED, False, "InvalidCommitSignature"),
            ],
            Some((False, "InvalidCommitSignature")),
        );
    }

    #[test]
    fn false_bad_news_is_good_and_unknown_weighs_least() {
        check(&[(FETCH_FAILED, False, "Fine")], Some((True, "Fine")));
        check(
            &[(ARTIFACT_IN_STORAGE, Unknown, "Progressing")],
            Some((Unknown, "Progressing")),
        );
        check(
            &[
                (ARTIFACT_IN_STORAGE, Unknown, "Progressing"),
                (FETCH_FAILED, False, "Fine"),
            ],
            Some((True, "Fine")),
        );
    }
}
