//! What a step asks the driver to do.

use jiff::Timestamp;
use serde_json::Value;

/// The name of an object: which one is meant, whatever version it is read in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind, for example `Deployment`.
    pub kind: String,
    /// Namespace, empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl ObjectRef {
    /// The reference of the given parts.
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        Self {
            group: group.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The reference of a full object, read from `apiVersion`, `kind` and `metadata`.
    pub fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        Self {
            group: group_of(api_version).to_owned(),
            kind: text(&object["kind"]),
            namespace: text(&object["metadata"]["namespace"]),
            name: text(&object["metadata"]["name"]),
        }
    }
}

/// The group of an `apiVersion`: `apps` of `apps/v1`, empty for `v1`.
pub(crate) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Which parts of the object an [`Action::Update`] replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Metadata and spec: a `PUT` on the object.
    Main,
    /// Only `status`: a `PUT` on the status subresource.
    Status,
    /// Metadata, spec and status in one write, which saves an event where upstream makes two.
    Both,
}

/// What happens to the dependents of a deleted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// Dependents are collected afterwards.
    Background,
    /// Dependents that block go first.
    Foreground,
    /// Dependents stay and lose their owner.
    Orphan,
}

/// One write, done with the rights of the cluster itself (no authorization, no admission).
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Create the object; a `status` in it is stored too, in the same write. "Already exists" is no failure.
    Create {
        /// The whole object, with `apiVersion`, `kind`, name and namespace; not yet defaulted.
        object: Value,
        /// The field manager to record.
        manager: &'static str,
    },
    /// Replace the object (or a part of it), provided `metadata.resourceVersion` is still the current one.
    /// A `finalizers` list that becomes empty while `deletionTimestamp` is set removes the object, as for any `PUT`.
    Update {
        /// The whole object as it shall be.
        object: Value,
        /// What of it is written.
        parts: Parts,
        /// The field manager to record.
        manager: &'static str,
    },
    /// Apply a configuration on the server's side, by force; the object must exist.
    Apply {
        /// `apiVersion`, `kind`, name and the fields to own.
        config: Value,
        /// The field manager to record.
        manager: &'static str,
    },
    /// An `Update` of a Secret, with a token of a service account put into it.
    Token {
        /// The whole Secret as it shall be, but for the token.
        secret: Value,
        /// The service account.
        account: Value,
        /// The field manager to record.
        manager: &'static str,
    },
    /// Delete the object as a `DELETE` with these options would; finalizers hold it. "Not found" is no failure.
    Delete {
        /// Which object.
        target: ObjectRef,
        /// Precondition: the `metadata.uid` it must have.
        uid: String,
        /// What happens to its dependents.
        propagation: Propagation,
    },
}

/// The outcome of looking at one object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// The writes to make, in this order.
    pub actions: Vec<Action>,
    /// When to look at the same object again even if nothing changes.
    pub wake: Option<Timestamp>,
}

impl Step {
    /// Ask to be called again at `at`, or earlier if that was asked for already.
    pub fn wake_at(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |old| old.min(at)));
    }
}
