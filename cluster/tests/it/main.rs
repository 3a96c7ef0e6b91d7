//! The cluster as its users see it: over HTTP messages, in process.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test that uses them")]

mod api;
mod client;
mod conformance;
mod connections;
mod crash;
mod history;
mod hostile;
mod random;
mod watch;
mod wire;
