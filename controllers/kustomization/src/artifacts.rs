//! Getting the files of an artifact: from the store of this process when it holds them, over HTTP otherwise.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::OnceCell;

use flux_api::source::Artifact;
use flux_artifact::{Limits, Tree};
use flux_http::{FetchError, Fetcher};
use flux_store::{Store, StoreError};

/// Where artifacts come from.
pub struct Artifacts {
    store: Option<Store>,
    fetcher: Option<Fetcher>,
    limits: Limits,
    capacity: u64,
    fetched: Mutex<Fetched>,
}

/// Trees by digest; the one asked for last stands last in `order`.
#[derive(Default)]
struct Fetched {
    trees: HashMap<String, Arc<OnceCell<Arc<Tree>>>>,
    order: Vec<String>,
}

/// Why there are no files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArtifactError {
    /// The source's status is ahead of (or behind) its storage; it will catch up.
    #[error("{0}")]
    NotThere(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl Artifacts {
    /// From the store of this process where it has the artifact, else over HTTP, digest checked. Keeps up to `capacity` bytes of
    /// what came over HTTP.
    pub fn new(store: Option<Store>, fetcher: Option<Fetcher>, limits: Limits, capacity: u64) -> Self {
        Artifacts {
            store,
            fetcher,
            limits,
            capacity,
            fetched: Mutex::default(),
        }
    }

    /// Whether getting the artifact takes a download that nobody has begun.
    pub(crate) fn is_remote(&self, artifact: &Artifact) -> bool {
        !self.is_local(artifact) && !self.fetched().trees.contains_key(&artifact.digest)
    }

    /// Another controller's artifact may have a path that exists here as well; then the address differs. Where nothing is
    /// downloaded there is no other controller, and an old address is our own from before a restart.
    fn is_local(&self, artifact: &Artifact) -> bool {
        let alone = self.fetcher.is_none();
        self.store
            .as_ref()
            .is_some_and(|store| alone || store.url(&artifact.path) == artifact.url)
    }

    /// The files. Callers that ask for the same artifact at the same time share one download.
    pub(crate) async fn load(&self, artifact: &Artifact) -> Result<Arc<Tree>, ArtifactError> {
        if let Some(store) = self.store.as_ref().filter(|_| self.is_local(artifact)) {
            return store.load(artifact).await.map_err(|error| match error {
                StoreError::Missing { .. } => ArtifactError::NotThere(error.to_string()),
                error => ArtifactError::Failed(error.to_string()),
            });
        }
        let cell = self.fetched().cell(&artifact.digest);
        let tree = cell.get_or_try_init(|| self.fetch(artifact)).await?.clone();
        self.fetched().trim(self.capacity);
        Ok(tree)
    }

    async fn fetch(&self, artifact: &Artifact) -> Result<Arc<Tree>, ArtifactError> {
        let fetcher = self.fetcher.as_ref().ok_or_else(|| {
            ArtifactError::Failed(format!(
                "artifact {} is not in the store of this process, and downloads are turned off",
                artifact.url
            ))
        })?;
        match fetcher
            .fetch_tree(&artifact.url, &artifact.digest, &self.limits)
            .await
        {
            Ok(tree) => Ok(Arc::new(tree)),
            Err(error @ FetchError::NotFound { .. }) => Err(ArtifactError::NotThere(error.to_string())),
            Err(error) => Err(ArtifactError::Failed(error.to_string())),
        }
    }

    fn fetched(&self) -> MutexGuard<'_, Fetched> {
        self.fetched.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}

impl Fetched {
    fn cell(&mut self, digest: &str) -> Arc<OnceCell<Arc<Tree>>> {
        self.order.retain(|held| held != digest);
        self.order.push(digest.into());
        self.trees.entry(digest.into()).or_default().clone()
    }

    /// Lets the oldest go until the rest fits. What is being downloaded stays.
    fn trim(&mut self, capacity: u64) {
        let size = |cell: &OnceCell<Arc<Tree>>| cell.get().map_or(0, |tree| tree.size());
        let mut total: u64 = self.trees.values().map(|cell| size(cell)).sum();
        let mut index = 0;
        while total > capacity && index < self.order.len() {
            let held = self.trees.get(&self.order[index]).map_or(0, |cell| size(cell));
            if held == 0 {
                index += 1;
                continue;
            }
            total -= held;
            let digest = self.order.remove(index);
            self.trees.remove(&digest);
        }
    }
}
