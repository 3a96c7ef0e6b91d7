//! Whether an object that left the source may be deleted.

use serde_json::Value;

use flux_object::marks;

/// What becomes of a stale object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Delete it.
    Delete,
    /// It belongs to another, or is marked to stay.
    Skip,
    /// It is not there any more.
    Gone,
}

/// Judges a live object that left the source of the Kustomization `name` in `namespace`.
pub fn deletion(live: Option<&Value>, name: &str, namespace: &str) -> Deletion {
    const KEPT: [(&str, &str); 3] = [
        (marks::PRUNE, marks::DISABLED),
        (marks::RECONCILE, marks::DISABLED),
        (marks::SSA, marks::IGNORE),
    ];
    match live {
        None => Deletion::Gone,
        Some(live) if marks::has_any(live, &KEPT) || !marks::is_owned_by(live, name, namespace) => {
            Deletion::Skip
        }
        Some(_) => Deletion::Delete,
    }
}
