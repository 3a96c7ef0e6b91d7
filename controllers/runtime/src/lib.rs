//! What every controller is made of.
//!
//! Takes a [`flux_kube::Client`], [`Settings`] and reconcilers; gives running controllers: a keyed work queue that never parks a worker
//! ([`queue`]), triggers, finalizers, status patches ([`status::Draft`]), events, metrics, probes, leader election, shards and an
//! orderly end. It deliberately knows no kind: a [`Reconciler`] tells the story of one custom resource, and what went wrong comes back
//! as an [`Error`] whose type says how it is handled; one interpreter ([`interpret`]) turns it into conditions, event and requeue.
//!
//! # How a controller is written
//!
//! A pass of [`Reconciler::reconcile`] never waits for the world: it looks at what there is, does what can be done now, and
//! returns. To wait for something it returns [`Outcome::Wait`] (or [`Error::waiting`]) and is called again when a trigger fires, a
//! [`Waker`] is used, or the time is up; what it must remember between passes it keeps in its own memory, keyed by object,
//! and gives up in [`Reconciler::forget`]. Before `reconcile` is called the object has its finalizer, is not suspended and is not being
//! deleted.
//!
//! ```
//! use std::time::Duration;
//!
//! use flux_api::gitrepository::{self, GitRepository};
//! use flux_api::kustomization::{self, Kustomization};
//! use flux_api::{meta, reason};
//! use flux_kube::{Cache, CacheOptions, Client, Gvk, Key, ListOptions};
//! use flux_runtime::{Cause, Context, Controller, Error, Facts, Object, Outcome, Reconciler, Runtime, Settings, Shutdown};
//!
//! struct Applier;
//!
//! impl Reconciler for Applier {
//!     type Object = Kustomization;
//!
//!     fn facts(&self) -> Facts {
//!         Facts::new(Gvk::new(kustomization::API_VERSION, kustomization::KIND), "kustomize-controller")
//!             .owns(&["Healthy"])
//!             .finalizer(meta::FINALIZER)
//!     }
//!
//!     async fn reconcile(&self, object: &Object<Kustomization>, context: &Context) -> Result<Outcome, Error> {
//!         let source = &object.spec.source_ref;
//!         let kind = Gvk::new(gitrepository::API_VERSION, &source.kind);
//!         let found = context.client().get_opt(&kind, &object.metadata.namespace, &source.name).await?;
//!         let Some(artifact) = found.filter(|found| found["status"]["artifact"].is_object()) else {
//!             // Ready=False, an event, and another look in 30 s at the latest. A change of the source comes earlier.
//!             let message = format!("source artifact not found: {}", source.name);
//!             return Err(Error::waiting(reason::ARTIFACT_FAILED, source.name.clone(), message));
//!         };
//!         context.edit_status(|draft| draft.progressing("reconciliation in progress")).await?;
//!         // … build, apply …
//!         let revision = artifact["status"]["artifact"]["revision"].as_str().unwrap_or_default();
//!         let message = format!("Applied revision: {revision}");
//!         context.edit_status(|draft| {
//!             draft.set_field("lastAppliedRevision", revision);
//!             draft.ready(reason::RECONCILIATION_SUCCEEDED, &message);
//!         }).await?;
//!         context.event(flux_runtime::Severity::Info, reason::RECONCILIATION_SUCCEEDED, &message, &[("revision", revision)]);
//!         Ok(Outcome::Interval(object.spec.interval.get()))
//!     }
//!
//!     async fn finalize(&self, _object: &Object<Kustomization>, _context: &Context) -> Result<Outcome, Error> {
//!         // … prune …: after `Done` the finalizer is taken away.
//!         Ok(Outcome::Done)
//!     }
//! }
//!
//! async fn run(client: Client) -> Result<(), flux_runtime::RunError> {
//!     let runtime = Runtime::new(client.clone(), Settings::default());
//!     // What is needed of each source: its revision.
//!     let sources = CacheOptions {
//!         gvk: Gvk::new(gitrepository::API_VERSION, gitrepository::KIND),
//!         watch: ListOptions::default().into(),
//!     };
//!     let sources = Cache::start(client, sources, |object| {
//!         object["status"]["artifact"]["revision"].as_str().map(str::to_owned)
//!     });
//!     let controller = Controller::new(&runtime, Applier)
//!         .concurrency(4)
//!         .index("source", |object| {
//!             let name = object["spec"]["sourceRef"]["name"].as_str().unwrap_or_default();
//!             vec![Key::of(object).namespace + "/" + name]
//!         })
//!         .on(sources, |change, view| {
//!             if change.old == change.new {
//!                 return Vec::new();
//!             }
//!             let referrers = view.by_index("source", &change.key.to_string());
//!             referrers.into_iter().map(|key| (key, Cause::Source)).collect()
//!         });
//!     let shutdown = Shutdown::new();
//!     runtime.run(vec![controller.boxed()], shutdown).await
//! }
//! ```

mod cause;
mod compute;
mod context;
mod controller;
mod error;
pub mod events;
mod facts;
pub mod interpret;
pub mod jitter;
pub mod log;
mod manager;
pub mod metrics;
mod object;
mod one;
mod packed;
mod passes;
pub mod queue;
mod reconciler;
mod serve;
mod settings;
mod shutdown;
pub mod status;
mod store;
pub mod time;
pub mod wait;

pub use cause::{Cause, Causes};
pub use compute::compute;
pub use context::{Context, Waker};
pub use controller::{BoxedController, Controller};
pub use error::{Error, Failure};
pub use events::Severity;
pub use facts::Facts;
pub use manager::{RunError, Runtime};
pub use object::Object;
pub use passes::{Passes, UnderWay};
pub use reconciler::{Outcome, Reconciler};
pub use settings::{LeaderElection, Settings};
pub use shutdown::Shutdown;
pub use store::View;
