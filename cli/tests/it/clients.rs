//! Other people's clients against `flux cluster serve`: helm in both generations, the Python client, kube-rs, kubectl with
//! users of all kinds.

mod rust;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::fleet::{flux, kubectl_path};

/// A served cluster; gone when dropped.
struct Served {
    child: Child,
    folder: TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const TOKENS: &str = "alice-token,alice,1,\"dev,ops\"\nroot-token,root,2,system:masters\n";

impl Served {
    fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = folder.path().join("tokens.csv");
        std::fs::write(&tokens, TOKENS).unwrap();
        let mut child = flux()
            .args(["cluster", "serve", "--secure-port", "0", "--token-auth-file"])
            .arg(&tokens)
            .arg("--write-kubeconfig")
            .arg(folder.path().join("kubeconfig"))
            .args(args)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains("serving on "));
        assert!(line.is_some(), "the cluster serves");
        // What it says from here on must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, folder }
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// What a program prints; it must succeed.
    #[track_caller]
    fn run(&self, program: &Path, words: &[&str]) -> String {
        let output = self.output(program, words);
        let (out, errors) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "{} {words:?}: {out}{errors}",
            program.display()
        );
        out
    }

    fn output(&self, program: &Path, words: &[&str]) -> std::process::Output {
        Command::new(program)
            .env("KUBECONFIG", self.kubeconfig())
            .env("HOME", self.folder.path())
            .args(words)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn kubectl(&self, words: &str) -> String {
        self.run(kubectl_path(), &words.split(' ').collect::<Vec<_>>())
    }

    /// The answer of `kubectl auth can-i`, which fails for no.
    fn can(&self, words: &str) -> String {
        let words: Vec<&str> = ["auth", "can-i"].into_iter().chain(words.split(' ')).collect();
        let output = self.output(kubectl_path(), &words);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// Install, upgrade, roll back and uninstall charts, each time waiting until everything is ready.
fn releases(helm: &Path) {
    let served = Served::start(&[]);
    let Some(corpus) = xtask::checkout::conformance("helm") else {
        return;
    };
    let charts = corpus.join("charts");
    for chart in ["grafana-12.1.9", "external-dns-9.0.4", "etcd-12.0.20"] {
        let path = charts.join(format!("{chart}.tgz"));
        let path = path.to_str().unwrap();
        let name = chart.split('-').next().unwrap();
        let wait = ["--wait", "--timeout", "120s"];
        let run = |words: &[&str]| served.run(helm, &[words, &["--namespace", name]].concat());
        run(&[&["install", "r", path, "--create-namespace"], &wait[..]].concat());
        run(&[
            &["upgrade", "r", path, "--set", "commonLabels.tier=two"],
            &wait[..],
        ]
        .concat());
        assert!(
            served
                .kubectl(&format!("get all -n {name} -l tier=two"))
                .contains("/r-")
        );
        run(&[&["rollback", "r", "1"], &wait[..]].concat());
        let history = run(&["history", "r"]);
        assert!(history.contains("Rollback to 1"), "{history}");
        run(&[&["uninstall", "r"], &wait[..]].concat());
        assert_eq!(served.kubectl(&format!("get deployments,services -n {name}")), "");
    }
}

#[test]
fn helm_4() {
    releases(&xtask::peers::install().unwrap().helm);
}

#[test]
fn helm_3() {
    releases(&xtask::peers::install().unwrap().helm3);
}

/// A chart rendered for a cluster, by the real helm and by ours.
struct Rendering<'s> {
    served: &'s Served,
    helm: PathBuf,
}

impl Rendering<'_> {
    /// Both print the same, and fail or succeed alike. `said` is in what both complain of.
    #[track_caller]
    fn check(&self, template: &str, flags: &str, said: &str) {
        let chart = self.served.folder.path().join("chart");
        std::fs::create_dir_all(chart.join("templates")).unwrap();
        std::fs::write(
            chart.join("Chart.yaml"),
            "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        )
        .unwrap();
        std::fs::write(chart.join("templates/a.yaml"), template).unwrap();
        let run = |program: &Path, first: &[&str]| {
            let mut words = first.to_vec();
            words.extend(["template", "rel", chart.to_str().unwrap(), "--dry-run=server"]);
            words.extend(flags.split_whitespace());
            let output = self.served.output(program, &words);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (
                text(&output.stdout),
                output.status.success(),
                text(&output.stderr),
            )
        };
        let theirs = run(&self.helm, &[]);
        let ours = run(Path::new(env!("CARGO_BIN_EXE_flux")), &["helm"]);
        assert_eq!(
            (&ours.0, ours.1),
            (&theirs.0, theirs.1),
            "{template}{}{}",
            ours.2,
            theirs.2
        );
        assert_eq!(ours.1, said.is_empty(), "{template}{}", ours.2);
        for errors in [ours.2, theirs.2] {
            assert!(errors.contains(said), "{template}{errors}");
        }
    }

    /// An expression comes out alike.
    #[track_caller]
    fn value(&self, expression: &str) {
        let template = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: new}}\ndata:\n  v: {{{{ {expression} | toJson | quote }}}}\n"
        );
        self.check(&template, "", "");
    }
}

