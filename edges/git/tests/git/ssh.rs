//! Over ssh.

use std::time::Duration;

use flux_git::{Credentials, Git, GitError, Limits, Outcome, Remote, Request, Selection, Ssh};
use futures::stream;
use russh::keys::PrivateKey;
use russh::keys::agent::client::AgentClient;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, UnixListener};

use crate::shell::{Manner, Shell, new_key, text};
use crate::support::{Repository, fetch, fetched, paths};

fn remote(url: String, ssh: Ssh) -> Remote {
    Remote {
        credentials: Credentials {
            ssh: Some(ssh),
            ..Credentials::default()
        },
        ..Remote::new(url)
    }
}

fn any(name: Option<&str>) -> Request {
    Request::new(Selection::Any(name.map(str::to_owned)))
}

/// Fetches with these keys and known hosts; gives the paths, or the error.
async fn outcome(url: String, ssh: Ssh, request: &Request) -> Result<String, GitError> {
    match fetch(&remote(url, ssh), request).await? {
        Outcome::Fetched(checkout) => Ok(paths(&checkout).join(" ")),
        Outcome::Unchanged { revision } => Ok(revision),
    }
}

/// The paths, or a part of the error.
#[track_caller]
fn check(outcome: Result<String, GitError>, expect: Result<&str, &str>) {
    match (outcome.map_err(|error| error.to_string()), expect) {
        (Ok(found), Ok(expect)) => assert_eq!(found, expect),
        (Err(error), Err(part)) if error.contains(part) => {}
        (found, expect) => panic!("{found:?} instead of {expect:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_are_fetched() {
    let repository = Repository::with(&[("a", "1")]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["tag", "-a", "-m", "one", "v1.0.0"]);
    repository.commit("second", &[("b", "2")]);
    let path = repository.path().display().to_string();
    for manner in [Manner::Git, Manner::Old] {
        let shell = Shell::start(manner).await;
        let get = async |request: Request| outcome(shell.url(&path), shell.ssh(), &request).await;
        check(get(any(None)).await, Ok("a b"));
        check(get(any(Some("main"))).await, Ok("a b"));
        check(get(any(Some("v1.0.0"))).await, Ok("a"));
        check(get(any(Some(&first))).await, Ok("a"));
        check(get(Request::new(Selection::Semver("1.x".into()))).await, Ok("a"));
        check(get(any(Some("none"))).await, Err("refs/heads/none"));
        let held = Request {
            held: Some(format!("v1.0.0@sha1:{first}")),
            ..Request::new(Selection::Tag("v1.0.0".into()))
        };
        check(get(held).await, Ok(&format!("v1.0.0@sha1:{first}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_and_keys_must_be_known() {
    let repository = Repository::with(&[("a", "1")]);
    let shell = Shell::start(Manner::Git).await;
    let url = || shell.url(&repository.path().display().to_string());
    let get = async |ssh: Ssh| outcome(url(), ssh, &any(None)).await;
    let hosts = |list: String| Ssh {
        known_hosts: list.into_bytes(),
        ..shell.ssh()
    };
    let keys = |keys: Vec<Vec<u8>>| Ssh { keys, ..shell.ssh() };
    check(get(shell.ssh()).await, Ok("a"));
    let unknown = format!("`ssh-keyscan -p {} 127.0.0.1`", shell.port);
    check(get(hosts(String::new())).await, Err(&unknown));
    check(get(hosts(String::new())).await, Err("SHA256:"));
    check(
        get(hosts(shell.known(&new_key()))).await,
        Err("none of those in known_hosts"),
    );
    let revoked = format!("{}@revoked {}", shell.known_hosts(), shell.known_hosts());
    check(get(hosts(revoked)).await, Err("revoked in known_hosts"));
    check(
        get(keys(vec![text(&new_key())])).await,
        Err("the server refused user \"git\" with SHA256:"),
    );
    check(get(keys(Vec::new())).await, Err("there is no ssh key"));
    check(
        get(keys(vec![b"x".to_vec()])).await,
        Err("a private key cannot be read"),
    );
    check(
        get(keys(vec![text(&new_key()), shell.client_key()])).await,
        Ok("a"),
    );
    let other = url().replace("git@", "ada@");
    check(
        outcome(other, shell.ssh(), &any(None)).await,
        Err("refused user \"ada\""),
    );
    let silent = Ssh {
        agent: Some("/nonexistent".into()),
        ..shell.ssh()
    };
    check(get(silent).await, Ok("a"));
}

/// An agent with these keys, at a socket.
async fn agent(path: &std::path::Path, keys: &[PrivateKey]) -> tokio::task::JoinHandle<()> {
    let listener = UnixListener::bind(path).unwrap();
    let accepted = stream::unfold(listener, async |listener| {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    let task = tokio::spawn(async move {
        russh::keys::agent::server::serve(Box::pin(accepted), ())
            .await
            .unwrap();
    });
    let mut client = AgentClient::connect_uds(path).await.unwrap();
    for key in keys {
        client.add_identity(key, &[]).await.unwrap();
    }
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_asked_first() {
    let repository = Repository::with(&[("a", "1")]);
    let shell = Shell::start(Manner::Git).await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent");
    let task = agent(&socket, &[new_key(), shell.client.clone()]).await;
    let ssh = Ssh {
        agent: Some(socket),
        keys: vec![b"never read".to_vec()],
        ..shell.ssh()
    };
    let url = shell.url(&repository.path().display().to_string());
    check(outcome(url, ssh, &any(None)).await, Ok("a"));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_may_do_anything() {
    let short = Request {
        timeout: Duration::from_millis(700),
        ..any(None)
    };
    let small = Request {
        limits: Limits {
            received: 1 << 20,
            ..Limits::default()
        },
        ..any(None)
    };
    let ask = async |manner, request: &Request| {
        let shell = Shell::start(manner).await;
        outcome(shell.url("/nonexistent/repository"), shell.ssh(), request).await
    };
    check(ask(Manner::Git, &any(None)).await, Err("repository not found"));
    check(
        ask(Manner::Refuse, &any(None)).await,
        Err("does not run git-upload-pack"),
    );
    check(ask(Manner::Garbage, &any(None)).await, Err("unable to clone"));
    check(ask(Manner::Flood, &small).await, Err("repository is too large"));
    check(ask(Manner::Open, &any(None)).await, Err("it ended the exchange"));
    check(ask(Manner::Hang, &short).await, Err("not done within 0.7s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_are_told_apart() {
    let ask = async |said: &'static [u8], request: Request| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(said).await.unwrap();
            if said.is_empty() {
                std::future::pending::<()>().await;
            }
        });
        let url = format!("ssh://git@127.0.0.1:{port}/r");
        let found = outcome(url, Ssh::default(), &request).await;
        task.abort();
        found
    };
    let short = Request {
        timeout: Duration::from_millis(500),
        ..any(None)
    };
    check(
        ask(b"HTTP/1.0 400 Bad Request\r\n\r\n", any(None)).await,
        Err("ssh: "),
    );
    check(
        ask(b"SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff", any(None)).await,
        Err("ssh: "),
    );
    check(ask(b"", short).await, Err("not done within 0.5s"));
    let closed = Remote::new("ssh://git@127.0.0.1:1/r").url;
    check(
        outcome(closed, Ssh::default(), &any(None)).await,
        Err("cannot connect"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn submodules_are_fetched() {
    let shell = Shell::start(Manner::Git).await;
    let inner = Repository::with(&[("x", "1")]);
    let outer = Repository::with(&[("a", "1")]);
    let name = |repository: &Repository| {
        let path = repository.path();
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let hash = inner.git(&["rev-parse", "HEAD"]);
    let absolute = shell.url(&inner.path().display().to_string());
    for address in [format!("../{}", name(&inner)), absolute] {
        let modules = format!("[submodule \"s\"]\n\tpath = s\n\turl = {address}\n");
        outer.write(".gitmodules", &modules);
        outer.git(&["add", ".gitmodules"]);
        outer.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{hash},s"),
        ]);
        outer.git(&["commit", "-q", "-m", "submodule"]);
        let remote = remote(shell.url(&outer.path().display().to_string()), shell.ssh());
        let request = Request {
            whole: true,
            ..any(None)
        };
        let scratch = tempfile::tempdir().unwrap();
        let git = Git::new(scratch.path());
        let mut checkout = fetched(git.fetch(&remote, &request).await);
        git.add_submodules(&remote, &request, &mut checkout)
            .await
            .unwrap();
        assert_eq!(paths(&checkout), [".gitmodules", "a", "s/x"], "{address}");
    }
}
