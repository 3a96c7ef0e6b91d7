//! Charts by the digest of their artifact.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flux_api::source::Artifact;
use flux_helm::Log;
use flux_helm::chart::{Chart, ChartLimits, load_archive};
use flux_http::{FetchError, Fetcher};
use flux_store::{Store, StoreError};

/// Where charts come from: the store of this process where it has them, else over HTTP.
pub struct Charts {
    store: Option<Store>,
    fetcher: Option<Fetcher>,
    limits: ChartLimits,
    capacity: usize,
    held: Mutex<Held>,
}

/// Charts by digest; the one asked for last stands last in `order`.
#[derive(Default)]
struct Held {
    charts: HashMap<String, (Arc<Chart>, usize)>,
    order: Vec<String>,
}

/// Why there is no chart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChartError {
    /// The status of the source is ahead of its storage; it will catch up.
    #[error("{0}")]
    NotThere(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl Charts {
    /// From the store of this process, else over HTTP, digest checked. Keeps charts of up to `capacity` bytes of archives.
    pub fn new(store: Option<Store>, fetcher: Option<Fetcher>, capacity: usize) -> Self {
        Charts {
            store,
            fetcher,
            limits: ChartLimits::default(),
            capacity,
            held: Mutex::default(),
        }
    }

    /// The chart of an artifact.
    pub(crate) async fn load(&self, artifact: &Artifact) -> Result<Arc<Chart>, ChartError> {
        if let Some(chart) = self.held().get(&artifact.digest) {
            return Ok(chart);
        }
        let bytes = self.bytes(artifact).await?;
        let (limits, size) = (self.limits, bytes.len());
        let loading = flux_runtime::compute(move || load_archive(&bytes, &limits, &mut Log::new()));
        let loaded = loading
            .await
            .map_err(|crash| ChartError::Failed(crash.to_string()))?;
        let chart = Arc::new(loaded.map_err(|error| ChartError::Failed(error.to_string()))?);
        self.held()
            .put(&artifact.digest, chart.clone(), size, self.capacity);
        Ok(chart)
    }

    async fn bytes(&self, artifact: &Artifact) -> Result<Vec<u8>, ChartError> {
        if let Some(store) = self.store.as_ref().filter(|store| self.is_local(store, artifact)) {
            return store.bytes(artifact).await.map_err(|error| match error {
                StoreError::Missing { .. } => ChartError::NotThere(error.to_string()),
                error => ChartError::Failed(error.to_string()),
            });
        }
        let fetcher = self.fetcher.as_ref().ok_or_else(|| {
            ChartError::Failed(format!(
                "artifact {} is not in the store of this process, and downloads are turned off",
                artifact.url
            ))
        })?;
        match fetcher.fetch(&artifact.url, &artifact.digest).await {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(error @ FetchError::NotFound { .. }) => Err(ChartError::NotThere(error.to_string())),
            Err(error) => Err(ChartError::Failed(error.to_string())),
        }
    }

    /// Another controller's artifact may have a path that exists here as well; then the address differs.
    fn is_local(&self, store: &Store, artifact: &Artifact) -> bool {
        self.fetcher.is_none() || store.url(&artifact.path) == artifact.url
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn get(&mut self, digest: &str) -> Option<Arc<Chart>> {
        let chart = self.charts.get(digest)?.0.clone();
        self.order.retain(|held| held != digest);
        self.order.push(digest.into());
        Some(chart)
    }

    fn put(&mut self, digest: &str, chart: Arc<Chart>, size: usize, capacity: usize) {
        self.charts.insert(digest.into(), (chart, size));
        self.order.retain(|held| held != digest);
        self.order.push(digest.into());
        let mut total: usize = self.charts.values().map(|(_, size)| size).sum();
        while total > capacity && self.order.len() > 1 {
            let oldest = self.order.remove(0);
            total -= self.charts.remove(&oldest).map_or(0, |(_, size)| size);
        }
    }
}
