//! Ways to apply, to ask, to wait and to delete.

use std::process::Command;

use serde_json::json;

use super::Cluster;
use crate::fleet::kubectl_path;

fn map(name: &str, label: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{set: {label}}}}}\ndata: {{k: \"{value}\"}}\n"
    )
}

#[test]
fn apply_modes() {
    let cluster = Cluster::start();
    let both = cluster.file(
        "both.yaml",
        format!("{}---\n{}", map("one", "s", "1"), map("two", "s", "1")),
    );
    cluster.run(&format!("apply -f {both}"));
    for mode in ["client", "server"] {
        let next = cluster.file("next.yaml", map("one", "s", "2"));
        let said = cluster.run(&format!("apply --dry-run={mode} -f {next}"));
        let how = if mode == "client" {
            "dry run"
        } else {
            "server dry run"
        };
        assert_eq!(said, format!("configmap/one configured ({how})\n"));
        cluster.holds("configmap one", &json!({"data": {"k": "1"}}));
    }
    let one = cluster.file("one.yaml", map("one", "s", "1"));
    let pruned = cluster.run(&format!(
        "apply -f {one} --prune -l set=s --prune-allowlist=core/v1/ConfigMap"
    ));
    assert!(pruned.contains("configmap/two pruned"), "{pruned}");
    assert!(cluster.fails("get configmap two").contains("(NotFound)"));

    cluster.run(&format!(
        "apply --server-side --field-manager=a -f {both} --force-conflicts"
    ));
    let other = cluster.file("other.yaml", map("one", "s", "3"));
    let refused = cluster.fails(&format!("apply --server-side --field-manager=b -f {other}"));
    assert!(
        refused.contains("conflict with \"a\"") && refused.contains(".data.k"),
        "{refused}"
    );
    cluster.run(&format!(
        "apply --server-side --field-manager=b --force-conflicts -f {other}"
    ));
    cluster.holds("configmap one", &json!({"data": {"k": "3"}}));
    let difference = cluster
        .up
        .try_kubectl(&["diff", "--server-side", "--force-conflicts", "-f", &one]);
    let text = String::from_utf8_lossy(&difference.stdout);
    assert_eq!(difference.status.code(), Some(1));
    assert!(text.contains("-  k: \"3\"\n+  k: \"1\"\n"), "{text}");
}

#[test]
fn apply_sets() {
    let cluster = Cluster::start();
    let apply = |file: &str| {
        let output = Command::new(kubectl_path())
            .env("KUBECTL_APPLYSET", "true")
            .arg("--kubeconfig")
            .arg(&cluster.up.kubeconfig)
            .args(["apply", "-n", "default", "-f", file, "--prune", "--applyset=mine"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let both = cluster.file(
        "both.yaml",
        format!("{}---\n{}", map("one", "t", "1"), map("two", "t", "1")),
    );
    apply(&both);
    apply(&cluster.file("one.yaml", map("one", "t", "1")));
    cluster.run("get configmap one");
    assert!(cluster.fails("get configmap two").contains("(NotFound)"));
}

#[test]
fn outputs() {
    let cluster = Cluster::start();
    cluster.run_with("apply -f -", &map("one", "out", "1"));
    let check = |form: &str, expect: &str| {
        let said = cluster.run_words(&["get", "configmap", "one", "-o", form]);
        assert!(said.contains(expect), "{form}: {said}");
    };
    check("name", "configmap/one\n");
    check("json", "\"k\": \"1\"");
    check("yaml", "  k: \"1\"\n");
    check("wide", "NAME   DATA   AGE\none    1      ");
    check("jsonpath={.data.k}", "1");
    check("go-template={{.data.k}}", "1");
    check("custom-columns=N:.metadata.name,K:.data.k", "N     K\none   1\n");
    let labels = cluster.run("get configmap one --show-labels");
    assert!(labels.contains("set=out"), "{labels}");
    let column = cluster.run("get configmap one -L set --no-headers");
    assert!(column.trim_end().ends_with("out"), "{column}");
    let sorted = cluster.run("get configmaps --sort-by=.metadata.name -o name");
    let names: Vec<&str> = sorted.lines().collect();
    assert!(names.is_sorted() && names.len() > 1, "{sorted}");
    let chosen = cluster.run("get configmaps --field-selector metadata.name=one -o name");
    assert_eq!(chosen, "configmap/one\n");
    let chunks = cluster.run("get clusterroles --chunk-size=5 -o name");
    assert!(chunks.lines().count() > 20, "{chunks}");
    let view = cluster.run("config view -o jsonpath={.current-context}");
    assert!(!view.trim().is_empty());
    assert!(cluster.run("config get-contexts").contains(view.trim()));
}

#[test]
fn waiting() {
    let cluster = Cluster::start();
    cluster.run("create deployment app --image=example.com/app:1");
    cluster.run("wait --for=condition=Available deployment/app --timeout=60s");
    cluster.run("wait --for=condition=Ready pod -l app=app --timeout=60s");
    cluster.run("wait --for=jsonpath={.status.readyReplicas}=1 deployment/app --timeout=60s");
    cluster.run("wait --for=jsonpath={.status.readyReplicas} deployment/app --timeout=60s");
    cluster.run("create job once --image=example.com/job:1");
    cluster.run("wait --for=condition=complete job/once --timeout=60s");
    let never = cluster.fails("wait --for=condition=Nothing=false deployment/app --timeout=1s");
    assert!(never.contains("timed out waiting for the condition"), "{never}");
    // The simulation writes no events; the command lists none.
    cluster.run("events -A");
    cluster.run("get events -A");
}

#[test]
fn cascades() {
    let cluster = Cluster::start();
    let start = |name: &str| {
        cluster.run(&format!("create deployment {name} --image=example.com/app:1"));
        cluster.run(&format!("rollout status deployment/{name} --timeout=60s"));
    };
    start("background");
    cluster.run("delete deployment background --cascade=background");
    cluster.run("wait --for=delete replicaset -l app=background --timeout=60s");
    start("foreground");
    cluster.run("delete deployment foreground --cascade=foreground --timeout=60s");
    assert_eq!(cluster.run("get replicasets,pods -l app=foreground -o name"), "");
    start("orphan");
    cluster.run("delete deployment orphan --cascade=orphan");
    let left = cluster.run("get replicasets -l app=orphan -o name");
    assert!(left.contains("replicaset.apps/orphan-"), "{left}");
    cluster.run("delete replicasets -l app=orphan");
    cluster.run("create configmap dry");
    cluster.run("delete configmap dry --dry-run=server");
    cluster.run("get configmap dry");
    cluster.run("delete configmap dry --now");
    cluster.run("create configmap all-1");
    cluster.run("delete configmaps --field-selector metadata.name=all-1");
    assert!(cluster.fails("get configmap all-1").contains("(NotFound)"));
}
