//! The controller of HelmReleases: a chart is installed with values, and stays as wanted.
//!
//! Takes a [`flux_runtime::Runtime`], [`Settings`] and [`Charts`]; gives a [`flux_runtime::Controller`] to run. What happens next is
//! decided by pure functions of what is stored and what is wanted, as upstream decides it: install, upgrade, test, roll back or
//! uninstall, until nothing is left to do or no attempt remains. The actions are Helm's, with records that Helm itself reads and goes on
//! with. They run in tasks of their own, so that a release that waits for its health holds no worker. The controller deliberately
//! fetches no charts from repositories: it makes a HelmChart, whose controller does. It says so on objects that use what it does not
//! act on yet: `kubeConfig`, `driftDetection`, `healthCheckExprs`, `readyExpr`, charts from OCIRepository and ExternalArtifact, the
//! legacy wait strategy, and client-side apply.
//!
//! ```
//! use flux_helmrelease::{Charts, Settings, controller};
//! use flux_runtime::{RunError, Runtime, Shutdown};
//!
//! async fn run(client: flux_kube::Client, store: flux_store::Store) -> Result<(), RunError> {
//!     let runtime = Runtime::new(client, flux_runtime::Settings::default());
//!     let charts = Charts::new(Some(store), None, 16 << 20);
//!     let controller = controller(&runtime, Settings::default(), charts).concurrency(4);
//!     runtime.run(vec![controller.boxed()], Shutdown::new()).await
//! }
//! ```

mod action;
mod charts;
pub mod cluster;
mod conclude;
mod decide;
mod dependency;
mod digest;
mod drift;
mod finalize;
mod history;
mod memory;
mod pass;
mod post_render;
mod reconciler;
mod remedy;
mod request;
mod run;
mod settings;
mod snapshot;
mod source;
mod state;
mod storage;
mod support;
mod template;
mod triggers;
mod values;
mod work;

pub use charts::Charts;
pub use reconciler::HelmReleaseReconciler;
pub use settings::Settings;
pub use triggers::controller;
