//! The Kubernetes client of the house: everything unstructured, over [`serde_json::Value`].
//!
//! Takes a kubeconfig, the in-cluster environment or an in-process [`tower::Service`]; gives requests with typed errors
//! ([`Client`]), resource discovery ([`Mapper`]), watches that resume and re-list by themselves ([`watch()`]), shared caches
//! that keep only what is asked ([`Cache`]), one watch per kind for any number of waiting parties ([`Watches`]), leader
//! election ([`lease`]) and Kubernetes events ([`event`]). It deliberately knows no Flux kind, keeps no full objects unless told to,
//! and never repeats a request by itself: who asked decides about that.
//!
//! ```
//! use flux_kube::{Client, Gvk, ListOptions};
//!
//! # async fn example(client: Client) -> Result<(), flux_kube::Error> {
//! let kind = Gvk::new("apps/v1", "Deployment");
//! let deployment = client.get(&kind, "default", "web").await?;
//! println!("{}", deployment["metadata"]["resourceVersion"]);
//! for item in client.list(&kind, &ListOptions::in_namespace("default").labels("app=web")).await?.items {
//!     println!("{}", item["metadata"]["name"]);
//! }
//! # Ok(())
//! # }
//! ```

mod cache;
mod client;
mod config;
mod discovery;
mod error;
pub mod event;
pub mod lease;
mod limit;
mod mapper;
mod object;
mod options;
mod request;
mod transport;
mod watch;
mod watches;

pub use cache::{Cache, CacheOptions, Change, Changes};
pub use client::{Client, List, Page};
pub use config::{ConfigError, Options};
pub use error::{ApiError, Cause, Error, ErrorKind};
pub use flux_object::Gvk;
pub use mapper::{ApiResource, Mapper};
pub use object::{Key, ObjectRef, strip_managed_fields};
pub use options::{DeleteOptions, ListOptions, Patch, Precondition, Propagation, WatchOptions, WriteOptions};
pub use watch::{WatchEvent, watch};
pub use watches::{Interest, Observation, Subscription, Watches};
