//! What to do, decided from the object and what was observed.

use std::time::Duration;

use flux_api::condition::{Conditions, READY, Status};
use flux_api::gitrepository::{GitRef, GitRepository, GitRepositorySpec};
use flux_api::meta::ObjectMeta;
use flux_api::source::{ARTIFACT_IN_STORAGE, Artifact};
use flux_artifact::transform_legacy;
use flux_git::{Limits, Request, Selection};
use flux_runtime::Error;

use crate::conditions::FAILURES;
use crate::failure;

/// Limit for a Git operation where the object sets none.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Reason for what this program does not do yet.
const UNSUPPORTED: &str = "UnsupportedField";

/// Refuses what would otherwise be ignored in silence.
pub(crate) fn check_supported(spec: &GitRepositorySpec) -> Result<(), Error> {
    let refuse = |field: &str, advice: &str| {
        Err(failure::stalled(
            UNSUPPORTED,
            format!("spec.{field} is not supported yet: {advice}"),
        ))
    };
    if let Some(provider) = spec
        .provider
        .as_deref()
        .filter(|provider| !matches!(*provider, "" | "generic"))
    {
        let advice = format!("provider {provider:?} cannot obtain credentials; use generic with a secretRef");
        return refuse("provider", &advice);
    }
    if spec
        .service_account_name
        .as_deref()
        .is_some_and(|name| !name.is_empty())
    {
        return refuse("serviceAccountName", "use a secretRef");
    }
    if spec.verify.is_some() {
        return refuse(
            "verify",
            "signatures cannot be checked, so nothing is fetched; remove it to fetch unverified",
        );
    }
    if spec.recurse_submodules {
        return refuse(
            "recurseSubmodules",
            "use spec.include with a GitRepository for each submodule",
        );
    }
    if spec.url.starts_with("ssh://") {
        return refuse("url", "ssh addresses cannot be fetched; use an https address");
    }
    Ok(())
}

/// Which commit the object asks for: commit, then name, then tag, then range, then branch.
pub(crate) fn selection(reference: Option<&GitRef>) -> Selection {
    let Some(reference) = reference else {
        return Selection::default();
    };
    let set = |field: &Option<String>| field.clone().filter(|value| !value.is_empty());
    if let Some(hash) = set(&reference.commit) {
        return Selection::Commit {
            hash,
            branch: set(&reference.branch),
        };
    }
    let name = set(&reference.name).map(Selection::Name);
    name.or_else(|| set(&reference.tag).map(Selection::Tag))
        .or_else(|| set(&reference.semver).map(Selection::Semver))
        .or_else(|| set(&reference.branch).map(Selection::Branch))
        .unwrap_or_default()
}

/// The fetch that the object asks for. The revision that is held counts only while its artifact is in storage.
pub(crate) fn request(object: &GitRepository, artifact: Option<&Artifact>, limits: Limits) -> Request {
    let stored = object.status.conditions.is_true(ARTIFACT_IN_STORAGE);
    Request {
        held: artifact
            .filter(|_| stored)
            .map(|artifact| artifact.revision.clone()),
        ignore: object.spec.ignore.clone(),
        sparse: object.spec.sparse_checkout.clone(),
        timeout: object.spec.timeout.map_or(TIMEOUT, |timeout| timeout.get()),
        limits,
        ..Request::new(selection(object.spec.reference.as_ref()))
    }
}

/// Whether something but the revision changed that the content of the artifact depends on.
pub(crate) fn content_changed(object: &GitRepository, includes: &[Artifact]) -> bool {
    let (spec, status) = (&object.spec, &object.status);
    let same = |held: &Artifact, now: &Artifact| {
        transform_legacy(&held.revision) == transform_legacy(&now.revision) && held.digest == now.digest
    };
    spec.ignore != status.observed_ignore
        || spec.recurse_submodules != status.observed_recurse_submodules
        || spec.sparse_checkout != status.observed_sparse_checkout
        || spec.include != status.observed_include
        || includes.len() != status.included_artifacts.len()
        || !status
            .included_artifacts
            .iter()
            .zip(includes)
            .all(|(held, now)| same(held, now))
}

/// Whether other artifacts are included than at the last time.
pub(crate) fn includes_differ(held: &[Artifact], now: &[Artifact]) -> bool {
    let same = |held: &Artifact, now: &Artifact| held.revision == now.revision && held.digest == now.digest;
    held.len() != now.len() || !held.iter().zip(now).all(|(held, now)| same(held, now))
}

/// What the status says before the work begins, if it must be said: upstream writes it only when the spec changed or a
/// reconciliation was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Beginning {
    pub(crate) message: String,
    /// Whether `Ready` becomes Unknown too.
    pub(crate) ready_too: bool,
}

pub(crate) fn beginning(object: &GitRepository) -> Option<Beginning> {
    let status = &object.status;
    begin(
        &object.metadata,
        status.observed_generation,
        &status.last_handled_reconcile_at,
        &status.conditions,
    )
}

/// The same for any source.
pub(crate) fn begin(
    metadata: &ObjectMeta,
    observed_generation: i64,
    handled: &str,
    conditions: &Conditions,
) -> Option<Beginning> {
    let ready = conditions.get(READY);
    let ready_too = ready.is_none_or(|ready| ready.status == Status::Unknown);
    if metadata.generation != observed_generation {
        let (old, new) = (observed_generation, metadata.generation);
        let message = format!("processing object: new generation {old} -> {new}");
        return Some(Beginning { message, ready_too });
    }
    let requested = metadata.requested_at().filter(|at| *at != handled);
    requested.map(|_| Beginning {
        message: failure::IN_PROGRESS.into(),
        ready_too,
    })
}

/// What is said at the end of a pass that went well.
#[derive(Debug, PartialEq)]
pub(crate) struct Announcement {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

/// Upstream speaks only of a new artifact, or of the first success after a failure.
pub(crate) fn announcement(
    before: Option<&Artifact>,
    failed_before: bool,
    artifact: &Artifact,
    commit: &str,
) -> Option<Announcement> {
    let message = format!("stored artifact for commit '{commit}'");
    announce(
        before,
        failed_before,
        artifact,
        flux_api::reason::NEW_ARTIFACT,
        flux_api::reason::SUCCEEDED,
        message,
    )
}

/// The same with other words.
pub(crate) fn announce(
    before: Option<&Artifact>,
    failed_before: bool,
    artifact: &Artifact,
    new: &'static str,
    recovered: &'static str,
    message: String,
) -> Option<Announcement> {
    if before.is_none_or(|before| before.digest != artifact.digest) {
        return Some(Announcement { reason: new, message });
    }
    failed_before.then_some(Announcement {
        reason: recovered,
        message,
    })
}

/// Whether the last pass failed.
pub(crate) fn failed(conditions: &Conditions) -> bool {
    FAILURES.iter().any(|kind| conditions.get(kind).is_some())
}

#[cfg(test)]
mod tests;
