//! What can go wrong with a request, by what a caller can do about it.

use std::time::Duration;

use serde::Deserialize;

use flux_object::Gvk;

/// One field of an object that the server refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// Machine-readable kind, such as `FieldValueInvalid` or `FieldManagerConflict`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Field path.
    pub field: String,
}

/// An answer of the API server that is a refusal: the `Status` object, without its envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status code.
    pub code: u16,
    /// Reason, such as `NotFound`.
    pub reason: String,
    /// The server's sentence, as kubectl prints it.
    pub message: String,
    /// Refused fields, or conflicting field managers.
    pub causes: Vec<Cause>,
    /// Pause that the server asked for.
    pub retry_after: Option<Duration>,
}

/// What a failed request means. The text is the server's own sentence where there is one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The object (or namespace, or path) does not exist.
    #[error("{}", .0.message)]
    NotFound(ApiError),
    /// The object changed meanwhile, or another field manager owns a field (see `causes`), or a precondition does not hold.
    #[error("{}", .0.message)]
    Conflict(ApiError),
    /// An object of this name exists.
    #[error("{}", .0.message)]
    AlreadyExists(ApiError),
    /// The object breaks its schema or an admission rule (400, 422, other 4xx).
    #[error("{}", .0.message)]
    Invalid(ApiError),
    /// The account may not do that.
    #[error("{}", .0.message)]
    Forbidden(ApiError),
    /// The server does not know the account.
    #[error("{}", .0.message)]
    Unauthorized(ApiError),
    /// A resource version or continue token is too old.
    #[error("{}", .0.message)]
    Gone(ApiError),
    /// The server is overloaded, starting or broken (429, 5xx): later it may work.
    #[error("{}", .0.message)]
    Busy(ApiError),
    /// The server cannot be reached, or the connection broke. Whether a write happened is not known.
    #[error("{message}")]
    Network {
        /// What happened, with the address.
        message: String,
    },
    /// The server has no such kind. The text is kubectl's.
    #[error("no matches for kind \"{}\" in version \"{}\"", .gvk.kind, .gvk.api_version())]
    NoMatch {
        /// The kind that was asked for.
        gvk: Gvk,
    },
    /// The answer makes no sense, or the request could not be made from the given data.
    #[error("{0}")]
    Protocol(String),
}

/// The variants of [`Error`], without what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is documented at the variant of Error of the same name"
)]
pub enum ErrorKind {
    NotFound,
    Conflict,
    AlreadyExists,
    Invalid,
    Forbidden,
    Unauthorized,
    Gone,
    Busy,
    Network,
    NoMatch,
    Protocol,
}

impl Error {
    /// Which variant it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::NotFound(_) => ErrorKind::NotFound,
            Error::Conflict(_) => ErrorKind::Conflict,
            Error::AlreadyExists(_) => ErrorKind::AlreadyExists,
            Error::Invalid(_) => ErrorKind::Invalid,
            Error::Forbidden(_) => ErrorKind::Forbidden,
            Error::Unauthorized(_) => ErrorKind::Unauthorized,
            Error::Gone(_) => ErrorKind::Gone,
            Error::Busy(_) => ErrorKind::Busy,
            Error::Network { .. } => ErrorKind::Network,
            Error::NoMatch { .. } => ErrorKind::NoMatch,
            Error::Protocol(_) => ErrorKind::Protocol,
        }
    }

    /// Whether the object does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::NotFound(_))
    }

    /// Whether the object changed meanwhile or belongs to another.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Conflict(_))
    }

    /// Whether the same request may succeed later with nothing changed: network, 429, 5xx.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Busy(_) | Error::Network { .. })
    }

    /// The refusal, where the server answered.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Error::NotFound(api)
            | Error::Conflict(api)
            | Error::AlreadyExists(api)
            | Error::Invalid(api)
            | Error::Forbidden(api)
            | Error::Unauthorized(api)
            | Error::Gone(api)
            | Error::Busy(api) => Some(api),
            Error::Network { .. } | Error::NoMatch { .. } | Error::Protocol(_) => None,
        }
    }

    /// Pause that the server asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(|api| api.retry_after)
    }

    /// Refused fields or conflicting managers; empty without an answer.
    pub fn causes(&self) -> &[Cause] {
        self.api().map_or(&[], |api| &api.causes)
    }

    /// Reads a refusal from the code, the body and the `Retry-After` header of an answer.
    pub(crate) fn from_answer(code: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let api = ApiError::read(code, body, retry_after);
        match (api.code, api.reason.as_str()) {
            (_, "AlreadyExists") => Error::AlreadyExists(api),
            (404, _) => Error::NotFound(api),
            (409, _) => Error::Conflict(api),
            (403, _) => Error::Forbidden(api),
            (401, _) => Error::Unauthorized(api),
            (410, _) | (_, "Expired") => Error::Gone(api),
            (429 | 500.., _) => Error::Busy(api),
            _ => Error::Invalid(api),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireStatus {
    code: u16,
    reason: String,
    message: String,
    details: Option<WireDetails>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireDetails {
    causes: Vec<Cause>,
    retry_after_seconds: u64,
}

impl ApiError {
    fn read(code: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let Ok(status) = serde_json::from_slice::<WireStatus>(body) else {
            return ApiError {
                code,
                reason: String::new(),
                message: plain_message(code, body),
                causes: Vec::new(),
                retry_after,
            };
        };
        let details = status.details.unwrap_or_default();
        let asked =
            (details.retry_after_seconds > 0).then(|| Duration::from_secs(details.retry_after_seconds));
        ApiError {
            code: if status.code == 0 { code } else { status.code },
            message: if status.message.is_empty() {
                plain_message(code, b"")
            } else {
                status.message
            },
            reason: status.reason,
            causes: details.causes,
            retry_after: retry_after.or(asked),
        }
    }
}

/// Words for an answer that is no `Status`: from a proxy, or a 404 of an unknown path.
fn plain_message(code: u16, body: &[u8]) -> String {
    const LONGEST: usize = 256;
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
    match text.trim() {
        "" => format!("the server answered with HTTP status {code}"),
        text => format!("the server answered with HTTP status {code}: {text}"),
    }
}
