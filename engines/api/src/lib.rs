//! The Flux custom resources: what a user writes in `spec`, what a controller reports in `status`.
//!
//! Takes and gives plain data: serde types for the kinds that have a controller here, conditions with their transition
//! rules, reasons, Go durations, and the `CustomResourceDefinition`s of every Flux kind. It deliberately talks to no cluster,
//! reads no clock (the time of a transition is a parameter) and holds no reconcile logic.
//!
//! ```
//! use flux_api::{condition::{Condition, Conditions, READY}, duration::GoDuration, kustomization::Kustomization};
//!
//! let object = serde_json::json!({
//!     "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
//!     "metadata": {"name": "apps", "namespace": "flux-system", "generation": 1},
//!     "spec": {"interval": "10m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}},
//! });
//! let ks: Kustomization = serde_json::from_value(object).expect("a valid object");
//! assert_eq!(ks.spec.interval, GoDuration::from_secs(600));
//!
//! let mut conditions = Conditions::default();
//! conditions.set(Condition::new(READY, true, "ReconciliationSucceeded", "Applied revision: main@sha1:…"), 1, "2026-01-01T00:00:00Z");
//! assert!(conditions.is_true(READY));
//! ```

pub mod condition;
pub mod crd;
pub mod duration;
pub mod gitrepository;
pub mod helmchart;
pub mod helmrelease;
pub mod helmrepository;
pub mod kustomization;
pub mod meta;
pub mod reason;
pub mod source;
