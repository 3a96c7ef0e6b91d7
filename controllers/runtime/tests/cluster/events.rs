//! Events on their way.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flux_kube::Client;
use flux_runtime::events::Recorder;
use flux_runtime::{Passes, Severity};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::service_fn;

/// A server that takes events and tells of them, but never answers about the object `stuck`.
fn server(told: mpsc::UnboundedSender<Value>) -> Client {
    Client::from_service(service_fn(move |request: Request<Full<Bytes>>| {
        let told = told.clone();
        async move {
            if request.method() == Method::GET {
                return Ok::<_, Infallible>(answer(request.uri().path()));
            }
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let event: Value = serde_json::from_slice(&body).unwrap();
            if event["involvedObject"]["name"] == "stuck" {
                std::future::pending::<()>().await;
            }
            told.send(event).unwrap();
            Ok(Response::new(Full::new(body)))
        }
    }))
}

/// Discovery: there are events.
fn answer(path: &str) -> Response<Full<Bytes>> {
    let events = json!({"name": "events", "kind": "Event", "namespaced": true, "verbs": ["create", "patch"]});
    let body = match path {
        "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
        "/api/v1" => json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [events]}),
        _ => json!({"kind": "APIGroupList", "groups": []}),
    };
    Response::builder()
        .header("content-type", "application/json")
        .body(Full::new(body.to_string().into()))
        .unwrap()
}

/// A recorder, and what the server hears of it.
fn start(passes: &Passes) -> (Recorder, mpsc::UnboundedReceiver<Value>) {
    let (told, heard) = mpsc::unbounded_channel();
    let recorder = Recorder::start(server(told), "kustomize-controller", "host", "", passes);
    (recorder, heard)
}

fn say(recorder: &Recorder, name: &str, message: &str) {
    let object = json!({"apiVersion": "v1", "kind": "Thing", "metadata": {"namespace": "ns", "name": name, "uid": name}});
    recorder.event(
        &Arc::new(object),
        Severity::Info,
        "Said",
        message,
        BTreeMap::new(),
    );
}

#[tokio::test]
async fn an_object_without_answer_does_not_hold_up_all_others() {
    let (recorder, mut heard) = start(&Passes::default());
    say(&recorder, "stuck", "first");
    for number in 0..64 {
        say(&recorder, &format!("free-{number}"), "first");
    }
    let event = tokio::time::timeout(Duration::from_secs(20), heard.recv()).await;
    assert_eq!(
        event.expect("one of the others is heard").unwrap()["reason"],
        "Said"
    );
}

#[tokio::test]
async fn events_of_one_object_keep_their_order() {
    let (recorder, mut heard) = start(&Passes::default());
    // Fewer than are combined.
    for number in 0..9 {
        say(&recorder, "one", &number.to_string());
    }
    for number in 0..9 {
        assert_eq!(heard.recv().await.unwrap()["message"], number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_for_a_time_without_passes_but_not_for_ever() {
    let passes = Passes::default();
    let (recorder, mut heard) = start(&passes);
    let began = tokio::time::Instant::now();
    let pass = passes.begin();
    say(&recorder, "one", "first");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(heard.is_empty());
    drop(pass);
    heard.recv().await;
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    let _endless = passes.begin();
    say(&recorder, "one", "second");
    heard.recv().await;
    assert_eq!(began.elapsed(), Duration::from_secs(6));
}
