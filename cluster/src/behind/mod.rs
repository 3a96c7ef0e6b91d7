//! The controllers behind the API: garbage collection by owner, namespace lifecycle, the default ServiceAccount
//! and `kube-root-ca.crt` of every namespace, clean-up of custom resources when their definition goes, aggregated
//! ClusterRoles, and expiry of Events.
//!
//! The same form as [`crate::simulate`]: [`targets`] says which objects a change concerns, [`step`] looks at one of
//! them and gives the writes. Drive both from the same queue.
//!
//! # What the server must do for it
//!
//! - A `DELETE` with foreground or orphan propagation puts the finalizer `foregroundDeletion` or `orphan` on the
//!   object; the collector works on objects that have it and takes it off at the end.
//! - A namespace is removed when `deletionTimestamp` is set and both `metadata.finalizers` and `spec.finalizers`
//!   are empty. The update that empties `spec.finalizers` is an [`crate::simulate::Action::Update`] of
//!   [`crate::simulate::Parts::Both`].
//! - A custom resource definition gets the finalizer `customresourcecleanup.apiextensions.k8s.io` when it is
//!   created or deleted.

mod definition;
mod event;
mod garbage;
mod namespace;
mod quota;
mod roles;
mod step;
#[cfg(test)]
mod tests;
mod token;

pub use step::{step, targets};