/// `flux helm template --dry-run=server` beside the real helm.
#[test]
fn rendering_for_a_cluster() {
    let served = Served::start(&[]);
    served.kubectl("create configmap known --from-literal a=b --from-literal n=1");
    served.kubectl("create service clusterip svc --tcp=80:80");
    served.kubectl("create namespace other");
    let rendering = Rendering {
        served: &served,
        helm: xtask::peers::install().unwrap().helm,
    };
    for expression in [
        ".Capabilities.KubeVersion",
        ".Capabilities.APIVersions | sortAlpha",
        ".Capabilities.APIVersions.Has \"apps/v1/Deployment\"",
        "omit (lookup \"v1\" \"ConfigMap\" \"default\" \"known\").metadata \"managedFields\"",
        "(lookup \"v1\" \"ConfigMap\" \"default\" \"known\").data",
        "lookup \"v1\" \"ConfigMap\" \"default\" \"none\"",
        "lookup \"v1\" \"ConfigMap\" \"nowhere\" \"\"",
        "omit (lookup \"v1\" \"ConfigMap\" \"default\" \"\") \"items\"",
        "len (lookup \"v1\" \"ConfigMap\" \"\" \"\").items",
        "len (lookup \"v1\" \"Namespace\" \"\" \"\").items",
        "typeOf (index (lookup \"v1\" \"Service\" \"default\" \"svc\").spec.ports 0).port",
    ] {
        rendering.value(expression);
    }
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    rendering.check(&map("new"), "--kube-version 1.20.0 -a x/v1", "");
    rendering.check(
        "v: {{ .Capabilities.KubeVersion }}\n",
        "--kube-version x",
        "invalid kube version 'x'",
    );
    let foreign = "unable to continue with install: ConfigMap \"known\" in namespace \"default\" exists and cannot be imported into the \
                   current release: invalid ownership metadata; label validation error: missing key \"app.kubernetes.io/managed-by\": \
                   must be set to \"Helm\"; annotation validation error: missing key \"meta.helm.sh/release-name\": must be set to \
                   \"rel\"; annotation validation error: missing key \"meta.helm.sh/release-namespace\": must be set to \"default\"";
    rendering.check(&map("known"), "", foreign);
    rendering.check(&map("known"), "--take-ownership", "");
    rendering.check(&map("known"), "--is-upgrade", "");
    rendering.check(&map("known"), "-n other", "");
    rendering.check(
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\n",
        "",
        "unable to build kubernetes objects from release manifest: ",
    );
    rendering.check(
        "a: {{ lookup \"x/v1\" \"Nope\" \"\" \"\" }}\n",
        "",
        "error calling lookup: unable to get apiresource from unstructured: x/v1, Kind=Nope: the server could not find the requested \
         resource",
    );
    rendering.check("", "", "");
    rendering.check(
        &map("new"),
        "--kubeconfig /none",
        "kubernetes cluster unreachable: ",
    );
    rendering.check(
        &map("new"),
        "--kube-apiserver https://127.0.0.1:1",
        "kubernetes cluster unreachable: ",
    );
}

