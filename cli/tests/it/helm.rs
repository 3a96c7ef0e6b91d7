//! Releases of charts: installed, upgraded, rolled back, removed; from Git and from a repository of charts.

use crate::charts::{Repository, WEB, chart, from_git, from_repository, release};
use crate::fleet::{Fleet, Up};

const READY: &str = "jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}: {.status.conditions[?(@.type==\"Ready\")].message}";

/// Reason and message of the Ready condition.
fn told(up: &Up, release: &str) -> String {
    up.kubectl(&["get", "hr", release, "-n", "flux-system", "-o", READY])
}

fn history(up: &Up, release: &str) -> String {
    let path = "jsonpath={range .status.history[*]}{.version}:{.status} {end}";
    up.kubectl(&["get", "hr", release, "-n", "flux-system", "-o", path])
}

fn shown(up: &Up, name: &str) -> String {
    up.kubectl(&[
        "get",
        "configmap",
        name,
        "-n",
        "default",
        "-o",
        "jsonpath={.data.value}",
    ])
}

/// A fleet with the chart `web` and a release of it in `root/web.yaml`.
fn fleet(values: &str, more: &str) -> Fleet {
    let release = release("web", &from_git("./charts/web"), values, more);
    let mut files = chart("charts/web", "1.0.0", &[]);
    files.push(("root/web.yaml".into(), release));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Fleet::new(&files)
}

/// Commits and has the commit applied.
fn commit(fleet: &Fleet, up: &Up, files: &[(&str, &str)]) {
    let revision = fleet.commit(files);
    up.flux(&["reconcile", "source", "git", "flux-system"]);
    up.applied("flux-system", &revision);
}

#[test]
fn a_release_is_installed_upgraded_by_a_commit_and_uninstalled() {
    let fleet = fleet("value: one", "");
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.wait("flux-system", "hr/web", "condition=Ready");
    assert_eq!(shown(&up, "web"), "one");
    assert!(told(&up, "web").starts_with(
        "InstallSucceeded: Helm install succeeded for release default/web.v1 with chart web@1.0.0"
    ));

    let next = release("web", &from_git("./charts/web"), "value: two", "");
    commit(&fleet, &up, &[("root/web.yaml", &next)]);
    up.wait("flux-system", "hr/web", "jsonpath={.status.history[0].version}=2");
    up.wait("flux-system", "hr/web", "condition=Ready");
    assert_eq!(shown(&up, "web"), "two");
    assert_eq!(history(&up, "web"), "2:deployed 1:superseded ");

    let rows = up.kubectl(&["get", "hr,hc", "-A"]);
    assert!(
        rows.contains("Helm upgrade succeeded for release default/web.v2 with chart web@1.0.0"),
        "{rows}"
    );
    assert!(rows.contains("flux-system-web"), "{rows}");

    let (table, _, ok) = up.flux(&["get", "helmreleases"]);
    assert!(
        ok && table.contains("web \t1.0.0") || table.contains("web"),
        "{table}"
    );

    commit(
        &fleet,
        &up,
        &[
            ("root/web.yaml", ""),
            ("root/other.yaml", &crate::fleet::config_map("other", "1")),
        ],
    );
    up.wait("flux-system", "hr/web", "delete");
    up.wait("default", "configmap/web", "delete");
    let secrets = up.kubectl(&["get", "secrets", "-n", "default", "-o", "name"]);
    assert!(!secrets.contains("sh.helm.release"), "{secrets}");
}

#[test]
fn a_failing_upgrade_is_rolled_back() {
    let more = "  timeout: 30s\n  upgrade: {remediation: {retries: 0, strategy: rollback, remediateLastFailure: true}}\n";
    let fleet = fleet("value: one", more);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.wait("flux-system", "hr/web", "condition=Ready");

    let broken = release(
        "web",
        &from_git("./charts/web"),
        "value: two\n    fail: ImagePullBackOff",
        more,
    );
    commit(&fleet, &up, &[("root/web.yaml", &broken)]);
    up.wait("flux-system", "hr/web", "condition=Remediated");
    up.wait("default", "configmap/web", "jsonpath={.data.value}=one");
    let told = told(&up, "web");
    assert!(
        told.contains("Helm rollback to previous release default/web.v1 with chart web@1.0.0 succeeded"),
        "{told}"
    );
    assert!(
        history(&up, "web").starts_with("3:deployed 2:failed 1:superseded"),
        "{}",
        history(&up, "web")
    );
    let events = up.kubectl(&[
        "get",
        "events",
        "-n",
        "flux-system",
        "-o",
        "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}",
    ]);
    assert!(
        events.contains("UpgradeFailed: Helm upgrade failed for release default/web with chart web@1.0.0"),
        "{events}"
    );
    assert!(events.contains("RollbackSucceeded"), "{events}");
}

