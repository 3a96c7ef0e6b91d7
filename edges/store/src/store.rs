//! The artifact directory.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use flux_api::source::Artifact;
use flux_artifact::{Algorithm, Digest, Limits, Tree, unpack};
use tokio::sync::OnceCell;

use crate::cache::Cache;
use crate::error::StoreError;
use crate::garbage::{self, garbage};
use crate::path::below;
use crate::write::{link, write, write_bytes};

/// Longest time for one garbage collection, as upstream.
const COLLECTION: Duration = Duration::from_secs(5);

/// How an artifact directory is kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory; made if it is missing.
    pub root: PathBuf,
    /// Host and port that stand in artifact URLs, or a whole `http://` or `https://` prefix.
    pub address: String,
    /// Archives younger than this are kept; 60 s unless set.
    pub retention: Duration,
    /// As many archives of one object are kept; 2 unless set.
    pub records: usize,
    /// Computes the digests; sha256 unless set.
    pub algorithm: Algorithm,
    /// Bytes of unpacked artifacts kept in memory; 16 MiB unless set.
    pub cache: u64,
    /// What an artifact may unpack to when it is loaded.
    pub limits: Limits,
}

impl Settings {
    /// Upstream's defaults for a directory and the address it is advertised under.
    pub fn new(root: impl Into<PathBuf>, address: impl Into<String>) -> Self {
        Settings {
            root: root.into(),
            address: address.into(),
            retention: Duration::from_secs(60),
            records: 2,
            algorithm: Algorithm::default(),
            cache: 16 << 20,
            limits: Limits::default(),
        }
    }
}

/// The object that an artifact belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// Kind, such as `GitRepository`.
    pub kind: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl Owner<'_> {
    /// Its directory below the root.
    fn directory(&self) -> String {
        format!("{}/{}/{}", self.kind.to_lowercase(), self.namespace, self.name)
    }
}

/// The artifact directory. Cheap to clone; all clones share the cache.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    cache: Cache,
    /// Artifacts that are being read, by digest.
    readings: Mutex<HashMap<String, Reading>>,
    /// Archives whose digest was checked, with what identified the file then.
    verified: Mutex<HashMap<String, (String, Stamp)>>,
}

/// An artifact that is being read, by however many ask for it.
type Reading = Arc<OnceCell<Arc<Tree>>>;

/// Changes whenever a file is written anew.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    written: SystemTime,
}

