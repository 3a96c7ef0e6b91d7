use std::time::Duration;

use flux_git::{Credentials, GitError, Limits, Outcome, Remote, Request, Selection};
use flux_http::Auth;

use crate::server::{Options, Server};
use crate::support::{Repository, fetch, fetched, paths};

fn request(selection: Selection) -> Request {
    Request::new(selection)
}

fn branch(name: &str) -> Request {
    request(Selection::Branch(name.into()))
}

async fn served(repository: &Repository) -> (Server, Remote) {
    let server = Server::start(repository.path(), Options::default()).await;
    let remote = Remote::new(server.url.clone());
    (server, remote)
}

#[tokio::test]
async fn a_branch() {
    let repository = Repository::with(&[
        ("apps/web.yaml", "kind: Service"),
        ("run.sh", "#!/bin/sh"),
        ("logo.png", "x"),
    ]);
    repository.git(&["update-index", "--chmod=+x", "run.sh"]);
    std::os::unix::fs::symlink("run.sh", repository.path().join("link")).unwrap();
    repository.git(&["add", "link"]);
    repository.git(&["commit", "-q", "-m", "fix: mode\n\nlong"]);
    let hash = repository.git(&["rev-parse", "HEAD"]);
    let (_server, remote) = served(&repository).await;

    let checkout = fetched(fetch(&remote, &branch("main")).await);
    assert_eq!(checkout.revision, format!("main@sha1:{hash}"));
    assert_eq!(paths(&checkout), ["apps/web.yaml", "run.sh"]);
    assert!(checkout.tree.get("run.sh").unwrap().executable);
    assert_eq!(
        &*checkout.tree.get("apps/web.yaml").unwrap().bytes,
        b"kind: Service"
    );
    let commit = &checkout.commit;
    assert_eq!(
        (commit.hash.as_str(), commit.reference.as_str()),
        (hash.as_str(), "refs/heads/main")
    );
    assert_eq!(
        (commit.summary().as_str(), commit.author.name.as_str()),
        ("fix: mode", "Ada")
    );
    assert_eq!(commit.committer.seconds, 1_700_000_001);
}

