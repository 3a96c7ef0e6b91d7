//! What went wrong, by how it is handled.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use flux_api::condition::Condition;
use flux_api::reason;

/// What there is to say of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Reason of the conditions and the event, in CamelCase.
    pub reason: String,
    /// For people: object, place, cause, what to do.
    pub message: String,
    /// Pause before the next pass instead of the usual one.
    pub retry_after: Option<Duration>,
    /// Conditions to set besides Ready (and Stalled).
    pub conditions: Vec<Condition>,
    /// Metadata of the event; keys without the group, such as `revision`.
    pub metadata: BTreeMap<String, String>,
    /// Say it in conditions and log, but send no event.
    pub quiet: bool,
}

/// What went wrong. The variant says how it is handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It may work next time: again after a pause that doubles from 750 ms to 15 min, or after `retry_after`.
    Transient(Box<Failure>),
    /// Something else must come first: no failure, `Ready=False` until then. Triggers bring the next pass, or 30 s
    /// (`--requeue-dependency`), or `retry_after`.
    Waiting {
        /// What it waits for.
        on: String,
        /// What there is to say.
        failure: Box<Failure>,
    },
    /// It cannot work until the object changes: `Stalled=True`, no further pass.
    Stalled(Box<Failure>),
    /// It will not work with this content, but the content may change without a trigger: again after `retry_after` (mostly the
    /// object's interval), never sooner.
    Terminal(Box<Failure>),
}

impl Error {
    /// It may work next time.
    pub fn transient(reason: &str, message: impl Into<String>) -> Self {
        Error::Transient(Failure::new(reason, message))
    }

    /// Something else must come first.
    pub fn waiting(reason: &str, on: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Waiting {
            on: on.into(),
            failure: Failure::new(reason, message),
        }
    }

    /// It cannot work until the object changes.
    pub fn stalled(reason: &str, message: impl Into<String>) -> Self {
        Error::Stalled(Failure::new(reason, message))
    }

    /// It will not work with this content; again after `retry_after`.
    pub fn terminal(reason: &str, message: impl Into<String>, retry_after: Duration) -> Self {
        Error::Terminal(Failure::new(reason, message)).retry_after(retry_after)
    }

    /// What there is to say.
    pub fn failure(&self) -> &Failure {
        match self {
            Error::Transient(failure)
            | Error::Waiting { failure, .. }
            | Error::Stalled(failure)
            | Error::Terminal(failure) => failure,
        }
    }

    /// What there is to say, to add to.
    pub fn failure_mut(&mut self) -> &mut Failure {
        match self {
            Error::Transient(failure)
            | Error::Waiting { failure, .. }
            | Error::Stalled(failure)
            | Error::Terminal(failure) => failure,
        }
    }

    /// With another pause.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.failure_mut().retry_after = Some(pause);
        self
    }

    /// With another reason.
    #[must_use]
    pub fn with_reason(mut self, reason: &str) -> Self {
        self.failure_mut().reason = reason.into();
        self
    }

    /// With words in front of the message, and a colon.
    #[must_use]
    pub fn context(mut self, words: &str) -> Self {
        let failure = self.failure_mut();
        failure.message = format!("{words}: {}", failure.message);
        self
    }

    /// With another condition to set.
    #[must_use]
    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.failure_mut().conditions.push(condition);
        self
    }

    /// With metadata for the event, under a key without the group (`revision`).
    #[must_use]
    pub fn with_metadata(mut self, key: &str, value: impl Into<String>) -> Self {
        self.failure_mut().metadata.insert(key.into(), value.into());
        self
    }

    /// Without an event.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.failure_mut().quiet = true;
        self
    }
}

impl Failure {
    fn new(reason: &str, message: impl Into<String>) -> Box<Self> {
        Box::new(Failure {
            reason: reason.into(),
            message: message.into(),
            ..Failure::default()
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure().message)
    }
}

impl std::error::Error for Error {}

/// Requests that fail are worth another try with reason `Failed`; [`Error::with_reason`] gives it a better one.
impl From<flux_kube::Error> for Error {
    fn from(error: flux_kube::Error) -> Self {
        let mut own = Error::transient(reason::FAILED, error.to_string());
        own.failure_mut().retry_after = error.retry_after();
        own
    }
}
