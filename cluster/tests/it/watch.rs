//! Watches.

use flux_cluster::{ApiBody, Cluster, Controllers};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::client::{call, ok, quiet, send};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

struct Lines {
    body: ApiBody,
    rest: Vec<u8>,
}

impl Lines {
    async fn open(cluster: &Cluster, query: &str) -> Self {
        let response = send(cluster, &format!("GET {MAPS}?watch=true&{query}"), "").await;
        assert_eq!(response.status(), 200);
        Self {
            body: response.into_body(),
            rest: Vec::new(),
        }
    }

    /// The next event, or nothing at the end.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let frame = self.body.frame().await?.unwrap();
            self.rest.extend_from_slice(&frame.into_data().unwrap());
        }
    }

    async fn short(&mut self) -> String {
        match self.next().await {
            None => "end".into(),
            Some(event) => format!(
                "{} {}",
                event["type"].as_str().unwrap(),
                event["object"]["metadata"]["name"].as_str().unwrap_or("-")
            ),
        }
    }
}

fn map(name: &str, label: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"l": label}}})
        .to_string()
}

#[tokio::test]
async fn tells_what_is_there_and_what_happens() {
    let cluster = quiet().await;
    ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
    let mut lines = Lines::open(&cluster, "").await;
    assert_eq!(lines.short().await, "ADDED a");
    ok(call(&cluster, &format!("POST {MAPS}"), map("b", "1")).await);
    ok(call(&cluster, &format!("PUT {MAPS}/b"), map("b", "2")).await);
    ok(call(&cluster, &format!("DELETE {MAPS}/a"), "").await);
    assert_eq!(lines.short().await, "ADDED b");
    assert_eq!(lines.short().await, "MODIFIED b");
    assert_eq!(lines.short().await, "DELETED a");
    cluster.shutdown().await;
    assert_eq!(lines.short().await, "end");
}

#[tokio::test]
async fn a_selector_makes_adds_and_deletes_of_updates() {
    let cluster = quiet().await;
    let mut lines = Lines::open(&cluster, "labelSelector=l%3D1").await;
    ok(call(&cluster, &format!("POST {MAPS}"), map("a", "0")).await);
    ok(call(&cluster, &format!("PUT {MAPS}/a"), map("a", "1")).await);
    ok(call(&cluster, &format!("PUT {MAPS}/a"), map("a", "2")).await);
    assert_eq!(lines.short().await, "ADDED a");
    let event = lines.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["metadata"]["labels"]["l"]),
        (&json!("DELETED"), &json!("1"))
    );
}

#[tokio::test]
async fn initial_events_end_with_a_marked_bookmark() {
    let cluster = quiet().await;
    ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
    let mut lines = Lines::open(
        &cluster,
        "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    )
    .await;
    assert_eq!(lines.short().await, "ADDED a");
    let mark = lines.next().await.unwrap();
    assert_eq!(
        mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
}

#[tokio::test]
async fn a_watch_from_before_the_history_is_gone() {
    let cluster = quiet().await;
    let mut lines = Lines::open(&cluster, "resourceVersion=1").await;
    ok(call(&cluster, &format!("POST {MAPS}"), map("a", "1")).await);
    assert_eq!(lines.short().await, "ADDED a");
    let config = flux_cluster::Config {
        history: 2,
        controllers: Controllers::none(),
        simulate: false,
        ..flux_cluster::Config::memory()
    };
    let cluster = Cluster::open(config).await.unwrap();
    for name in ["a", "b", "c"] {
        ok(call(&cluster, &format!("POST {MAPS}"), map(name, "1")).await);
    }
    let mut lines = Lines::open(&cluster, "resourceVersion=1").await;
    let event = lines.next().await.unwrap();
    assert_eq!(
        (&event["type"], &event["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
    assert_eq!(lines.short().await, "end");
}