#[test]
fn a_failing_hook_fails_the_install_and_nothing_is_installed() {
    let hook = "apiVersion: batch/v1
kind: Job
metadata:
  name: web-before
  annotations: {helm.sh/hook: pre-install}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {sim.ferroflux.dev/fail: JobFailed}}
    spec: {restartPolicy: Never, containers: [{name: main, image: \"example.com/main:1\"}]}
";
    let mut files = chart("charts/web", "1.0.0", &[("before.yaml", hook)]);
    files.push((
        "root/web.yaml".into(),
        release("web", &from_git("./charts/web"), "value: one", "  timeout: 30s\n"),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let fleet = Fleet::new(&files);
    let up = fleet.up(&["--path", "./root"]);
    up.wait("flux-system", "hr/web", "condition=Ready=False");
    up.wait("flux-system", "hr/web", "condition=Released=False");
    let told = told(&up, "web");
    assert!(
        told.contains("Helm install failed for release default/web with chart web@1.0.0: failed pre-install"),
        "{told}"
    );
    assert!(!up.try_kubectl(&["get", "configmap", "web"]).status.success());
}

#[test]
fn a_chart_of_a_repository_is_taken_by_its_range() {
    let repository = Repository::serve(&[("1.0.0", WEB), ("1.2.0", WEB), ("2.0.0", WEB)]);
    let source = format!(
        "apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {{name: charts, namespace: flux-system}}
spec: {{interval: 10m, url: {}}}
",
        repository.url()
    );
    let web = release("web", &from_repository("web", "1.x"), "value: one", "");
    let fleet = Fleet::new(&[("root/charts.yaml", &source), ("root/web.yaml", &web)]);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.wait("flux-system", "hr/web", "condition=Ready");
    assert!(
        told(&up, "web").contains("with chart web@1.2.0"),
        "{}",
        told(&up, "web")
    );
    let rows = up.kubectl(&["get", "hr,hc,helmrepo", "-A"]);
    for text in [
        "stored artifact: revision 'sha256:",
        "pulled 'web' chart with version '1.2.0'",
        "Helm install succeeded for release default/web.v1 with chart web@1.2.0",
    ] {
        assert!(rows.contains(text), "{text} is not in\n{rows}");
    }
    for (args, text) in [
        (["get", "sources", "helm"], "stored artifact: revision 'sha256:"),
        (
            ["get", "sources", "chart"],
            "pulled 'web' chart with version '1.2.0'",
        ),
    ] {
        let (table, errors, ok) = up.flux(&args);
        assert!(ok && table.contains(text), "{table}{errors}");
    }

    let next = release("web", &from_repository("web", "2.x"), "value: one", "");
    commit(&fleet, &up, &[("root/web.yaml", &next)]);
    up.wait(
        "flux-system",
        "hr/web",
        "jsonpath={.status.history[0].chartVersion}=2.0.0",
    );
}

#[test]
fn the_command_line_reconciles_suspends_and_resumes() {
    let fleet = fleet("value: one", "");
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.wait("flux-system", "hr/web", "condition=Ready");
    for args in [
        &["suspend", "helmrelease", "web"][..],
        &["resume", "helmrelease", "web"],
        &["reconcile", "helmrelease", "web", "--with-source"],
        &["reconcile", "helmrelease", "web", "--force"],
        &["reconcile", "source", "chart", "flux-system-web"],
    ] {
        let (output, progress, ok) = up.flux(args);
        assert!(ok, "{args:?}: {output}{progress}");
    }
    up.wait("flux-system", "hr/web", "jsonpath={.status.history[0].version}=2");
}
