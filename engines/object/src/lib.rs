//! What a Kubernetes object is called, where it stands in the order of application, and the marks that Flux leaves on it.
//!
//! Takes objects as `serde_json::Value` and gives names ([`Gvk`], [`ObjectId`], inventory ids), accessors for `metadata`,
//! the order in which kinds are applied and deleted, and the labels and annotations that steer Flux ([`marks`]). It
//! deliberately knows no schemas, talks to no cluster and does not decide what to do with an object.
//!
//! ```
//! use flux_object::{ObjectId, marks, meta};
//!
//! let role = serde_json::json!({
//!     "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
//!     "metadata": {"name": "app:view", "namespace": "apps", "labels": {"kustomize.toolkit.fluxcd.io/prune": "Disabled"}},
//! });
//! let id = ObjectId::of(&role);
//! assert_eq!(id.to_string(), "Role/apps/app:view");
//! assert_eq!(id.inventory_id(), "apps_app__view_rbac.authorization.k8s.io_Role");
//! assert_eq!(ObjectId::from_inventory_id(&id.inventory_id()), Ok(id));
//! assert!(marks::has(&role, marks::PRUNE, marks::DISABLED));
//! assert_eq!(meta::namespace(&role), "apps");
//! ```

mod gvk;
mod id;
pub mod kind;
pub mod marks;
pub mod meta;
mod order;

pub use gvk::Gvk;
pub use id::{InvalidInventoryId, ObjectId};
pub use order::{apply_order, delete_order, sort_for_apply, sort_for_delete};

#[cfg(test)]
mod tests;
