//! Requests that fail: the `Status` object.

use serde_json::{Value, json};

use super::go::quote;
use crate::defaults::FieldError;

/// Why a request is refused, in the terms of `metav1.Status`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) code: u16,
    /// Empty for failures that upstream does not classify.
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// `details`, when there are any.
    pub(crate) details: Option<Value>,
    /// A plain text answer instead of a Status.
    pub(crate) plain: bool,
    /// For `410`: where a list may go on.
    pub(crate) continue_token: Option<String>,
}

/// A group and a resource (or kind), as messages name them: `deployments.apps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
}

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.group {
            "" => f.write_str(self.resource),
            group => write!(f, "{}.{group}", self.resource),
        }
    }
}

impl Named<'_> {
    fn details(self, name: &str) -> Value {
        let mut details = serde_json::Map::new();
        if !name.is_empty() {
            details.insert("name".into(), super::go::clean(name).into());
        }
        if !self.group.is_empty() {
            details.insert("group".into(), self.group.into());
        }
        if !self.resource.is_empty() {
            details.insert("kind".into(), self.resource.into());
        }
        Value::Object(details)
    }
}

fn cause(reason: &str, message: &str, field: &str) -> Value {
    json!({"reason": reason, "message": message, "field": field})
}

impl Failure {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
            plain: false,
            continue_token: None,
        }
    }

    fn about(code: u16, reason: &'static str, message: String, what: Named<'_>, name: &str) -> Self {
        Self {
            details: Some(what.details(name)),
            ..Self::new(code, reason, message)
        }
    }

    /// No such object.
    pub(crate) fn not_found(what: Named<'_>, name: &str) -> Self {
        Self::about(
            404,
            "NotFound",
            format!("{what} {} not found", quote(name)),
            what,
            name,
        )
    }

    /// No such resource: the path names nothing.
    pub(crate) fn no_resource() -> Self {
        Self {
            details: Some(json!({})),
            ..Self::new(
                404,
                "NotFound",
                "the server could not find the requested resource",
            )
        }
    }

    /// No such path.
    pub(crate) fn no_page() -> Self {
        Self {
            plain: true,
            ..Self::new(404, "NotFound", "404 page not found\n")
        }
    }

    /// Only a code.
    pub(crate) fn empty(code: u16) -> Self {
        Self {
            plain: true,
            ..Self::new(code, "", "")
        }
    }

    pub(crate) fn already_exists(what: Named<'_>, name: &str, deleting: bool) -> Self {
        let prefix = if deleting { "object is being deleted: " } else { "" };
        Self::about(
            409,
            "AlreadyExists",
            format!("{prefix}{what} {} already exists", quote(name)),
            what,
            name,
        )
    }

    pub(crate) fn conflict(what: Named<'_>, name: &str, why: &str) -> Self {
        Self::about(
            409,
            "Conflict",
            format!("Operation cannot be fulfilled on {what} {}: {why}", quote(name)),
            what,
            name,
        )
    }

    /// Somebody else changed the object in between.
    pub(crate) fn modified(what: Named<'_>, name: &str) -> Self {
        Self::conflict(
            what,
            name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn forbidden(what: Named<'_>, name: &str, why: &str) -> Self {
        let quoted = if name.is_empty() {
            String::new()
        } else {
            format!(" {}", quote(name))
        };
        Self::about(
            403,
            "Forbidden",
            format!("{what}{quoted} is forbidden: {why}"),
            what,
            name,
        )
    }

    pub(crate) fn internal(message: impl AsRef<str>) -> Self {
        let message = message.as_ref();
        Self {
            details: Some(json!({"causes": [{"message": message}]})),
            ..Self::new(
                500,
                "InternalError",
                format!("Internal error occurred: {message}"),
            )
        }
    }

    /// An error without a class: code 500 and only a message.
    pub(crate) fn unclassified(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self {
            details: Some(json!({})),
            ..Self::new(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            )
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn not_acceptable(accepted: &str) -> Self {
        Self::new(
            406,
            "NotAcceptable",
            format!("only the following media types are accepted: {accepted}"),
        )
    }

    pub(crate) fn unsupported_media_type(accepted: &str) -> Self {
        Self::new(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: {accepted}"
            ),
        )
    }

    pub(crate) fn too_large(message: &str) -> Self {
        Self::new(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: {message}"),
        )
    }

    /// The object breaks rules. `kind` with its group, as in `Deployment.apps "x" is invalid`.
    pub(crate) fn invalid(kind: Named<'_>, name: &str, errors: &[FieldError]) -> Self {
        // An error of the object as a whole has the empty path, which prints so.
        let field = |error: &FieldError| {
            if error.field.is_empty() {
                "[]".to_owned()
            } else {
                error.field.clone()
            }
        };
        let fields: Vec<String> = errors.iter().map(field).collect();
        let causes: Vec<_> = errors
            .iter()
            .zip(&fields)
            .map(|(error, field)| (error.reason.as_str(), field.as_str(), error.message.clone()))
            .collect();
        Self::invalid_causes(kind, name, &causes)
    }

    /// The same, with causes as (reason, field, message).
    pub(crate) fn invalid_causes(kind: Named<'_>, name: &str, causes: &[(&str, &str, String)]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for (_, field, message) in causes {
            let text = format!("{field}: {message}");
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let text = if texts.len() == 1 {
            texts.concat()
        } else {
            format!("[{}]", texts.join(", "))
        };
        let mut details = kind.details(name);
        details["causes"] = causes
            .iter()
            .map(|(reason, field, message)| cause(reason, message, field))
            .collect();
        Self {
            details: Some(details),
            ..Self::new(
                422,
                "Invalid",
                format!("{kind} {} is invalid: {text}", quote(name)),
            )
        }
    }

    /// The query asks for something that is not possible.
    pub(crate) fn invalid_options(kind: &str, problems: Vec<(&'static str, &'static str, String)>) -> Self {
        let causes: Vec<(&str, &str, String)> = problems;
        Self::invalid_causes(
            Named {
                group: "meta.k8s.io",
                resource: kind,
            },
            "",
            &causes,
        )
    }

    /// The revision asked for lies in the future.
    pub(crate) fn future_revision(asked: u64, current: u64) -> Self {
        Self {
            details: Some(json!({
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            })),
            ..Self::new(
                504,
                "Timeout",
                format!("Timeout: Too large resource version: {asked}, current: {current}"),
            )
        }
    }

    /// The `Status` object.
    pub(crate) fn status(&self) -> Value {
        let mut status = serde_json::Map::new();
        status.insert("kind".into(), "Status".into());
        status.insert("apiVersion".into(), "v1".into());
        let metadata = self
            .continue_token
            .as_ref()
            .map_or(json!({}), |token| json!({"continue": token}));
        status.insert("metadata".into(), metadata);
        status.insert("status".into(), "Failure".into());
        status.insert("message".into(), super::go::clean(&self.message).into());
        if !self.reason.is_empty() {
            status.insert("reason".into(), self.reason.into());
        }
        if let Some(details) = &self.details {
            status.insert("details".into(), details.clone());
        }
        status.insert("code".into(), self.code.into());
        Value::Object(status)
    }

    /// `Retry-After`, in seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.details.as_ref()?["retryAfterSeconds"].as_u64()
    }
}
