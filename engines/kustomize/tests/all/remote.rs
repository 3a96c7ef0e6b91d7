use std::sync::{Arc, Mutex};

use flux_kustomize::{Files, GitSpec, MemFiles, NoRemote, Options, Remote, RemoteError, build};

const A: &str = "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n";

/// Gives one repository and one file, and notes what was asked for.
#[derive(Default)]
struct Host {
    asked: Mutex<Vec<String>>,
}

impl Remote for Host {
    fn git(&self, spec: &GitSpec) -> Result<Arc<dyn Files + Send>, RemoteError> {
        let reference = spec.reference.as_deref().unwrap_or("HEAD");
        let asked = format!(
            "git {} {reference} '{}' {}s",
            spec.repo, spec.path, spec.timeout_seconds
        );
        self.asked.lock().expect("no test panics in here").push(asked);
        let mut files = MemFiles::new();
        for dir in ["", "base/"] {
            files.insert(
                &format!("{dir}kustomization.yaml"),
                "namePrefix: r-\nresources: [a.yaml]\n",
            );
            files.insert(&format!("{dir}a.yaml"), A);
        }
        Ok(Arc::new(files))
    }

    fn file(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        self.asked
            .lock()
            .expect("no test panics in here")
            .push(format!("file {url}"));
        Ok(A.as_bytes().to_vec())
    }
}

#[track_caller]
fn check(resource: &str, expect: &str) {
    let files: MemFiles = [("kustomization.yaml", format!("resources: [\"{resource}\"]\n"))]
        .into_iter()
        .collect();
    let host = Host::default();
    build(&files, "", &Options::flux(), &host).expect("the tree builds");
    assert_eq!(*host.asked.lock().expect("no test panics in here"), [expect]);
}

#[test]
fn urls_are_taken_apart() {
    check(
        "https://github.com/org/repo//base?ref=v1",
        "git https://github.com/org/repo v1 'base' 27s",
    );
    check(
        "github.com/org/repo/base?version=x&timeout=2m",
        "git https://github.com/org/repo x 'base' 120s",
    );
    check(
        "git@github.com:org/repo.git",
        "git git@github.com:org/repo.git HEAD '' 27s",
    );
    check(
        "ssh://git@host:2222/org/repo.git/base",
        "git ssh://git@host:2222/org/repo.git HEAD 'base' 27s",
    );
    check(
        "https://dev.azure.com/o/p/_git/repo/base?timeout=5",
        "git https://dev.azure.com/o/p/_git/repo HEAD 'base' 5s",
    );
    check(
        "file:///srv/repo.git//base",
        "git file:///srv/repo.git HEAD 'base' 27s",
    );
    check(
        "https://example.com/x/y/a.yaml",
        "file https://example.com/x/y/a.yaml",
    );
}

#[test]
fn a_remote_base_is_built() {
    let files: MemFiles = [(
        "kustomization.yaml",
        "resources: [github.com/org/repo]\nbuildMetadata: [originAnnotations]\n",
    )]
    .into_iter()
    .collect();
    let built = build(&files, "", &Options::flux(), &Host::default()).expect("the tree builds");
    let yaml = built.to_yaml().expect("no odd numbers");
    let wanted = "apiVersion: v1\nkind: A\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: a.yaml\n      \
                  repo: https://github.com/org/repo\n  name: r-a\n";
    assert_eq!(yaml, wanted);
    assert_eq!(
        built.objects[0].place().repo.as_deref(),
        Some("https://github.com/org/repo")
    );
}

#[test]
fn without_a_remote_it_is_refused() {
    let files: MemFiles = [("kustomization.yaml", "resources: [github.com/org/repo]\n")]
        .into_iter()
        .collect();
    let error = build(&files, "", &Options::flux(), &NoRemote).expect_err("remote bases are off");
    assert_eq!(
        error.to_string(),
        "kustomization.yaml:1: resources[0]: 'github.com/org/repo': remote resource https://github.com/org/repo refused: \
         remote bases are turned off; put the files into the source itself"
    );
    assert!(!error.transient);
}
