use flux_kube::{Cache, CacheOptions, Gvk, Key, WatchOptions};
use futures::channel::mpsc;
use serde_json::{Value, json};

use crate::server::{Answer, Server, config_map, event, list, status};

#[tokio::test(start_paused = true)]
async fn a_cache_keeps_the_projection_and_drops_what_a_new_list_lacks() {
    let (feed, lines) = mpsc::unbounded();
    let mut answers = vec![
        Answer::Stream(mpsc::unbounded().1),
        list(&[config_map("b", "9")], "9", ""),
        Answer::Stream(lines),
        list(&[config_map("a", "1"), config_map("b", "2")], "2", ""),
    ];
    let server = Server::new(move |_| answers.pop().unwrap());
    let options = CacheOptions {
        gvk: Gvk::new("v1", "ConfigMap"),
        watch: WatchOptions::default(),
    };
    let version = |object: Value| object["metadata"]["resourceVersion"].as_str().map(str::to_owned);
    let cache = Cache::start(server.client(), options, version);
    cache.synced().await;
    let (a, b) = (Key::new("ns", "a"), Key::new("ns", "b"));
    assert_eq!(
        (cache.len(), cache.get(&a).as_deref()),
        (2, Some(&"1".to_owned()))
    );

    let mut changes = cache.subscribe();
    for _ in 0..2 {
        let known = changes.next().await.unwrap();
        assert!(known.old.is_none() && known.new.is_some());
    }
    feed.unbounded_send(event("MODIFIED", config_map("a", "3")))
        .unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!(
        (change.old.as_deref(), change.new.as_deref()),
        (Some(&"1".to_owned()), Some(&"3".to_owned()))
    );
    // What cannot be projected counts as absent.
    feed.unbounded_send(event(
        "MODIFIED",
        json!({"metadata": {"namespace": "ns", "name": "b"}}),
    ))
    .unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!((&change.key, change.new), (&b, None));

    feed.unbounded_send(event("ERROR", status(410, "Expired", "old")))
        .unwrap();
    let change = changes.next().await.unwrap();
    assert_eq!((&change.key, change.new.as_deref()), (&b, Some(&"9".to_owned())));
    let change = changes.next().await.unwrap();
    assert_eq!((&change.key, change.new), (&a, None));
    assert_eq!(cache.len(), 1);
}
