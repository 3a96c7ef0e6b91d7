//! Releases: what Helm records about a chart that it installed.

mod codec;
mod labels;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::chart::Chart;
use crate::time::Time;
use crate::value::Table;

pub use codec::{DecodeReleaseError, decode_release, encode_release};
pub use labels::{SYSTEM_LABELS, StorageKind, from_object, storage_name, to_object};

/// A release: one revision of a chart in a cluster. JSON field names are Helm's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// State and times.
    #[serde(deserialize_with = "null_as_default")]
    pub info: Info,
    /// The chart; see [`Chart`] for what a record keeps of it.
    #[serde(deserialize_with = "null_as_default")]
    pub chart: Chart,
    /// Values that were given.
    #[serde(with = "config", skip_serializing_if = "Table::is_empty")]
    pub config: Table,
    /// What was rendered, hooks excluded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// Hooks.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub hooks: Vec<Hook>,
    /// Revision, from 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub version: i64,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// `ssa` (server-side apply) or `csa`; nothing means `csa`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub apply_method: String,
    /// Labels of its own on the object that stores it.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
}

/// State and times of a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// When its first revision was installed.
    #[serde(skip_serializing_if = "Time::is_zero")]
    pub first_deployed: Time,
    /// When this revision was installed.
    #[serde(skip_serializing_if = "Time::is_zero")]
    pub last_deployed: Time,
    /// When it was uninstalled.
    #[serde(skip_serializing_if = "Time::is_zero")]
    pub deleted: Time,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The revision that was rolled back to; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub rollback_revision: i64,
    /// `NOTES.txt`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Live objects, in what `helm status` prints; kept as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Json>,
}

/// State of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Not known.
    Unknown,
    /// In the cluster.
    Deployed,
    /// Removed, with its history kept.
    Uninstalled,
    /// A newer revision took its place.
    Superseded,
    /// Installation or upgrade failed.
    Failed,
    /// Being removed.
    Uninstalling,
    /// Being installed.
    PendingInstall,
    /// Being upgraded.
    PendingUpgrade,
    /// Being rolled back.
    PendingRollback,
    /// A state of another version of Helm.
    Other(String),
}

const STATUSES: [(&str, Status); 9] = [
    ("unknown", Status::Unknown),
    ("deployed", Status::Deployed),
    ("uninstalled", Status::Uninstalled),
    ("superseded", Status::Superseded),
    ("failed", Status::Failed),
    ("uninstalling", Status::Uninstalling),
    ("pending-install", Status::PendingInstall),
    ("pending-upgrade", Status::PendingUpgrade),
    ("pending-rollback", Status::PendingRollback),
];

impl Status {
    /// Helm's word.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Other(text) => text,
            known => STATUSES
                .iter()
                .find(|(_, status)| status == known)
                .map_or("unknown", |(text, _)| text),
        }
    }

    /// Whether an operation is under way.
    pub fn is_pending(&self) -> bool {
        matches!(
            self,
            Status::PendingInstall | Status::PendingUpgrade | Status::PendingRollback
        )
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Status {
    fn from(text: String) -> Self {
        let known = STATUSES.iter().find(|(known, _)| *known == text);
        known.map_or(Status::Other(text), |(_, status)| status.clone())
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

/// A manifest that is applied at certain moments, outside of the release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Name of the object.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Path of the template, with that of the chart.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The manifest.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// When it runs.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub events: Vec<HookEvent>,
    /// How it went the last time.
    #[serde(deserialize_with = "null_as_default")]
    pub last_run: HookExecution,
    /// Hooks of one event run from the lowest weight up.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When its object is deleted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub delete_policies: Vec<HookDeletePolicy>,
    /// When its logs are printed.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub output_log_policies: Vec<HookOutputLogPolicy>,
}

/// A moment when hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are Helm's")]
pub enum HookEvent {
    PreInstall,
    PostInstall,
    PreDelete,
    PostDelete,
    PreUpgrade,
    PostUpgrade,
    PreRollback,
    PostRollback,
    Test,
}

impl HookEvent {
    /// Helm's word.
    pub fn as_str(self) -> &'static str {
        match self {
            HookEvent::PreInstall => "pre-install",
            HookEvent::PostInstall => "post-install",
            HookEvent::PreDelete => "pre-delete",
            HookEvent::PostDelete => "post-delete",
            HookEvent::PreUpgrade => "pre-upgrade",
            HookEvent::PostUpgrade => "post-upgrade",
            HookEvent::PreRollback => "pre-rollback",
            HookEvent::PostRollback => "post-rollback",
            HookEvent::Test => "test",
        }
    }

    /// The event of a word in the annotation `helm.sh/hook`.
    pub(crate) fn from_annotation(word: &str) -> Option<Self> {
        use HookEvent::*;
        let all = [
            PreInstall,
            PostInstall,
            PreDelete,
            PostDelete,
            PreUpgrade,
            PostUpgrade,
            PreRollback,
            PostRollback,
            Test,
        ];
        if word == "test-success" {
            return Some(Test);
        }
        all.into_iter().find(|event| event.as_str() == word)
    }
}

/// When a hook's object is deleted: `before-hook-creation`, `hook-succeeded` or `hook-failed`; other words mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HookDeletePolicy(pub String);

/// When a hook's logs are printed: `hook-succeeded` or `hook-failed`; other words mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HookOutputLogPolicy(pub String);

/// How a hook went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookExecution {
    /// When it was started.
    #[serde(skip_serializing_if = "Time::is_zero")]
    pub started_at: Time,
    /// When it ended.
    #[serde(skip_serializing_if = "Time::is_zero")]
    pub completed_at: Time,
    /// `Unknown`, `Running`, `Succeeded`, `Failed`, or nothing.
    pub phase: String,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn null_as_default<'de, T: Default + Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

mod config {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::value::Table;

    pub(super) fn serialize<S: Serializer>(config: &Table, serializer: S) -> Result<S::Ok, S::Error> {
        config.to_json().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
        let json = Option::<serde_json::Value>::deserialize(deserializer)?;
        Ok(json.as_ref().and_then(Table::from_json).unwrap_or_default())
    }
}
