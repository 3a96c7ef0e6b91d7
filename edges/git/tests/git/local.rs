use flux_git::{Git, GitError, Outcome, Remote, Request, Selection};

use crate::support::{Repository, fetch, fetched, paths};

fn local(repository: &Repository) -> Remote {
    Remote {
        allow_local: true,
        ..Remote::new(format!("file://{}", repository.path().display()))
    }
}

fn main() -> Request {
    Request::new(Selection::Branch("main".into()))
}

#[tokio::test]
async fn only_where_it_is_allowed() {
    let repository = Repository::with(&[("a", "1")]);
    for url in [
        format!("file://{}", repository.path().display()),
        repository.path().display().to_string(),
    ] {
        let mut remote = Remote::new(url);
        let error = fetch(&remote, &main()).await.unwrap_err();
        assert!(
            matches!(error, GitError::Url { .. }) && !error.is_transient(),
            "{error}"
        );
        remote.allow_local = true;
        assert_eq!(paths(&fetched(fetch(&remote, &main()).await)), ["a"]);
    }
}

#[tokio::test]
async fn every_selection() {
    let repository = Repository::with(&[("a", "1")]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["tag", "-a", "v1.0.0", "-m", "a tag"]);
    repository.git(&["update-ref", "refs/pull/1/head", "HEAD"]);
    let second = repository.commit("second", &[("a", "2")]);
    repository.git(&["pack-refs", "--all"]);
    let remote = local(&repository);
    for (selection, expect) in [
        (Selection::Branch("main".into()), format!("main@sha1:{second}")),
        (Selection::Tag("v1.0.0".into()), format!("v1.0.0@sha1:{first}")),
        (Selection::Semver("^1".into()), format!("v1.0.0@sha1:{first}")),
        (
            Selection::Name("refs/pull/1/head".into()),
            format!("refs/pull/1/head@sha1:{first}"),
        ),
        (
            Selection::Commit {
                hash: first.clone(),
                branch: None,
            },
            format!("sha1:{first}"),
        ),
    ] {
        let mut request = Request::new(selection);
        let checkout = fetched(fetch(&remote, &request).await);
        assert_eq!(checkout.revision, expect);
        request.held = Some(expect);
        assert!(matches!(
            fetch(&remote, &request).await.unwrap(),
            Outcome::Unchanged { .. }
        ));
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let repository = Repository::with(&[("a", "1")]);
    let remote = local(&repository);
    let error = fetch(&remote, &Request::new(Selection::default()))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("couldn't find remote ref \"refs/heads/master\" (there are: main)"),
        "{error}"
    );

    let empty = Repository::new();
    let error = fetch(&local(&empty), &main()).await.unwrap_err();
    assert!(matches!(error, GitError::Empty { .. }), "{error}");

    let nothing = tempfile::tempdir().unwrap();
    let remote = Remote {
        allow_local: true,
        ..Remote::new(nothing.path().display().to_string())
    };
    let error = fetch(&remote, &main()).await.unwrap_err();
    assert!(matches!(error, GitError::RepositoryNotFound { .. }), "{error}");
}

#[tokio::test]
async fn ignore_rules_and_sparse_checkouts() {
    let repository = Repository::with(&[
        (".sourceignore", "/docs\n"),
        ("apps/a.yaml", "1"),
        ("apps/deep/b.yaml", "1"),
        ("apps-old/c.yaml", "1"),
        ("apps/.sourceignore", "*.txt"),
        ("apps/note.txt", "1"),
        ("docs/d.md", "1"),
        (".gitignore", "x"),
    ]);
    let remote = local(&repository);
    let mut request = main();
    let all = fetched(fetch(&remote, &request).await);
    let expect = [
        ".sourceignore",
        "apps-old/c.yaml",
        "apps/.sourceignore",
        "apps/a.yaml",
        "apps/deep/b.yaml",
    ];
    assert_eq!(paths(&all), expect);

    request.ignore = Some("/*\n!/apps\n".into());
    let own = fetched(fetch(&remote, &request).await);
    assert_eq!(
        paths(&own),
        [
            "apps/.sourceignore",
            "apps/a.yaml",
            "apps/deep/b.yaml",
            "apps/note.txt"
        ]
    );

    request.ignore = None;
    request.sparse = vec!["./apps/".into()];
    let sparse = fetched(fetch(&remote, &request).await);
    assert_eq!(
        paths(&sparse),
        ["apps/.sourceignore", "apps/a.yaml", "apps/deep/b.yaml"]
    );

    request.sparse = vec!["apps".into(), "nope".into()];
    let error = fetch(&remote, &request).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "sparse checkout directory 'nope' does not exist in the repository"
    );
}

