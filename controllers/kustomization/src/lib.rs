//! The controller of Kustomizations: a path of a source becomes objects in a cluster, and stays so.
//!
//! Takes a [`flux_runtime::Runtime`], [`Settings`] and [`Artifacts`]; gives a [`flux_runtime::Controller`] to run. Its story is the
//! pipeline: artifact → build → stages of validated, then applied objects → prune → health → status. What happens next is decided
//! by a pure function of what is known; whatever has to be waited for (dependencies, definitions, health, deletions) is a watch and a
//! deadline, never a worker. It deliberately fetches no sources, and says so on objects that use what it does not act on yet:
//! `kubeConfig`, `decryption`, `healthCheckExprs`, `readyExpr` and `ignore`.
//!
//! ```
//! use flux_artifact::Limits;
//! use flux_kustomization::{Artifacts, Settings, controller};
//! use flux_runtime::{RunError, Runtime, Shutdown};
//!
//! async fn run(client: flux_kube::Client, store: flux_store::Store) -> Result<(), RunError> {
//!     let runtime = Runtime::new(client, flux_runtime::Settings::default());
//!     let artifacts = Artifacts::new(Some(store), None, Limits::default(), 32 << 20);
//!     let controller = controller(&runtime, Settings::default(), artifacts).concurrency(8);
//!     runtime.run(vec![controller.boxed()], Shutdown::new()).await
//! }
//! ```

mod apply;
mod artifacts;
mod build;
mod decide;
mod dependency;
mod finalize;
mod health;
mod history;
mod memory;
mod pass;
mod prune;
mod reconciler;
mod run;
mod settings;
mod source;
mod support;
mod triggers;
mod variables;

pub use artifacts::Artifacts;
pub use reconciler::KustomizationReconciler;
pub use settings::Settings;
pub use triggers::controller;
