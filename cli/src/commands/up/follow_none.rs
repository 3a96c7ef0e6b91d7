//! Systems without inotify: commits are seen at the interval of the source, working trees are not followed.

use std::path::Path;

use crate::error::Error;

/// Watches nothing.
pub struct Follower;

impl Follower {
    /// Says that there is nothing to watch with.
    pub fn new(_root: &Path, worktree: bool) -> Result<Self, Error> {
        let what = if worktree {
            "--worktree needs Linux"
        } else {
            "no notification of the file system here"
        };
        Err(Error::message(what))
    }

    /// Never comes.
    pub async fn changed(&mut self) -> Result<(), Error> {
        std::future::pending().await
    }
}
