//! The controllers on a real kube-apiserver: as upstream's run there, over HTTPS and with Git over HTTP.
//!
//! The cluster needs no controllers and no nodes: there is no workload among the objects.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::UPSTREAM;
use super::fleet::{First, Repository, Scratch};
use super::git_server::serve;
use super::process::memory_of;
use crate::checkout::target;
use crate::command::Error;
use crate::peers;

/// All Kustomizations, and where changes of them are told.
const KUSTOMIZATIONS: &str = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations";
const REPOSITORIES: &str = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories";

/// First install of many Kustomizations, then a commit that changes all of them.
pub(super) fn kustomization(kubeconfig: &Path) -> Result<(), Error> {
    let cluster = Cluster {
        kubectl: peers::install()?.kubectl,
        kubeconfig: kubeconfig.canonicalize().map_err(Error::file(kubeconfig))?,
    };
    let flux = target().join("release/flux");
    let definitions = crate::command::output(&flux.to_string_lossy(), &["install", "--export"])?;
    cluster.apply(&String::from_utf8_lossy(&definitions))?;
    cluster.kubectl(&["wait", "--for=condition=Established", "crd", "--all"], "")?;
    println!("    N    install   upstream   ratio     change   upstream   ratio   peak memory");
    for (count, install_there, change_there) in UPSTREAM {
        let scratch = Scratch::new()?;
        let figures = scene(&cluster, &flux, &scratch, count)?;
        let (install, change) = (figures.install, figures.change);
        println!(
            "{count:>5} {install:>8.2} s {install_there:>8.1} s {:>6.1}x {change:>8.2} s {change_there:>8.1} s {:>6.1}x {:>9.1} MiB",
            install_there / install,
            change_there / change,
            figures.peak
        );
    }
    println!("upstream: its source- and kustomize-controller with 20 workers, measured elsewhere");
    Ok(())
}

struct Figures {
    install: f64,
    change: f64,
    peak: f64,
}

fn scene(cluster: &Cluster, flux: &Path, scratch: &Scratch, count: usize) -> Result<Figures, Error> {
    let repository = Repository::of_kustomizations(scratch.path("fleet")?, count, First::Role)?;
    let folder = repository.0.parent().unwrap_or(&repository.0).to_owned();
    let address = serve(&folder)?;
    let controllers = Controllers::start(flux, cluster, &scratch.path("store")?)?;
    let mut states = cluster.states(count)?;
    let started = Instant::now();
    let [source, root] = sync(&format!("http://{address}/fleet"));
    cluster.create(REPOSITORIES, &source)?;
    cluster.create(KUSTOMIZATIONS, &root)?;
    let install = states.all_at(&repository.revision()?)?.duration_since(started);
    let revision = repository.change_all(count, First::Role)?;
    let committed = Instant::now();
    let asked = format!("reconcile.fluxcd.io/requestedAt={count}-{}", std::process::id());
    let source = [
        "annotate",
        "--overwrite",
        "--namespace=flux-system",
        "gitrepository",
        "flux-system",
        &asked,
    ];
    cluster.kubectl(&source, "")?;
    let change = states.all_at(&revision)?.duration_since(committed);
    let peak = memory_of(controllers.0.id(), "VmHWM")?;
    // Deletion of the root takes everything with it; it is not part of the figures.
    let root = [
        "delete",
        "--namespace=flux-system",
        "kustomization",
        "flux-system",
    ];
    cluster.kubectl(&root, "")?;
    let left = [
        "wait",
        "--namespace=flux-system",
        "--for=delete",
        "kustomization",
        "--all",
        "--timeout=300s",
    ];
    cluster.kubectl(&left, "")?;
    cluster.kubectl(
        &[
            "delete",
            "--namespace=flux-system",
            "gitrepository",
            "flux-system",
        ],
        "",
    )?;
    Ok(Figures {
        install: install.as_secs_f64(),
        change: change.as_secs_f64(),
        peak,
    })
}

/// The source, and the Kustomization that brings all others.
fn sync(url: &str) -> [Value; 2] {
    let metadata = json!({"name": "flux-system", "namespace": "flux-system"});
    let source = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": metadata,
        "spec": {"interval": "1h", "url": url, "ref": {"branch": "main"}},
    });
    let root = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata,
        "spec": {
            "interval": "1h", "prune": true, "path": "./root",
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
        },
    });
    [source, root]
}

