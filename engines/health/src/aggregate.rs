//! The status of a set of objects, and the sentence that says what is wrong with it.

use serde_json::Value;

use flux_object::{ObjectId, meta};

use crate::{Kind, Status};

/// One object of a set that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Which object.
    pub id: ObjectId,
    /// What is known of it; nothing before the first look.
    pub status: Option<Status>,
    /// A Job that the cluster removes some time after it is done: being gone means that it is done.
    pub gone_is_done: bool,
}

impl Watched {
    /// An object of which nothing is known yet.
    pub fn new(id: ObjectId) -> Self {
        Watched {
            id,
            status: None,
            gone_is_done: false,
        }
    }

    /// The status that counts.
    fn kind(&self) -> Option<Kind> {
        match self.status.as_ref()?.kind {
            Kind::NotFound if self.gone_is_done => Some(Kind::Current),
            kind => Some(kind),
        }
    }

    /// Whether there is nothing left to wait for.
    pub fn is_current(&self) -> bool {
        self.kind() == Some(Kind::Current)
    }

    fn complaint(&self) -> String {
        match &self.status {
            None => format!("can't determine status for {}", self.id),
            Some(status) if status.message.is_empty() => format!("{} status: '{}'", self.id, status.kind),
            Some(status) => format!("{} status: '{}': {}", self.id, status.kind, status.message),
        }
    }
}

/// What a set of objects amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is current.
    Healthy,
    /// Something is still on the way.
    Waiting,
    /// It does not get there; the sentence names each object and why.
    Failed(String),
}

/// Judges a set.
///
/// With `fail_fast` the first failed object decides; without, the rest is waited for. Once everything is either current or
/// failed there is nothing to wait for in any case. Objects that do not exist (yet) are waited for.
pub fn verdict(set: &[Watched], fail_fast: bool) -> Verdict {
    let failures = || set.iter().filter(|watched| watched.kind() == Some(Kind::Failed));
    if set.iter().all(Watched::is_current) {
        return Verdict::Healthy;
    }
    let settled = set
        .iter()
        .all(|watched| matches!(watched.kind(), Some(Kind::Current | Kind::Failed)));
    if failures().next().is_some() && (fail_fast || settled) {
        return Verdict::Failed(sentence("failed early due to stalled resources", failures()));
    }
    Verdict::Waiting
}

/// The sentence for a set that ran out of time: everything in it that is not current.
pub fn timed_out(set: &[Watched]) -> String {
    sentence(
        "timeout waiting for",
        set.iter().filter(|watched| !watched.is_current()),
    )
}

/// Whether `object` is a Job that the cluster removes by itself when it is done.
pub fn is_job_with_ttl(object: &Value) -> bool {
    meta::kind(object) == "Job"
        && meta::api_version(object).starts_with("batch/")
        && object["spec"]["ttlSecondsAfterFinished"].is_i64()
}

fn sentence<'a>(what: &str, complaints: impl Iterator<Item = &'a Watched>) -> String {
    let complaints: Vec<String> = complaints.map(Watched::complaint).collect();
    format!("{what}: [{}]", complaints.join(", "))
}
