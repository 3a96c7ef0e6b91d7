//! Validation of objects, with upstream's field paths and messages.

mod admission;
mod config;
mod diff;
mod internal;
mod kinds;
mod metadata;
mod names;
mod network;
mod pod;
mod policy;
mod selector;
mod storage;
mod workload;

pub use kinds::validate;
pub use metadata::validate_metadata;
pub(crate) use names::{is_label, is_subdomain};

use serde_json::Value;

use super::FieldError;

/// Errors as they are found.
pub(crate) type Errors = Vec<FieldError>;

/// The field is immutable: an error if it changed.
pub(crate) fn immutable(errors: &mut Errors, field: &str, new: &Value, old: &Value) {
    if new != old {
        errors.push(FieldError::invalid(field, new, "field is immutable"));
    }
}

/// A number that must not be negative.
pub(crate) fn not_negative(errors: &mut Errors, field: &str, value: &Value) {
    if value.as_i64().is_some_and(|number| number < 0) {
        errors.push(FieldError::invalid(
            field,
            value,
            "must be greater than or equal to 0",
        ));
    }
}

/// A value that must be one of a few.
pub(crate) fn one_of(errors: &mut Errors, field: &str, value: &Value, known: &[&str]) {
    if !value.as_str().is_some_and(|value| known.contains(&value)) {
        let value = if value.is_null() {
            &Value::String(String::new())
        } else {
            value
        };
        errors.push(FieldError::not_supported(field, value, known));
    }
}

/// A port number.
pub(crate) fn port_number(errors: &mut Errors, field: &str, value: &Value) {
    let number = value.as_i64().unwrap_or(0);
    if !(1..=65_535).contains(&number) {
        errors.push(FieldError::invalid(
            field,
            &Value::from(number),
            "must be between 1 and 65535, inclusive",
        ));
    }
}
