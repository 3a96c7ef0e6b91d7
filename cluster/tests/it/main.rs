//! The cluster as its users see it: over HTTP messages, in process.

mod api;
mod client;
mod conformance;
mod crash;
mod watch;