#[tokio::test]
async fn only_one_commit_is_fetched_and_none_when_it_is_held() {
    let repository = Repository::new();
    // Noise does not compress, so a history of it would show in what is received.
    for round in 0..20u64 {
        let noise: String = (0..2000u64)
            .map(|n| format!("{:x}", (n + 7919 * round).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
            .collect();
        repository.commit("noise", &[("file", &noise)]);
    }
    let (server, remote) = served(&repository).await;
    let mut request = branch("main");
    request.limits.received = 60_000;
    let checkout = fetched(fetch(&remote, &request).await);

    let before = server.count();
    request.held = Some(checkout.revision.clone());
    match fetch(&remote, &request).await.unwrap() {
        Outcome::Unchanged { revision } => assert_eq!(revision, checkout.revision),
        Outcome::Fetched(_) => panic!("fetched again"),
    }
    // Capabilities and references, but no pack.
    assert_eq!(server.count() - before, 2);
    request.held = Some(checkout.revision.replace("@sha1:", "/"));
    assert!(matches!(
        fetch(&remote, &request).await.unwrap(),
        Outcome::Unchanged { .. }
    ));
}

#[tokio::test]
async fn tags() {
    let repository = Repository::with(&[("a", "1")]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["tag", "light"]);
    repository.git(&["tag", "-a", "heavy", "-m", "a tag"]);
    let object = repository.git(&["rev-parse", "heavy"]);
    repository.commit("second", &[("a", "2")]);
    let (_server, remote) = served(&repository).await;

    let light = fetched(fetch(&remote, &request(Selection::Tag("light".into()))).await);
    assert_eq!(light.revision, format!("light@sha1:{first}"));
    assert_eq!(light.commit.tag.unwrap().hash, None);

    let mut heavy_request = request(Selection::Tag("heavy".into()));
    let heavy = fetched(fetch(&remote, &heavy_request).await);
    assert_eq!(heavy.revision, format!("heavy@sha1:{first}"));
    assert_eq!(heavy.commit.tag.unwrap().hash, Some(object));
    heavy_request.held = Some(heavy.revision);
    assert!(matches!(
        fetch(&remote, &heavy_request).await.unwrap(),
        Outcome::Unchanged { .. }
    ));
}

#[tokio::test]
async fn the_highest_version() {
    let repository = Repository::with(&[("a", "1")]);
    repository.git(&["tag", "v1.0.0"]);
    repository.git(&["tag", "v1.2"]);
    let second = repository.commit("second", &[("a", "2")]);
    repository.git(&["tag", "v1.1.0"]);
    repository.commit("third", &[("a", "3")]);
    repository.git(&["tag", "v2.0.0-rc.1"]);
    let (_server, remote) = served(&repository).await;
    let range = |range: &str| request(Selection::Semver(range.into()));

    let checkout = fetched(fetch(&remote, &range(">=1.0.0")).await);
    assert_eq!(checkout.revision, format!("v1.1.0@sha1:{second}"));
    let error = fetch(&remote, &range(">=3")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no match found for semver: >=3 (there are: v2.0.0-rc.1, v1.1.0, v1.0.0)"
    );
    let error = fetch(&remote, &range("nope")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "semver parse error: improper constraint: \"nope\""
    );
}

#[tokio::test]
async fn equal_versions_are_decided_by_the_newest_commit() {
    let repository = Repository::with(&[("a", "1")]);
    repository.git(&["tag", "v1.0.0+z"]);
    let second = repository.commit("second", &[("a", "2")]);
    repository.git(&["tag", "-a", "v1.0.0+a", "-m", "annotated"]);
    let (_server, remote) = served(&repository).await;
    let mut request = request(Selection::Semver("1.x".into()));
    let checkout = fetched(fetch(&remote, &request).await);
    assert_eq!(checkout.revision, format!("v1.0.0+a@sha1:{second}"));
    request.held = Some(checkout.revision);
    assert!(matches!(
        fetch(&remote, &request).await.unwrap(),
        Outcome::Unchanged { .. }
    ));
}

#[tokio::test]
async fn a_reference_by_name() {
    let repository = Repository::with(&[("a", "1")]);
    let hash = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-ref", "refs/pull/7/head", "HEAD"]);
    repository.git(&["tag", "-a", "v1", "-m", "a tag"]);
    let (_server, remote) = served(&repository).await;
    for name in [
        "refs/pull/7/head",
        "refs/heads/main",
        "refs/tags/v1",
        "refs/tags/v1^{}",
    ] {
        let checkout = fetched(fetch(&remote, &request(Selection::Name(name.into()))).await);
        assert_eq!(checkout.revision, format!("{name}@sha1:{hash}"));
    }
}

/// A commit in the middle of the history, from a server that may or may not give it out by its hash.
async fn check_commit(config: Vec<(&'static str, String)>) {
    let repository = Repository::with(&[("a", "1")]);
    let second = repository.commit("second", &[("a", "2")]);
    repository.commit("third", &[("a", "3")]);
    let server = Server::start(
        repository.path(),
        Options {
            config,
            ..Options::default()
        },
    )
    .await;
    let remote = Remote::new(server.url.clone());
    let commit = |hash: &str, branch: Option<&str>| {
        request(Selection::Commit {
            hash: hash.into(),
            branch: branch.map(str::to_owned),
        })
    };

    let checkout = fetched(fetch(&remote, &commit(&second, None)).await);
    assert_eq!(checkout.revision, format!("sha1:{second}"));
    assert_eq!(&*checkout.tree.get("a").unwrap().bytes, b"2");
    let checkout = fetched(fetch(&remote, &commit(&second, Some("main"))).await);
    assert_eq!(checkout.revision, format!("main@sha1:{second}"));

    let before = server.count();
    let mut again = commit(&second, Some("main"));
    again.held = Some(checkout.revision);
    assert!(matches!(
        fetch(&remote, &again).await.unwrap(),
        Outcome::Unchanged { .. }
    ));
    assert_eq!(server.count(), before);

    let nowhere = "0123456789012345678901234567890123456789";
    let error = fetch(&remote, &commit(nowhere, None)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("unable to resolve commit object for '{nowhere}': object not found")
    );
    let error = fetch(&remote, &commit("abc", None)).await.unwrap_err();
    assert!(error.to_string().contains("no full commit hash"), "{error}");
}

#[tokio::test]
async fn a_commit() {
    check_commit(Vec::new()).await;
}

#[tokio::test]
async fn a_commit_from_an_old_server() {
    check_commit(vec![("protocol.version", "0".into())]).await;
}

#[tokio::test]
async fn what_is_missing_is_named_with_what_there_is() {
    let repository = Repository::with(&[("a", "1")]);
    repository.git(&["branch", "develop"]);
    repository.git(&["tag", "v1.0.0"]);
    let (_server, remote) = served(&repository).await;
    let url = &remote.url;
    let error = fetch(&remote, &branch("mian")).await.unwrap_err();
    let expect = format!(
        "unable to clone '{url}': couldn't find remote ref \"refs/heads/mian\" (there are: main, develop)"
    );
    assert_eq!(error.to_string(), expect);
    assert!(error.is_transient());
    let error = fetch(&remote, &request(Selection::Tag("v1".into())))
        .await
        .unwrap_err();
    let expect =
        format!("unable to clone '{url}': couldn't find remote ref \"refs/tags/v1\" (there are: v1.0.0)");
    assert_eq!(error.to_string(), expect);
    let error = fetch(&remote, &branch("a b")).await.unwrap_err();
    assert!(
        error.to_string().contains("no valid Git reference name"),
        "{error}"
    );
}

#[tokio::test]
async fn an_empty_repository() {
    let repository = Repository::new();
    let (_server, remote) = served(&repository).await;
    for selection in [
        Selection::Branch("main".into()),
        Selection::Semver("*".into()),
        Selection::Tag("v1".into()),
    ] {
        let error = fetch(&remote, &request(selection)).await.unwrap_err();
        assert!(matches!(error, GitError::Empty { .. }), "{error}");
    }
}

#[tokio::test]
async fn no_repository_and_no_git() {
    let repository = Repository::with(&[("a", "1")]);
    let (server, remote) = served(&repository).await;
    let url = remote.url.replace("/repo", "/other");
    let error = fetch(&Remote::new(url.clone()), &branch("main"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("unable to clone: repository not found: git repository: '{url}'")
    );

    let address = server.url.clone();
    drop(server);
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = fetch(&Remote::new(format!("http://{closed}/repo")), &branch("main"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, GitError::Network { .. }) && error.to_string().contains("refused"),
        "{error}"
    );
    assert_ne!(address, closed.to_string());
}

#[tokio::test]
async fn a_page_is_no_repository() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let page = |_| async { http::Response::new(flux_http::body::full("<html>")) };
    let server = tokio::spawn(flux_http::serve(listener, page, std::future::pending()));
    let error = fetch(&Remote::new(url), &branch("main")).await.unwrap_err();
    assert!(
        error.to_string().contains("does not speak Git's smart protocol"),
        "{error}"
    );
    server.abort();
}

#[tokio::test]
async fn credentials() {
    let repository = Repository::with(&[("a", "1")]);
    // user:pass
    let options = Options {
        authorization: Some("Basic dXNlcjpwYXNz"),
        ..Options::default()
    };
    let server = Server::start(repository.path(), options).await;
    let mut remote = Remote::new(server.url.clone());
    let error = fetch(&remote, &branch("main")).await.unwrap_err();
    let expect = format!(
        "unable to clone '{}': authentication required: who are you?",
        remote.url
    );
    assert_eq!(error.to_string(), expect);

    let basic = Auth::Basic {
        username: "user".into(),
        password: "pass".into(),
    };
    remote.credentials = Credentials {
        auth: Some(basic),
        ..Credentials::default()
    };
    fetched(fetch(&remote, &branch("main")).await);

    let embedded = server.url.replace("http://", "http://user:pass@");
    let checkout = fetched(fetch(&Remote::new(embedded), &branch("main")).await);
    assert_eq!(paths(&checkout), ["a"]);
}

#[tokio::test]
async fn a_token() {
    let repository = Repository::with(&[("a", "1")]);
    let options = Options {
        authorization: Some("Bearer t0ken"),
        ..Options::default()
    };
    let server = Server::start(repository.path(), options).await;
    let mut remote = Remote::new(server.url.clone());
    remote.credentials.auth = Some(Auth::Bearer("t0ken".into()));
    fetched(fetch(&remote, &branch("main")).await);
}

#[tokio::test]
async fn a_redirect_is_followed_but_takes_no_credentials_to_another_host() {
    let repository = Repository::with(&[("a", "1")]);
    let (target, _) = served(&repository).await;
    let options = Options {
        redirect: Some(target.url.clone()),
        ..Options::default()
    };
    let server = Server::start(repository.path(), options).await;
    fetched(fetch(&Remote::new(server.url.clone()), &branch("main")).await);

    let wanting = Options {
        authorization: Some("Bearer t0ken"),
        ..Options::default()
    };
    let wanting = Server::start(repository.path(), wanting).await;
    let options = Options {
        redirect: Some(wanting.url.clone()),
        ..Options::default()
    };
    let server = Server::start(repository.path(), options).await;
    let mut remote = Remote::new(server.url.clone());
    remote.credentials.auth = Some(Auth::Bearer("t0ken".into()));
    let error = fetch(&remote, &branch("main")).await.unwrap_err();
    assert!(matches!(error, GitError::Unauthorized { .. }), "{error}");
}

/// Hundreds of files that are deltas of each other, from a server configured like this.
async fn check_deltas(config: Vec<(&'static str, String)>) {
    let repository = Repository::new();
    let body = |n: usize| {
        (0..400)
            .map(|line| format!("line {line} of {}\n", n / 20))
            .collect::<String>()
    };
    let file = |n: usize| (format!("d{}/f{n}.yaml", n % 40), body(n) + &format!("# {n}\n"));
    let files: Vec<(String, String)> = (0..400).map(file).collect();
    let borrowed: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    repository.commit("many", &borrowed);
    repository.git(&["repack", "-a", "-d", "-f", "-q", "--depth=50", "--window=10"]);
    let options = Options {
        config,
        ..Options::default()
    };
    let server = Server::start(repository.path(), options).await;
    let checkout = fetched(fetch(&Remote::new(server.url.clone()), &branch("main")).await);
    assert_eq!(checkout.tree.len(), 400);
    for (path, text) in &files {
        assert_eq!(&*checkout.tree.get(path).unwrap().bytes, text.as_bytes());
    }
}

#[tokio::test]
async fn a_large_pack_with_deltas() {
    check_deltas(Vec::new()).await;
}

#[tokio::test]
async fn deltas_that_name_their_base_by_hash() {
    // Some servers send only these. The hook takes away the argument that makes git count back in the pack instead, and
    // leaves a mark that it ran.
    let script = r#"#!/bin/sh
for argument; do
  shift
  [ "$argument" = --delta-base-offset ] || set -- "$@" "$argument"
done
touch "$(dirname "$0")/ran"
exec "$@"
"#;
    let marks = tempfile::tempdir().unwrap();
    let hook = marks.path().join("hook");
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let hook = hook.display().to_string();
    check_deltas(vec![("uploadpack.packObjectsHook", hook)]).await;
    assert!(marks.path().join("ran").exists());
}

#[tokio::test]
async fn limits() {
    let repository = Repository::with(&[("a", "0123456789"), ("b/c", "0123456789")]);
    let (_server, remote) = served(&repository).await;
    let limited = |limits: Limits| Request {
        limits,
        ..branch("main")
    };
    let error = fetch(
        &remote,
        &limited(Limits {
            received: 100,
            ..Limits::default()
        }),
    )
    .await
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("what the server sends is more than 100"),
        "{error}"
    );
    let error = fetch(
        &remote,
        &limited(Limits {
            bytes: 19,
            ..Limits::default()
        }),
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("more than 19"), "{error}");
    let error = fetch(
        &remote,
        &limited(Limits {
            entries: 2,
            ..Limits::default()
        }),
    )
    .await
    .unwrap_err();
    assert!(error.to_string().contains("more than 2"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = Remote::new(format!("http://{}/repo", listener.local_addr().unwrap()));
    let request = Request {
        timeout: Duration::from_millis(50),
        ..branch("main")
    };
    let error = fetch(&remote, &request).await.unwrap_err();
    assert!(matches!(error, GitError::Timeout { .. }), "{error}");
    assert!(error.to_string().contains("not done within 0.05s"), "{error}");
}

#[tokio::test]
async fn hashes_of_another_kind_are_told() {
    let repository = Repository::of_sha256();
    let (_server, remote) = served(&repository).await;
    let error = fetch(&remote, &branch("main")).await.unwrap_err();
    assert!(error.to_string().contains("sha256"), "{error}");
}
