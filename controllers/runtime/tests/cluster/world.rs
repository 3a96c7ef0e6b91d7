//! A cluster with the Kustomization kind, a controller whose reconciler does what the object's name says, and ways to wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flux_api::kustomization::{self, Kustomization};
use flux_api::meta;
use flux_cluster::{Cluster, Config, User};
use flux_kube::{Client, Gvk, Key, ListOptions, ObjectRef, Patch, WatchEvent, WriteOptions};
use flux_runtime::status::Draft;
use flux_runtime::{
    Cause, Context, Controller, Error, Facts, Object, Outcome, Reconciler, Runtime, Settings, Severity,
    Shutdown, Waker,
};
use futures::StreamExt as _;
use serde_json::{Value, json};

/// Only tests that would fail wait this long.
const PATIENCE: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_secs(3600);

/// What the reconciler saw and left for the test.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<HashMap<String, Note>>>);

#[derive(Clone, Default)]
pub(crate) struct Note {
    pub(crate) passes: Vec<String>,
    pub(crate) waker: Option<Waker>,
}

impl Notes {
    fn write(&self, name: &str, change: impl FnOnce(&mut Note)) {
        change(self.0.lock().unwrap().entry(name.into()).or_default());
    }

    pub(crate) fn of(&self, name: &str) -> Note {
        self.0.lock().unwrap().get(name).cloned().unwrap_or_default()
    }
}

struct Scripted(Notes);

impl Reconciler for Scripted {
    type Object = Kustomization;

    fn facts(&self) -> Facts {
        Facts::new(kind(), "kustomize-controller")
            .status_manager("gotk-kustomize-controller")
            .finalizer(meta::FINALIZER)
            .owns(&["Healthy"])
    }

    async fn reconcile(&self, object: &Object<Kustomization>, context: &Context) -> Result<Outcome, Error> {
        let name = object.metadata.name.as_str();
        let before = self.0.of(name).passes.len();
        self.0.write(name, |note| {
            note.passes.push(format!("{:?}", context.causes()));
            note.waker = Some(context.waker());
        });
        context
            .edit_status(|draft| draft.progressing("reconciliation in progress"))
            .await?;
        match name {
            "panics" if before == 0 => panic!("out of cheese"),
            "stalls" => return Err(Error::stalled("AccessDenied", "no way")),
            "depends" if !is_ready(context, "first") => {
                let message = "dependency 'default/first' is not ready";
                return Err(Error::waiting("DependencyNotReady", "default/first", message).retry_after(LONG));
            }
            "waits" if before == 0 => return Ok(Outcome::Wait(LONG)),
            _ => {}
        }
        context
            .edit_status(|draft| draft.ready("ReconciliationSucceeded", "Applied revision: main@sha1:a"))
            .await?;
        context.event(
            Severity::Info,
            "ReconciliationSucceeded",
            "applied",
            &[("revision", "main@sha1:a")],
        );
        Ok(Outcome::Interval(LONG))
    }

    async fn finalize(&self, object: &Object<Kustomization>, _context: &Context) -> Result<Outcome, Error> {
        self.0
            .write(&object.metadata.name, |note| note.passes.push("finalize".into()));
        Ok(Outcome::Done)
    }

    fn suspended(&self, draft: &mut Draft) {
        draft.observe();
    }

    fn forget(&self, key: &Key) {
        self.0.write(&key.name, |note| note.passes.push("forget".into()));
    }
}

fn is_ready(context: &Context, name: &str) -> bool {
    let object = context.view().get(&Key::new("default", name));
    object.is_some_and(|object| ready(&object) == "True")
}

/// Status of the Ready condition; empty when there is none.
pub(crate) fn ready(object: &Value) -> &str {
    condition(object, "Ready")["status"].as_str().unwrap_or_default()
}

pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions
        .into_iter()
        .find(|one| one["type"] == kind)
        .unwrap_or(&Value::Null)
}

fn kind() -> Gvk {
    Gvk::new(kustomization::API_VERSION, kustomization::KIND)
}

