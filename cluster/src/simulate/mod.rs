//! The workload simulation: what the controller manager, the scheduler and the kubelets of a healthy cluster do.
//!
//! Takes the name of one object, a read-only [`View`] and the time, and gives the [`Step`]: writes to make and
//! the time to look again. It is level triggered like the controllers it stands for: a step looks at the whole
//! state and may be repeated at will; when nothing is to be done it gives no action. It runs no containers and
//! reads no clock.
//!
//! # Driving it
//!
//! Keep a queue of [`ObjectRef`]s without duplicates. For every change in the store call [`targets`] with the
//! object (for a deletion: its last state) and queue what it gives. Take one, call [`step`], execute the actions
//! in order, and queue the object again at `wake` if that is set. An action that fails with a conflict or "not
//! found" is dropped: the change that caused it has queued the object again. At start execute [`bootstrap`] once
//! and queue every stored object.
//!
//! # Staging delays and failures
//!
//! Annotations on the object, its pod template or its pod (the innermost wins):
//!
//! | annotation | value | effect |
//! |---|---|---|
//! | `sim.ferroflux.dev/ready-after` | `2s`, `1m30s`, `500ms` | pods become ready (jobs complete, claims bind, addresses appear) that long after creation |
//! | `sim.ferroflux.dev/fail` | `CrashLoopBackOff` | containers wait and restart, the pod never becomes ready |
//! | | `ImagePullBackOff` | containers wait for their image |
//! | | `Unschedulable` | the pod stays Pending with `PodScheduled=False` |
//! | | `JobFailed` | the job's pods fail; it ends with `BackoffLimitExceeded` |
//! | | `Pending` | the claim stays Pending, the Service or Ingress gets no address |
//! | `sim.ferroflux.dev/restart-count` | number | the restart count that containers report |
//!
//! Taking the annotation off a Deployment, StatefulSet or DaemonSet heals its pods. In a pod template it is a
//! change of the template, so that a rollout starts.
//!
//! A Deployment that does not become available in its `progressDeadlineSeconds` gets `Progressing=False`,
//! `ProgressDeadlineExceeded`, like upstream. Default: everything is ready at once, with as few writes as
//! possible: a Deployment with one replica takes its ReplicaSet, its pod, one status of the ReplicaSet and one
//! of the Deployment. With [`Config::pods`] off it takes two.

mod action;
mod bootstrap;
mod condition;
mod cron;
mod cronjob;
mod daemonset;
mod deployment;
mod disruption;
mod endpoints;
#[cfg(test)]
pub(crate) mod fake;
mod job;
pub(crate) mod json;
mod names;
mod network;
mod pod;
mod population;
mod replicaset;
mod revision;
mod roles;
mod rollout;
mod stage;
mod statefulset;
mod step;
#[cfg(test)]
mod tests;
mod view;
mod volume;

pub use action::{Action, ObjectRef, Parts, Propagation, Step};
pub use bootstrap::bootstrap;
pub(crate) use condition::{condition, condition_is};
pub(crate) use cron::cron_error;
pub(crate) use names::name_suffix;
pub(crate) use pod::quality_of_service;
pub use step::{step, targets};
pub use view::{Config, Profile, View, Wanted};
pub(crate) use volume::quantity;
