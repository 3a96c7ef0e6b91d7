//! Bad input: one clear line each, upstream's reasons, and the rest of the fleet goes on.

use crate::fleet::{Fleet, config_map, flux, kustomization};

/// Starts a fleet in which the Kustomization `bad` fails and `good` does not; gives the Ready condition of `bad`.
#[track_caller]
fn check(files: &[(&str, &str)], spec: &str, expect: &[&str]) {
    let bad = kustomization("bad", "./bad", spec);
    let good = kustomization("good", "./good", "");
    let app = config_map("good", "1");
    let mut all = vec![
        ("root/bad.yaml", bad.as_str()),
        ("root/good.yaml", &good),
        ("good/app.yaml", &app),
    ];
    all.extend(files);
    let fleet = Fleet::new(&all);
    let up = fleet.up(&["--path", "./root"]);
    up.wait("flux-system", "ks/good", "condition=Ready");
    up.wait("flux-system", "ks/bad", "condition=Ready=False");
    let path = "jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}: {.status.conditions[?(@.type==\"Ready\")].message}";
    let told = up.kubectl(&["get", "ks", "bad", "-n", "flux-system", "-o", path]);
    for text in expect {
        assert!(told.contains(text), "{text:?} is not in {told:?}");
    }
}

#[test]
fn a_path_that_does_not_exist() {
    check(
        &[],
        "",
        &["ArtifactFailed", "kustomization path not found", "bad"],
    );
}

#[test]
fn broken_yaml() {
    check(
        &[("bad/app.yaml", "kind: ConfigMap\n  broken: [\n")],
        "",
        &["BuildFailed", "bad/app.yaml"],
    );
}

#[test]
fn an_unknown_kind() {
    let text = "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: g, namespace: default}\n";
    check(
        &[("bad/app.yaml", text)],
        "",
        &["ReconciliationFailed", "Gadget/default/g", "no matches for kind"],
    );
}

#[test]
fn a_missing_namespace() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: nowhere}\n";
    check(
        &[("bad/app.yaml", text)],
        "",
        &[
            "ReconciliationFailed",
            "ConfigMap/nowhere/c",
            "namespaces \"nowhere\" not found",
        ],
    );
}

#[test]
fn a_missing_substitution_source() {
    let spec = "  postBuild: {substituteFrom: [{kind: ConfigMap, name: nowhere}]}\n";
    check(
        &[("bad/app.yaml", &config_map("bad", "1"))],
        spec,
        &["BuildFailed", "nowhere", "not found"],
    );
}

#[test]
fn a_variable_that_is_not_set() {
    let spec = "  postBuild: {substitute: {other: x}}\n";
    check(
        &[("bad/app.yaml", &config_map("bad", "${missing}"))],
        spec,
        &["BuildFailed", "variable not set (strict mode): \"missing\""],
    );
}

#[test]
fn an_immutable_field() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\ntype: a/b\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: t, namespace: default}\nimmutable: maybe\n";
    check(
        &[("bad/app.yaml", text)],
        "",
        &["ReconciliationFailed", "Secret/default/t"],
    );
}

#[test]
fn a_dependency_cycle() {
    let other = kustomization("other", "./good", "  dependsOn: [{name: bad}]\n");
    let files = [
        ("root/other.yaml", other.as_str()),
        (
            "bad/app.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: default}\n",
        ),
    ];
    check(
        &files,
        "  dependsOn: [{name: other}]\n",
        &["DependencyNotReady", "other"],
    );
}

#[test]
fn a_link_out_of_the_repository_brings_nothing_in() {
    let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
    std::os::unix::fs::symlink("/etc/hostname", fleet.repository().join("root/host.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc", fleet.repository().join("root/etc")).unwrap();
    fleet.commit(&[]);
    let mut up = fleet.up(&["--path", "./root"]);
    up.all_ready();
    up.kubectl(&["get", "configmap", "app"]);
}

#[track_caller]
fn refused(listen: &str, args: &[&str], expect: &str) {
    let data = tempfile::tempdir().unwrap();
    let mut command = flux();
    command
        .args(["up", "--once", "--timeout", "30s", "--listen", listen, "--data"])
        .arg(data.path())
        .args(args);
    let outcome = command.output().unwrap();
    let told =
        String::from_utf8_lossy(&outcome.stdout).into_owned() + &String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.status.code(), Some(1), "{told}");
    assert!(told.contains(expect), "{expect:?} is not in {told}");
}

#[test]
fn a_repository_that_does_not_exist() {
    refused("127.0.0.1:0", &["--repo", "/nowhere/fleet"], "/nowhere/fleet");
}

#[test]
fn a_branch_that_is_gone() {
    let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
    let repository = fleet.repository();
    refused(
        "127.0.0.1:0",
        &[
            "--repo",
            repository.to_str().unwrap(),
            "--branch",
            "gone",
            "--path",
            "./root",
        ],
        "gone",
    );
}

#[test]
fn a_port_in_use() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
    let repository = fleet.repository();
    refused(&address, &["--repo", repository.to_str().unwrap()], &address);
}

#[test]
fn a_data_directory_in_use() {
    let fleet = Fleet::new(&[("root/app.yaml", &config_map("app", "1"))]);
    let _up = fleet.up(&["--path", "./root"]);
    let second = fleet.command(&["--path", "./root", "--once"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        told.contains("another process") || told.contains("in use"),
        "{told}"
    );
}
