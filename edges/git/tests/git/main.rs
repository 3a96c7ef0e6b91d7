//! Against the real git: its repositories, and its server behind a small bridge.

mod server;
mod support;

mod http;
mod local;
mod worktree;
