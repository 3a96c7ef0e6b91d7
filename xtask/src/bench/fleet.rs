//! Repositories to measure with, kept by the real git in a folder that is removed afterwards.

use std::path::{Path, PathBuf};

use crate::checkout::{root, target};
use crate::command::{Error, output};

/// A folder for one run, removed when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Self, Error> {
        let path = target().join(format!("bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(Error::file(&path))?;
        Ok(Scratch(path))
    }

    /// A path in the folder that nothing has used yet.
    pub(super) fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(Error::file(&path))?;
        }
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is in target/.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A Git repository on branch main.
pub(super) struct Repository(pub(super) PathBuf);

impl Repository {
    /// A copy of the example fleet.
    pub(super) fn example(path: PathBuf) -> Result<Self, Error> {
        copy(&root().join("examples/fleet"), &path)?;
        Repository(path).init()
    }

    /// `count` Kustomizations that wait, of four objects each, below `root/`.
    pub(super) fn of_kustomizations(path: PathBuf, count: usize, first: First) -> Result<Self, Error> {
        let repository = Repository(path);
        for number in 0..count {
            let name = format!("app-{number}");
            repository.write(&format!("root/{name}.yaml"), &kustomization(&name))?;
            repository.write(&format!("apps/{name}/app.yaml"), &four_objects(&name, first, "1"))?;
        }
        repository.init()
    }

    /// Changes every object of every Kustomization and commits; gives the revision.
    pub(super) fn change_all(&self, count: usize, first: First) -> Result<String, Error> {
        for number in 0..count {
            let name = format!("app-{number}");
            self.write(&format!("apps/{name}/app.yaml"), &four_objects(&name, first, "2"))?;
        }
        self.commit()
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), Error> {
        let path = self.0.join(path);
        let folder = path.parent().unwrap_or(&self.0);
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        std::fs::write(&path, text).map_err(Error::file(&path))
    }

    fn init(self) -> Result<Self, Error> {
        self.git(&["init", "--quiet", "--initial-branch=main"])?;
        self.commit()?;
        Ok(self)
    }

    /// Commits what is there and gives the revision.
    pub(super) fn commit(&self) -> Result<String, Error> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", "change"])?;
        self.revision()
    }

    /// The revision as Flux writes it.
    pub(super) fn revision(&self) -> Result<String, Error> {
        Ok(format!("main@sha1:{}", self.git(&["rev-parse", "HEAD"])?.trim()))
    }

    fn git(&self, args: &[&str]) -> Result<String, Error> {
        let folder = self.0.to_string_lossy();
        let mut all = vec![
            "-C",
            &folder,
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@example.com",
        ];
        all.extend(args);
        Ok(String::from_utf8_lossy(&output("git", &all)?).into_owned())
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::file(to))?;
    for entry in std::fs::read_dir(from).map_err(Error::file(from))? {
        let path = entry.map_err(Error::file(from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(Error::file(&path))?;
        }
    }
    Ok(())
}

fn kustomization(name: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 1h
  prune: true
  wait: true
  path: ./apps/{name}
  sourceRef: {{kind: GitRepository, name: flux-system}}
"
    )
}

/// The first of the four objects.
#[derive(Clone, Copy)]
pub(super) enum First {
    /// With one replica: what simulates workloads makes it ready.
    Deployment,
    /// Where nothing runs pods.
    Role,
}

fn first_object(name: &str, first: First, value: &str) -> String {
    match first {
        First::Deployment => format!(
            "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: default, labels: {{value: \"{value}\"}}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: main, image: \"example.com/main:{value}\"}}]}}
"
        ),
        First::Role => format!(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: {name}, namespace: default, labels: {{value: \"{value}\"}}}}
rules: [{{apiGroups: [\"\"], resources: [configmaps], resourceNames: [{name}], verbs: [get]}}]
"
        ),
    }
}

fn four_objects(name: &str, first: First, value: &str) -> String {
    let first = first_object(name, first, value);
    format!(
        "{first}---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default, labels: {{value: \"{value}\"}}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: {name}, namespace: default, labels: {{value: \"{value}\"}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, namespace: default}}
data: {{value: \"{value}\"}}
"
    )
}
