//! How a request is made: plain data.

use std::time::Duration;

use serde_json::Value;

/// What to list or watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// One namespace; empty means all of them.
    pub namespace: String,
    /// Label selector in text form; empty selects all.
    pub label_selector: String,
    /// Field selector in text form; empty selects all.
    pub field_selector: String,
    /// Ask for `PartialObjectMetadata` only.
    pub metadata_only: bool,
    /// Objects per page; 0 means 500.
    pub page_size: u32,
    /// Read from the server's watch cache (`resourceVersion=0`): cheap, perhaps a moment old.
    pub any_version: bool,
}

impl ListOptions {
    /// Everything in one namespace (empty: in all).
    pub fn in_namespace(namespace: impl Into<String>) -> Self {
        ListOptions {
            namespace: namespace.into(),
            ..ListOptions::default()
        }
    }

    /// With this label selector.
    #[must_use]
    pub fn labels(mut self, selector: impl Into<String>) -> Self {
        self.label_selector = selector.into();
        self
    }

    /// With this field selector.
    #[must_use]
    pub fn fields(mut self, selector: impl Into<String>) -> Self {
        self.field_selector = selector.into();
        self
    }

    /// Metadata only.
    #[must_use]
    pub fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }
}

/// What to watch, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// The objects.
    pub list: ListOptions,
    /// First pause after a failure; doubles up to `max_backoff`.
    pub min_backoff: Duration,
    /// Longest pause after a failure.
    pub max_backoff: Duration,
    /// Time that the server is asked to keep one watch open.
    pub timeout: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        WatchOptions {
            list: ListOptions::default(),
            min_backoff: Duration::from_millis(800),
            max_backoff: Duration::from_secs(30),
            timeout: Duration::from_secs(290),
        }
    }
}

impl From<ListOptions> for WatchOptions {
    fn from(list: ListOptions) -> Self {
        WatchOptions {
            list,
            ..WatchOptions::default()
        }
    }
}

/// How to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Field manager; empty means the client's own.
    pub field_manager: String,
    /// Take fields from other managers (server-side apply only).
    pub force: bool,
    /// Let the server do everything but keep it.
    pub dry_run: bool,
    /// `Strict`, `Warn` or `Ignore`; empty leaves it to the server.
    pub field_validation: String,
    /// Write to a subresource, such as `status`; empty means the object itself.
    pub subresource: String,
}

impl WriteOptions {
    /// As this field manager.
    pub fn manager(name: impl Into<String>) -> Self {
        WriteOptions {
            field_manager: name.into(),
            ..WriteOptions::default()
        }
    }

    /// Take fields from other managers.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// Do not keep it.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Ignore unknown fields without a warning: for what a dry run warned of, or nobody shall be warned of. The server saves one of two
    /// readings of the body.
    #[must_use]
    pub fn ignore_unknown_fields(mut self) -> Self {
        self.field_validation = "Ignore".into();
        self
    }

    /// To this subresource.
    #[must_use]
    pub fn subresource(mut self, name: impl Into<String>) -> Self {
        self.subresource = name.into();
        self
    }
}

/// A change to an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// JSON merge patch (RFC 7386).
    Merge(Value),
    /// JSON patch (RFC 6902): an array of operations.
    Json(Value),
    /// Server-side apply of a whole configuration.
    Apply(Value),
    /// Strategic merge patch (built-in kinds only).
    Strategic(Value),
}

impl Patch {
    pub(crate) fn content_type(&self) -> &'static str {
        match self {
            Patch::Merge(_) => "application/merge-patch+json",
            Patch::Json(_) => "application/json-patch+json",
            Patch::Apply(_) => "application/apply-patch+yaml",
            Patch::Strategic(_) => "application/strategic-merge-patch+json",
        }
    }

    pub(crate) fn body(&self) -> &Value {
        match self {
            Patch::Merge(body) | Patch::Json(body) | Patch::Apply(body) | Patch::Strategic(body) => body,
        }
    }
}

/// What becomes of the objects that a deleted object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They are deleted afterwards.
    Background,
    /// They are deleted first.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Propagation::Background => "Background",
            Propagation::Foreground => "Foreground",
            Propagation::Orphan => "Orphan",
        }
    }
}

/// What must hold of an object for a delete to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precondition {
    /// Its UID.
    pub uid: Option<String>,
    /// Its resource version.
    pub resource_version: Option<String>,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// What becomes of dependents; `None` leaves it to the server.
    pub propagation: Option<Propagation>,
    /// What must hold.
    pub precondition: Precondition,
    /// Do not keep it.
    pub dry_run: bool,
    /// Seconds of grace; `None` leaves it to the server.
    pub grace_period: Option<u32>,
}

impl DeleteOptions {
    /// With this propagation.
    pub fn with(propagation: Propagation) -> Self {
        DeleteOptions {
            propagation: Some(propagation),
            ..DeleteOptions::default()
        }
    }

    /// Only the object with this UID.
    #[must_use]
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.precondition.uid = Some(uid.into());
        self
    }
}
