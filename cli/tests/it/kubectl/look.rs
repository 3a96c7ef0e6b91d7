//! Commands that only look: `get`, `describe`, `explain`, discovery.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::Cluster;
use crate::fleet::kubectl_path;

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn describe() {
    let cluster = Cluster::start();
    cluster.run("create deployment web --image=example.com/web:1 --replicas=2 --port=8080");
    cluster.run("rollout status deployment/web --timeout=60s");
    contains(
        &cluster.run("describe deployment web"),
        &[
            "Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable",
            "StrategyType:           RollingUpdate",
            "NewReplicaSet:   web-",
        ],
    );
    contains(
        &cluster.run("describe pod -l app=web"),
        &["Status:           Running", "Image:          example.com/web:1"],
    );
    cluster.run("expose deployment web --port=80");
    contains(
        &cluster.run("describe service web"),
        &[
            "Selector:                 app=web",
            "Endpoints:                10.",
        ],
    );
    cluster.run("create secret generic secret --from-literal=user=admin");
    contains(
        &cluster.run("describe secret secret"),
        &["Type:  Opaque", "user:  5 bytes"],
    );
    contains(&cluster.run("describe configmap app"), &["value:\n----\n1\n"]);
    cluster.run("create job once --image=example.com/job:1");
    cluster.run("wait --for=condition=Complete job/once --timeout=60s");
    contains(
        &cluster.run("describe job once"),
        &["Pods Statuses:    0 Active (0 Ready) / 1 Succeeded / 0 Failed"],
    );
    cluster.run("create ingress front --rule=example.com/=web:80");
    contains(
        &cluster.run("describe ingress front"),
        &["example.com", "web:80 (10."],
    );
    contains(
        &cluster.run("describe namespace default"),
        &["Status:       Active"],
    );
    contains(
        &cluster.run("describe nodes"),
        &["Capacity:", "Allocated resources:"],
    );
    contains(
        &cluster.run("get all"),
        &[
            "pod/web-",
            "service/web",
            "deployment.apps/web",
            "replicaset.apps/web-",
            "job.batch/once",
        ],
    );
}

#[test]
fn discovery() {
    let cluster = Cluster::start();
    contains(
        &cluster.run("explain deployment.spec.strategy"),
        &[
            "KIND:       Deployment",
            "FIELD: strategy <DeploymentStrategy>",
            "rollingUpdate",
        ],
    );
    contains(
        &cluster.run("explain kustomization.spec.interval"),
        &["FIELD: interval <string>"],
    );
    contains(
        &cluster.run("api-resources"),
        &["deployments", "kustomizations", "ks", "CustomResourceDefinition"],
    );
    contains(
        &cluster.run("api-versions"),
        &["apps/v1\n", "kustomize.toolkit.fluxcd.io/v1\n", "\nv1\n"],
    );
    contains(&cluster.run("version"), &["Server Version: v1."]);
    contains(&cluster.run("cluster-info"), &["is running at"]);
    assert_eq!(cluster.run("get --raw /readyz"), "ok");
}

#[test]
fn watch_and_wait() {
    let cluster = Cluster::start();
    let mut watch = Command::new(kubectl_path())
        .arg("--kubeconfig")
        .arg(&cluster.up.kubeconfig)
        .args([
            "get",
            "configmaps",
            "--watch-only",
            "--output-watch-events",
            "-o",
            "name",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    // The watch may start before or after the first of these; it sees one of them.
    let creator = std::thread::scope(|scope| {
        let found = scope.spawn(|| lines.next());
        let mut number = 0;
        while !found.is_finished() {
            cluster.run(&format!("create configmap seen-{number}"));
            number += 1;
        }
        found.join().unwrap().unwrap().unwrap()
    });
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert!(creator.contains("configmap/seen-"), "{creator}");

    cluster.run("wait --for=create configmap/app --timeout=60s");
    cluster.run("delete configmap seen-0");
    cluster.run("wait --for=delete configmap/seen-0 --timeout=60s");
}
