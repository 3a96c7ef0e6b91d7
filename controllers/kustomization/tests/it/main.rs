//! The controller against the embedded cluster, in process: artifacts go in, objects come out.

#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

mod apply;
mod content;
mod dependencies;
mod health;
mod kill;
mod life;
mod requests;
mod upstream;
mod world;
