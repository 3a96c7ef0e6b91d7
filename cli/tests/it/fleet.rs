//! A repository, a running `flux up` on it, and kubectl to look at it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test gives up on it. Nothing is asserted of the time itself.
const PATIENCE: &str = "90s";

/// The real kubectl; installed once.
pub(crate) fn kubectl_path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        xtask::peers::install()
            .expect("the real kubectl can be installed")
            .kubectl
    })
}

/// A Git repository with what a test puts into it, and room for the data of `flux up`.
pub(crate) struct Fleet {
    folder: TempDir,
}

impl Fleet {
    /// A repository with these files committed on branch main. A path is followed by its text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let fleet = Fleet {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir_all(fleet.repository()).unwrap();
        fleet.git(&["init", "--quiet", "--initial-branch=main"]);
        fleet.commit(files);
        fleet
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.repository().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes files (an empty text removes one), commits, and gives the revision as Flux writes it.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            if text.is_empty() {
                std::fs::remove_file(self.repository().join(path)).unwrap();
            } else {
                self.write(path, text);
            }
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "change"]);
        format!("main@sha1:{}", self.git(&["rev-parse", "HEAD"]).trim())
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args([
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.com",
            "-c",
            "commit.gpgsign=false",
        ]);
        let output = command
            .args(args)
            .current_dir(self.repository())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// `flux up` on this repository with a free port, not started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = flux();
        command.args(["up", "--output", "json", "--listen", "127.0.0.1:0"]);
        command
            .arg("--repo")
            .arg(self.repository())
            .arg("--data")
            .arg(self.data())
            .args(args);
        command
    }

    /// Starts `flux up` and waits until it serves.
    pub(crate) fn up(&self, args: &[&str]) -> Up {
        Up::start(self.command(args).stdout(Stdio::piped()))
    }
}

/// The binary under test, with nothing of the caller's cluster.
pub(crate) fn flux() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux"));
    command
        .env_remove("KUBECONFIG")
        .env_remove("FLUX_SYSTEM_NAMESPACE");
    command
}

fn next_event(lines: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut line = String::new();
    let length = lines.read_line(&mut line).unwrap();
    (length > 0).then(|| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
}

/// A running `flux up`; killed when dropped.
pub(crate) struct Up {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub(crate) kubeconfig: PathBuf,
}

impl Up {
    /// Starts a `flux up` whose standard output is a pipe, and waits until it serves.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let started = next_event(&mut lines).expect("the first line tells that the cluster is up");
        assert_eq!(started["event"], "started", "{started}");
        let kubeconfig = started["kubeconfig"].as_str().unwrap().into();
        Up {
            child,
            lines,
            kubeconfig,
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads progress until everything is ready.
    pub(crate) fn all_ready(&mut self) -> Value {
        loop {
            let event = next_event(&mut self.lines).expect("flux up goes on");
            if event["event"] == "ready" {
                return event;
            }
        }
    }

    /// What kubectl prints; it must succeed.
    pub(crate) fn kubectl(&self, args: &[&str]) -> String {
        let output = self.try_kubectl(args);
        assert!(
            output.status.success(),
            "kubectl {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn try_kubectl(&self, args: &[&str]) -> std::process::Output {
        Command::new(kubectl_path())
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(args)
            .output()
            .unwrap()
    }

    /// Waits, by watching, until `condition` (as `kubectl wait --for` takes it) holds of the object.
    #[track_caller]
    pub(crate) fn wait(&self, namespace: &str, object: &str, condition: &str) {
        let wait = |condition: &str| {
            let timeout = format!("--timeout={PATIENCE}");
            self.try_kubectl(&[
                "wait",
                "-n",
                namespace,
                object,
                &format!("--for={condition}"),
                &timeout,
            ])
        };
        // kubectl gives up at once on an object that does not exist yet, so that has to be waited for first.
        let mut output = wait(if condition == "delete" {
            condition
        } else {
            "create"
        });
        if output.status.success() && condition != "delete" {
            output = wait(condition);
        }
        if !output.status.success() {
            let state = self.try_kubectl(&["get", "-n", namespace, object, "-o", "yaml"]);
            let all = self.try_kubectl(&["get", "ks,gitrepo", "-A"]);
            panic!(
                "{object} in {namespace} did not reach {condition}: {}\n{}{}",
                String::from_utf8_lossy(&output.stderr),
                String::from_utf8_lossy(&state.stdout),
                String::from_utf8_lossy(&all.stdout),
            );
        }
    }

    /// Waits until the Kustomization applied `revision`.
    #[track_caller]
    pub(crate) fn applied(&self, name: &str, revision: &str) {
        self.wait(
            "flux-system",
            &format!("ks/{name}"),
            &format!("jsonpath={{.status.lastAppliedRevision}}={revision}"),
        );
        self.wait("flux-system", &format!("ks/{name}"), "condition=Ready");
    }

    /// What the flux command prints on standard output and standard error, and whether it succeeded.
    pub(crate) fn flux(&self, args: &[&str]) -> (String, String, bool) {
        let output = flux()
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(args)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.success())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Gone already, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Kustomization of the fleet's own source; `more` are further lines of its spec.
pub(crate) fn kustomization(name: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec:
  interval: 10m
  prune: true
  path: {path}
  sourceRef: {{kind: GitRepository, name: flux-system}}
{more}"
    )
}

/// A ConfigMap in `default`.
pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata: {{value: \"{value}\"}}\n"
    )
}

/// A Deployment in `default`; `annotations` go to its pod template.
pub(crate) fn deployment(name: &str, annotations: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: default}}
spec:
  replicas: 1
  progressDeadlineSeconds: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {{{annotations}}}}}
    spec: {{containers: [{{name: main, image: \"example.com/main:1\"}}]}}
"
    )
}
