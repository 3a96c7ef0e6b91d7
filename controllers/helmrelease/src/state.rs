//! The state of a release, told from what is stored, never from conditions.

use flux_api::helmrelease::HelmRelease;

use crate::remedy::Remedy;
use crate::{digest, history};

/// How a release stands to its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none, or it was uninstalled.
    Absent(&'static str),
    /// An action on it was cut off; the status that it has.
    Locked(String),
    /// It is not the one that the controller left.
    Unmanaged(&'static str),
    /// Something else is wanted.
    OutOfSync(&'static str),
    /// The last action failed.
    Failed(&'static str),
    /// It is as wanted, and its tests are to be run.
    Untested,
    /// It is as wanted.
    InSync,
}

/// What is stored of the last release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Helm's status.
    pub(crate) status: String,
    /// Digest over the record, computed with the digest of the artifact that the history names.
    pub(crate) digest: String,
    pub(crate) chart_name: String,
    pub(crate) chart_version: String,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) chart_name: &'a str,
    pub(crate) chart_version: &'a str,
    /// Digest of the values.
    pub(crate) values: &'a str,
}

/// A status that cannot be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unable to determine state for release with status '{0}'")]
pub(crate) struct UnknownStatus(String);

/// Tells the state; whether the cluster drifted is another question.
pub(crate) fn state(
    object: &HelmRelease,
    stored: Option<&Stored>,
    wanted: Wanted<'_>,
) -> Result<State, UnknownStatus> {
    let Some(stored) = stored else {
        return Ok(State::Absent("no release in storage for object"));
    };
    let uninstalled = State::Absent("found uninstalled release in storage");
    if is_pending(&stored.status) {
        return Ok(State::Locked(stored.status.clone()));
    }
    let Some(latest) = history::latest(&object.status.history) else {
        return Ok(match stored.status.as_str() {
            "uninstalled" => uninstalled,
            _ => State::Unmanaged("found existing release in storage"),
        });
    };
    // Digests of older forms are not comparable.
    if latest.api_version == SNAPSHOT && latest.digest != stored.digest {
        return Ok(State::Unmanaged("release not observed to be made for object"));
    }
    match stored.status.as_str() {
        "failed" => Ok(State::Failed("")),
        "uninstalled" => Ok(uninstalled),
        "deployed" => Ok(deployed(object, stored, wanted)),
        other => Err(UnknownStatus(other.into())),
    }
}

/// Form of the digest in snapshots.
pub(crate) const SNAPSHOT: &str = "v2";

pub(crate) fn is_pending(status: &str) -> bool {
    matches!(status, "pending-install" | "pending-upgrade" | "pending-rollback")
}

fn deployed(object: &HelmRelease, stored: &Stored, wanted: Wanted<'_>) -> State {
    let Some(latest) = history::latest(&object.status.history) else {
        return State::Unmanaged("found existing release in storage");
    };
    if (stored.chart_name.as_str(), stored.chart_version.as_str())
        != (wanted.chart_name, wanted.chart_version)
    {
        return State::OutOfSync("release chart changed");
    }
    if latest.config_digest != wanted.values {
        return State::OutOfSync("release config values changed");
    }
    let (spec, status) = (&object.spec, &object.status);
    if status.observed_generation != object.metadata.generation {
        let renderers = digest::post_renderers(spec.post_renderers.as_ref());
        if renderers != status.observed_post_renderers_digest {
            return State::OutOfSync("postrenderers digest has changed");
        }
        let metadata = digest::common_metadata(spec.common_metadata.as_ref());
        if metadata != status.observed_common_metadata_digest {
            return State::OutOfSync("common metadata digest has changed");
        }
    }
    if spec.test().enable {
        if !latest.is_tested() {
            return State::Untested;
        }
        let counts = Remedy::active(object).is_some_and(|remedy| !remedy.ignores_tests);
        if counts && latest.has_failed_test() {
            return State::Failed("release has test in failed phase");
        }
    }
    State::InSync
}

/// What of the target of the release changed, which makes it another release: the old one goes first.
pub(crate) fn target_change(object: &HelmRelease, chart_name: &str) -> Option<&'static str> {
    let status = &object.status;
    let latest = history::latest(&status.history).filter(|_| !status.storage_namespace.is_empty())?;
    let reinstalls = object.spec.upgrade().chart_name_change_strategy != "InPlaceUpdate";
    let changes = [
        (
            object.storage_namespace() != status.storage_namespace,
            "storage namespace",
        ),
        (
            object.release_namespace() != latest.namespace,
            "release namespace",
        ),
        (shorten(&object.release_name()) != latest.name, "release name"),
        (reinstalls && chart_name != latest.chart_name, "chart name"),
    ];
    changes
        .into_iter()
        .find(|(changed, _)| *changed)
        .map(|(_, what)| what)
}

/// The longest name that Helm takes.
const LONGEST: usize = 53;
const HASH: usize = 12;

/// A release name that Helm takes: a longer one is cut, and ends in digits of its digest.
pub(crate) fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.into();
    }
    let cut = name.floor_char_boundary(LONGEST - HASH - 1);
    let digest = digest::sha256(name.as_bytes());
    let digits = digest.trim_start_matches("sha256:");
    format!("{}-{}", &name[..cut], &digits[..HASH])
}

/// Why the failures so far say nothing of what is to be tried now, if so. A reset counts as handled in any case.
pub(crate) fn forgets_failures(object: &mut HelmRelease, wanted: Wanted<'_>) -> Option<&'static str> {
    let reset = crate::request::take_reset(object);
    let status = &object.status;
    if status.last_attempted_generation != object.metadata.generation {
        return Some("generation differs from last attempt");
    }
    if status.last_attempted_revision != wanted.chart_version {
        return Some("chart version differs from last attempt");
    }
    let tried = &status.last_attempted_config_digest;
    if (!tried.is_empty() || !status.last_attempted_values_checksum.is_empty()) && tried != wanted.values {
        return Some("values differ from last attempt");
    }
    reset.then_some("reset requested through annotation")
}

#[cfg(test)]
mod tests;
