//! Builds.

use crate::server::{self, Server};
use crate::shell::{Manner, Shell};
use flux_bases::{Bases, SshHome};
use flux_http::{body, serve};
use flux_kustomize::{MemFiles, Options, build};
use http::{Response, StatusCode};
use tokio::net::TcpListener;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// A repository with a base, a link to it, one that leads out, and a tag.
fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "base/kustomization.yaml",
        "resources: [a.yaml]\nnamePrefix: one-\n",
    );
    write("base/a.yaml", MAP);
    write("out/kustomization.yaml", "resources: [../../../etc/passwd]\n");
    std::os::unix::fs::symlink("base", directory.path().join("link")).unwrap();
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .current_dir(directory.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    git(&["tag", "v1"]);
    write(
        "base/kustomization.yaml",
        "resources: [a.yaml]\nnamePrefix: two-\n",
    );
    git(&["commit", "-q", "-a", "-m", "second"]);
    directory
}

/// The names of what is built, or the error.
fn names(resource: &str, bases: &Bases) -> Result<Vec<String>, String> {
    let text = format!("resources:\n- {resource}\n");
    let files: MemFiles = [("kustomization.yaml", text)].into_iter().collect();
    let built = build(&files, "", &Options::default(), bases).map_err(|error| error.to_string())?;
    Ok(built
        .objects
        .iter()
        .map(|object| object.name().to_owned())
        .collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_are_built() {
    let repository = repository();
    let server = Server::start(repository.path(), server::Options::default()).await;
    // Two segments are the repository, so that the path needs its own mark here.
    let url = server.url.clone();
    let check = move |rest: &str, bases: &Bases| {
        let url = format!("{url}{rest}");
        names(&url, bases)
    };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().to_owned();
    let work = move || {
        let bases = Bases::new(path);
        assert_eq!(check("//base", &bases).unwrap(), ["two-a"]);
        let asked = server.count();
        assert_eq!(check("//link", &bases).unwrap(), ["two-a"]);
        assert_eq!(server.count(), asked, "held already");
        assert_eq!(check("//base?ref=v1", &bases).unwrap(), ["one-a"]);
        assert_eq!(
            check("//base?version=v1&submodules=false", &bases).unwrap(),
            ["one-a"]
        );
        let error = check("//base?ref=none", &bases).unwrap_err();
        assert!(
            error.contains("kustomization.yaml:2: resources[0]:") && error.contains("refs/heads/none"),
            "{error}"
        );
        let error = check("//out", &bases).unwrap_err();
        assert!(error.contains("leads out of the root"), "{error}");
        let error = check("//nothing", &bases).unwrap_err();
        assert!(error.contains("no such file or directory"), "{error}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_over_ssh_are_built() {
    let repository = repository();
    let shell = Shell::start(Manner::Git).await;
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(home.path().join(name), bytes).unwrap();
    write("id_ed25519", shell.client_key());
    write("known_hosts", shell.known_hosts().into_bytes());
    let base = format!("{}//base", shell.url(&repository.path().display().to_string()));
    let folder = home.path().to_owned();
    let work = move || {
        let bases = |folder: Option<_>| {
            Bases::new(std::env::temp_dir()).with_ssh(SshHome {
                folder,
                ..SshHome::default()
            })
        };
        let known = || bases(Some(folder.clone()));
        assert_eq!(names(&base, &known()).unwrap(), ["two-a"]);
        assert_eq!(
            names(&format!("git::{base}?ref=v1"), &known()).unwrap(),
            ["one-a"]
        );
        let error = names(&base, &bases(None)).unwrap_err();
        assert!(
            error.contains("is not in known_hosts") && error.contains("kustomization.yaml:2"),
            "{error}"
        );
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn local_repositories_need_leave() {
    let repository = repository();
    let url = format!("file://{}//base", repository.path().display());
    let work = move || {
        let scratch = std::env::temp_dir();
        assert_eq!(
            names(&url, &Bases::new(&scratch).with_local()).unwrap(),
            ["two-a"]
        );
        let error = names(&url, &Bases::new(&scratch)).unwrap_err();
        assert!(error.contains("not allowed here"), "{error}");
        for ssh in ["git@example.com:org/repo", "ssh://git@example.com/org/repo"] {
            let error = names(ssh, &Bases::new(&scratch).with_local()).unwrap_err();
            assert!(error.contains("ssh are not allowed here"), "{error}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_are_fetched() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |request: flux_http::Request| async move {
        match request.uri().path() {
            "/a/b/a.yaml" | "/a/b/plain" => Response::new(body::full(MAP)),
            _ => Response::builder()
                .status(StatusCode::NOT_FOUND)
                .body(body::empty())
                .unwrap(),
        }
    };
    let task = tokio::spawn(serve(listener, answer, std::future::pending()));
    let work = move || {
        let bases = Bases::new(std::env::temp_dir());
        let get = |path: &str| names(&format!("http://{address}{path}"), &bases);
        assert_eq!(get("/a/b/a.yaml").unwrap(), ["a"]);
        // It does not look like a file, and there is no repository.
        assert_eq!(get("/a/b/plain").unwrap(), ["a"]);
        let error = get("/a/b/none.yaml").unwrap_err();
        assert!(error.contains("404"), "{error}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    task.abort();
}
