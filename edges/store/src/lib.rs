//! The artifact directory: where a source controller keeps its archives and from where it serves them.
//!
//! Takes files ([`flux_artifact::Tree`]) with the object they belong to and gives the [`Artifact`](flux_api::source::Artifact)
//! for its status; reads artifacts back for controllers in the same process, from a cache bounded in bytes; removes what
//! nobody needs; and serves the archives over HTTP. Writing is atomic: an archive is there whole or not at all, also when
//! the disk is full or the process is killed. It deliberately knows no cluster and decides on no revision. The layout
//! (`<kind>/<namespace>/<name>/<file>`) and the retention rules are upstream's.
//!
//! ```
//! use flux_artifact::Tree;
//! use flux_store::{Owner, Settings, Store};
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! # let directory = tempfile::tempdir()?;
//! let store = Store::open(Settings::new(directory.path(), "source-controller.flux-system.svc"))?;
//! let mut tree = Tree::new();
//! tree.insert("app.yaml", b"kind: Service".as_slice(), false)?;
//!
//! let owner = Owner { kind: "GitRepository", namespace: "flux-system", name: "fleet" };
//! let artifact = store.put(owner, "main@sha1:5394", "5394.tar.gz", tree.clone(), "2026-01-01T00:00:00Z").await?;
//! assert_eq!(artifact.path, "gitrepository/flux-system/fleet/5394.tar.gz");
//! assert_eq!(artifact.url, "http://source-controller.flux-system.svc/gitrepository/flux-system/fleet/5394.tar.gz");
//! assert_eq!(*store.load(&artifact).await?, tree);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod cache;
mod error;
mod garbage;
mod http;
mod path;
mod store;
mod write;

pub use address::advertised;
pub use error::{AddressError, StoreError};
pub use store::{Owner, Settings, Store};