/// The Python client, installed beside the other peers.
fn python() -> PathBuf {
    let peers = kubectl_path().parent().unwrap().join("python");
    let python = peers.join("bin/python");
    let knows = |python: &Path| {
        let status = Command::new(python).args(["-c", "import kubernetes"]).output();
        status.is_ok_and(|output| output.status.success())
    };
    if !knows(&python) {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&peers)
            .status()
            .unwrap();
        assert!(made.success());
        let pip = peers.join("bin/pip");
        let got = Command::new(pip)
            .args(["install", "--quiet", "kubernetes"])
            .status()
            .unwrap();
        assert!(got.success(), "the Python client can be installed");
    }
    python
}

#[test]
fn python_client() {
    let served = Served::start(&[]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients/script.py");
    let kubeconfig = served.kubeconfig();
    let words = [script.to_str().unwrap(), kubeconfig.to_str().unwrap()];
    assert_eq!(served.run(&python(), &words), "fine\n");
}

#[test]
fn rust_client() {
    let served = Served::start(&[]);
    rust::script(&served.kubeconfig());
}

#[test]
fn users_and_roles() {
    let served = Served::start(&[]);
    assert!(
        served
            .kubectl("auth whoami --token alice-token")
            .contains("alice")
    );
    assert_eq!(served.can("list pods --token alice-token"), "no");
    served.kubectl("create clusterrolebinding alice --clusterrole view --user alice");
    assert_eq!(served.can("list pods --token alice-token"), "yes");
    assert_eq!(served.can("list secrets --token alice-token"), "no");
    assert_eq!(served.can("delete nodes --token root-token"), "yes");
    assert_eq!(served.can("list pods --as bob --as-group ops"), "no");
    served.kubectl("create rolebinding ops --clusterrole edit --group ops");
    assert_eq!(served.can("create pods --as bob --as-group ops"), "yes");
    assert_eq!(
        served.can("create pods -n kube-system --as bob --as-group ops"),
        "no"
    );
    served.kubectl("create serviceaccount robot");
    served.kubectl("create rolebinding robot --clusterrole view --serviceaccount default:robot");
    let token = served.kubectl("create token robot");
    let (_, key) = (token.trim(), "system:serviceaccount:default:robot");
    assert!(
        served
            .kubectl(&format!("auth whoami --token {}", token.trim()))
            .contains(key)
    );
    assert_eq!(
        served.can(&format!("get configmaps --token {}", token.trim())),
        "yes"
    );
    assert_eq!(
        served.can(&format!("delete configmaps --token {}", token.trim())),
        "no"
    );
    let denied = served.output(kubectl_path(), &["get", "secrets", "--token", token.trim()]);
    let errors = String::from_utf8_lossy(&denied.stderr);
    let why = "User \"system:serviceaccount:default:robot\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"";
    assert!(errors.contains(why), "{errors}");
    let stranger = served.output(kubectl_path(), &["get", "pods", "--token", "nobody"]);
    let errors = String::from_utf8_lossy(&stranger.stderr);
    assert!(errors.contains("must be logged in"), "{errors}");
}

#[test]
fn export_and_import() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, second, file) = (path("first"), path("second"), path("objects"));
    {
        let served = Served::start(&["--data", &first]);
        served.kubectl("create configmap kept --from-literal a=b");
    }
    let flux_run = |words: &[&str]| {
        let output = flux().args(words).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "flux {words:?}: {errors}");
    };
    flux_run(&["cluster", "export", "--data", &first, "--output", &file]);
    flux_run(&["cluster", "import", "--data", &second, "--filename", &file]);
    let served = Served::start(&["--data", &second]);
    assert_eq!(served.kubectl("get configmap kept -o jsonpath={.data.a}"), "b");
}
