//! The story of a GitRepository.

use flux_api::condition::{Condition, READY, RECONCILING, STALLED, Status};
use flux_api::gitrepository::{API_VERSION, GitRepository, GitRepositoryStatus, KIND};
use flux_api::source::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, Artifact, FETCH_FAILED, INCLUDE_UNAVAILABLE, SOURCE_VERIFIED,
    STORAGE_OPERATION_FAILED,
};
use flux_api::{meta, reason};
use flux_artifact::{Ignore, transform_legacy};
use flux_git::Git;
use flux_kube::{Gvk, Key};
use flux_runtime::status::Draft;
use flux_runtime::{Context, Error, Facts, Object, Outcome, Reconciler, Severity};
use flux_store::{Owner, Store};
use tracing::{debug, warn};

use crate::conditions::{FAILURES, OWNED, ready};
use crate::settings::Settings;
use crate::source::{Content, Seen, look};
use crate::{credentials, decide, failure, include};

/// Name of upstream's program.
pub(crate) const COMPONENT: &str = "source-controller";

/// Reconciles GitRepository objects into artifacts of its store.
pub struct GitRepositoryReconciler {
    settings: Settings,
    git: Git,
    store: Store,
}

impl GitRepositoryReconciler {
    pub(crate) fn new(settings: Settings, store: Store) -> Self {
        GitRepositoryReconciler {
            git: Git::new(&settings.scratch),
            settings,
            store,
        }
    }
}

impl GitRepositoryReconciler {
    /// That something else must come first is nothing to notify anyone of; only the event list has it.
    fn hush(error: Error, context: &Context) -> Error {
        if !matches!(error, Error::Waiting { .. }) {
            return error;
        }
        let failure = error.failure();
        context.event(Severity::Trace, &failure.reason, &failure.message, &[]);
        error.quiet()
    }
}

impl Reconciler for GitRepositoryReconciler {
    type Object = GitRepository;

    fn facts(&self) -> Facts {
        Facts::new(Gvk::new(API_VERSION, KIND), COMPONENT)
            .owns(OWNED)
            .finalizer(meta::FINALIZER)
    }

    async fn reconcile(&self, object: &Object<GitRepository>, context: &Context) -> Result<Outcome, Error> {
        let beginning = decide::beginning(object);
        if let Some(beginning) = &beginning {
            context
                .edit_status(|draft| begin(draft, &beginning.message, beginning.ready_too))
                .await?;
        }
        let mut pass = Pass {
            reconciler: self,
            object,
            context,
            progress: None,
            passed: Vec::new(),
        };
        pass.progress = beginning.map(|beginning| beginning.message);
        match pass.run().await {
            Ok(()) => Ok(Outcome::Interval(object.spec.interval.get())),
            Err(error) => {
                pass.forget_passed().await?;
                Err(failure::in_progress(
                    Self::hush(error, context),
                    pass.progress.take(),
                ))
            }
        }
    }

    /// What was fetched stays what it is, in the new generation as well.
    fn suspended(&self, draft: &mut Draft) {
        if draft.conditions().is_empty() {
            return;
        }
        draft.remove(STALLED);
        if let Some(doing) = draft
            .conditions()
            .get(RECONCILING)
            .map(|held| held.message.clone())
        {
            let reason = reason::PROGRESSING_WITH_RETRY;
            draft.set(Condition::new(RECONCILING, true, reason, doing));
        }
        if let Some(ready) = ready(draft.conditions()) {
            draft.set(ready);
        }
        draft.observe();
    }

    async fn finalize(&self, object: &Object<GitRepository>, context: &Context) -> Result<Outcome, Error> {
        let removed = self.store.remove_all(owner(object)).await.map_err(|error| {
            let message = format!("garbage collection for deleted resource failed: {error}");
            Error::transient(reason::GARBAGE_COLLECTION_FAILED, message)
        })?;
        if removed {
            let message = "garbage collected artifacts for deleted resource";
            context.event(
                Severity::Trace,
                reason::GARBAGE_COLLECTION_SUCCEEDED,
                message,
                &[],
            );
        }
        Ok(Outcome::Done)
    }
}

