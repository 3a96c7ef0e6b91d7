//! Artifacts of other controllers.

use bytes::Bytes;
use flux_artifact::{Digest, InvalidDigest, Limits, Tree, UnpackError, unpack};
use http::StatusCode;
use tracing::debug;
use url::Url;

use crate::client::Client;
use crate::error::Error;
use crate::retry::Backoff;

/// Downloads artifacts over HTTP and checks their digest.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// Sends the requests.
    pub client: Client,
    /// When to try again. Upstream: `--http-retry` times (9), waiting 5 to 30 s.
    pub backoff: Backoff,
    /// Bytes that a download may have.
    pub limit: u64,
    /// Replaces host and port of every address, as upstream's `SOURCE_CONTROLLER_LOCALHOST` does.
    pub host: Option<String>,
}

/// Why there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server does not have it: its status is behind its storage, and reconciling the source again brings it back.
    #[error("artifact not found: {url} does not exist")]
    NotFound {
        /// Where it should be.
        url: String,
    },
    /// The status names no digest, or a broken one.
    #[error("failed to verify archive: {0}")]
    Digest(#[from] InvalidDigest),
    /// The bytes are not those that the status speaks of.
    #[error("failed to verify archive: computed digest of {url} is {found}, not {expected}")]
    Mismatch {
        /// Where it came from.
        url: String,
        /// What the status says.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// No answer, or a refusal.
    #[error("failed to download archive: {0}")]
    Http(#[from] Error),
    /// It is no usable archive.
    #[error("failed to extract archive: {0}")]
    Unpack(#[from] UnpackError),
}

impl FetchError {
    /// Whether the same request may succeed later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            FetchError::NotFound { .. } | FetchError::Mismatch { .. } => true,
            FetchError::Http(error) => error.is_transient(),
            FetchError::Digest(_) | FetchError::Unpack(_) => false,
        }
    }
}

impl Fetcher {
    /// The verified bytes of an artifact. Refused connections and answers of 5xx or 429 are tried again.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch(&self, url: &str, digest: &str) -> Result<Bytes, FetchError> {
        // Upstream takes a digest without an algorithm for sha256.
        let prefix = if digest.contains(':') { "" } else { "sha256:" };
        let expected: Digest = format!("{prefix}{digest}").parse()?;
        let url = self.address(url)?;
        let bytes = self.download(&url).await?;
        let found = expected.algorithm().digest(&bytes);
        if found != expected {
            return Err(FetchError::Mismatch {
                url: crate::redact(&url),
                expected,
                found,
            });
        }
        Ok(bytes)
    }

    /// The files of an artifact; links in it are skipped.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn fetch_tree(&self, url: &str, digest: &str, limits: &Limits) -> Result<Tree, FetchError> {
        Ok(unpack(&self.fetch(url, digest).await?[..], limits)?)
    }

    fn address(&self, url: &str) -> Result<String, Error> {
        let Some(host) = &self.host else {
            return Ok(url.into());
        };
        let invalid = |cause: String| Error::Url {
            url: crate::redact(url),
            cause,
        };
        let parsed = Url::parse(url).map_err(|error| invalid(error.to_string()))?;
        Ok(format!(
            "{}://{host}{}",
            parsed.scheme(),
            &parsed[url::Position::BeforePath..]
        ))
    }

    async fn download(&self, url: &str) -> Result<Bytes, FetchError> {
        let mut retry = 0;
        loop {
            let error = match self.attempt(url).await {
                Ok(bytes) => return Ok(bytes),
                Err(Error::Status {
                    status: StatusCode::NOT_FOUND,
                    url,
                    ..
                }) => {
                    return Err(FetchError::NotFound { url });
                }
                Err(error) => error,
            };
            let wait = self.backoff.wait(retry).filter(|_| error.is_transient());
            let Some(wait) = wait else {
                return Err(error.into());
            };
            debug!(%error, ?wait, "download failed, trying again");
            tokio::time::sleep(wait).await;
            retry += 1;
        }
    }

    async fn attempt(&self, url: &str) -> Result<Bytes, Error> {
        self.client
            .get(url)
            .await?
            .success()
            .await?
            .bytes(self.limit)
            .await
    }
}

#[cfg(test)]
mod tests;
