//! Looking at the remote.

use std::path::PathBuf;

use flux_api::gitrepository::GitRepository;
use flux_artifact::{Revision, Tree};
use flux_git::{Git, GitError, Outcome, Remote, Request, worktree};

use crate::settings::Settings;

/// What a look at the remote gave.
pub(crate) enum Seen {
    /// What is held already.
    Unchanged { revision: String },
    /// Something to store.
    Content(Content),
}

/// The files of one revision.
pub(crate) struct Content {
    pub(crate) revision: String,
    /// First line of the commit, for people.
    pub(crate) summary: String,
    pub(crate) tree: Tree,
}

impl Content {
    /// Upstream's name of the archive.
    pub(crate) fn file_name(&self) -> String {
        let revision: Revision = match self.revision.parse() {
            Ok(revision) => revision,
            Err(never) => match never {},
        };
        format!("{}.tar.gz", revision.hash())
    }
}

/// Fetches a commit; or reads a working tree, where that is followed.
pub(crate) async fn look(
    git: &Git,
    settings: &Settings,
    object: &GitRepository,
    remote: &Remote,
    request: &Request,
) -> Result<Seen, GitError> {
    if let Some(path) = settings.worktree(&object.spec.url) {
        return read(path.to_owned(), request.clone()).await;
    }
    Ok(match git.fetch(remote, request).await? {
        Outcome::Unchanged { revision } => Seen::Unchanged { revision },
        Outcome::Fetched(checkout) => Seen::Content(Content {
            summary: checkout.commit.summary(),
            revision: checkout.revision,
            tree: checkout.tree,
        }),
    })
}

async fn read(path: PathBuf, request: Request) -> Result<Seen, GitError> {
    let shown = path.display().to_string();
    let reading =
        tokio::task::spawn_blocking(move || worktree(&path, request.ignore.as_deref(), &request.limits));
    let worktree = reading.await.map_err(|error| GitError::Object {
        what: shown,
        cause: error.to_string(),
    })??;
    if request.held.as_deref() == Some(worktree.revision.as_str()) {
        return Ok(Seen::Unchanged {
            revision: worktree.revision,
        });
    }
    let branch = if worktree.branch.is_empty() {
        "no branch"
    } else {
        &worktree.branch
    };
    let summary = format!("working tree on {branch}");
    Ok(Seen::Content(Content {
        revision: worktree.revision,
        summary,
        tree: worktree.tree,
    }))
}
