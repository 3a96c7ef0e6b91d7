//! HelmRepository, `source.toolkit.fluxcd.io/v1`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Conditions;
use crate::duration::GoDuration;
use crate::gitrepository::is_zero;
use crate::meta::{LocalReference, Resource};
use crate::source::Artifact;

pub use crate::gitrepository::{API_VERSION, GROUP};

/// Kind.
pub const KIND: &str = "HelmRepository";
/// Type of a repository that is a registry: a static object that nobody reconciles.
pub const TYPE_OCI: &str = "oci";

/// An index of charts to fetch.
pub type HelmRepository = Resource<HelmRepositorySpec, HelmRepositoryStatus>;

/// Which repository, with which credentials, how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmRepositorySpec {
    /// Base address; `index.yaml` is appended.
    pub url: String,
    /// `default` (or empty) or `oci`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Time between two looks at the index; see [`HelmRepositorySpec::interval`].
    #[serde(rename = "interval", skip_serializing_if = "Option::is_none")]
    pub interval_field: Option<GoDuration>,
    /// Limit for a request; see [`HelmRepositorySpec::timeout`].
    #[serde(rename = "timeout", skip_serializing_if = "Option::is_none")]
    pub timeout_field: Option<GoDuration>,
    /// Credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Send the credentials also to other hosts that the index names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pass_credentials: bool,
    /// Plain HTTP, for registries.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// How credentials for registries are obtained.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// True: leave the object alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// Reserved by upstream, acted on by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_from: Option<Value>,
}

impl HelmRepositorySpec {
    /// Whether the repository is a registry.
    pub fn is_oci(&self) -> bool {
        self.kind == TYPE_OCI
    }

    /// Time between two looks at the index: 1 min unless set.
    pub fn interval(&self) -> Duration {
        self.interval_field
            .map_or(Duration::from_secs(60), GoDuration::get)
    }

    /// Limit for a request: 60 s unless set.
    pub fn timeout(&self) -> Duration {
        self.timeout_field
            .map_or(Duration::from_secs(60), GoDuration::get)
    }
}

/// What was fetched last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmRepositoryStatus {
    /// The generation that this status speaks of; -1 on a new object.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Conditions.
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The stored index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Where the newest index is served.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The reconcile request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_reconcile_at: String,
}
