//! Entry points.
use serde_json::Value;

/// What only the server can give out.
pub trait Allocate {
    /// A free cluster IP for a Service, or the requested one if it is free and in range.
    ///
    /// # Errors
    /// The message for the field `spec.clusterIPs[0]` when it cannot be had.
    fn cluster_ip(&mut self, requested: Option<&str>) -> Result<String, String>;

    /// A free node port, or the requested one if it is free and in range.
    ///
    /// # Errors
    /// The message for the field `nodePort` when it cannot be had.
    fn node_port(&mut self, requested: Option<u16>) -> Result<u16, String>;

    /// A new UID (version 4), for labels that need one (Job).
    fn uid(&mut self) -> String;
}

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

/// Fill in the defaults of a built-in kind, which is read from `apiVersion` and `kind`. Call it after decoding
/// and pruning, for creates and for every kind of update (then with the stored object as `old`, in the same
/// version: allocated values are carried over from it, as upstream does for Services). Kinds that are not
/// known are left alone.
///
/// # Errors
/// What could not be allocated.
pub fn default(_object: &mut Value, _old: Option<&Value>, _allocate: &mut dyn Allocate) -> Result<(), Vec<FieldError>> {
    Ok(())
}

/// What is wrong with an object of a built-in kind, metadata included. `old` is the stored object on updates,
/// in the same version.
pub fn validate(_new: &Value, _old: Option<&Value>) -> Vec<FieldError> {
    Vec::new()
}

/// What is wrong with the metadata of any object: name, namespace, labels, annotations, owner references,
/// finalizers, and on updates changes of immutable metadata.
pub fn validate_metadata(_new: &Value, _old: Option<&Value>, _namespaced: bool) -> Vec<FieldError> {
    Vec::new()
}
