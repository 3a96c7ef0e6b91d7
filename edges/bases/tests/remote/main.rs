//! Builds with bases on a real Git server and manifests on a real file server.

#[cfg(test)]
mod build;
#[cfg(test)]
#[path = "../../../git/tests/git/server.rs"]
mod server;
#[cfg(test)]
#[path = "../../../git/tests/git/shell.rs"]
#[expect(dead_code, reason = "the tests of edges/git use the rest")]
mod shell;
