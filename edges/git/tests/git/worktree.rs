use flux_git::{GitError, Limits, Worktree, worktree};

use crate::support::Repository;

#[track_caller]
fn read(repository: &Repository) -> Worktree {
    worktree(repository.path(), None, &Limits::default()).unwrap()
}

#[track_caller]
fn check(repository: &Repository, expect: &[&str]) {
    let worktree = read(repository);
    assert_eq!(
        worktree.tree.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        expect
    );
}

#[test]
fn uncommitted_changes_are_included() {
    let repository = Repository::with(&[("a", "1"), ("b", "1")]);
    let committed = read(&repository);
    assert!(
        committed.revision.starts_with("main@sha1:"),
        "{}",
        committed.revision
    );
    assert_eq!(committed.revision.len(), "main@sha1:".len() + 40);
    repository.write("a", "2");
    repository.write("c", "3");
    std::fs::remove_file(repository.path().join("b")).unwrap();
    check(&repository, &["a", "c"]);
    assert_eq!(&*read(&repository).tree.get("a").unwrap().bytes, b"2");
    assert_ne!(read(&repository).revision, committed.revision);
    assert_eq!(read(&repository).revision, read(&repository).revision);
}

#[test]
fn what_git_ignores_stays_out_unless_it_is_committed() {
    let repository = Repository::with(&[(".gitignore", "*.log\n/build/\n"), ("kept.log", "1"), ("a", "1")]);
    repository.write("new.log", "1");
    repository.write("build/out", "1");
    repository.write("sub/.gitignore", "secret\n");
    repository.write("sub/secret", "1");
    repository.write("sub/plain", "1");
    repository.write("excluded", "1");
    std::fs::write(repository.path().join(".git/info/exclude"), "excluded\n").unwrap();
    check(&repository, &["a", "kept.log", "sub/plain"]);
}

#[test]
fn source_rules_apply_too() {
    let repository = Repository::with(&[("a.yaml", "1"), ("logo.png", "1"), (".github/x.yaml", "1")]);
    check(&repository, &["a.yaml"]);
    repository.write(".sourceignore", "a.yaml");
    check(&repository, &[".github/x.yaml", ".sourceignore", "logo.png"]);
}

#[test]
fn links_and_inner_repositories_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "1").unwrap();
    let repository = Repository::with(&[("a", "1")]);
    std::os::unix::fs::symlink(outside.path(), repository.path().join("directory")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), repository.path().join("file")).unwrap();
    repository.write("inner/.git/config", "");
    repository.write("inner/x", "1");
    check(&repository, &["a"]);
}

#[test]
fn a_branch_without_commits_and_a_detached_head() {
    let repository = Repository::new();
    repository.write("a", "1");
    assert_eq!(read(&repository).branch, "main");
    let hash = repository.commit("first", &[]);
    repository.git(&["checkout", "-q", &hash]);
    let detached = read(&repository);
    assert!(
        detached.branch.is_empty() && detached.revision.starts_with("sha1:"),
        "{}",
        detached.revision
    );
}

#[test]
fn limits_hold() {
    let repository = Repository::with(&[("a", "0123456789")]);
    let limits = Limits {
        bytes: 9,
        ..Limits::default()
    };
    let error = worktree(repository.path(), None, &limits).unwrap_err();
    assert!(matches!(error, GitError::TooLarge { .. }), "{error}");
    let nothing = tempfile::tempdir().unwrap();
    let error = worktree(nothing.path(), None, &Limits::default()).unwrap_err();
    assert!(matches!(error, GitError::RepositoryNotFound { .. }), "{error}");
}
