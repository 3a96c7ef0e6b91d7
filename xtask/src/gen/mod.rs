//! What is derived from elsewhere and kept in the repository: for now the tables of built-in Kubernetes types.

mod types;

pub use types::run;
