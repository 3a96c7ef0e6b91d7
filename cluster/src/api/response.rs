//! An answer as the core gives it.

use bytes::Bytes;
use serde_json::Value;

use super::negotiate::Format;
use super::watch::WatchPlan;
use super::{ApiRequest, Failure};

/// One answer.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// Texts of `Warning` headers, with their code and quotes.
    pub(crate) warnings: Vec<String>,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) payload: Payload,
    /// The answer may be sent when everything up to this revision is durable.
    pub(crate) revision: u64,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Payload {
    /// All of it.
    Whole(Bytes),
    /// A stream of changes.
    Watch(Box<WatchPlan>),
}

impl ApiResponse {
    pub(crate) fn whole(status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            warnings: Vec::new(),
            headers: Vec::new(),
            payload: Payload::Whole(body.into()),
            revision: 0,
        }
    }

    /// Plain text.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        let mut response = Self::whole(status, "text/plain; charset=utf-8", body.into());
        response
            .headers
            .push(("x-content-type-options", "nosniff".into()));
        response
    }

    /// A JSON document in the form that was agreed on.
    pub(crate) fn value(status: u16, value: &Value, format: Format) -> Self {
        match format {
            Format::Json => Self::whole(status, "application/json", super::go::encode(value)),
            Format::Yaml => Self::whole(status, "application/yaml", flux_yaml::json::json_to_yaml(value)),
        }
    }

    /// A failure, as the client wants to read it.
    pub(crate) fn failure(request: &ApiRequest, failure: &Failure) -> Self {
        if failure.plain && failure.message.is_empty() {
            return Self::whole(failure.code, "", "");
        }
        if failure.plain {
            return Self::text(failure.code, failure.message.clone());
        }
        let mut response = Self::value(
            failure.code,
            &failure.status(),
            super::negotiate::for_errors(&request.accept),
        );
        if let Some(seconds) = failure.retry_after() {
            response.headers.push(("retry-after", seconds.to_string()));
        }
        response
    }

    /// The answer may leave when `revision` is durable.
    pub(crate) fn after(mut self, revision: u64) -> Self {
        self.revision = self.revision.max(revision);
        self
    }

    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }
}
