//! Errors that name a field, worded as the API server words them.

use std::fmt;

use serde_json::Value;

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldErrorKind {
    /// It must be there.
    Required,
    /// The value is not acceptable.
    Invalid,
    /// The value has the wrong JSON type or format. Printed like `Invalid`, but with a reason of its own.
    TypeInvalid,
    /// Not one of the allowed values.
    NotSupported,
    /// It must not be there.
    Forbidden,
    /// An element of a set or a key of a list map comes twice.
    Duplicate,
    /// Longer than allowed.
    TooLong,
    /// More elements than allowed.
    TooMany,
}

impl FieldErrorKind {
    /// The reason in `details.causes[].reason` of a Status.
    pub fn reason(self) -> &'static str {
        match self {
            FieldErrorKind::Required => "FieldValueRequired",
            FieldErrorKind::Invalid => "FieldValueInvalid",
            FieldErrorKind::TypeInvalid => "FieldValueTypeInvalid",
            FieldErrorKind::NotSupported => "FieldValueNotSupported",
            FieldErrorKind::Forbidden => "FieldValueForbidden",
            FieldErrorKind::Duplicate => "FieldValueDuplicate",
            FieldErrorKind::TooLong => "FieldValueTooLong",
            FieldErrorKind::TooMany => "FieldValueTooMany",
        }
    }

    /// Whether CEL rules are not evaluated after such an error: they could not trust the shape.
    pub fn blocks_rules(self) -> bool {
        use FieldErrorKind::{NotSupported, Required, TooLong, TooMany, TypeInvalid};
        matches!(self, NotSupported | Required | TooLong | TooMany | TypeInvalid)
    }

    fn label(self) -> &'static str {
        match self {
            FieldErrorKind::Required => "Required value",
            FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid => "Invalid value",
            FieldErrorKind::NotSupported => "Unsupported value",
            FieldErrorKind::Forbidden => "Forbidden",
            FieldErrorKind::Duplicate => "Duplicate value",
            FieldErrorKind::TooLong => "Too long",
            FieldErrorKind::TooMany => "Too many",
        }
    }

    fn shows_value(self) -> bool {
        !matches!(
            self,
            FieldErrorKind::Required | FieldErrorKind::Forbidden | FieldErrorKind::TooLong
        )
    }
}

/// One error of one field, as in the causes of a 422 answer.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// Where: `spec.containers[0].name`; `<nil>` where the API server names no field.
    pub path: String,
    /// What.
    pub kind: FieldErrorKind,
    /// The value that was found (for type errors the name of its JSON type).
    pub value: Value,
    /// Whether the message leaves the value out where others show it.
    pub bare: bool,
    /// The rest of the message.
    pub detail: String,
}

impl FieldError {
    /// An error at a path.
    pub fn new(
        path: impl Into<String>,
        kind: FieldErrorKind,
        value: Value,
        detail: impl Into<String>,
    ) -> FieldError {
        FieldError {
            path: path.into(),
            kind,
            value,
            bare: false,
            detail: detail.into(),
        }
    }

    /// An error whose message does not show the value.
    pub fn without_value(
        path: impl Into<String>,
        kind: FieldErrorKind,
        detail: impl Into<String>,
    ) -> FieldError {
        FieldError {
            bare: true,
            ..FieldError::new(path, kind, Value::Null, detail)
        }
    }

    /// A missing field.
    pub fn required(path: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError::new(path, FieldErrorKind::Required, Value::Null, detail)
    }

    /// The message without the path: `Invalid value: "x": detail`, as in `details.causes[].message`.
    pub fn message(&self) -> String {
        let mut out = self.kind.label().to_owned();
        if self.kind.shows_value() && !self.bare {
            out.push_str(": ");
            out.push_str(&self.value.to_string());
        }
        if !self.detail.is_empty() {
            out.push_str(": ");
            out.push_str(&self.detail);
        }
        out
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message())
    }
}

impl std::error::Error for FieldError {}
