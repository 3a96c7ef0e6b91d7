//! One module a command: it takes parsed arguments and gives an outcome.

pub mod check;
pub mod cluster;
pub mod completion;
pub mod controller;
pub mod events;
pub mod get;
pub mod install;
pub mod kustomize;
pub mod pause;
pub mod reconcile;
pub mod up;
pub mod version;
