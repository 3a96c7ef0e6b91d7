//! Releases are shared with the real helm, 4.3 and 3.17: each goes on where the other left off.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::charts::{WEB, chart, from_git, helm, release, write_chart};
use crate::fleet::{Fleet, Up, config_map};

/// A running fleet with the chart in its repository, and a helm for its cluster.
struct Shared {
    program: PathBuf,
    up: Up,
    fleet: Fleet,
    home: TempDir,
}

impl Shared {
    /// `files` are committed along with the chart.
    fn start(program: PathBuf, files: &[(&str, &str)]) -> Self {
        let chart = chart("charts/web", "1.0.0", &[]);
        let mut all: Vec<(&str, &str)> = chart
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let other = config_map("other", "1");
        all.push(("root/other.yaml", &other));
        all.extend(files);
        let fleet = Fleet::new(&all);
        let mut up = fleet.up(&["--path", "./root"]);
        up.all_ready();
        Shared {
            program,
            up,
            fleet,
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn helm(&self, args: &[&str]) -> String {
        let kubeconfig = self.up.kubeconfig.to_str().unwrap();
        let mut all = vec!["--kubeconfig", kubeconfig, "-n", "default"];
        all.extend(args);
        helm(&self.program, &all, self.home.path())
    }

    fn value(&self) -> String {
        self.up
            .kubectl(&["get", "configmap", "web", "-o", "jsonpath={.data.value}"])
    }
}

fn peers() -> xtask::peers::Peers {
    xtask::peers::install().expect("the real helm can be installed")
}

fn web() -> String {
    release("web", &from_git("./charts/web"), "value: flux", "")
}

/// What flux installed is listed, told, upgraded, rolled back and uninstalled by helm.
fn helm_goes_on(program: PathBuf, upgrade: &[&str]) {
    let shared = Shared::start(program, &[("root/web.yaml", &web())]);
    shared.up.wait("flux-system", "hr/web", "condition=Ready");
    let (_, errors, ok) = shared.up.flux(&["suspend", "helmrelease", "web"]);
    assert!(ok, "{errors}");

    let list = shared.helm(&["ls"]);
    for text in ["web", "deployed", "web-1.0.0"] {
        assert!(list.contains(text), "{text} is not in {list}");
    }
    let all = shared.helm(&["get", "all", "web"]);
    for text in [
        "value: flux",
        "# Source: web/templates/web.yaml",
        "USER-SUPPLIED VALUES:",
    ] {
        assert!(all.contains(text), "{text} is not in {all}");
    }

    let chart = write_chart(shared.home.path(), "1.1.0", WEB);
    let mut args = vec!["upgrade", "web", chart.to_str().unwrap(), "--set", "value=helm"];
    args.extend(upgrade);
    shared.helm(&args);
    assert_eq!(shared.value(), "helm");
    let mut args = vec!["rollback", "web", "1"];
    args.extend(upgrade);
    shared.helm(&args);
    assert_eq!(shared.value(), "flux");

    let history = shared.helm(&["history", "web"]);
    for text in ["superseded", "Upgrade complete", "Rollback to 1", "web-1.1.0"] {
        assert!(history.contains(text), "{text} is not in {history}");
    }
    shared.helm(&["uninstall", "web"]);
    shared.up.wait("default", "configmap/web", "delete");
    assert!(!shared.helm(&["ls"]).contains("web-1"));
}

/// What helm installed becomes ours by a HelmRelease of its name.
fn flux_goes_on(program: PathBuf) {
    let shared = Shared::start(program, &[]);
    let chart = write_chart(shared.home.path(), "0.9.0", WEB);
    shared.helm(&["install", "web", chart.to_str().unwrap(), "--set", "value=helm"]);
    assert_eq!(shared.value(), "helm");

    let revision = shared.fleet.commit(&[("root/web.yaml", &web())]);
    shared.up.flux(&["reconcile", "source", "git", "flux-system"]);
    shared.up.applied("flux-system", &revision);
    shared.up.wait("flux-system", "hr/web", "condition=Ready");
    assert_eq!(shared.value(), "flux");
    let history = shared.helm(&["history", "web"]);
    for text in ["superseded", "web-0.9.0", "web-1.0.0", "deployed"] {
        assert!(history.contains(text), "{text} is not in {history}");
    }
    let values = shared.helm(&["get", "values", "web"]);
    assert_eq!(values, "USER-SUPPLIED VALUES:\nvalue: flux\n");
}

#[test]
fn helm_4_goes_on_with_what_flux_installed() {
    helm_goes_on(peers().helm, &["--force-conflicts"]);
}

#[test]
fn helm_3_goes_on_with_what_flux_installed() {
    helm_goes_on(peers().helm3, &[]);
}

#[test]
fn flux_goes_on_with_what_helm_4_installed() {
    flux_goes_on(peers().helm);
}

#[test]
fn flux_goes_on_with_what_helm_3_installed() {
    flux_goes_on(peers().helm3);
}
