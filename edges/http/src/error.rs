//! What can go wrong between us and a server.

use std::error::Error as StdError;
use std::time::Duration;

/// Why there is no answer. Every address in it is redacted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be used.
    #[error("invalid URL {url:?}: {cause}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Certificates, key or proxy cannot be used.
    #[error("invalid {what}: {cause}")]
    Settings {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// No connection could be made.
    #[error("cannot connect to {url}: {cause}")]
    Connect {
        /// The address.
        url: String,
        /// Cause, down to the last.
        cause: String,
    },
    /// It took too long.
    #[error("no complete answer from {url}{}", within(.after))]
    Timeout {
        /// The address.
        url: String,
        /// The limit, where known.
        after: Option<Duration>,
    },
    /// The answer ended early or was no HTTP.
    #[error("broken answer from {url}: {cause}")]
    Broken {
        /// The address.
        url: String,
        /// Cause, down to the last.
        cause: String,
    },
    /// The server refused.
    #[error("{url} answered {status}{}", detail(.message))]
    Status {
        /// The address.
        url: String,
        /// Its answer.
        status: http::StatusCode,
        /// The start of the body, if it is text.
        message: String,
    },
    /// More bytes than allowed.
    #[error("answer from {url} is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
}

impl Error {
    /// Whether the same request may succeed later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Connect { .. } | Error::Timeout { .. } | Error::Broken { .. } => true,
            Error::Status { status, .. } => status.is_server_error() || status.as_u16() == 429,
            Error::Url { .. } | Error::Settings { .. } | Error::TooLarge { .. } => false,
        }
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<http::StatusCode> {
        match self {
            Error::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(crate) fn from_client(url: &str, error: reqwest::Error, after: Option<Duration>) -> Self {
        let url = crate::redact(url);
        let error = error.without_url();
        if error.is_timeout() {
            return Error::Timeout { url, after };
        }
        let cause = causes(&error);
        if error.is_builder() {
            return Error::Url { url, cause };
        }
        if error.is_connect() {
            Error::Connect { url, cause }
        } else {
            Error::Broken { url, cause }
        }
    }
}

fn within(after: &Option<Duration>) -> String {
    after
        .map(|limit| format!(" within {limit:?}"))
        .unwrap_or_default()
}

fn detail(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// The innermost causes, which say what happened; the outer layers only say that something did.
pub(crate) fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    let inner = texts.len().saturating_sub(2).max(usize::from(texts.len() > 1));
    let mut kept: Vec<String> = texts.split_off(inner);
    kept.dedup();
    if let [first, second] = kept.as_slice()
        && first.contains(second.as_str())
    {
        return first.clone();
    }
    kept.join(": ")
}
