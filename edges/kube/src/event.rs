//! Kubernetes events (`v1/Event`): what `kubectl describe` and `kubectl events` show of an object.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::client::Client;
use crate::error::Error;
use crate::object::{Key, ObjectRef};
use crate::options::{Patch, WriteOptions};
use flux_object::Gvk;

/// Something that happened to an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// For machines, in CamelCase.
    pub reason: String,
    /// For people; cut at 32 KiB. The API itself sets no limit for `v1`, and Flux lists all objects that it changed.
    pub message: String,
    /// Annotations of the event.
    pub annotations: BTreeMap<String, String>,
}

/// Writes events as one component. An event that repeats itself is counted, not written again.
pub struct Recorder {
    client: Client,
    component: String,
    instance: String,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    written: HashMap<String, (String, u64)>,
    order: VecDeque<String>,
}

const REMEMBERED: usize = 4096;
const LONGEST_MESSAGE: usize = 32 << 10;

impl Recorder {
    /// Writes as `component` (such as `kustomize-controller`) on the host `instance`.
    pub fn new(client: Client, component: impl Into<String>, instance: impl Into<String>) -> Self {
        Recorder {
            client,
            component: component.into(),
            instance: instance.into(),
            recent: Mutex::default(),
        }
    }

    /// Records what happened to `object` (whose kind, name, namespace, uid and resource version are read) at `now`.
    pub async fn record(&self, object: &Value, record: &Record, now: jiff::Timestamp) -> Result<(), Error> {
        let involved = involved_object(object);
        let identity = format!(
            "{}\u{0}{}\u{0}{}\u{0}{}",
            involved["uid"], record.kind, record.reason, record.message
        );
        let time = rfc3339(now);
        let namespace = namespace_of(&involved);
        let known = self.recent().written.get(&identity).cloned();
        if let Some((name, count)) = known
            && self.count(&namespace, &name, count + 1, &time).await?
        {
            self.recent().remember(identity, name, count + 1);
            return Ok(());
        }
        let name = format!(
            "{}.{:x}",
            involved["name"].as_str().unwrap_or_default(),
            now.as_nanosecond()
        );
        let event = self.event(&involved, record, &name, &namespace, &time);
        self.client.create(&event, &WriteOptions::default()).await?;
        self.recent().remember(identity, name, 1);
        Ok(())
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// Counts a repeated event; false when the server has it no more.
    async fn count(&self, namespace: &str, name: &str, count: u64, time: &str) -> Result<bool, Error> {
        let target = ObjectRef::new(Gvk::new("v1", "Event"), namespace, name);
        let patch = Patch::Merge(json!({ "count": count, "lastTimestamp": time }));
        match self.client.patch(&target, &patch, &WriteOptions::default()).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn event(&self, involved: &Value, record: &Record, name: &str, namespace: &str, time: &str) -> Value {
        let mut metadata = json!({ "name": name, "namespace": namespace });
        if !record.annotations.is_empty() {
            metadata["annotations"] = json!(record.annotations);
        }
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": metadata,
            "involvedObject": involved,
            "type": record.kind,
            "reason": record.reason,
            "message": cut(&record.message),
            "source": { "component": self.component },
            "reportingComponent": self.component,
            "reportingInstance": self.instance,
            "firstTimestamp": time,
            "lastTimestamp": time,
            "count": 1,
        })
    }
}

impl Recent {
    fn remember(&mut self, identity: String, name: String, count: u64) {
        if self.written.insert(identity.clone(), (name, count)).is_none() {
            self.order.push_back(identity);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.written.remove(&oldest);
        }
    }
}

/// The reference by which events name an object.
pub fn involved_object(object: &Value) -> Value {
    let mut involved = json!({});
    for (field, value) in [
        ("apiVersion", &object["apiVersion"]),
        ("kind", &object["kind"]),
        ("name", &object["metadata"]["name"]),
        ("namespace", &object["metadata"]["namespace"]),
        ("uid", &object["metadata"]["uid"]),
        ("resourceVersion", &object["metadata"]["resourceVersion"]),
    ] {
        if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            involved[field] = text.into();
        }
    }
    involved
}

/// Events of cluster-scoped objects live in `default`.
fn namespace_of(involved: &Value) -> String {
    let key = Key::of(&json!({ "metadata": involved }));
    if key.namespace.is_empty() {
        "default".into()
    } else {
        key.namespace
    }
}

fn rfc3339(now: jiff::Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn cut(message: &str) -> &str {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}
