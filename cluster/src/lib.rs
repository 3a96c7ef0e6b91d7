//! The embedded Kubernetes API server.
//!
//! Takes HTTP requests (over a socket, or in process as a [`tower::Service`]) and gives what kube-apiserver 1.36
//! gives: discovery, the built-in kinds, custom resource definitions, the five ways to write, watches, tables. A pure
//! core answers one request at a time over a [store](Storage) that is durable when the answer leaves the house; a
//! driver feeds the changes to the controllers [`behind`] the API and to the workload simulation ([`simulate`]). It
//! runs no containers and it deliberately has no notion of Flux.
//!
//! ```
//! use flux_cluster::{Cluster, Config, User};
//! use tower::ServiceExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = Cluster::open(Config::memory()).await?;
//! let request = http::Request::get("/api/v1/namespaces/default").body(String::new())?;
//! let response = cluster.service(User::admin()).oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! cluster.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod api;
pub mod behind;
mod cluster;
mod config;
mod controllers;
pub mod defaults;
mod driver;
mod error;
mod files;
mod front;
mod keys;
pub mod simulate;
pub mod snapshot;
mod store;
pub mod table;

pub use cluster::Cluster;
pub use config::{Config, Storage, Token, User};
pub use controllers::Controllers;
pub use error::Error;
pub use front::{ApiBody, ApiService, Security, Server};
