//! What to do with one object.

use serde_json::Value;

use flux_object::{marks, meta};

use crate::cleanup::{FieldManager, cleanup};
use crate::drift::has_drifted;
use crate::error::{Refusal, is_immutable};
use crate::inventory::Action;

/// Left alone, wherever the mark stands.
const EXCLUDED: [(&str, &str); 2] = [(marks::RECONCILE, marks::DISABLED), (marks::SSA, marks::IGNORE)];

/// How objects are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Our field manager.
    pub field_manager: String,
    /// Recreate objects whose immutable fields change.
    pub force: bool,
    /// Field managers whose fields are taken over.
    pub take_over: Vec<FieldManager>,
}

impl Default for Options {
    fn default() -> Self {
        let field_manager = flux_api::kustomization::FIELD_MANAGER;
        Options {
            field_manager: field_manager.into(),
            force: false,
            take_over: FieldManager::defaults(field_manager),
        }
    }
}

/// What to do with one object that the server accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is as wanted.
    Unchanged,
    /// Apply it, after the JSON patch if there is one.
    Apply {
        /// What to report.
        action: Action,
        /// JSON patch for the live object; see [`cleanup`].
        cleanup: Option<Value>,
    },
}

/// Whether an object is left alone: marked so in the source or in the cluster, or wanted only where there is none.
pub fn is_skipped(desired: &Value, live: Option<&Value>) -> bool {
    marks::has_any(desired, &EXCLUDED)
        || live.is_some_and(|live| {
            marks::has_any(live, &EXCLUDED) || marks::has(desired, marks::SSA, marks::IF_NOT_PRESENT)
        })
}

/// Compares the live object with the answer of a dry run of `desired`.
///
/// An answer without resource version means that the object would be created. An object that needs [`cleanup`] is applied
/// even when nothing else changes.
pub fn decide(desired: &Value, live: Option<&Value>, dry_run: &Value, options: &Options) -> Decision {
    if meta::resource_version(dry_run).is_empty() {
        return Decision::Apply {
            action: Action::Created,
            cleanup: None,
        };
    }
    let cleanup = live.and_then(|live| cleanup(desired, live, options));
    let drifted = live.is_none_or(|live| has_drifted(live, dry_run));
    if drifted || cleanup.is_some() {
        Decision::Apply {
            action: Action::Configured,
            cleanup,
        }
    } else {
        Decision::Unchanged
    }
}

/// Whether an object that the server refuses is deleted and created anew: the refusal is about an immutable field, and the
/// spec or a mark on either object says so.
pub fn must_recreate(desired: &Value, live: Option<&Value>, refusal: &Refusal, options: &Options) -> bool {
    let Some(live) = live else { return false };
    let marked = |object| marks::has(object, marks::FORCE, marks::ENABLED);
    is_immutable(refusal) && (options.force || marked(desired) || marked(live))
}
