//! The artifact of an object in the store: whether it is there, what goes when, and how a pass ends.

use flux_api::condition::{Condition, RECONCILING, STALLED};
use flux_api::reason;
use flux_api::source::{
    ARTIFACT_IN_STORAGE, ARTIFACT_OUTDATED, Artifact, SOURCE_VERIFIED, STORAGE_OPERATION_FAILED,
};
use flux_runtime::status::Draft;
use flux_runtime::{Context, Error, Outcome, Severity};
use flux_store::{Owner, Store, StoreError};
use tracing::warn;

use crate::conditions::{FAILURES, ready};
use crate::decide::{Announcement, Beginning};
use crate::failure;
use crate::reconciler::begin;

/// One object and its place in the store.
pub(crate) struct Keeper<'a> {
    pub(crate) store: &'a Store,
    pub(crate) context: &'a Context,
    pub(crate) kind: &'static str,
}

impl Keeper<'_> {
    fn owner(&self) -> Owner<'_> {
        let key = self.context.key();
        Owner {
            kind: self.kind,
            namespace: &key.namespace,
            name: &key.name,
        }
    }

    /// Says that work begins, where that has to be said.
    pub(crate) async fn begin(&self, beginning: Option<&Beginning>) -> Result<(), Error> {
        match beginning {
            None => Ok(()),
            Some(beginning) => {
                let (message, ready_too) = (&beginning.message, beginning.ready_too);
                self.context
                    .edit_status(|draft| begin(draft, message, ready_too))
                    .await
            }
        }
    }

    /// The artifact of the status if it is in storage and whole; else what is said instead. What nobody needs any more is
    /// removed.
    pub(crate) async fn look(
        &self,
        artifact: Option<&Artifact>,
    ) -> Result<Result<Artifact, &'static str>, Error> {
        let Some(artifact) = artifact else {
            self.announce_building("building artifact").await?;
            return Ok(Err("building artifact"));
        };
        self.collect(artifact).await;
        if let Err(error) = self.store.verify(artifact).await {
            if !matches!(error, StoreError::Missing { .. }) {
                let message = format!("failed to verify integrity of artifact: {error}");
                self.context
                    .event(Severity::Error, "ArtifactVerificationFailed", &message, &[]);
                let removed = self.store.remove(artifact).await;
                removed.map_err(|error| {
                    let message = format!("failed to remove artifact after digest mismatch: {error}");
                    Error::transient(reason::FAILED, message)
                })?;
            }
            const GONE: &str = "building artifact: disappeared from storage";
            self.announce_building(GONE).await?;
            return Ok(Err(GONE));
        }
        let mut artifact = artifact.clone();
        // The name under which consumers find us may have changed since.
        artifact.url = self.store.url(&artifact.path);
        Ok(Ok(artifact))
    }

    async fn announce_building(&self, message: &str) -> Result<(), Error> {
        let announce = |draft: &mut Draft| {
            begin(draft, message, true);
            draft.remove(ARTIFACT_IN_STORAGE);
            draft.set_field("artifact", ());
            draft.set_field("url", ());
        };
        self.context.edit_status(announce).await
    }

    async fn collect(&self, artifact: &Artifact) {
        match self.store.collect(self.owner(), artifact).await {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => {
                let message = format!("garbage collected {} artifacts", removed.len());
                self.trace(reason::GARBAGE_COLLECTION_SUCCEEDED, &message);
            }
            // The next pass tries again; nothing depends on it.
            Err(error) => {
                warn!(object = %self.context.key(), %error, "garbage collection of artifacts failed")
            }
        }
    }

    /// Says that something newer is being made; the condition for it only where there is something older.
    pub(crate) async fn outdated(&self, has_older: bool, reason: &str, cause: &str) -> Result<(), Error> {
        let message = format!("building artifact: {cause}");
        let note = |draft: &mut Draft| {
            if has_older {
                draft.set(Condition::new(ARTIFACT_OUTDATED, true, reason, cause));
            }
            begin(draft, &message, true);
        };
        self.context.edit_status(note).await
    }

    /// Stores bytes, and gives the artifact and the address of the link to it.
    pub(crate) async fn store(
        &self,
        revision: &str,
        file: &str,
        bytes: Vec<u8>,
        link: &str,
        what: &str,
    ) -> Result<(Artifact, String), Error> {
        let now = flux_runtime::time::rfc3339(self.context.now());
        let stored = self
            .store
            .put_bytes(self.owner(), revision, file, bytes, &now)
            .await;
        let artifact = stored.map_err(|error| {
            let message = format!("{what}: {error}");
            let error = Error::transient(reason::ARCHIVE_OPERATION_FAILED, message);
            failure::with(error, STORAGE_OPERATION_FAILED)
        })?;
        match self.store.link(&artifact, link).await {
            Ok(url) => Ok((artifact, url)),
            Err(error) => {
                let message = format!("failed to update status URL symlink: {error}");
                self.trace("SymlinkUpdateFailed", &message);
                Ok((artifact, String::new()))
            }
        }
    }

    /// The end of a pass that went well. `more` puts in what the kind has besides.
    pub(crate) async fn succeed(
        &self,
        artifact: &Artifact,
        reason: &str,
        message: &str,
        more: impl Fn(&mut Draft),
    ) -> Result<(), Error> {
        let end = |draft: &mut Draft| {
            draft.set_field("artifact", artifact);
            more(draft);
            for kind in FAILURES
                .iter()
                .chain(&[ARTIFACT_OUTDATED, SOURCE_VERIFIED, RECONCILING, STALLED])
            {
                draft.remove(kind);
            }
            draft.set(Condition::new(ARTIFACT_IN_STORAGE, true, reason, message));
            if let Some(ready) = ready(draft.conditions()) {
                draft.set(ready);
            }
            draft.observe();
            draft.handled();
        };
        self.context.edit_status(end).await
    }

    /// What an earlier failure said is no longer true, where this pass got past it.
    pub(crate) async fn forget(&self, kinds: &[&str]) -> Result<(), Error> {
        self.context
            .edit_status(|draft| kinds.iter().for_each(|kind| draft.remove(kind)))
            .await
    }

    pub(crate) fn announce(&self, artifact: &Artifact, news: Option<Announcement>) {
        let Some(news) = news else { return };
        tracing::info!(object = %self.context.key(), "{}", news.message);
        let metadata = [
            ("revision", artifact.revision.as_str()),
            ("digest", artifact.digest.as_str()),
        ];
        self.context
            .event(Severity::Info, news.reason, &news.message, &metadata);
    }

    pub(crate) fn trace(&self, reason: &str, message: &str) {
        self.context.event(Severity::Trace, reason, message, &[]);
    }

    /// The object goes, and its artifacts with it.
    pub(crate) async fn finalize(&self) -> Result<Outcome, Error> {
        let removed = self.store.remove_all(self.owner()).await.map_err(|error| {
            let message = format!("garbage collection for deleted resource failed: {error}");
            Error::transient(reason::GARBAGE_COLLECTION_FAILED, message)
        })?;
        if removed {
            let message = "garbage collected artifacts for deleted resource";
            self.trace(reason::GARBAGE_COLLECTION_SUCCEEDED, message);
        }
        Ok(Outcome::Done)
    }
}
