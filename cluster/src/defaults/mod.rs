//! Defaults and validation of built-in kinds, as kube-apiserver applies them.
//!
//! [`default()`] fills in what the API fills in (and users see as soon as they read the object back), [`validate`]
//! finds the usual mistakes with upstream's messages. Custom resources are not handled here: their schemas say
//! what to default and what to check; only [`validate_metadata`] is for them too.
//!
//! What needs allocation (cluster IPs, node ports) is asked for through [`Allocate`].

mod allocate;
mod batch;
mod error;
mod fill;
mod kinds;
mod network;
mod pod;
mod policy;
mod quantity;
mod storage;
#[cfg(test)]
mod tests;
mod tidy;
mod usage;
mod validate;
mod workload;

pub use allocate::Allocate;
pub use error::{FieldError, Reason};
pub use kinds::{admit, default, default_fields};
pub(crate) use kinds::{first_status, tidy_metadata};
pub use quantity::canonical_quantity;
pub(crate) use quantity::check_quantity;
pub(crate) use usage::{amount, compare_quantities, pod_amounts, quantity_ratio, sum, unnamed, usage};
pub(crate) use validate::{is_label, is_subdomain};
pub use validate::{validate, validate_metadata};
