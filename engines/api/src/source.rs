//! What all sources share: the artifact in their status and the conditions that lead to `Ready`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// True when an artifact of the observed revision is stored.
pub const ARTIFACT_IN_STORAGE: &str = "ArtifactInStorage";
/// True when something newer is being fetched (abnormal when true).
pub const ARTIFACT_OUTDATED: &str = "ArtifactOutdated";
/// The outcome of verification, where asked for.
pub const SOURCE_VERIFIED: &str = "SourceVerified";
/// True when the remote could not be fetched (abnormal when true).
pub const FETCH_FAILED: &str = "FetchFailed";
/// True when an include is missing (abnormal when true).
pub const INCLUDE_UNAVAILABLE: &str = "IncludeUnavailable";
/// True when a chart could not be built (abnormal when true).
pub const BUILD_FAILED: &str = "BuildFailed";
/// True when the storage failed (abnormal when true).
pub const STORAGE_OPERATION_FAILED: &str = "StorageOperationFailed";

/// A stored, immutable archive of one revision of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    /// `algorithm:hex` over the stored bytes.
    pub digest: String,
    /// RFC 3339 time of the last change of this artifact.
    pub last_update_time: String,
    /// Path below the storage root.
    pub path: String,
    /// What the archive holds, such as `main@sha1:…`.
    pub revision: String,
    /// Where it is served.
    pub url: String,
    /// Bytes stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Annotations of the upstream artifact.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}
