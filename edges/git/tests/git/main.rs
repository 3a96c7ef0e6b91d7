//! Against the real git: its repositories, and its server behind a small bridge.

#[cfg(test)]
mod server;
#[cfg(test)]
mod shell;
#[cfg(test)]
mod support;

#[cfg(test)]
mod http;
#[cfg(test)]
mod local;
#[cfg(test)]
mod ssh;
#[cfg(test)]
mod worktree;
