//! A process that is killed loses nothing that it acknowledged.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use flux_cluster::{Cluster, Config, Controllers};

use crate::client::{call, ok};

const DIRECTORY: &str = "FLUX_CLUSTER_CRASH_DIRECTORY";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const WRITERS: usize = 16;

/// The process that is killed: writes without end and prints every name when its write is acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of kill_loses_nothing_acknowledged"]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let cluster = std::sync::Arc::new(Cluster::open(config(directory.into())).await.unwrap());
    let start = cluster.revision();
    let writers = (0..WRITERS).map(|writer| {
        let cluster = cluster.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let name = format!("w{start}-{writer}-{number}");
                let body =
                    serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
                        .to_string();
                ok(call(&cluster, &format!("POST {MAPS}"), body).await);
                println!("ack {name}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

fn config(directory: std::path::PathBuf) -> Config {
    Config {
        controllers: Controllers::none(),
        simulate: false,
        ..Config::directory(directory)
    }
}

/// Start the child, kill it after it has acknowledged some writes, give their names.
fn run_and_kill(directory: &std::path::Path, acknowledged: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "crash::child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut names = Vec::new();
    while names.len() < acknowledged {
        let line = lines
            .next()
            .expect("the child writes until it is killed")
            .unwrap();
        names.extend(line.split("ack ").nth(1).map(|name| name.trim().to_owned()));
    }
    // SIGKILL: no handler runs, nothing is flushed.
    child.kill().unwrap();
    names.extend(
        lines
            .map_while(Result::ok)
            .filter_map(|line| line.split("ack ").nth(1).map(|name| name.trim().to_owned())),
    );
    child.wait().unwrap();
    names
}

#[tokio::test]
async fn kill_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for round in 0..5 {
        all.extend(run_and_kill(directory.path(), 20 + 37 * round));
        let cluster = Cluster::open(config(directory.path().to_owned())).await.unwrap();
        let list = ok(call(&cluster, &format!("GET {MAPS}"), "").await);
        let there: std::collections::HashSet<&str> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| item["metadata"]["name"].as_str())
            .collect();
        let lost: Vec<_> = all.iter().filter(|name| !there.contains(name.as_str())).collect();
        assert!(lost.is_empty(), "lost {lost:?} of {}", all.len());
        cluster.shutdown().await;
    }
}
