//! The reasons that conditions and events carry, spelled as upstream spells them.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => { $($(#[$doc])* pub const $name: &str = $text;)* };
}

reasons! {
    /// Done.
    SUCCEEDED = "Succeeded";
    /// Failed for a reason that has no name of its own.
    FAILED = "Failed";
    /// At work.
    PROGRESSING = "Progressing";
    /// At work after a failure.
    PROGRESSING_WITH_RETRY = "ProgressingWithRetry";
    /// Told to rest.
    SUSPENDED = "Suspended";
    /// A dependency is not ready.
    DEPENDENCY_NOT_READY = "DependencyNotReady";
    /// A reference crosses namespaces where that is forbidden.
    ACCESS_DENIED = "AccessDenied";
    /// A path leaves its root or does not exist.
    INVALID_PATH = "InvalidPath";
    /// A CEL expression does not compile.
    INVALID_CEL_EXPRESSION = "InvalidCELExpression";
    /// A field needs a feature gate that is off.
    FEATURE_GATE_DISABLED = "FeatureGateDisabled";

    // sources
    /// The URL cannot be used.
    URL_INVALID = "URLInvalid";
    /// Credentials are missing, malformed or refused.
    AUTHENTICATION_FAILED = "AuthenticationFailed";
    /// A signature does not verify.
    VERIFICATION_ERROR = "VerificationError";
    /// A directory could not be made.
    DIR_CREATION_FAILED = "DirectoryCreationFailed";
    /// A file could not be examined.
    STAT_OPERATION_FAILED = "StatOperationFailed";
    /// A file could not be read.
    READ_OPERATION_FAILED = "ReadOperationFailed";
    /// The lock of an artifact could not be taken.
    ACQUIRE_LOCK_FAILED = "AcquireLockFailed";
    /// The archive could not be written.
    ARCHIVE_OPERATION_FAILED = "ArchiveOperationFailed";
    /// The stored artifact is the newest.
    ARTIFACT_UP_TO_DATE = "ArtifactUpToDate";
    /// The remote has something newer.
    NEW_REVISION = "NewRevision";
    /// There is no artifact.
    NO_ARTIFACT = "NoArtifact";
    /// Old artifacts were removed.
    GARBAGE_COLLECTION_SUCCEEDED = "GarbageCollectionSucceeded";
    /// Old artifacts could not be removed.
    GARBAGE_COLLECTION_FAILED = "GarbageCollectionFailed";
    /// An artifact was stored (event).
    NEW_ARTIFACT = "NewArtifact";
    /// Git failed.
    GIT_OPERATION_FAILED = "GitOperationFailed";
    /// Git did what it should (event).
    GIT_OPERATION_SUCCEEDED = "GitOperationSucceeded";
    /// The repository has no commits.
    EMPTY_GIT_REPOSITORY = "EmptyGitRepository";
    /// The ignore rules are broken.
    SOURCE_IGNORE_ERROR = "SourceIgnoreError";
    /// The provider settings contradict each other.
    INVALID_PROVIDER_CONFIGURATION = "InvalidProviderConfiguration";
    /// An included artifact changed.
    INCLUDE_CHANGE = "IncludeChange";
    /// Something referred to does not exist.
    NOT_FOUND = "NotFound";
    /// An included artifact could not be copied.
    COPY_FAILURE = "CopyFailure";
    /// A path of an include leaves its root.
    ILLEGAL_PATH = "IllegalPath";

    // Kustomization
    /// Everything was applied and is healthy.
    RECONCILIATION_SUCCEEDED = "ReconciliationSucceeded";
    /// Something failed that has no reason of its own.
    RECONCILIATION_FAILED = "ReconciliationFailed";
    /// The source artifact is missing or cannot be fetched.
    ARTIFACT_FAILED = "ArtifactFailed";
    /// The manifests do not build.
    BUILD_FAILED = "BuildFailed";
    /// Something that left the source could not be deleted.
    PRUNE_FAILED = "PruneFailed";
    /// Something applied did not become healthy.
    HEALTH_CHECK_FAILED = "HealthCheckFailed";
    /// A health check ended early since something newer came.
    HEALTH_CHECK_CANCELED = "HealthCheckCanceled";
    // HelmRepository and HelmChart
    /// The index cannot be read.
    INDEXATION_FAILED = "IndexationFailed";
    /// A chart was pulled.
    CHART_PULL_SUCCEEDED = "ChartPullSucceeded";
    /// A chart was packaged.
    CHART_PACKAGE_SUCCEEDED = "ChartPackageSucceeded";
    /// The source of a chart has no artifact.
    NO_SOURCE_ARTIFACT = "NoSourceArtifact";
    /// The source of a chart does not exist.
    SOURCE_UNAVAILABLE = "SourceUnavailable";
    /// A chart cannot come from such a source.
    UNSUPPORTED_SOURCE_KIND = "UnsupportedSourceKind";
    /// There is another chart than the one that is stored.
    NEW_CHART = "NewChart";
    // HelmRelease
    /// A release was made.
    INSTALL_SUCCEEDED = "InstallSucceeded";
    /// A release could not be made.
    INSTALL_FAILED = "InstallFailed";
    /// A release was changed.
    UPGRADE_SUCCEEDED = "UpgradeSucceeded";
    /// A release could not be changed.
    UPGRADE_FAILED = "UpgradeFailed";
    /// The chart's tests passed.
    TEST_SUCCEEDED = "TestSucceeded";
    /// One of the chart's tests failed.
    TEST_FAILED = "TestFailed";
    /// A release was brought back.
    ROLLBACK_SUCCEEDED = "RollbackSucceeded";
    /// A release could not be brought back.
    ROLLBACK_FAILED = "RollbackFailed";
    /// A release was taken away.
    UNINSTALL_SUCCEEDED = "UninstallSucceeded";
    /// A release could not be taken away.
    UNINSTALL_FAILED = "UninstallFailed";
    /// The source of the chart is not ready.
    SOURCE_NOT_READY = "SourceNotReady";
    /// The values cannot be put together.
    VALUES_ERROR = "ValuesError";
    /// The state of the release cannot be told.
    STATE_ERROR = "StateError";
    /// Something went wrong beside the Helm actions.
    RECONCILE_ERROR = "ReconcileError";
    /// No attempts are left.
    RETRIES_EXCEEDED = "RetriesExceeded";
    /// There is no release to go back to.
    MISSING_ROLLBACK_TARGET = "MissingRollbackTarget";
    /// The release was made, its tests are to come.
    AWAITING_TESTS = "AwaitingTests";
    /// An action on the release was cut off.
    PENDING_RELEASE = "PendingRelease";
    /// The cluster differs from the release.
    DRIFT_DETECTED = "DriftDetected";
    /// The cluster is as the release says.
    NO_DRIFT_DETECTED = "NoDriftDetected";
    /// What differed was put right (event).
    DRIFT_CORRECTED = "DriftCorrected";
    /// What differs could not be put right (event).
    DRIFT_CORRECTION_FAILED = "DriftCorrectionFailed";
}