struct Cluster {
    kubectl: PathBuf,
    kubeconfig: PathBuf,
}

impl Cluster {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig).args(args);
        command
    }

    /// Runs kubectl with this input; it must succeed.
    fn kubectl(&self, args: &[&str], input: &str) -> Result<(), Error> {
        let name = || format!("kubectl {}", args.join(" "));
        let start = |source| Error::Start {
            program: name(),
            source,
        };
        let mut command = self.command(args);
        let piped = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = piped.spawn().map_err(start)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(Error::file(name()))?;
        }
        let output = child.wait_with_output().map_err(start)?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Failed {
            command: name(),
            status: output.status,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn apply(&self, manifests: &str) -> Result<(), Error> {
        self.kubectl(
            &["apply", "--server-side", "--force-conflicts", "--filename=-"],
            manifests,
        )
    }

    /// Without a look at what the server knows, which would be part of the figures.
    fn create(&self, path: &str, object: &Value) -> Result<(), Error> {
        self.kubectl(&["create", "--raw", path, "--filename=-"], &object.to_string())
    }

    /// Whoever watches takes as little of the machine as can be: the lines come as the server writes them.
    fn states(&self, count: usize) -> Result<States, Error> {
        let path = format!("{KUSTOMIZATIONS}?watch=true&timeoutSeconds=3600");
        let child = self
            .command(&["get", "--raw", &path])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.map_err(|source| Error::Start {
            program: "kubectl".into(),
            source,
        })?;
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped"));
        Ok(States {
            child,
            lines,
            count,
            known: HashMap::new(),
        })
    }
}

/// What a watch tells of the Kustomizations.
struct States {
    child: Child,
    lines: BufReader<ChildStdout>,
    count: usize,
    known: HashMap<String, String>,
}

impl States {
    /// Reads until all of them are ready at this revision; gives the moment.
    fn all_at(&mut self, revision: &str) -> Result<Instant, Error> {
        let wanted = format!("{revision} True");
        loop {
            let ready = self
                .known
                .iter()
                .filter(|(name, state)| name.starts_with("app-") && **state == wanted);
            if ready.count() == self.count {
                return Ok(Instant::now());
            }
            let mut line = String::new();
            if self
                .lines
                .read_line(&mut line)
                .map_err(Error::file("the watch"))?
                == 0
            {
                return Err(Error::Usage("the watch ended before everything was ready".into()));
            }
            let told: Value = serde_json::from_str(&line).unwrap_or_default();
            let (name, state) = state(&told["object"]);
            self.known.insert(name, state);
        }
    }
}

/// The name of a Kustomization; its revision and readiness.
fn state(object: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = &object["status"];
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    let ready = conditions.find(|one| one["type"] == "Ready");
    let revision = text(&status["lastAppliedRevision"]);
    let state = format!(
        "{revision} {}",
        ready.map(|one| text(&one["status"])).unwrap_or_default()
    );
    (text(&object["metadata"]["name"]), state)
}

impl Drop for States {
    fn drop(&mut self) {
        // Gone already, perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All controllers in one process, 20 workers each; killed when dropped.
struct Controllers(Child);

impl Controllers {
    fn start(flux: &Path, cluster: &Cluster, store: &Path) -> Result<Self, Error> {
        let mut command = Command::new(flux);
        command
            .args(["controller", "all", "--concurrent=20", "--kubeconfig"])
            .arg(&cluster.kubeconfig);
        command.arg("--storage-path").arg(store);
        for flag in ["--storage-addr", "--storage-adv-addr"] {
            command.args([flag, "127.0.0.1:19090"]);
        }
        command.args(["--metrics-addr=127.0.0.1:18080", "--health-addr=127.0.0.1:19440"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|source| Error::Start {
            program: flux.display().to_string(),
            source,
        })?;
        // It lists and watches what is there; nothing is measured yet.
        std::thread::sleep(Duration::from_secs(3));
        Ok(Controllers(child))
    }
}

impl Drop for Controllers {
    fn drop(&mut self) {
        // Gone already, perhaps.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