impl Store {
    /// Opens the directory, making it if needed.
    ///
    /// # Errors
    /// It cannot be made, or is not a directory.
    pub fn open(settings: Settings) -> Result<Self, StoreError> {
        let root = &settings.root;
        fs::create_dir_all(root).map_err(StoreError::io("create directory", root))?;
        let cache = Cache::new(settings.cache);
        Ok(Store {
            inner: Arc::new(Inner {
                settings,
                cache,
                readings: Mutex::default(),
                verified: Mutex::default(),
            }),
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Where an artifact with this path is served.
    pub fn url(&self, path: &str) -> String {
        let address = &self.inner.settings.address;
        let scheme = if address.starts_with("http://") || address.starts_with("https://") {
            ""
        } else {
            "http://"
        };
        format!("{scheme}{address}/{}", path.trim_start_matches('/'))
    }

    /// Packs `tree` and stores it as `file` of `owner`; gives the artifact for the status, with `now` (RFC 3339) as its
    /// time. An archive of that name is replaced.
    ///
    /// # Errors
    /// The disk is full ([`StoreError::Full`]) or refuses otherwise. Nothing is left behind then.
    pub async fn put(
        &self,
        owner: Owner<'_>,
        revision: &str,
        file: &str,
        tree: Tree,
        now: &str,
    ) -> Result<Artifact, StoreError> {
        let path = format!("{}/{file}", owner.directory());
        let target = below(&self.settings().root, &path)?;
        let tree = Arc::new(tree);
        let (algorithm, packing) = (self.settings().algorithm, tree.clone());
        let packed = blocking(move || write(&target, &packing, algorithm)).await?;
        let digest = packed.digest.to_string();
        self.inner.cache.put(&digest, tree);
        Ok(Artifact {
            digest,
            last_update_time: now.into(),
            url: self.url(&path),
            path,
            revision: revision.into(),
            size: i64::try_from(packed.size).ok(),
            metadata: Default::default(),
        })
    }

    /// Stores `bytes` as `file` of `owner` as they are: an index, or a chart that is packed already. Otherwise as [`Store::put`].
    ///
    /// # Errors
    /// Those of [`Store::put`].
    pub async fn put_bytes(
        &self,
        owner: Owner<'_>,
        revision: &str,
        file: &str,
        bytes: impl AsRef<[u8]> + Send + 'static,
        now: &str,
    ) -> Result<Artifact, StoreError> {
        let path = format!("{}/{file}", owner.directory());
        let target = below(&self.settings().root, &path)?;
        let algorithm = self.settings().algorithm;
        let packed = blocking(move || write_bytes(&target, bytes.as_ref(), algorithm)).await?;
        Ok(Artifact {
            digest: packed.digest.to_string(),
            last_update_time: now.into(),
            url: self.url(&path),
            path,
            revision: revision.into(),
            size: i64::try_from(packed.size).ok(),
            metadata: Default::default(),
        })
    }

    /// Makes `name` beside the artifact lead to it, and gives the address under which it is served.
    ///
    /// # Errors
    /// The link cannot be made.
    pub async fn link(&self, artifact: &Artifact, name: &str) -> Result<String, StoreError> {
        let directory = artifact
            .path
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory);
        let path = format!("{directory}/{name}");
        let target = std::path::absolute(below(&self.settings().root, &artifact.path)?);
        let target = target.map_err(StoreError::io("examine", Path::new(&artifact.path)))?;
        let place = below(&self.settings().root, &path)?;
        blocking(move || link(&target, &place)).await?;
        Ok(self.url(&path))
    }

    /// The bytes of an artifact, digest checked.
    ///
    /// # Errors
    /// It is missing, is not what the status says, or cannot be read.
    pub async fn bytes(&self, artifact: &Artifact) -> Result<Vec<u8>, StoreError> {
        let target = below(&self.settings().root, &artifact.path)?;
        let expected: Digest = artifact.digest.parse()?;
        let path = artifact.path.clone();
        blocking(move || {
            stamp(&target, &path)?;
            let bytes = fs::read(&target).map_err(StoreError::io("read", &target))?;
            let found = expected.algorithm().digest(&bytes);
            if found == expected {
                return Ok(bytes);
            }
            Err(StoreError::Mismatch {
                path,
                expected,
                found,
            })
        })
        .await
    }

    /// Whether the archive is there and is what the status says. An archive that was checked once is read again only when
    /// the file changed.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Mismatch`], or the file cannot be read.
    pub async fn verify(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let target = below(&self.settings().root, &artifact.path)?;
        let expected: Digest = artifact.digest.parse()?;
        let (store, path) = (self.clone(), artifact.path.clone());
        blocking(move || {
            let stamp = stamp(&target, &path)?;
            if store.verified().get(&path) == Some(&(expected.to_string(), stamp)) {
                return Ok(());
            }
            let found = digest_of(&target, expected.algorithm())?;
            if found != expected {
                return Err(StoreError::Mismatch {
                    path,
                    expected,
                    found,
                });
            }
            store.verified().insert(path, (expected.to_string(), stamp));
            Ok(())
        })
        .await
    }

    fn verified(&self) -> std::sync::MutexGuard<'_, HashMap<String, (String, Stamp)>> {
        self.inner.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files of an artifact, digest checked. Those who ask for the same one at the same time share one reading, and what
    /// anyone still holds is not read again.
    ///
    /// # Errors
    /// It is missing, is not what the status says, or cannot be unpacked.
    pub async fn load(&self, artifact: &Artifact) -> Result<Arc<Tree>, StoreError> {
        if let Some(tree) = self.inner.cache.get(&artifact.digest) {
            return Ok(tree);
        }
        let reading = self
            .readings()
            .entry(artifact.digest.clone())
            .or_default()
            .clone();
        let tree = reading.get_or_try_init(|| self.read(artifact)).await.cloned();
        self.readings().remove(&artifact.digest);
        tree
    }

    fn readings(&self) -> std::sync::MutexGuard<'_, HashMap<String, Reading>> {
        self.inner.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, artifact: &Artifact) -> Result<Arc<Tree>, StoreError> {
        let target = below(&self.settings().root, &artifact.path)?;
        let expected: Digest = artifact.digest.parse()?;
        let (path, limits) = (artifact.path.clone(), self.settings().limits);
        let tree = blocking(move || {
            stamp(&target, &path)?;
            let found = digest_of(&target, expected.algorithm())?;
            if found != expected {
                return Err(StoreError::Mismatch {
                    path,
                    expected,
                    found,
                });
            }
            let file = File::open(&target).map_err(StoreError::io("read", &target))?;
            unpack(BufReader::new(file), &limits).map_err(|cause| StoreError::Archive { path, cause })
        })
        .await?;
        let tree = Arc::new(tree);
        self.inner.cache.put(&artifact.digest, tree.clone());
        Ok(tree)
    }

    /// Removes the archives of an object that nobody needs any more: never `current`, all that are past their retention, and
    /// the oldest above the number to keep. Gives their paths below the root.
    ///
    /// # Errors
    /// The directory cannot be read, a file cannot be removed, or it took more than five seconds.
    pub async fn collect(&self, owner: Owner<'_>, current: &Artifact) -> Result<Vec<String>, StoreError> {
        let root = self.settings().root.clone();
        let directory = below(&root, &owner.directory())?;
        let current = below(&root, &current.path)?;
        let (ttl, records) = (self.settings().retention, self.settings().records);
        let collection = blocking(move || {
            let mut removed = Vec::new();
            for path in garbage(
                garbage::files(&directory)?,
                &current,
                SystemTime::now(),
                ttl,
                records,
            ) {
                garbage::remove(&path)?;
                removed.push(relative(&root, &path));
            }
            Ok(removed)
        });
        let removed = tokio::time::timeout(COLLECTION, collection).await;
        let removed = removed.map_err(|_| StoreError::Slow {
            seconds: COLLECTION.as_secs(),
        })??;
        removed.iter().for_each(|path| drop(self.verified().remove(path)));
        Ok(removed)
    }

    /// Removes one archive that turned out to be broken.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub async fn remove(&self, artifact: &Artifact) -> Result<(), StoreError> {
        let target = below(&self.settings().root, &artifact.path)?;
        self.verified().remove(&artifact.path);
        blocking(move || garbage::remove(&target)).await
    }

