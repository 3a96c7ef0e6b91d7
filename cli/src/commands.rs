//! One module a command: it takes parsed arguments and gives an outcome.

pub mod check;
pub mod completion;
pub mod events;
pub mod get;
pub mod install;
pub mod pause;
pub mod reconcile;
pub mod version;
