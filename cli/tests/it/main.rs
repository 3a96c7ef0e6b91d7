//! End to end: the binary, a real git repository, and the real kubectl. One test binary; each module is a topic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

mod charts;
mod clients;
mod crash;
mod failures;
mod fleet;
mod full_disk;
mod helm;
mod helm_corpus;
mod helm_peers;
mod helm_snippets;
mod helm_sources;
mod kubectl;
mod kustomize;
mod tidy;
mod up;
