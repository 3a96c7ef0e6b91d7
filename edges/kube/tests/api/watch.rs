use std::collections::VecDeque;
use std::time::Duration;

use flux_kube::{Gvk, WatchEvent, WatchOptions, watch};
use futures::StreamExt as _;
use futures::channel::mpsc;
use tokio::time::Instant;

use crate::server::{Answer, Feed, Server, config_map, event, list, refusal, status};

fn stream() -> (Feed, Answer) {
    let (feed, lines) = mpsc::unbounded();
    (feed, Answer::Stream(lines))
}

/// A server that gives these answers in turn.
fn scripted(answers: impl IntoIterator<Item = Answer>) -> Server {
    let mut answers: VecDeque<_> = answers.into_iter().collect();
    Server::new(move |asked| {
        answers
            .pop_front()
            .unwrap_or_else(|| panic!("nothing more to say to {}", asked.line()))
    })
}

fn events(server: &Server) -> impl futures::Stream<Item = WatchEvent> + Unpin {
    watch(
        server.client(),
        Gvk::new("v1", "ConfigMap"),
        WatchOptions::default(),
    )
}

/// The next events in short: `list`, `=a`, `ready`, `+a`, `-a`, `!`.
async fn take(events: &mut (impl futures::Stream<Item = WatchEvent> + Unpin), count: usize) -> String {
    let mut words = Vec::new();
    for _ in 0..count {
        let name = |object: serde_json::Value| object["metadata"]["name"].as_str().unwrap().to_owned();
        words.push(match events.next().await.unwrap() {
            WatchEvent::Restarting => "list".into(),
            WatchEvent::Listed(object) => format!("={}", name(object)),
            WatchEvent::Ready => "ready".into(),
            WatchEvent::Applied(object) => format!("+{}", name(object)),
            WatchEvent::Deleted(object) => format!("-{}", name(object)),
            WatchEvent::Failed(_) => "!".into(),
        });
    }
    words.join(" ")
}

#[tokio::test(start_paused = true)]
async fn a_watch_begins_with_a_list_and_goes_on_where_it_broke() {
    let (first, first_answer) = stream();
    let (second, second_answer) = stream();
    let server = scripted([
        list(&[config_map("a", "3"), config_map("b", "4")], "10", ""),
        first_answer,
        second_answer,
    ]);
    let mut events = events(&server);
    assert_eq!(take(&mut events, 4).await, "list =a =b ready");
    first
        .unbounded_send(event("MODIFIED", config_map("a", "11")))
        .unwrap();
    first
        .unbounded_send(event("DELETED", config_map("b", "12")))
        .unwrap();
    let bookmark = serde_json::json!({"metadata": {"resourceVersion": "20"}});
    first.unbounded_send(event("BOOKMARK", bookmark)).unwrap();
    drop(first);
    assert_eq!(take(&mut events, 2).await, "+a -b");
    second
        .unbounded_send(event("ADDED", config_map("c", "21")))
        .unwrap();
    assert_eq!(take(&mut events, 1).await, "+c");
    let watches =
        "GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=";
    assert_eq!(
        server.lines(),
        [
            "GET /api/v1/configmaps?limit=500".to_owned(),
            format!("{watches}10"),
            format!("{watches}20"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_too_old_means_a_new_list_at_once() {
    let (first, first_answer) = stream();
    let (second, second_answer) = stream();
    let server = scripted([
        list(&[config_map("a", "3")], "10", ""),
        first_answer,
        list(&[config_map("a", "30")], "40", ""),
        second_answer,
    ]);
    let began = Instant::now();
    let mut events = events(&server);
    assert_eq!(take(&mut events, 3).await, "list =a ready");
    first
        .unbounded_send(event("ERROR", status(410, "Expired", "too old resource version")))
        .unwrap();
    assert_eq!(take(&mut events, 3).await, "list =a ready");
    assert_eq!(began.elapsed(), Duration::ZERO);
    second
        .unbounded_send(event("ADDED", config_map("b", "41")))
        .unwrap();
    assert_eq!(take(&mut events, 1).await, "+b");
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_and_slowed_down() {
    let (feed, answer) = stream();
    let server = scripted([
        refusal(503, "ServiceUnavailable", "starting"),
        refusal(403, "Forbidden", "no"),
        refusal(500, "InternalError", "broken"),
        list(&[], "1", ""),
        refusal(503, "ServiceUnavailable", "again"),
        answer,
    ]);
    let began = Instant::now();
    let mut events = events(&server);
    assert_eq!(take(&mut events, 5).await, "list ! ! ! ready");
    // 0.8 s, 1.6 s and 3.2 s, each with up to a fifth more.
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_millis(5_600) && waited <= Duration::from_millis(6_730),
        "{waited:?}"
    );
    assert_eq!(take(&mut events, 1).await, "!");
    feed.unbounded_send(event("ADDED", config_map("a", "2"))).unwrap();
    assert_eq!(take(&mut events, 1).await, "+a");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_without_a_word_is_not_reopened_in_a_loop() {
    let silent = |_| {
        let (feed, answer) = stream();
        drop(feed);
        answer
    };
    let (feed, answer) = stream();
    let mut answers = vec![list(&[], "1", "")];
    answers.extend((0..3).map(silent));
    answers.push(answer);
    let server = scripted(answers);
    let began = Instant::now();
    let mut events = events(&server);
    assert_eq!(take(&mut events, 2).await, "list ready");
    feed.unbounded_send(event("ADDED", config_map("a", "2"))).unwrap();
    assert_eq!(take(&mut events, 1).await, "+a");
    assert!(began.elapsed() >= Duration::from_millis(2_400));
}
