//! Kubernetes events (`v1/Event`): what `kubectl describe` and `kubectl events` show of an object.

mod correlate;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use self::correlate::{Correlator, Observed};
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

/// Writes events as one component. As with client-go, an event that repeats itself is counted, many that differ in their message
/// only are combined, and an object that has too much to tell is not always heard.
pub struct Recorder {
    client: Client,
    component: String,
    instance: String,
    recent: Mutex<Correlator>,
}

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
        let observed = self
            .recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .observe(&involved, record, now);
        let Some(observed) = observed else {
            return Ok(());
        };
        let (namespace, time) = (namespace_of(&involved), rfc3339(now));
        if observed.count > 1 && self.count(&namespace, &observed, &time).await? {
            return Ok(());
        }
        let event = self.event(&involved, record, &observed, &namespace, &time);
        self.client
            .create(&event, &WriteOptions::default().ignore_unknown_fields())
            .await?;
        Ok(())
    }

    /// Counts a repeated event; false when the server does not have it (any more).
    async fn count(&self, namespace: &str, observed: &Observed, time: &str) -> Result<bool, Error> {
        let target = ObjectRef::new(Gvk::new("v1", "Event"), namespace, &observed.name);
        let patch = Patch::Merge(json!({
            "count": observed.count, "lastTimestamp": time, "message": cut(&observed.message),
        }));
        match self
            .client
            .patch(&target, &patch, &WriteOptions::default().ignore_unknown_fields())
            .await
        {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn event(
        &self,
        involved: &Value,
        record: &Record,
        observed: &Observed,
        namespace: &str,
        time: &str,
    ) -> Value {
        let mut metadata = json!({ "name": observed.name, "namespace": namespace });
        // What stands for several says nothing of one of them.
        if !record.annotations.is_empty() && !observed.is_combined {
            metadata["annotations"] = json!(record.annotations);
        }
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": metadata,
            "involvedObject": involved,
            "type": record.kind,
            "reason": record.reason,
            "message": cut(&observed.message),
            "source": { "component": self.component },
            "reportingComponent": self.component,
            "reportingInstance": self.instance,
            "firstTimestamp": rfc3339(observed.first),
            "lastTimestamp": time,
            "count": observed.count,
        })
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
