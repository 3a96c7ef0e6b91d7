//! Validating admission policies: what they match, and what they say about a request.
//!
//! The policies and bindings of the store are read and compiled when they change. A request that none matches pays for
//! one look at an empty list.

mod admit;
mod rules;
mod table;

pub(crate) use admit::Operation;
pub(crate) use table::Policies;

/// The group of the policies.
pub(crate) const GROUP: &str = "admissionregistration.k8s.io";