#[tokio::test]
async fn submodules_and_links_are_left_out() {
    let repository = Repository::with(&[("a", "1")]);
    let hash = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{hash},module"),
    ]);
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join("secrets")).unwrap();
    repository.git(&["add", "secrets"]);
    repository.git(&["commit", "-q", "-m", "more"]);
    assert_eq!(paths(&fetched(fetch(&local(&repository), &main()).await)), ["a"]);
}

#[tokio::test]
async fn a_repository_that_cannot_be_read_is_told_apart_from_none() {
    let repository = Repository::of_sha256();
    let remote = local(&repository);
    let error = fetch(&remote, &main()).await.unwrap_err();
    assert!(matches!(error, GitError::Object { .. }), "{error}");
    assert!(error.to_string().contains("sha256"), "{error}");
}

/// What a name of any kind leads to, as `git fetch` understands it.
#[tokio::test]
async fn names_of_any_kind_are_found() {
    let repository = Repository::with(&[("a", "1")]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["tag", "-a", "-m", "x", "v1"]);
    repository.git(&["branch", "both"]);
    let second = repository.commit("second", &[("a", "2")]);
    repository.git(&["tag", "both"]);
    let remote = Remote {
        allow_local: true,
        ..Remote::new(repository.path().to_string_lossy())
    };
    let cases = [
        (None, &second),
        (Some("main"), &second),
        (Some("v1"), &first),
        // A tag comes before a branch.
        (Some("both"), &second),
        (Some("refs/heads/both"), &first),
        (Some("heads/both"), &first),
        (Some(first.as_str()), &first),
        (Some("HEAD"), &second),
    ];
    for (name, expect) in cases {
        let request = Request::new(Selection::Any(name.map(str::to_owned)));
        let found = fetched(fetch(&remote, &request).await);
        assert_eq!(found.commit.hash, *expect, "{name:?}");
    }
    let request = Request::new(Selection::Any(Some("none".into())));
    let error = fetch(&remote, &request).await.unwrap_err();
    assert!(
        matches!(error, GitError::RefNotFound { ref reference, .. } if reference == "refs/heads/none"),
        "{error}"
    );
}

#[tokio::test]
async fn a_whole_commit_has_links_and_submodules() {
    let module = Repository::with(&[("m.yaml", "module"), (".sourceignore", "m.yaml")]);
    let repository = Repository::with(&[("a", "1")]);
    let name = module.path().file_name().unwrap().to_string_lossy().into_owned();
    repository.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &format!("../{name}"),
        "deep/mod",
    ]);
    std::os::unix::fs::symlink("a", repository.path().join("link")).unwrap();
    repository.commit("second", &[(".sourceignore", "a")]);
    let remote = Remote {
        allow_local: true,
        ..Remote::new(repository.path().to_string_lossy())
    };
    let request = Request {
        whole: true,
        ..Request::new(Selection::Any(None))
    };
    let mut found = fetched(fetch(&remote, &request).await);
    assert_eq!(found.links, [("link".to_owned(), "a".to_owned())]);
    assert_eq!(paths(&found), [".gitmodules", ".sourceignore", "a"]);
    assert_eq!(found.submodules[0].path, "deep/mod");
    let scratch = tempfile::tempdir().unwrap();
    let git = Git::new(scratch.path());
    git.add_submodules(&remote, &request, &mut found).await.unwrap();
    let all = [
        ".gitmodules",
        ".sourceignore",
        "a",
        "deep/mod/.sourceignore",
        "deep/mod/m.yaml",
    ];
    assert_eq!(paths(&found), all);
}
