//! Kustomization, `kustomize.toolkit.fluxcd.io/v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Conditions;
use crate::duration::GoDuration;
use crate::gitrepository::is_zero;
use crate::meta::{DependencyReference, LocalReference, ObjectReference, Resource};

/// API group.
pub const GROUP: &str = "kustomize.toolkit.fluxcd.io";
/// Group and version.
pub const API_VERSION: &str = "kustomize.toolkit.fluxcd.io/v1";
/// Kind.
pub const KIND: &str = "Kustomization";
/// Field manager of everything applied.
pub const FIELD_MANAGER: &str = "kustomize-controller";
/// Field manager of what the controller writes about Kustomizations themselves.
pub const STATUS_MANAGER: &str = "gotk-kustomize-controller";

/// A path of a source to build and apply.
pub type Kustomization = Resource<KustomizationSpec, KustomizationStatus>;

/// What to build, how to change it on the way, how to apply it and when it counts as healthy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KustomizationSpec {
    /// Where the manifests come from.
    pub source_ref: ObjectReference,
    /// Directory in the artifact; its root unless set.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Time between two reconciliations.
    pub interval: GoDuration,
    /// Time to the next try after a failure; the interval unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<GoDuration>,
    /// Limit for apply and health; see [`KustomizationSpec::timeout`].
    #[serde(default, rename = "timeout", skip_serializing_if = "Option::is_none")]
    pub timeout_field: Option<GoDuration>,
    /// Delete what left the source.
    #[serde(default)]
    pub prune: bool,
    /// Wait for everything applied to become healthy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
    /// Objects to wait for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_checks: Vec<ObjectReference>,
    /// Custom health rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check_exprs: Vec<Value>,
    /// What must be ready first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<DependencyReference>,
    /// Variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_build: Option<PostBuild>,
    /// Namespace for everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target_namespace: String,
    /// Prefix for every name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_prefix: String,
    /// Suffix for every name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_suffix: String,
    /// Labels and annotations for every object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// Patches, appended to those of the kustomization file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    /// Image overrides, merged by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// Components, appended to those of the kustomization file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Leave out components that do not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_missing_components: bool,
    /// Kustomize build metadata.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_metadata: Vec<String>,
    /// Recreate objects whose immutable fields change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// True: leave the object alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// What becomes of the applied objects on deletion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deletion_policy: String,
    /// Account to act as.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Another cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<Value>,
    /// How to decrypt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decryption: Option<Decryption>,
    /// Fields left to others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Value>,
}

impl KustomizationSpec {
    /// The limit for apply and health: the field, or the interval less 30 s; never below 30 s, not even when asked.
    pub fn timeout(&self) -> GoDuration {
        let floor = GoDuration::from_secs(30);
        let wanted = self.timeout_field.unwrap_or(self.interval.saturating_sub(floor));
        wanted.max(floor)
    }

    /// Time to the next try after a failure.
    pub fn retry_interval(&self) -> GoDuration {
        self.retry_interval.unwrap_or(self.interval)
    }
}

/// Labels and annotations for every object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CommonMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Variables for what was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PostBuild {
    /// `WithVariables` (default) or `Always`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub substitute_strategy: String,
    /// Inline variables; they win.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub substitute: BTreeMap<String, String>,
    /// Objects that hold variables; later ones win.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub substitute_from: Vec<SubstituteReference>,
}

/// An object that holds variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubstituteReference {
    /// ConfigMap or Secret.
    pub kind: String,
    /// Object name, in the same namespace.
    pub name: String,
    /// Go on when it does not exist.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A patch and what it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Patch {
    /// Strategic merge or JSON 6902, as YAML text.
    pub patch: String,
    /// Objects it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}

/// Picks objects; every given field must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// API version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Namespace, an anchored regular expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name, an anchored regular expression.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Annotation selector.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub annotation_selector: String,
    /// Label selector.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label_selector: String,
}

/// An image override.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// Image name to look for, without tag.
    pub name: String,
    /// Its new name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub new_name: String,
    /// Its new tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub new_tag: String,
    /// Its digest, instead of a tag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// How to decrypt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Decryption {
    /// Only `sops`.
    pub provider: String,
    /// Private keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// Account for key services.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
}

/// What was applied last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizationStatus {
    /// The generation that this status speaks of; -1 on a new object.
    #[serde(skip_serializing_if = "is_zero")]
    pub observed_generation: i64,
    /// Conditions.
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// Revision applied last with success.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_applied_revision: String,
    /// Its origin revision, where the artifact names one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_applied_origin_revision: String,
    /// Revision tried last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_attempted_revision: String,
    /// What is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<Inventory>,
    /// The last few outcomes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Snapshot>,
    /// The reconcile request handled last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_handled_reconcile_at: String,
}

/// Objects that this Kustomization applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// One entry an object, in the order of application.
    pub entries: Vec<InventoryEntry>,
}

/// One applied object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// `<namespace>_<name>_<group>_<kind>`.
    pub id: String,
    /// API version.
    pub v: String,
}

/// One outcome in the history; repeats of the same digest and status are counted in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snapshot {
    /// `sha256:hex` of the built manifests.
    pub digest: String,
    /// RFC 3339 time of the first.
    pub first_reconciled: String,
    /// RFC 3339 time of the last.
    pub last_reconciled: String,
    /// How long the last took.
    pub last_reconciled_duration: String,
    /// Reason of `Ready`.
    pub last_reconciled_status: String,
    /// How many.
    pub total_reconciliations: i64,
    /// `revision` and, where known, `originRevision`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}
