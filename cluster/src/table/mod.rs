//! The tables that `kubectl get` shows (`Accept: application/json;as=Table`), as kube-apiserver 1.36 renders them.
//!
//! Takes an object as JSON and the time, gives the cells of its row. Built-in kinds have the columns that the
//! upstream server gives them, kinds without a printer get `Name` and `Created At`, and custom resources get
//! what `additionalPrinterColumns` of their definition says ([`CustomTable`]). The `kind: Table` envelope, list
//! metadata and `includeObject` are the caller's work.
//!
//! Columns carry no description: kubectl shows none in its tables.

mod age;
mod batch;
mod columns;
mod core;
mod custom;
mod jsonpath;
mod network;
mod other;
mod pod;
mod read;
mod storage;
#[cfg(test)]
mod tests;
mod workload;

pub use age::human_duration;
pub use columns::{Column, cells, columns};
pub use custom::CustomTable;
