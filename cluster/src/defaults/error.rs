//! What is wrong with a field.

use serde_json::Value;

/// What is wrong with a field, as in `details.causes[].reason` of a Status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `FieldValueRequired`
    Required,
    /// `FieldValueInvalid`
    Invalid,
    /// `FieldValueForbidden`
    Forbidden,
    /// `FieldValueDuplicate`
    Duplicate,
    /// `FieldValueNotSupported`
    NotSupported,
    /// `FieldValueTooLong`
    TooLong,
    /// `FieldValueTooMany`
    TooMany,
    /// `FieldValueNotFound`
    NotFound,
    /// `FieldValueTypeInvalid`
    TypeInvalid,
}

impl Reason {
    /// The reason as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::Forbidden => "FieldValueForbidden",
            Self::Duplicate => "FieldValueDuplicate",
            Self::NotSupported => "FieldValueNotSupported",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::NotFound => "FieldValueNotFound",
            Self::TypeInvalid => "FieldValueTypeInvalid",
        }
    }
}

/// One thing that is wrong with an object. `Display` gives `field: message`, as it stands in a Status message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// Why.
    pub reason: Reason,
    /// Path, for example `spec.template.spec.containers[0].image`.
    pub field: String,
    /// The message of the cause, for example `Required value` or `Invalid value: "x": must be ...`.
    pub message: String,
}

impl FieldError {
    fn new(reason: Reason, field: impl Into<String>, message: String) -> Self {
        Self {
            reason,
            field: field.into(),
            message,
        }
    }

    /// A value is missing.
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = if detail.is_empty() {
            "Required value".to_owned()
        } else {
            format!("Required value: {detail}")
        };
        Self::new(Reason::Required, field, message)
    }

    /// A value is not what it must be.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new(
            Reason::Invalid,
            field,
            format!("Invalid value: {}: {detail}", show(value)),
        )
    }

    /// The same for a value that upstream shows in a form of its own.
    pub(crate) fn invalid_shown(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        Self::new(
            Reason::Invalid,
            field,
            format!("Invalid value: {shown}: {detail}"),
        )
    }

    /// The same for a string.
    pub(crate) fn invalid_text(field: impl Into<String>, value: &str, detail: &str) -> Self {
        Self::invalid(field, &Value::from(value), detail)
    }

    /// A value must not be there or must not change.
    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(Reason::Forbidden, field, format!("Forbidden: {detail}"))
    }

    /// A value is there twice.
    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(
            Reason::Duplicate,
            field,
            format!("Duplicate value: {}", show(value)),
        )
    }

    /// A value is none of those known.
    pub(crate) fn not_supported(field: impl Into<String>, value: &Value, known: &[&str]) -> Self {
        let known: Vec<String> = known.iter().map(|value| format!("\"{value}\"")).collect();
        let message = format!(
            "Unsupported value: {}: supported values: {}",
            show(value),
            known.join(", ")
        );
        Self::new(Reason::NotSupported, field, message)
    }

    /// A value is too long: `max` bytes.
    pub(crate) fn too_long(field: impl Into<String>, max: usize) -> Self {
        Self::new(
            Reason::TooLong,
            field,
            format!("Too long: may not be more than {max} bytes"),
        )
    }
}

/// A value as upstream prints it in messages: JSON, but `null` for what is absent.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => crate::api::go::quote(text),
        other => other.to_string(),
    }
}
