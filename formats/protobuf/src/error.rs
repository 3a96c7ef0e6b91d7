//! What can be wrong with a body.

/// Why a body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body does not start with the four bytes `k8s\0`.
    #[error("the body is not Kubernetes protobuf: it does not start with \"k8s\\0\"")]
    Magic,
    /// The body is longer than allowed.
    #[error("the body has {found} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Its length in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are not what the wire format asks for.
    #[error("malformed protobuf{}: {problem}", place(.path))]
    Malformed {
        /// The field, as it is called in JSON, joined by dots; empty for the envelope.
        path: String,
        /// What is wrong there.
        problem: String,
    },
    /// Messages inside messages go too deep.
    #[error("more than {limit} levels of messages{}", place(.path))]
    TooDeep {
        /// The field.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// The object has too many values.
    #[error("the object has more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// The envelope does not name version and kind.
    #[error("the envelope names no {missing}: the client must set apiVersion and kind")]
    NoKind {
        /// `apiVersion` or `kind`.
        missing: &'static str,
    },
    /// The kind has no protobuf form here.
    #[error("no protobuf form of kind {kind:?} in version {api_version:?} is known: send JSON")]
    UnknownKind {
        /// As in the envelope.
        api_version: String,
        /// As in the envelope.
        kind: String,
    },
    /// The envelope says that its content is encoded or typed in a way that is not supported.
    #[error("the envelope has {what} {found:?}, which is not supported: send plain protobuf")]
    Encoding {
        /// `contentEncoding` or `contentType`.
        what: &'static str,
        /// As in the envelope.
        found: String,
    },
}

impl Error {
    pub(crate) fn malformed(problem: impl Into<String>) -> Self {
        Self::Malformed {
            path: String::new(),
            problem: problem.into(),
        }
    }

    /// The same error, one field further out.
    pub(crate) fn within(mut self, field: &str) -> Self {
        if let Self::Malformed { path, .. } | Self::TooDeep { path, .. } = &mut self
            && field != "."
        {
            *path = if path.is_empty() {
                field.to_owned()
            } else {
                format!("{field}.{path}")
            };
        }
        self
    }
}

fn place(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" at {path}")
    }
}
