//! The controllers behind the API: garbage collection by owner, namespace lifecycle, the default ServiceAccount
//! and `kube-root-ca.crt` of every namespace, clean-up of custom resources when their definition goes, and
//! expiry of Events.
//!
//! The same form as [`crate::simulate`]: [`targets`] says which objects a change concerns, [`step`] looks at one of
//! them and gives the writes. Drive both from the same queue.

mod step;

pub use step::{step, targets};
