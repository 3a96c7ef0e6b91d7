//! Who owns which field: server-side apply and the bookkeeping of ordinary writes.
//!
//! Takes objects as JSON values, their type and the name of a field manager; gives the merged object with its
//! `metadata.managedFields` kept as the API server keeps them, or the conflicts that stand in the way. Also gives the sets
//! of fields themselves ([`FieldSet`]: read, print, combine). It deliberately does not default, validate or convert objects,
//! and takes the time as a parameter.
//!
//! ```
//! use flux_managedfields::{Request, apply};
//! use flux_schema::Facts;
//! use serde_json::json;
//! let request = Request {
//!     ty: Facts::builtin().type_of("", "v1", "ConfigMap").ok_or("no such type")?,
//!     api_version: "v1",
//!     manager: "me",
//!     subresource: "",
//!     now: "2026-01-01T00:00:00Z",
//!     reset: None,
//! };
//! let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
//! let object = apply(None, &config, &request, false)?;
//! assert_eq!(object["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {"f:k": {}}}));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apply;
mod cap;
mod conflict;
mod element;
mod fields_v1;
mod last_applied;
mod managed;
mod noop;
mod reset;
mod scale;
mod set;
mod typed;
mod update;
mod updater;

pub use apply::apply;
pub use conflict::{ApplyError, Conflict};
pub use element::PathElement;
pub use fields_v1::FieldsError;
pub use managed::{Managed, ManagedError, Manager, Operation, Owned};
pub use noop::same_but_for_times;
pub use reset::{reset_fields, reset_fields_of_custom};
pub use scale::{owners_after_scale, owners_of_scale};
pub use set::FieldSet;
pub use typed::{Comparison, TypedError, TypedErrors, compare, field_set, merge, remove, validate};
pub use update::update;

use flux_schema::TypeRef;

/// What a write says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The type of the object in this version.
    pub ty: TypeRef<'a>,
    /// The version that the request speaks, for example `apps/v1`.
    pub api_version: &'a str,
    /// The name of the field manager.
    pub manager: &'a str,
    /// The subresource that was written to; empty for the object itself.
    pub subresource: &'a str,
    /// Now, in RFC 3339 with seconds, in UTC.
    pub now: &'a str,
    /// Fields that this endpoint resets to what they were: nobody owns them through it. See [`reset_fields`].
    pub reset: Option<&'a FieldSet>,
}
