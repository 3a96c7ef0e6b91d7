//! What an apply has to do, without doing it.
//!
//! Takes desired objects, live objects, answers of dry runs and inventories; gives the objects made ready ([`prepare`]), their
//! [`stages`], a [`Decision`] for each, the patch that takes over from other tools ([`cleanup`]), inventories, what is stale in
//! them and what of that may be deleted. Objects are `serde_json::Value`s. It deliberately sends no request, and it does not
//! look into `spec.ignore` rules yet.
//!
//! The caller's part: dry-run every object of a stage, [`decide`], and only when the whole stage is accepted write what changed.
//!
//! ```
//! use flux_apply::{Action, Decision, Options, decide};
//! use serde_json::json;
//!
//! let desired = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"k": "new"}});
//! let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "old"},
//!     "metadata": {"name": "a", "namespace": "ns", "uid": "1", "resourceVersion": "7"}});
//! let mut dry_run = live.clone();
//! dry_run["data"]["k"] = "new".into();
//! let decision = decide(&desired, Some(&live), &dry_run, &Options::default());
//! assert_eq!(decision, Decision::Apply { action: Action::Configured, cleanup: None });
//! ```

mod cleanup;
mod decide;
mod drift;
mod error;
mod inventory;
mod prepare;
mod prune;
mod stage;

pub use cleanup::{FieldManager, Operation, cleanup};
pub use decide::{Decision, Options, decide, is_skipped, must_recreate};
pub use drift::{Seen, fingerprint, has_drifted};
pub use error::{Refusal, apply_failed, dry_run_failed, is_immutable, recreate_failed};
pub use inventory::{Action, Change, ParsedEntry, entries, inventory_of, merge, parse, stale};
pub use prepare::{normalize, prepare};
pub use prune::{Deletion, deletion};
pub use stage::{GroupKind, Stage, StageKind, stages};

#[cfg(test)]
mod tests;
