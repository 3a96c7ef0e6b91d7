//! Defaults and validation of built-in kinds, as kube-apiserver applies them.
//!
//! [`default`] fills in what the API fills in (and users see as soon as they read the object back), [`validate`]
//! finds the usual mistakes with upstream's messages. Custom resources are not handled here: their schemas say
//! what to default and what to check; only [`validate_metadata`] is for them too.
//!
//! What needs allocation (cluster IPs, node ports) is asked for through [`Allocate`].

mod api;

pub use api::{Allocate, FieldError, Reason, default, validate, validate_metadata};
