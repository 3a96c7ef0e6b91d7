//! What a newcomer sees of `flux up`, and what an operator relies on.

use crate::fleet::{Fleet, config_map, deployment, flux, kustomization};

const ROOT: &str = "root/app.yaml";

fn one_config_map() -> Fleet {
    Fleet::new(&[(ROOT, &config_map("app", "1"))])
}

#[test]
fn a_repository_is_synced_and_a_new_commit_is_applied() {
    let fleet = one_config_map();
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    assert_eq!(
        up.kubectl(&["get", "configmap", "app", "-o", "jsonpath={.data.value}"]),
        "1"
    );

    let revision = fleet.commit(&[(ROOT, &config_map("app", "2"))]);
    up.flux(&["reconcile", "source", "git", "flux-system"]);
    up.applied("flux-system", &revision);
    assert_eq!(
        up.kubectl(&["get", "configmap", "app", "-o", "jsonpath={.data.value}"]),
        "2"
    );
    let message = up.kubectl(&[
        "get",
        "ks",
        "flux-system",
        "-n",
        "flux-system",
        "-o",
        "jsonpath={.status.conditions[?(@.type==\"Ready\")].message}",
    ]);
    assert_eq!(message, format!("Applied revision: {revision}"));
}

#[test]
fn what_left_the_repository_is_pruned() {
    let fleet = Fleet::new(&[
        (ROOT, &config_map("app", "1")),
        ("root/more.yaml", &config_map("more", "1")),
    ]);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.kubectl(&["get", "configmap", "more"]);
    let revision = fleet.commit(&[("root/more.yaml", "")]);
    up.flux(&["reconcile", "kustomization", "flux-system", "--with-source"]);
    up.applied("flux-system", &revision);
    up.wait("default", "configmap/more", "delete");
    up.kubectl(&["get", "configmap", "app"]);
}

#[test]
fn a_manual_change_is_put_back() {
    let fleet = one_config_map();
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.kubectl(&[
        "patch",
        "configmap",
        "app",
        "--type=merge",
        "--patch",
        "{\"data\":{\"value\":\"mine\"}}",
    ]);
    let (_, progress, ok) = up.flux(&["reconcile", "kustomization", "flux-system"]);
    assert!(ok, "{progress}");
    assert_eq!(
        up.kubectl(&["get", "configmap", "app", "-o", "jsonpath={.data.value}"]),
        "1"
    );
}

#[test]
fn dependencies_are_applied_in_their_order() {
    let fleet = Fleet::new(&[
        (
            "root/c.yaml",
            &kustomization("c", "./c", "  dependsOn: [{name: b}]\n"),
        ),
        (
            "root/b.yaml",
            &kustomization("b", "./b", "  dependsOn: [{name: a}]\n  wait: true\n"),
        ),
        ("root/a.yaml", &kustomization("a", "./a", "  wait: true\n")),
        (
            "a/app.yaml",
            &deployment("a", "sim.ferroflux.dev/ready-after: 1s"),
        ),
        ("b/app.yaml", &deployment("b", "")),
        ("c/app.yaml", &config_map("c", "1")),
    ]);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    let created = |kind: &str, name: &str| {
        let number = up.kubectl(&[
            "get",
            kind,
            name,
            "-o",
            "jsonpath={.metadata.resourceVersion} {.metadata.creationTimestamp}",
        ]);
        number.split(' ').next_back().unwrap().to_owned()
    };
    assert!(
        created("deployment", "a") < created("deployment", "b"),
        "b waited for a"
    );
    assert!(
        created("deployment", "b") <= created("configmap", "c"),
        "c waited for b"
    );
}

#[test]
fn an_unhealthy_deployment_fails_its_kustomization_and_only_it() {
    let fleet = Fleet::new(&[
        ("root/bad.yaml", &kustomization("bad", "./bad", "  wait: true\n")),
        (
            "root/good.yaml",
            &kustomization("good", "./good", "  wait: true\n"),
        ),
        (
            "root/after.yaml",
            &kustomization("after", "./good", "  dependsOn: [{name: bad}]\n"),
        ),
        (
            "bad/app.yaml",
            &deployment("bad", "sim.ferroflux.dev/fail: CrashLoopBackOff"),
        ),
        ("good/app.yaml", &deployment("good", "")),
    ]);
    let up = fleet.up(&["--path", "./root"]);
    up.wait("flux-system", "ks/good", "condition=Ready");
    up.wait("flux-system", "ks/flux-system", "condition=Ready");
    up.wait("flux-system", "ks/bad", "condition=Ready=False");
    let told = up.kubectl(&[
        "get",
        "ks",
        "bad",
        "-n",
        "flux-system",
        "-o",
        "jsonpath={.status.conditions[?(@.type==\"Ready\")]}",
    ]);
    assert!(
        told.contains("HealthCheckFailed") && told.contains("Deployment/default/bad"),
        "{told}"
    );
    up.wait("flux-system", "ks/after", "condition=Ready=False");
    let told = up.kubectl(&[
        "get",
        "ks",
        "after",
        "-n",
        "flux-system",
        "-o",
        "jsonpath={.status.conditions[?(@.type==\"Ready\")]}",
    ]);
    assert!(
        told.contains("DependencyNotReady") && told.contains("dependency 'flux-system/bad' is not ready"),
        "{told}"
    );
}

