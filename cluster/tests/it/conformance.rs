//! Recorded exchanges with a real kube-apiserver, replayed over TLS.

use std::path::PathBuf;
use std::process::Command;

use flux_cluster::{Cluster, Config, Security, Token, User};

/// Replays the scenarios side by side: some wait for seconds on a watch.
const REPLAY: &str = include_str!("replay.py");

/// The number that may only go up.
const RATCHET: &str = include_str!("../../conformance.ratchet");

fn corpus() -> Option<PathBuf> {
    let root = match std::env::var_os("FLUX_CONFORMANCE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance"),
    };
    Some(root.join("apiserver")).filter(|path| path.join("replay/replay.py").exists())
}

fn token(token: &str, name: &str, group: &str) -> Token {
    Token {
        token: token.into(),
        user: User {
            name: name.into(),
            uid: format!("uid-{name}"),
            groups: vec![group.into()],
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_exchanges_agree() {
    let Some(corpus) = corpus() else {
        println!("skipped: no corpus of API server exchanges (set FLUX_CONFORMANCE)");
        return;
    };
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: the replayer needs python3");
        return;
    }
    let config = Config {
        controllers: false,
        simulate: false,
        tokens: vec![
            token("oracle-admin-token", "admin", "system:masters"),
            token("oracle-alice-token", "alice", "dev"),
            token("oracle-bob-token", "bob", "ops"),
        ],
        ..Config::memory()
    };
    let cluster = Cluster::open(config).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = cluster.serve(listener, Security::Tls).unwrap();
    let address = server.address().to_string();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .args(["-c", REPLAY])
            .arg(&corpus)
            .arg(&address)
            .output()
    });
    let output = String::from_utf8_lossy(&output.await.unwrap().unwrap().stdout).into_owned();
    let last: Vec<usize> = output
        .lines()
        .last()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [all, differ] = last[..] else {
        panic!("the replayer said: {output}")
    };
    println!("{} of {all} agree", all - differ);
    let ratchet: usize = RATCHET.trim().parse().unwrap();
    assert!(
        all - differ >= ratchet,
        "{} of {all} agree, {ratchet} did before:\n{output}",
        all - differ
    );
    cluster.shutdown().await;
}