fn owner(object: &GitRepository) -> Owner<'_> {
    Owner {
        kind: KIND,
        namespace: &object.metadata.namespace,
        name: &object.metadata.name,
    }
}

pub(crate) fn begin(draft: &mut Draft, message: &str, ready_too: bool) {
    draft.reconciling(reason::PROGRESSING, message);
    if ready_too {
        draft.set(Condition::new(
            READY,
            Status::Unknown,
            reason::PROGRESSING,
            message,
        ));
    }
}

/// One pass over one object.
struct Pass<'a> {
    reconciler: &'a GitRepositoryReconciler,
    object: &'a GitRepository,
    context: &'a Context,
    /// What the progress condition says.
    progress: Option<String>,
    /// Conditions of earlier failures that this pass got past.
    passed: Vec<&'static str>,
}

impl Pass<'_> {
    async fn run(&mut self) -> Result<(), Error> {
        decide::check_supported(&self.object.spec)?;
        let artifact = self.look_at_storage().await?;
        let remote =
            credentials::remote(self.context.client(), self.object, &self.reconciler.settings).await?;
        let includes = self.includes()?;
        self.passed.push(INCLUDE_UNAVAILABLE);
        self.passed.push(ARTIFACT_OUTDATED);
        self.note_includes(&includes).await?;

        let changed = decide::content_changed(self.object, &includes);
        let limits = self.reconciler.settings.limits;
        let mut request = decide::request(self.object, artifact.as_ref(), limits);
        // Other content is made of the same revision: then it must come again.
        request.held = request.held.filter(|_| !changed);
        let Pass {
            reconciler, object, ..
        } = self;
        let seen = look(&reconciler.git, &reconciler.settings, object, &remote, &request).await;
        let seen = seen.map_err(|error| failure::git(&error))?;
        self.passed.push(FETCH_FAILED);
        match seen {
            Seen::Unchanged { revision } => self.unchanged(artifact, &revision).await,
            Seen::Content(content) => self.changed(artifact, content, includes, changed).await,
        }
    }

    /// The artifact of the status if it is in storage and whole. What nobody needs any more is removed.
    async fn look_at_storage(&mut self) -> Result<Option<Artifact>, Error> {
        let artifact = self.object.status.artifact.clone();
        let Some(mut artifact) = artifact else {
            self.announce_building("building artifact").await?;
            return Ok(None);
        };
        self.collect_garbage(&artifact).await;
        if let Err(error) = self.reconciler.store.verify(&artifact).await {
            if !matches!(error, flux_store::StoreError::Missing { .. }) {
                let message = format!("failed to verify integrity of artifact: {error}");
                self.context
                    .event(Severity::Error, "ArtifactVerificationFailed", &message, &[]);
                let removed = self.reconciler.store.remove(&artifact).await;
                removed.map_err(|error| {
                    let message = format!("failed to remove artifact after digest mismatch: {error}");
                    Error::transient(reason::FAILED, message)
                })?;
            }
            self.announce_building("building artifact: disappeared from storage")
                .await?;
            return Ok(None);
        }
        // The name under which consumers find us may have changed since.
        artifact.url = self.reconciler.store.url(&artifact.path);
        Ok(Some(artifact))
    }

    async fn announce_building(&mut self, message: &str) -> Result<(), Error> {
        self.progress = Some(message.into());
        let announce = |draft: &mut Draft| {
            begin(draft, message, true);
            draft.remove(ARTIFACT_IN_STORAGE);
            draft.edit(|status: &mut GitRepositoryStatus| status.artifact = None);
        };
        self.context.edit_status(announce).await
    }

    async fn collect_garbage(&self, artifact: &Artifact) {
        match self.reconciler.store.collect(owner(self.object), artifact).await {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => {
                let message = format!("garbage collected {} artifacts", removed.len());
                self.context.event(
                    Severity::Trace,
                    reason::GARBAGE_COLLECTION_SUCCEEDED,
                    &message,
                    &[],
                );
            }
            // The next pass tries again; nothing depends on it.
            Err(error) => {
                warn!(object = %self.context.key(), %error, "garbage collection of artifacts failed")
            }
        }
    }

    /// The artifacts of the repositories to include, in the order of the spec.
    fn includes(&self) -> Result<Vec<Artifact>, Error> {
        let artifact = |name: &str| {
            let key = Key::new(&self.object.metadata.namespace, name);
            let other = self.context.view().get(&key).ok_or_else(|| {
                let message = format!(
                    "could not get resource for include '{name}': {KIND}.source.toolkit.fluxcd.io {name:?} not found"
                );
                failure::include(reason::NOT_FOUND, name, message)
            })?;
            let artifact = serde_json::from_value(other["status"]["artifact"].clone()).ok();
            artifact
                .filter(|artifact: &Artifact| !artifact.path.is_empty())
                .ok_or_else(|| {
                    failure::include(
                        reason::NO_ARTIFACT,
                        name,
                        format!("no artifact available for include '{name}'"),
                    )
                })
        };
        self.object
            .spec
            .include
            .iter()
            .map(|include| artifact(&include.repository.name))
            .collect()
    }

    async fn note_includes(&mut self, includes: &[Artifact]) -> Result<(), Error> {
        let held = &self.object.status.included_artifacts;
        if !decide::includes_differ(held, includes) {
            return Ok(());
        }
        let cause = "included artifacts differ from last observed includes";
        let known = !held.is_empty();
        self.note_outdated(known.then_some(reason::INCLUDE_CHANGE), cause)
            .await
    }

    /// Something newer is being made; the condition for it only where there is something older.
    async fn note_outdated(&mut self, outdated: Option<&str>, cause: &str) -> Result<(), Error> {
        let message = format!("building artifact: {cause}");
        if outdated.is_some() {
            self.passed.retain(|kind| *kind != ARTIFACT_OUTDATED);
        }
        let note = |draft: &mut Draft| {
            if let Some(reason) = outdated {
                draft.set(Condition::new(ARTIFACT_OUTDATED, true, reason, cause));
            }
            begin(draft, &message, true);
        };
        self.context.edit_status(note).await?;
        self.progress = Some(message);
        Ok(())
    }

    /// The remote has what is held, and nothing else changed.
    async fn unchanged(&mut self, artifact: Option<Artifact>, revision: &str) -> Result<(), Error> {
        let message = format!("no changes since last reconciliation: observed revision '{revision}'");
        debug!(object = %self.context.key(), "{message}");
        // `look` says so only when an artifact was given.
        let Some(artifact) = artifact else {
            return Err(failure::fetch(
                reason::GIT_OPERATION_FAILED,
                "the remote compared with no artifact",
            ));
        };
        self.context
            .event(Severity::Trace, reason::GIT_OPERATION_SUCCEEDED, &message, &[]);
        self.succeed(&artifact, None).await?;
        self.notify(&artifact, revision);
        Ok(())
    }

    async fn changed(
        &mut self,
        held: Option<Artifact>,
        mut content: Content,
        includes: Vec<Artifact>,
        content_changed: bool,
    ) -> Result<(), Error> {
        let same = |held: &Artifact| transform_legacy(&held.revision) == content.revision;
        let same_revision = held.as_ref().is_some_and(same);
        if let Some(held) = held.as_ref().filter(|_| same_revision && !content_changed) {
            let message = format!("artifact up-to-date with remote revision: '{}'", content.revision);
            self.context
                .event(Severity::Trace, reason::ARTIFACT_UP_TO_DATE, &message, &[]);
            self.succeed(held, None).await?;
            self.notify(held, &content.summary);
            return Ok(());
        }
        if !same_revision {
            let cause = format!("new upstream revision '{}'", content.revision);
            let outdated = self.object.status.artifact.as_ref().map(|_| reason::NEW_REVISION);
            self.note_outdated(outdated, &cause).await?;
        }
        self.copy_includes(&mut content, &includes).await?;
        let (file, now) = (
            content.file_name(),
            flux_runtime::time::rfc3339(self.context.now()),
        );
        let tree = std::mem::take(&mut content.tree);
        let stored = self
            .reconciler
            .store
            .put(owner(self.object), &content.revision, &file, tree, &now)
            .await;
        let artifact = stored.map_err(|error| failure::archive(&error))?;
        self.succeed(&artifact, Some(&includes)).await?;
        self.notify(&artifact, &content.summary);
        Ok(())
    }

    async fn copy_includes(&self, content: &mut Content, includes: &[Artifact]) -> Result<(), Error> {
        for (wanted, artifact) in self.object.spec.include.iter().zip(includes) {
            let name = &wanted.repository.name;
            let other = self.reconciler.store.load(artifact).await.map_err(|error| {
                failure::copy(
                    reason::COPY_FAILURE,
                    format!("failed to copy '{name}' include: {error}"),
                )
            })?;
            include::copy(wanted, &other, &mut content.tree)?;
        }
        if !includes.is_empty() {
            let rules = Ignore::of_tree(&content.tree, self.object.spec.ignore.as_deref());
            content.tree.retain(&rules);
        }
        Ok(())
    }

    /// The end of a pass that went well: the artifact, what it was made of (if it was made now), and the conditions.
    async fn succeed(&self, artifact: &Artifact, made_of: Option<&[Artifact]>) -> Result<(), Error> {
        let spec = &self.object.spec;
        let message = format!("stored artifact for revision '{}'", artifact.revision);
        let end = |draft: &mut Draft| {
            draft.edit(|status: &mut GitRepositoryStatus| {
                status.artifact = Some(artifact.clone());
                if let Some(includes) = made_of {
                    status.included_artifacts = includes.to_vec();
                    status.observed_ignore = spec.ignore.clone();
                    status.observed_include = spec.include.clone();
                    status.observed_recurse_submodules = spec.recurse_submodules;
                    status.observed_sparse_checkout = spec.sparse_checkout.clone();
                }
                status.source_verification_mode = None;
            });
            for kind in FAILURES
                .iter()
                .chain(&[ARTIFACT_OUTDATED, SOURCE_VERIFIED, RECONCILING, STALLED])
            {
                draft.remove(kind);
            }
            draft.set(Condition::new(
                ARTIFACT_IN_STORAGE,
                true,
                reason::SUCCEEDED,
                &*message,
            ));
            if let Some(ready) = ready(draft.conditions()) {
                draft.set(ready);
            }
            draft.observe();
            draft.handled();
        };
        self.context.edit_status(end).await
    }

    fn notify(&self, artifact: &Artifact, commit: &str) {
        let status = &self.object.status;
        let failed = decide::failed(&status.conditions);
        let before = status.artifact.as_ref();
        let Some(news) = decide::announcement(before, failed, artifact, commit) else {
            return;
        };
        tracing::info!(object = %self.context.key(), "{}", news.message);
        let metadata = [
            ("revision", artifact.revision.as_str()),
            ("digest", artifact.digest.as_str()),
        ];
        self.context
            .event(Severity::Info, news.reason, &news.message, &metadata);
    }

    /// The pass failed, but not where an earlier one did: what that one said is no longer true.
    async fn forget_passed(&self) -> Result<(), Error> {
        let stale = self.passed.iter().copied().chain([STORAGE_OPERATION_FAILED]);
        let stale: Vec<_> = stale
            .filter(|kind| self.object.status.conditions.get(kind).is_some())
            .collect();
        if stale.is_empty() {
            return Ok(());
        }
        self.context
            .edit_status(|draft| stale.iter().for_each(|kind| draft.remove(kind)))
            .await
    }
}
