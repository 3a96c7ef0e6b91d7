//! A history checker: many writers and watchers while the server is killed again and again.
//!
//! Every key holds a counter that is only ever replaced by the next number, provided that nobody else was faster. So
//! the history of a key is linearizable exactly when no number was acknowledged twice and every answer is at least as
//! new as everything that was acknowledged before the question; and a watcher has missed or reordered something exactly
//! when a key does not count up by ones.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::wire::{Server, Wire};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const KEYS: usize = 4;
const WRITERS: usize = 8;
const WATCHERS: usize = 6;
const KILLS: usize = 6;

/// An answer: which number of a key was seen or written, and when.
#[derive(Debug, Clone, Copy)]
struct Answer {
    key: usize,
    number: u64,
    wrote: bool,
    asked: Instant,
    answered: Instant,
}

/// Where the server is, which changes when it is started again.
#[derive(Clone)]
struct World {
    place: Arc<Mutex<(std::net::SocketAddr, String)>>,
    over: Arc<AtomicBool>,
    /// How many answers there were.
    answered: Arc<AtomicUsize>,
}

impl World {
    async fn connect(&self) -> Option<Wire> {
        let (address, token) = self.place.lock().unwrap().clone();
        Wire::open(address, &token).await
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

fn number_of(object: &Value) -> u64 {
    object["data"]["n"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

async fn write(world: World, writer: usize) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut turn = writer;
    while !world.is_over() {
        let Some(mut wire) = world.connect().await else {
            tokio::task::yield_now().await;
            continue;
        };
        while !world.is_over() {
            turn += 1;
            let key = turn % KEYS;
            if once(&mut wire, key, &mut answers).await.is_none() {
                break;
            }
            world.answered.fetch_add(1, Ordering::Relaxed);
        }
    }
    answers
}

/// Read a key and write the next number; nothing when the connection broke.
async fn once(wire: &mut Wire, key: usize, answers: &mut Vec<Answer>) -> Option<()> {
    let path = format!("{MAPS}/k{key}");
    let asked = Instant::now();
    let (status, mut object) = wire.send(&format!("GET {path}"), "").await?;
    if status == 404 {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("k{key}")}, "data": {"n": "0"}});
        wire.send(&format!("POST {MAPS}"), &body.to_string()).await?;
        return Some(());
    }
    assert_eq!(status, 200, "{object}");
    let number = number_of(&object);
    let answered = Instant::now();
    answers.push(Answer {
        key,
        number,
        wrote: false,
        asked,
        answered,
    });
    object["data"]["n"] = (number + 1).to_string().into();
    let asked = Instant::now();
    let (status, _) = wire.send(&format!("PUT {path}"), &object.to_string()).await?;
    match status {
        200 => answers.push(Answer {
            key,
            number: number + 1,
            wrote: true,
            asked,
            answered: Instant::now(),
        }),
        409 => {}
        other => panic!("{other}"),
    }
    Some(())
}

/// Watch everything; gives how many changes were seen.
async fn watch(world: World) -> usize {
    let (mut seen, mut count): (HashMap<String, u64>, usize) = (HashMap::new(), 0);
    let mut revision: Option<u64> = None;
    while !world.is_over() {
        let Some(mut wire) = world.connect().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let from = match revision {
            Some(revision) => revision,
            None => {
                let Some((200, list)) = wire.send(&format!("GET {MAPS}"), "").await else {
                    continue;
                };
                seen = list["items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|object| (object["metadata"]["name"].to_string(), number_of(object)))
                    .collect();
                let revision_of = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
                let Some(listed) = revision_of(&list["metadata"]["resourceVersion"]) else {
                    continue;
                };
                revision = Some(listed);
                listed
            }
        };
        if wire
            .watch(&format!("{MAPS}?watch=true&resourceVersion={from}"))
            .await
            != Some(200)
        {
            continue;
        }
        while let Some(event) = wire.line().await {
            if event["type"] == "ERROR" {
                // The history does not reach back: list again.
                revision = None;
                break;
            }
            let object = &event["object"];
            let at: u64 = object["metadata"]["resourceVersion"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(Some(at) > revision, "{at} after {revision:?}");
            revision = Some(at);
            let name = object["metadata"]["name"].to_string();
            let number = number_of(object);
            let before = seen.insert(name.clone(), number);
            assert!(
                before.is_none_or(|before| number == before + 1),
                "{name}: {number} after {before:?}"
            );
            count += 1;
        }
    }
    count
}

fn check(mut answers: Vec<Answer>) {
    for key in 0..KEYS {
        let mut written: Vec<u64> = answers
            .iter()
            .filter(|answer| answer.key == key && answer.wrote)
            .map(|answer| answer.number)
            .collect();
        let all = written.len();
        written.sort_unstable();
        written.dedup();
        assert_eq!(all, written.len(), "a number of k{key} was acknowledged twice");
    }
    // In the order of the questions: what was answered before is the least that may be seen.
    answers.sort_by_key(|answer| answer.asked);
    let mut done = answers.clone();
    done.sort_by_key(|answer| answer.answered);
    let (mut least, mut next) = ([0; KEYS], 0);
    for answer in &answers {
        while next < done.len() && done[next].answered < answer.asked {
            least[done[next].key] = least[done[next].key].max(done[next].number);
            next += 1;
        }
        let floor = least[answer.key];
        // A write must be newer than everything before it, an answer at least as new.
        let fits = if answer.wrote {
            answer.number > floor
        } else {
            answer.number >= floor
        };
        assert!(fits, "{answer:?} came after {floor}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_are_linearizable_under_kills() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::start(directory.path(), "127.0.0.1:0");
    let address = server.address.to_string();
    let world = World {
        place: Arc::new(Mutex::new((server.address, server.token.clone()))),
        over: Arc::default(),
        answered: Arc::default(),
    };
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(world.clone(), writer)))
        .collect();
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|_| tokio::spawn(watch(world.clone())))
        .collect();
    for round in 0..KILLS {
        // Not in step with anything that the server does.
        tokio::time::sleep(Duration::from_millis(150 + 67 * round as u64)).await;
        while world.answered.load(Ordering::Relaxed) < 50 * (round + 1) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (directory, address) = (directory.path().to_owned(), address.clone());
        let started = tokio::task::spawn_blocking(move || {
            server.kill();
            Server::start(&directory, &address)
        });
        server = started.await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.over.store(true, Ordering::Relaxed);
    let mut answers = Vec::new();
    for writer in writers {
        answers.extend(writer.await.unwrap());
    }
    // The last change of all ends the watches that wait for one.
    let mut wire = world.connect().await.unwrap();
    for key in 0..KEYS {
        once(&mut wire, key, &mut answers).await.unwrap();
    }
    server.kill();
    let mut changes = 0;
    for watcher in watchers {
        changes += watcher.await.unwrap();
    }
    println!("{} answers, {changes} changes seen", answers.len());
    assert!(answers.len() > 100 && changes > 100);
    check(answers);
}