#[test]
fn a_suspended_kustomization_rests_until_it_is_resumed() {
    let fleet = Fleet::new(&[
        ("root/app.yaml", &kustomization("app", "./app", "")),
        ("app/app.yaml", &config_map("app", "1")),
    ]);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    let (_, told, ok) = up.flux(&["suspend", "kustomization", "app"]);
    assert!(ok && told.contains("✔ kustomization suspended"), "{told}");
    let (_, told, ok) = up.flux(&["reconcile", "kustomization", "app"]);
    assert!(!ok && told.contains("✗ resource is suspended"), "{told}");
    let revision = fleet.commit(&[("app/app.yaml", &config_map("app", "2"))]);
    up.flux(&["reconcile", "kustomization", "flux-system", "--with-source"]);
    up.applied("flux-system", &revision);
    assert_eq!(
        up.kubectl(&["get", "configmap", "app", "-o", "jsonpath={.data.value}"]),
        "1"
    );
    let (_, told, ok) = up.flux(&["resume", "kustomization", "app"]);
    assert!(
        ok && told.contains(&format!("✔ applied revision {revision}")),
        "{told}"
    );
    assert_eq!(
        up.kubectl(&["get", "configmap", "app", "-o", "jsonpath={.data.value}"]),
        "2"
    );
}

#[test]
fn the_tables_read_as_upstream_s() {
    let fleet = one_config_map();
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    let revision = fleet.git(&["rev-parse", "--short=8", "HEAD"]);
    let revision = format!("main@sha1:{}", revision.trim());
    let (table, _, ok) = up.flux(&["get", "kustomizations"]);
    assert!(ok);
    let width = revision.len();
    assert_eq!(
        table,
        format!(
            "NAME       \t{:width$}\tSUSPENDED\tREADY\tMESSAGE{} \nflux-system\t{revision}\tFalse    \tTrue \tApplied revision: {revision}\t\n",
            "REVISION",
            " ".repeat(18 + width - 7),
        )
    );
    let (table, _, ok) = up.flux(&["get", "all", "-A", "--status-selector", "ready=false"]);
    assert!(ok && table.is_empty(), "{table}");
    let wide = up.kubectl(&["get", "ks,gitrepo", "-A"]);
    assert!(
        wide.contains("kustomization.kustomize.toolkit.fluxcd.io/flux-system"),
        "{wide}"
    );
    assert!(
        up.kubectl(&["get", "events", "-n", "flux-system"])
            .contains("ReconciliationSucceeded")
    );
    assert!(
        up.kubectl(&["describe", "ks", "flux-system", "-n", "flux-system"])
            .contains("Last Applied Revision")
    );
}

#[test]
fn the_working_tree_is_followed_without_a_commit() {
    let fleet = one_config_map();
    let mut up = fleet.up(&["--path", "./root", "--worktree"]);
    up.all_ready();
    fleet.write(ROOT, &config_map("app", "uncommitted"));
    up.wait("default", "configmap/app", "jsonpath={.data.value}=uncommitted");
}

#[test]
fn once_tells_the_outcome_by_its_exit_status() {
    let fleet = one_config_map();
    let outcome = fleet.command(&["--path", "./root", "--once"]).output().unwrap();
    assert!(
        outcome.status.success(),
        "{}",
        String::from_utf8_lossy(&outcome.stderr)
    );

    fleet.commit(&[("root/broken.yaml", "apiVersion: v1\nkind: [\n")]);
    let outcome = fleet
        .command(&["--path", "./root", "--once", "--timeout", "60s"])
        .output()
        .unwrap();
    assert_eq!(outcome.status.code(), Some(1));
    let told =
        String::from_utf8_lossy(&outcome.stderr).into_owned() + &String::from_utf8_lossy(&outcome.stdout);
    assert!(told.contains("broken.yaml"), "{told}");
}

#[test]
fn the_clusters_of_the_example_fleet_reach_ready() {
    for cluster in ["dev", "staging", "production"] {
        let data = tempfile::tempdir().unwrap();
        let path = format!("./clusters/{cluster}");
        let mut command = flux();
        command
            .args([
                "up",
                "--once",
                "--listen",
                "127.0.0.1:0",
                "--path",
                &path,
                "--data",
            ])
            .arg(data.path());
        let outcome = command.output().unwrap();
        let told =
            String::from_utf8_lossy(&outcome.stdout).into_owned() + &String::from_utf8_lossy(&outcome.stderr);
        assert!(outcome.status.success(), "{cluster}: {told}");
    }
}
