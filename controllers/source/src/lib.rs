//! The source controller: what is in Git, and charts of repositories, become artifacts.
//!
//! Takes a [`Runtime`](flux_runtime::Runtime), [`Settings`] and the artifact [`Store`](flux_store::Store); gives the controllers of
//! `GitRepository`, `HelmRepository` and `HelmChart` objects. Each pass looks at the remote, stores an artifact when there is something new, and says in the
//! status what it saw. The controller deliberately applies nothing to the cluster and does not serve the artifacts: that is
//! [`Store::serve`](flux_store::Store::serve). What to do is decided by pure functions over the object and what was observed;
//! only the reconciler itself touches the world.
//!
//! ```no_run
//! use flux_runtime::{Runtime, Shutdown};
//! use flux_source::Settings;
//! use flux_store::Store;
//!
//! # async fn example(client: flux_kube::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = Runtime::new(client, flux_runtime::Settings::default());
//! let store = Store::open(flux_store::Settings::new("/data", "source-controller.flux-system.svc.cluster.local."))?;
//! let controller = flux_source::controller(&runtime, Settings::default(), store.clone()).concurrency(2);
//!
//! let shutdown = Shutdown::new();
//! let listener = tokio::net::TcpListener::bind("0.0.0.0:9090").await?;
//! let end = shutdown.clone();
//! tokio::spawn(async move { store.serve(listener, async move { end.wait().await }).await });
//! runtime.run(vec![controller.boxed()], shutdown).await?;
//! # Ok(())
//! # }
//! ```

mod conditions;
mod credentials;
mod decide;
mod failure;
mod helm;
mod include;
mod reconciler;
mod settings;
mod source;
mod triggers;

pub use helm::{HelmChartReconciler, HelmRepositoryReconciler, chart_controller, repository_controller};
pub use reconciler::GitRepositoryReconciler;
pub use settings::Settings;
pub use triggers::controller;
