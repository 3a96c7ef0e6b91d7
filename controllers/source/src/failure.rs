//! What went wrong, in the words and conditions of a GitRepository.

use flux_api::condition::{Condition, RECONCILING};
use flux_api::reason;
use flux_api::source::{FETCH_FAILED, INCLUDE_UNAVAILABLE, STORAGE_OPERATION_FAILED};
use flux_git::GitError;
use flux_runtime::Error;
use flux_store::StoreError;

/// What the progress condition says while nothing more is known.
pub(crate) const IN_PROGRESS: &str = "reconciliation in progress";

/// The failure with the condition that tells of it, which upstream's readers look for.
pub(crate) fn with(error: Error, kind: &str) -> Error {
    let failure = error.failure();
    let condition = Condition::new(kind, true, &failure.reason, &failure.message);
    error.with_condition(condition)
}

/// The remote could not be fetched.
pub(crate) fn fetch(reason: &str, message: impl Into<String>) -> Error {
    with(Error::transient(reason, message), FETCH_FAILED)
}

/// The spec asks for what cannot be; only another spec helps.
pub(crate) fn stalled(reason: &str, message: impl Into<String>) -> Error {
    with(Error::stalled(reason, message), FETCH_FAILED)
}

/// Credentials are missing or cannot be used.
pub(crate) fn authentication(message: impl Into<String>) -> Error {
    fetch(reason::AUTHENTICATION_FAILED, message)
}

/// An include is not there yet.
pub(crate) fn include(reason: &str, name: &str, message: String) -> Error {
    with(Error::waiting(reason, name, message), INCLUDE_UNAVAILABLE)
}

/// The contents of an include cannot be put where they should go.
pub(crate) fn copy(reason: &str, message: String) -> Error {
    with(Error::transient(reason, message), STORAGE_OPERATION_FAILED)
}

/// The artifact could not be stored.
pub(crate) fn archive(error: &StoreError) -> Error {
    let (reason, what) = match error {
        StoreError::Io {
            action: "create directory",
            ..
        } => (reason::DIR_CREATION_FAILED, "failed to create artifact directory"),
        StoreError::Io { action: "lock", .. } => (reason::FAILED, "failed to acquire lock for artifact"),
        _ => (
            reason::ARCHIVE_OPERATION_FAILED,
            "unable to archive artifact to storage",
        ),
    };
    with(
        Error::transient(reason, format!("{what}: {error}")),
        STORAGE_OPERATION_FAILED,
    )
}

/// Git failed.
pub(crate) fn git(error: &GitError) -> Error {
    match error {
        GitError::Url { .. } => stalled(reason::URL_INVALID, error.to_string()),
        GitError::Empty { .. } => fetch(reason::EMPTY_GIT_REPOSITORY, "git repository is empty"),
        GitError::NoDirectory { .. } => {
            let message = format!("failed to sparse checkout directories : {error}");
            fetch(reason::GIT_OPERATION_FAILED, message)
        }
        _ => fetch(
            reason::GIT_OPERATION_FAILED,
            format!("failed to checkout and determine revision: {error}"),
        ),
    }
}

/// The progress condition that stands beside a failure. Upstream leaves there what it said at the start of the pass.
pub(crate) fn in_progress(error: Error, message: Option<String>) -> Error {
    let message = message.unwrap_or_else(|| IN_PROGRESS.into());
    error.with_condition(Condition::new(
        RECONCILING,
        true,
        reason::PROGRESSING_WITH_RETRY,
        message,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &Error, reason: &str, message: &str, kinds: &[&str]) {
        let failure = error.failure();
        assert_eq!(
            (failure.reason.as_str(), failure.message.as_str()),
            (reason, message)
        );
        let held: Vec<_> = failure.conditions.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(held, kinds);
        assert!(
            failure
                .conditions
                .iter()
                .all(|one| one.reason == reason && one.message == message)
        );
    }

    #[test]
    fn git_failures_are_fetch_failures() {
        let missing = GitError::RefNotFound {
            url: "https://example.com/x".into(),
            reference: "refs/heads/gone".into(),
            nearby: vec!["main".into()],
        };
        let error = git(&missing);
        check(
            &error,
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone 'https://example.com/x': couldn't find remote ref \"refs/heads/gone\" (there are: main)",
            &["FetchFailed"],
        );
        assert!(matches!(error, Error::Transient(_)));
        let empty = GitError::Empty { url: "u".into() };
        check(
            &git(&empty),
            "EmptyGitRepository",
            "git repository is empty",
            &["FetchFailed"],
        );
        let url = GitError::Url {
            url: "ssh://x".into(),
            cause: "no".into(),
        };
        let error = git(&url);
        check(
            &error,
            "URLInvalid",
            "invalid URL 'ssh://x': no",
            &["FetchFailed"],
        );
        assert!(matches!(error, Error::Stalled(_)));
    }

    #[test]
    fn a_full_disk_is_a_storage_failure() {
        let error = archive(&StoreError::Full {
            path: "/data/x".into(),
        });
        check(
            &error,
            "ArchiveOperationFailed",
            "unable to archive artifact to storage: no space left to store \"/data/x\": free space or enlarge the volume of the artifact directory",
            &["StorageOperationFailed"],
        );
    }
}
