//! Events: recorded in Kubernetes, and posted to the notification controller.

mod payload;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flux_kube::Client;
use flux_kube::event::Record;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

pub use payload::{Payload, metadata_for};

use crate::passes::Passes;
use crate::time::now;

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// For the Kubernetes event list only.
    Trace,
    /// Something was done.
    Info,
    /// Something failed.
    Error,
}

impl Severity {
    /// `Normal` or `Warning`.
    fn kubernetes(self) -> &'static str {
        match self {
            Severity::Trace | Severity::Info => "Normal",
            Severity::Error => "Warning",
        }
    }

    /// The word of the notification controller; none for traces, which it must not get.
    fn notification(self) -> Option<&'static str> {
        match self {
            Severity::Trace => None,
            Severity::Info => Some("info"),
            Severity::Error => Some("error"),
        }
    }
}

/// Events that wait to be sent, in each lane; more are dropped (and logged): events must not hold a reconciliation.
const WAITING: usize = 2048;
/// How many are sent at once. Those of one object go one after the other, so that repetitions are counted.
const LANES: usize = 4;
/// How long an event waits while passes are under way: a busy API server shall first do what somebody waits for.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u32 = 5;
const TIMEOUT: Duration = Duration::from_secs(5);

/// An event on its way to Kubernetes.
struct Waiting {
    /// As [`named`] makes it: many may wait, and whole objects are large.
    object: Value,
    record: Record,
    at: Timestamp,
    since: Instant,
}

/// Sends events as one component, from tasks of its own. Clones share it.
#[derive(Clone)]
pub struct Recorder {
    lanes: Arc<[mpsc::Sender<Waiting>]>,
    posts: Option<mpsc::Sender<Bytes>>,
    component: Arc<str>,
    host: Arc<str>,
}

impl Recorder {
    /// Starts the sending tasks. `address` is where events are posted; empty: nowhere. What goes to Kubernetes waits a while for a time
    /// without `passes`.
    pub fn start(client: Client, component: &str, host: &str, address: &str, passes: &Passes) -> Self {
        let kubernetes = Arc::new(flux_kube::event::Recorder::new(client, component, host));
        let lane = || {
            let (lane, receiver) = mpsc::channel(WAITING);
            tokio::spawn(record(receiver, kubernetes.clone(), passes.clone()));
            lane
        };
        let posts = (!address.is_empty()).then(|| {
            let (posts, receiver) = mpsc::channel(WAITING);
            tokio::spawn(post_all(receiver, address.to_owned()));
            posts
        });
        Recorder {
            lanes: std::iter::repeat_with(lane).take(LANES).collect(),
            posts,
            component: component.into(),
            host: host.into(),
        }
    }

    /// Sends an event about `object`. Keys of `metadata` without a slash get the object's API group in front; annotations of
    /// the object under `event.toolkit.fluxcd.io/` are added.
    pub fn event(
        &self,
        object: &Arc<Value>,
        severity: Severity,
        reason: &str,
        message: &str,
        metadata: BTreeMap<String, String>,
    ) {
        let metadata = metadata_for(object, metadata);
        tracing::debug!(reason, message, "event");
        if let (Some(posts), Some(severity)) = (&self.posts, severity.notification()) {
            let payload = Payload {
                involved_object: flux_kube::event::involved_object(object),
                severity,
                timestamp: crate::time::rfc3339(now()),
                message,
                reason,
                metadata: &metadata,
                reporting_controller: &self.component,
                reporting_instance: &self.host,
            };
            let bytes = serde_json::to_vec(&payload).unwrap_or_default();
            dropped(posts.try_send(bytes.into()).is_err(), reason);
        }
        let record = Record {
            kind: severity.kubernetes().into(),
            reason: reason.into(),
            message: message.into(),
            annotations: metadata,
        };
        let waiting = Waiting {
            object: named(object),
            record,
            at: now(),
            since: Instant::now(),
        };
        dropped(self.lane(object).try_send(waiting).is_err(), reason);
    }

    /// Always the same for an object.
    fn lane(&self, object: &Value) -> &mpsc::Sender<Waiting> {
        let mut hasher = DefaultHasher::new();
        let metadata = &object["metadata"];
        for part in ["uid", "namespace", "name"] {
            metadata[part].as_str().hash(&mut hasher);
        }
        let place = hasher.finish() % self.lanes.len() as u64;
        &self.lanes[place as usize]
    }
}

/// What an event says of its object.
fn named(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({
        "apiVersion": object["apiVersion"],
        "kind": object["kind"],
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
    })
}

fn dropped(is_dropped: bool, reason: &str) {
    if is_dropped {
        tracing::error!(reason, "event dropped: too many are waiting to be sent");
    }
}

async fn record(
    mut lane: mpsc::Receiver<Waiting>,
    kubernetes: Arc<flux_kube::event::Recorder>,
    passes: Passes,
) {
    while let Some(waiting) = lane.recv().await {
        passes.none(waiting.since + PATIENCE).await;
        let sent = kubernetes.record(&waiting.object, &waiting.record, waiting.at);
        if let Err(error) = sent.await {
            tracing::debug!(%error, "unable to record event");
        }
    }
}

async fn post_all(mut payloads: mpsc::Receiver<Bytes>, url: String) {
    let client = http_client();
    while let (Some(payload), Some(client)) = (payloads.recv().await, &client) {
        if let Err(error) = post(client, &url, payload).await {
            tracing::error!(error, "unable to record event");
        }
    }
}

fn http_client() -> Option<flux_http::Client> {
    let client = flux_http::Client::new(&flux_http::Settings {
        timeout: Some(TIMEOUT),
        ..flux_http::Settings::default()
    });
    client
        .inspect_err(|error| tracing::error!(%error, "cannot post events"))
        .ok()
}

/// Posts with retries. 429 means that the receiver had the same event a moment ago.
async fn post(client: &flux_http::Client, url: &str, payload: Bytes) -> Result<(), String> {
    let mut pause = Duration::from_secs(1);
    for left in (0..TRIES).rev() {
        let error = match post_once(client, url, payload.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if left == 0 {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Ok(())
}

async fn post_once(client: &flux_http::Client, url: &str, payload: Bytes) -> Result<(), String> {
    let headers = http::HeaderMap::from_iter([(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    )]);
    let answer = client.send(http::Method::POST, url, headers, payload).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status().is_server_error() {
        return Err(format!("{url} answered {}", answer.status()));
    }
    Ok(())
}
