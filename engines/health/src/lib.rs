//! Whether objects are healthy.
//!
//! Takes live objects as `serde_json::Value` and a time, and gives the status of each ([`status`]) and of a set of them
//! ([`Watched`], [`verdict`]): the rules of kstatus for every kind it knows, with Flux's own rule for Jobs (a Job is current when
//! it is complete, not when it has started). It deliberately reads nothing from a cluster, waits for nothing and knows no
//! CEL expressions yet.
//!
//! ```
//! use flux_health::{Kind, status};
//!
//! let deployment = serde_json::json!({
//!     "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "generation": 1},
//!     "spec": {"replicas": 2},
//!     "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1},
//! });
//! let status = status(&deployment, jiff::Timestamp::UNIX_EPOCH);
//! assert_eq!(status.kind, Kind::InProgress);
//! assert_eq!(status.message, "Available: 1/2");
//! ```

mod aggregate;
mod fields;
mod generic;
mod pods;
mod status;
mod workloads;

pub use aggregate::{Verdict, Watched, is_job_with_ttl, timed_out, verdict};
pub use status::{Kind, Rule, Status, status, status_by};

#[cfg(test)]
mod tests;
