//! Recorded exchanges with a real kube-apiserver, replayed over TLS.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use flux_cluster::{Cluster, Config, Controllers, Security, Token, User};

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
            ..User::default()
        },
    }
}

/// A cluster as the scenarios of one kind need it.
fn config(needs: &str) -> Config {
    Config {
        controllers: match needs {
            "controllers" => Controllers::all(),
            _ => Controllers::none(),
        },
        compaction: (needs == "compaction").then(|| Duration::from_secs(2)),
        simulate: false,
        tokens: vec![
            token("oracle-admin-token", "admin", "system:masters"),
            token("oracle-alice-token", "alice", "dev"),
            token("oracle-bob-token", "bob", "ops"),
        ],
        ..Config::memory()
    }
}

/// Replay the scenarios of one kind, or of them those of the given names; gives how many there are, how many differ, and
/// what the replayer said.
async fn replay(corpus: PathBuf, needs: &'static str, names: Vec<String>) -> (usize, usize, String) {
    let cluster = Cluster::open(config(needs)).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = cluster.serve(listener, Security::Tls).unwrap();
    let address = server.address().to_string();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .args(["-c", REPLAY])
            .arg(&corpus)
            .args([&address, needs])
            .args(names)
            .output()
    });
    let output = String::from_utf8_lossy(&output.await.unwrap().unwrap().stdout).into_owned();
    let last = output.lines().last().unwrap_or_default();
    let numbers: Vec<usize> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [all, differ] = numbers[..] else {
        panic!("the replayer said: {output}")
    };
    cluster.shutdown().await;
    (all, differ, output)
}

/// As `replay`. Scenarios side by side see what others define for a moment, and controllers that come late do in one write what the
/// recorded ones did in two: so what differs is looked at again, each alone and on a new cluster.
async fn replay_patiently(corpus: PathBuf, needs: &'static str) -> (usize, usize, String) {
    let (all, mut differ, mut output) = replay(corpus.clone(), needs, Vec::new()).await;
    let tries = if needs == "controllers" { 3 } else { 1 };
    for _ in 0..tries {
        let differing = output.lines().filter_map(|line| line.strip_prefix("DIFF "));
        let names = differing.filter_map(|line| Some(line.split(' ').next()?.to_owned()));
        let names: BTreeSet<String> = names.collect();
        (differ, output) = (0, String::new());
        for name in names {
            let (_, differs, said) = replay(corpus.clone(), needs, vec![name]).await;
            differ += differs;
            output.push_str(&said);
        }
    }
    (all, differ, output)
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
    let (mut all, mut agree, mut said) = (0, 0, String::new());
    for needs in ["apiserver", "controllers", "compaction"] {
        let (count, differ, output) = replay_patiently(corpus.clone(), needs).await;
        all += count;
        agree += count - differ;
        said.push_str(&output);
    }
    println!("{said}{agree} of {all} agree");
    let ratchet: usize = RATCHET.trim().parse().unwrap();
    assert!(
        agree >= ratchet,
        "{agree} of {all} agree, {ratchet} did before:\n{said}"
    );
}
