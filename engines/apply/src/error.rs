//! Refusals of the server, and the sentences about them.

use flux_object::ObjectId;

/// A request that the server refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code; 0 when there was no answer.
    pub code: u16,
    /// Reason, such as `Invalid`; empty when there is none.
    pub reason: String,
    /// The server's sentence.
    pub message: String,
    /// Another field manager owns a field.
    pub is_field_conflict: bool,
}

/// Whether the refusal is about a field that cannot change: told as kubectl tells it, by conflict and invalid objects, or by
/// the words of admission rules.
pub fn is_immutable(refusal: &Refusal) -> bool {
    let words: Vec<&str> = refusal.message.split_whitespace().collect();
    let says = |first: &str, second: &str| {
        words
            .windows(2)
            .any(|pair| pair[0].ends_with(first) && pair[1].starts_with(second))
    };
    matches!(refusal.code, 409 | 422) || says("is", "immutable") || says("immutable", "field")
}

/// A dry run was refused.
pub fn dry_run_failed(id: &ObjectId, refusal: &Refusal) -> String {
    let message = &refusal.message;
    if refusal.code == 404 && id.namespace.is_empty() {
        return format!("{id} namespace not specified: {message}");
    }
    if refusal.code == 404 {
        return format!("{id} not found: {message}");
    }
    let reason = if refusal.is_field_conflict {
        "FieldManagerConflict"
    } else {
        &refusal.reason
    };
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    format!("{id} dry-run failed{reason}: {message}")
}

/// A write was refused.
pub fn apply_failed(id: &ObjectId, message: &str) -> String {
    format!("{id} apply failed: {message}")
}

/// An object that had to be recreated could not be deleted.
pub fn recreate_failed(id: &ObjectId, message: &str) -> String {
    format!("{id} immutable field detected, failed to delete object: {message}")
}
