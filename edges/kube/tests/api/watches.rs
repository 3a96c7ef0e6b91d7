use std::time::Duration;

use flux_kube::{Gvk, Interest, ObjectRef, Observation, Watches};
use futures::StreamExt as _;
use futures::channel::mpsc;
use serde_json::Value;

use crate::server::{Answer, Feed, Server, config_map, event, list, refusal};

const GRACE: Duration = Duration::from_secs(60);

fn object(name: &str) -> ObjectRef {
    ObjectRef::new(Gvk::new("v1", "ConfigMap"), "ns", name)
}

fn interest(name: &str, seen: Option<&str>) -> Interest {
    Interest {
        object: object(name),
        seen: seen.map(str::to_owned),
    }
}

/// A server with objects `a` at version 5 and `b` at version 6; GET of a single object gives version 99.
fn server() -> (Server, mpsc::UnboundedReceiver<Feed>) {
    let (feeds, receiver) = mpsc::unbounded();
    let server = Server::new(move |asked| {
        if asked.query.contains("watch=true") {
            let (feed, lines) = mpsc::unbounded();
            feeds.unbounded_send(feed).unwrap();
            Answer::Stream(lines)
        } else if asked.path.ends_with("/configmaps") {
            list(&[config_map("a", "5"), config_map("b", "6")], "10", "")
        } else if asked.path.ends_with("/missing") {
            refusal(404, "NotFound", "gone")
        } else {
            Answer::Json(200, config_map("a", "99"))
        }
    });
    (server, receiver)
}

type Told = mpsc::UnboundedReceiver<String>;

