//! Repositories made by the real git.

use std::path::{Path, PathBuf};
use std::process::Command;

use flux_git::{Checkout, Git, GitError, Outcome, Remote, Request};
use tempfile::TempDir;

/// A working tree in a temporary directory.
pub(crate) struct Repository {
    pub(crate) directory: TempDir,
    commits: std::cell::Cell<u32>,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let repository = Repository {
            directory,
            commits: Default::default(),
        };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    /// One with a commit that holds these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Repository::new();
        repository.commit("first", files);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// One whose objects are named by SHA-256.
    pub(crate) fn of_sha256() -> Self {
        let repository = Repository::new();
        std::fs::remove_dir_all(repository.path().join(".git")).unwrap();
        repository.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
        repository.commit("first", &[("a", "1")]);
        repository
    }

    /// Runs git; gives its output.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let time = format!("{} +0000", 1_700_000_000 + self.commits.get());
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(arguments).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("HOME", "/nonexistent"),
        ]);
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Ada")
                .env(format!("GIT_{who}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{who}_DATE"), &time);
        }
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Commits these files, a second after the last commit; gives the hash.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        self.commits.set(self.commits.get() + 1);
        for (path, content) in files {
            self.write(path, content);
        }
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Fetches, expecting files.
#[track_caller]
pub(crate) fn fetched(outcome: Result<Outcome, GitError>) -> Checkout {
    match outcome.unwrap() {
        Outcome::Fetched(checkout) => *checkout,
        Outcome::Unchanged { revision } => panic!("unchanged: {revision}"),
    }
}

pub(crate) fn paths(checkout: &Checkout) -> Vec<&str> {
    checkout.tree.iter().map(|(path, _)| path).collect()
}

pub(crate) async fn fetch(remote: &Remote, request: &Request) -> Result<Outcome, GitError> {
    let scratch = tempfile::tempdir().unwrap();
    let outcome = Git::new(scratch.path()).fetch(remote, request).await;
    // Whatever happened, nothing is left on the disk.
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    outcome
}
