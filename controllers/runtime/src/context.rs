//! What a pass may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use flux_kube::{Client, Key, ObjectRef, Watches};
use jiff::Timestamp;
use serde_json::Value;

use crate::cause::{Cause, Causes};
use crate::error::Error;
use crate::events::{Recorder, Severity};
use crate::facts::Facts;
use crate::manager::Runtime;
use crate::queue::Queue;
use crate::settings::Settings;
use crate::shutdown::Shutdown;
use crate::status::{Draft, StatusWriter};
use crate::store::View;

/// What all passes of one controller share.
pub(crate) struct Shared {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    pub(crate) facts: Facts,
    pub(crate) queue: Queue,
    pub(crate) view: View,
    pub(crate) recorder: Recorder,
    pub(crate) shutdown: Shutdown,
}

/// What a pass may use: the client, the object's status, events, and why it was called.
pub struct Context {
    shared: Arc<Shared>,
    target: ObjectRef,
    causes: Causes,
    status: tokio::sync::Mutex<StatusWriter>,
}

/// Brings the next pass of one object from anywhere.
#[derive(Clone, Debug)]
pub struct Waker {
    queue: Queue,
    key: Key,
}

/// Reason of a failure to write the status because others wrote the object again and again.
pub(crate) const CROWDED: &str = "StatusConflict";

/// A status that could not be written says nothing of the work: the pass is to be done again, and a later one writes it.
fn unwritten(error: flux_kube::Error) -> Error {
    let crowded = matches!(error, flux_kube::Error::Conflict(_));
    let own = Error::from(error);
    if crowded {
        own.context("cannot write the status")
            .with_reason(CROWDED)
            .quiet()
    } else {
        own
    }
}

impl Waker {
    pub(crate) fn new(queue: Queue, key: Key) -> Self {
        Waker { queue, key }
    }

    /// The object shall be looked at.
    pub fn wake(&self, cause: Cause) {
        self.queue.push(self.key.clone(), cause);
    }
}

impl Context {
    pub(crate) fn new(shared: Arc<Shared>, key: Key, causes: Causes, object: Arc<Value>) -> Self {
        let target = ObjectRef {
            gvk: shared.facts.gvk.clone(),
            key,
        };
        let writer = StatusWriter::new(shared.client.clone(), &shared.facts, target.clone(), object);
        Context {
            shared,
            target,
            causes,
            status: tokio::sync::Mutex::new(writer),
        }
    }

    /// The controller's client; its field manager is the component.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The watches that all controllers of the process share.
    pub fn watches(&self) -> &Watches {
        self.shared.runtime.watches()
    }

    /// The settings of the process.
    pub fn settings(&self) -> &Settings {
        self.shared.runtime.settings()
    }

    /// The objects of the controller's own kind.
    pub fn view(&self) -> &View {
        &self.shared.view
    }

    /// The object.
    pub fn key(&self) -> &Key {
        &self.target.key
    }

    /// The object with its kind.
    pub fn target(&self) -> &ObjectRef {
        &self.target
    }

    /// Why the pass happens.
    pub fn causes(&self) -> Causes {
        self.causes
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        crate::time::now()
    }

    /// The end of the process; long work should look at it.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shared.shutdown
    }

    /// Brings another pass of this object from anywhere, later.
    pub fn waker(&self) -> Waker {
        Waker {
            queue: self.shared.queue.clone(),
            key: self.target.key.clone(),
        }
    }

    /// The object as last read or written in this pass.
    pub async fn object(&self) -> Arc<Value> {
        self.status.lock().await.object().clone()
    }

    /// The object was written by other means than [`Context::edit_status`].
    pub async fn note_written(&self, object: Arc<Value>) {
        self.shared.view.note_written(&self.target.key, &object);
        self.status.lock().await.replace(object);
    }

    /// Changes the status and writes what changed, if anything. `change` may be called more than once.
    pub async fn edit_status(&self, change: impl Fn(&mut Draft)) -> Result<(), Error> {
        let mut status = self.status.lock().await;
        status.edit(change).await.map_err(unwritten)?;
        self.shared.view.note_written(&self.target.key, status.object());
        Ok(())
    }

    /// The status as last written.
    pub async fn status(&self) -> Draft {
        Draft::of(&*self.object().await, crate::time::rfc3339(self.now()))
    }

    /// Sends an event about the object. Keys of `metadata` get the API group of the object in front (`revision` becomes
    /// `kustomize.toolkit.fluxcd.io/revision`), unless they have a slash. Returns at once.
    pub fn event(&self, severity: Severity, reason: &str, message: &str, metadata: &[(&str, &str)]) {
        let metadata = metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.send_event(severity, reason, message, metadata.collect());
    }

    pub(crate) fn send_event(
        &self,
        severity: Severity,
        reason: &str,
        message: &str,
        metadata: BTreeMap<String, String>,
    ) {
        let object = self.shared.view.get(&self.target.key);
        if let Some(object) = object {
            self.shared
                .recorder
                .event(&object, severity, reason, message, metadata);
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}