/// A sink that writes `name@version`, `name gone` or `name failed`.
fn sink() -> (impl Fn(&ObjectRef, Observation) + Send + Sync + 'static, Told) {
    let (sender, receiver) = mpsc::unbounded();
    let sink = move |object: &ObjectRef, observation: Observation| {
        let version = |value: &Value| value["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        let name = &object.key.name;
        let word = match observation {
            Observation::Present(value) => format!("{name}@{}", version(&value)),
            Observation::Absent => format!("{name} gone"),
            Observation::Failed(_) => format!("{name} failed"),
        };
        // The test may be over.
        let _ = sender.unbounded_send(word);
    };
    (sink, receiver)
}

#[tokio::test(start_paused = true)]
async fn many_wait_on_one_watch() {
    let (server, mut feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut first_told) = sink();
    let (second, mut second_told) = sink();
    let _first = watches.subscribe(vec![interest("a", None), interest("missing", None)], first);
    let feed = feeds.next().await.unwrap();
    assert_eq!(first_told.next().await.unwrap(), "a@5");
    assert_eq!(first_told.next().await.unwrap(), "missing gone");
    // The second knows version 5 already and hears only what follows.
    let _second = watches.subscribe(vec![interest("a", Some("5"))], second);
    feed.unbounded_send(event("MODIFIED", config_map("a", "11")))
        .unwrap();
    assert_eq!(first_told.next().await.unwrap(), "a@11");
    assert_eq!(second_told.next().await.unwrap(), "a@11");
    feed.unbounded_send(event("DELETED", config_map("a", "12")))
        .unwrap();
    assert_eq!(second_told.next().await.unwrap(), "a gone");
    assert_eq!((watches.len(), server.lines().len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_with_old_knowledge_gets_the_present_state() {
    let (server, mut feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut first_told) = sink();
    let _first = watches.subscribe(vec![interest("a", None)], first);
    let feed = feeds.next().await.unwrap();
    first_told.next().await.unwrap();
    feed.unbounded_send(event("MODIFIED", config_map("a", "11")))
        .unwrap();
    first_told.next().await.unwrap();

    let (late, mut late_told) = sink();
    let _late = watches.subscribe(vec![interest("a", Some("5"))], late);
    assert_eq!(late_told.next().await.unwrap(), "a@99");
    let (unknowing, mut unknowing_told) = sink();
    let _unknowing = watches.subscribe(vec![interest("missing", None)], unknowing);
    assert_eq!(unknowing_told.next().await.unwrap(), "missing gone");
    // Knowledge that is newer than the watch needs no look: the watch will bring what follows.
    let before = server.lines().len();
    let (ahead, mut ahead_told) = sink();
    let _ahead = watches.subscribe(vec![interest("a", Some("12"))], ahead);
    feed.unbounded_send(event("MODIFIED", config_map("a", "13")))
        .unwrap();
    assert_eq!(ahead_told.next().await.unwrap(), "a@13");
    assert_eq!(server.lines().len(), before);
}

#[tokio::test(start_paused = true)]
async fn an_idle_watch_ends_after_its_grace_and_comes_back_on_demand() {
    let (server, mut feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut told) = sink();
    let subscription = watches.subscribe(vec![interest("a", None)], first);
    let feed = feeds.next().await.unwrap();
    told.next().await.unwrap();
    drop(subscription);
    assert_eq!(watches.len(), 1);
    tokio::time::sleep(GRACE + Duration::from_secs(1)).await;
    assert_eq!(watches.len(), 0);
    assert!(feed.is_closed());
    let (again, mut told) = sink();
    let _again = watches.subscribe(vec![interest("b", None)], again);
    assert_eq!(told.next().await.unwrap(), "b@6");
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_within_the_grace_finds_the_watch_running() {
    let (server, mut feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut told) = sink();
    let subscription = watches.subscribe(vec![interest("a", None)], first);
    let feed = feeds.next().await.unwrap();
    told.next().await.unwrap();
    drop(subscription);
    tokio::time::sleep(GRACE / 2).await;
    let (again, mut told) = sink();
    let _again = watches.subscribe(vec![interest("a", Some("5"))], again);
    tokio::time::sleep(GRACE * 2).await;
    feed.unbounded_send(event("MODIFIED", config_map("a", "11")))
        .unwrap();
    assert_eq!(told.next().await.unwrap(), "a@11");
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_does_not_exist_is_told() {
    let server = Server::new(|_| {
        refusal(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
    });
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut told) = sink();
    let object = ObjectRef::new(Gvk::new("example.com/v1", "Widget"), "ns", "a");
    let _first = watches.subscribe(vec![Interest { object, seen: None }], first);
    assert_eq!(told.next().await.unwrap(), "a failed");
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_a_list_is_being_told_misses_nothing() {
    let (server, _feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (late, mut late_told) = sink();
    let held = std::sync::Mutex::new((Some(late), Vec::new()));
    let again = watches.clone();
    // The list tells of `a`, then of `b`: the second party comes in between, with old knowledge of `a`.
    let first = move |object: &ObjectRef, _| {
        let mut held = held.lock().unwrap();
        if object.key.name == "a"
            && let Some(late) = held.0.take()
        {
            held.1
                .push(again.subscribe(vec![interest("a", Some("4")), interest("b", None)], late));
        }
    };
    let _first = watches.subscribe(vec![interest("a", None), interest("b", None)], first);
    let mut told = [late_told.next().await.unwrap(), late_told.next().await.unwrap()];
    told.sort();
    assert_eq!(told, ["a@99", "b@6"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_the_watch_overtook_is_not_told() {
    let (server, mut feeds) = server();
    let watches = Watches::new(server.client(), GRACE);
    let (first, mut first_told) = sink();
    let _first = watches.subscribe(vec![interest("a", None)], first);
    let feed = feeds.next().await.unwrap();
    first_told.next().await.unwrap();
    feed.unbounded_send(event("DELETED", config_map("a", "11")))
        .unwrap();
    let (late, mut late_told) = sink();
    let _late = watches.subscribe(vec![interest("a", None)], late);
    assert_eq!(late_told.next().await.unwrap(), "a gone");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        late_told.try_recv().is_err(),
        "the look found version 99, which was before"
    );
}