    /// Removes all archives of an object; whether there was something to remove.
    ///
    /// # Errors
    /// The directory cannot be removed.
    pub async fn remove_all(&self, owner: Owner<'_>) -> Result<bool, StoreError> {
        let directory = below(&self.settings().root, &owner.directory())?;
        let prefix = format!("{}/", owner.directory());
        self.verified().retain(|path, _| !path.starts_with(&prefix));
        blocking(move || match fs::remove_dir_all(&directory) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("remove", &directory)(error)),
        })
        .await
    }
}

/// Runs file operations where they hold up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down, and nobody waits for the answer.
            Err(error) => Err(StoreError::io("finish work on", Path::new("storage"))(
                io::Error::other(error),
            )),
        },
    }
}

fn stamp(target: &Path, path: &str) -> Result<Stamp, StoreError> {
    let missing = || StoreError::Missing { path: path.into() };
    let metadata: Metadata = match fs::symlink_metadata(target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(StoreError::io("examine", target)(error)),
    };
    if !metadata.is_file() {
        return Err(missing());
    }
    let written = metadata.modified().map_err(StoreError::io("examine", target))?;
    Ok(Stamp {
        size: metadata.len(),
        written,
    })
}

fn digest_of(target: &Path, algorithm: Algorithm) -> Result<Digest, StoreError> {
    let failed = || StoreError::io("read", target);
    let mut file = File::open(target).map_err(failed())?;
    let mut hasher = algorithm.hasher();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let count = file.read(&mut buffer).map_err(failed())?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(&buffer[..count]);
    }
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests;
