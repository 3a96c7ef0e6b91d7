//! What an operator sets for this controller, besides what all controllers share.

use std::path::{Path, PathBuf};

use flux_git::Limits;

/// Settings of the controller.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where fetches keep what they receive until they are done; the system's directory for temporary files unless set.
    pub scratch: PathBuf,
    /// Whether `file://` addresses and plain paths may be used; false unless set.
    pub allow_local: bool,
    /// Local repositories whose working tree is followed, uncommitted changes included, instead of a commit.
    pub worktrees: Vec<PathBuf>,
    /// How large a repository may be.
    pub limits: Limits,
    /// How large an index of charts may be, in bytes (`--helm-index-max-size`); 50 MiB unless set.
    pub index_limit: u64,
    /// How large a chart may be, in bytes (`--helm-chart-max-size`); 10 MiB unless set.
    pub chart_limit: u64,
    /// How large a file in a chart may be, in bytes (`--helm-chart-file-max-size`); 5 MiB unless set.
    pub chart_file_limit: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            scratch: std::env::temp_dir(),
            allow_local: false,
            worktrees: Vec::new(),
            limits: Limits::default(),
            index_limit: 50 << 20,
            chart_limit: 10 << 20,
            chart_file_limit: 5 << 20,
        }
    }
}

impl Settings {
    /// The local repository that `url` names, if its working tree is followed.
    pub(crate) fn worktree(&self, url: &str) -> Option<&Path> {
        let path = Path::new(url.strip_prefix("file://").unwrap_or(url));
        let followed = self.worktrees.iter().find(|followed| followed.as_path() == path);
        followed.filter(|_| self.allow_local).map(PathBuf::as_path)
    }
}