/// Cluster and controller.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) notes: Notes,
    pub(crate) runtime: Runtime,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<Result<(), flux_runtime::RunError>>,
    cluster: Cluster,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(set: impl FnOnce(&mut Settings)) -> Self {
        Self::start_on(set, |cluster| {
            Client::from_service(cluster.service(User::admin()))
        })
        .await
    }

    /// The controller talks to the cluster through the client that `connect` makes.
    pub(crate) async fn start_on(
        set: impl FnOnce(&mut Settings),
        connect: impl FnOnce(&Cluster) -> Client,
    ) -> Self {
        let cluster = Cluster::open(Config::memory()).await.unwrap();
        let client = Client::from_service(cluster.service(User::admin()));
        let own = connect(&cluster);
        for definition in flux_api::crd::all() {
            if definition["spec"]["names"]["kind"] == kustomization::KIND {
                client
                    .create(&definition, &WriteOptions::default())
                    .await
                    .unwrap();
            }
        }
        let mut settings = Settings {
            min_retry_delay: Duration::from_millis(1),
            runtime_namespace: "default".into(),
            ..Settings::default()
        };
        set(&mut settings);
        let (runtime, notes, shutdown) = (Runtime::new(own, settings), Notes::default(), Shutdown::new());
        let controller = Controller::new(&runtime, Scripted(notes.clone()))
            .index("dependsOn", |object| {
                let all = object["spec"]["dependsOn"].as_array().into_iter().flatten();
                all.filter_map(|one| one["name"].as_str().map(str::to_owned))
                    .collect()
            })
            .on_own(|change, view| {
                let became = change.new.as_ref().is_some_and(|new| ready(new) == "True")
                    && change.old.as_ref().is_none_or(|old| ready(old) != "True");
                let dependents = if became {
                    view.by_index("dependsOn", &change.key.name)
                } else {
                    Vec::new()
                };
                dependents
                    .into_iter()
                    .map(|key| (key, Cause::Dependency))
                    .collect()
            });
        let running = tokio::spawn({
            let (runtime, shutdown) = (runtime.clone(), shutdown.clone());
            async move { runtime.run(vec![controller.boxed()], shutdown).await }
        });
        World {
            client,
            notes,
            runtime,
            shutdown,
            running,
            cluster,
        }
    }

    pub(crate) async fn create(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut object = json!({
            "apiVersion": kustomization::API_VERSION, "kind": kustomization::KIND,
            "metadata": {"namespace": "default", "name": name},
            "spec": {"interval": "1h", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "a"}},
        });
        change(&mut object);
        self.client
            .create(&object, &WriteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) fn target(&self, name: &str) -> ObjectRef {
        ObjectRef::new(kind(), "default", name)
    }

    pub(crate) async fn patch(&self, name: &str, patch: Value) -> Value {
        let patch = Patch::Merge(patch);
        self.client
            .patch(&self.target(name), &patch, &WriteOptions::default())
            .await
            .unwrap()
    }

    /// Waits until `what` holds of the object (null while there is none).
    pub(crate) async fn until(&self, name: &str, what: impl Fn(&Value) -> bool) -> Value {
        self.until_any(kind(), move |object| {
            object["metadata"]["name"] == name && what(object)
        })
        .await
    }

    pub(crate) async fn until_gone(&self, name: &str) {
        let options = ListOptions::in_namespace("default").fields(format!("metadata.name={name}"));
        let mut events = flux_kube::watch(self.client.clone(), kind(), options.into());
        let mut there = false;
        let gone = async {
            while let Some(event) = events.next().await {
                match event {
                    WatchEvent::Restarting => there = false,
                    WatchEvent::Listed(_) => there = true,
                    WatchEvent::Ready if !there => return,
                    WatchEvent::Deleted(_) => return,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("it goes away");
    }

    pub(crate) async fn until_any(&self, kind: Gvk, what: impl Fn(&Value) -> bool) -> Value {
        let mut events = flux_kube::watch(self.client.clone(), kind, ListOptions::default().into());
        let mut last = Value::Null;
        let found = tokio::time::timeout(PATIENCE, async {
            while let Some(event) = events.next().await {
                if let WatchEvent::Listed(object) | WatchEvent::Applied(object) = event {
                    if what(&object) {
                        return Some(object);
                    }
                    last = object;
                }
            }
            None
        });
        let found = found.await;
        found
            .ok()
            .flatten()
            .unwrap_or_else(|| panic!("it did not come to that; last seen: {last:#}"))
    }

    pub(crate) async fn end(self) {
        self.release().await.shutdown().await;
    }

    /// Ends the controller and leaves the cluster.
    pub(crate) async fn release(self) -> Cluster {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
        self.cluster
    }
}
