//! A cluster with the controller in it, and hands to work on both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use flux_artifact::{Limits, Tree};
use flux_cluster::{Cluster, Config, User};
use flux_kube::{
    Client, DeleteOptions, Error, Gvk, ObjectRef, Patch, WatchEvent, WatchOptions, WriteOptions, watch,
};
use flux_kustomization::{Artifacts, Settings, controller};
use flux_runtime::{Runtime, Shutdown};
use flux_store::{Owner, Store};
use futures::StreamExt as _;
use serde_json::{Value, json};

pub(crate) const NS: &str = "flux-system";

/// Long enough for any machine: it only ends tests that would never end.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) client: Client,
    /// The requests of the controller.
    pub(crate) requests: Requests,
    /// The end of the controller, on demand.
    pub(crate) fuse: Fuse,
    store: Store,
    shutdown: Shutdown,
    _files: tempfile::TempDir,
    cluster: Cluster,
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}

pub(crate) fn kustomization() -> Gvk {
    Gvk::new("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
}

pub(crate) fn config_map() -> Gvk {
    Gvk::new("v1", "ConfigMap")
}

impl World {
    /// With the controller running, the definitions installed, and a namespace `apps`.
    pub(crate) async fn new() -> Self {
        let cluster = Cluster::open(Config::memory()).await.unwrap();
        let client = Client::from_service(cluster.service(User::admin()));
        let files = tempfile::tempdir().unwrap();
        let store = Store::open(flux_store::Settings::new(files.path(), "store.local")).unwrap();
        let shutdown = Shutdown::new();
        let mut world = World {
            client,
            requests: Requests::default(),
            fuse: Fuse::default(),
            store,
            shutdown,
            _files: files,
            cluster,
        };
        // The other kinds of sources are not there, which must not matter.
        let needed = ["GitRepository", "Kustomization"];
        for definition in flux_api::crd::all() {
            if needed
                .iter()
                .any(|kind| definition["spec"]["names"]["kind"] == *kind)
            {
                world.apply(definition).await;
            }
        }
        for name in [NS, "apps"] {
            world
                .apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
                .await;
        }
        world.start();
        world
    }

    /// Starts another controller, which remembers nothing; the one before does nothing any more.
    pub(crate) fn restart(&mut self) {
        self.shutdown.trigger();
        self.shutdown = Shutdown::new();
        self.start();
    }

    fn start(&mut self) {
        self.requests = Requests::default();
        self.fuse = Fuse::default();
        let service = self.cluster.service(User::admin());
        let client = Client::from_service(Wire {
            service,
            requests: self.requests.clone(),
            fuse: self.fuse.clone(),
        });
        let runtime = Runtime::new(client, flux_runtime::Settings::default());
        let artifacts = Artifacts::new(Some(self.store.clone()), None, Limits::default(), 1 << 20);
        let controller = controller(&runtime, Settings::default(), artifacts)
            .concurrency(4)
            .boxed();
        let shutdown = self.shutdown.clone();
        tokio::spawn(async move { runtime.run(vec![controller], shutdown).await.unwrap() });
    }

    /// Applies as a user would.
    pub(crate) async fn apply(&self, object: Value) -> Value {
        self.client
            .apply(&object, &WriteOptions::manager("test").force())
            .await
            .unwrap()
    }

    /// Makes the source `name` have these files at this revision.
    pub(crate) async fn push(&self, name: &str, revision: &str, files: &[(&str, &str)]) {
        let mut tree = Tree::new();
        for (path, text) in files {
            tree.insert(path, text.as_bytes(), false).unwrap();
        }
        self.push_tree(name, revision, tree).await;
    }

    pub(crate) async fn push_tree(&self, name: &str, revision: &str, tree: Tree) {
        let owner = Owner {
            kind: "GitRepository",
            namespace: NS,
            name,
        };
        let revision = format!("main@sha1:{revision:0>40}");
        let file = format!("{}.tar.gz", revision.rsplit(':').next().unwrap());
        let artifact = self
            .store
            .put(owner, &revision, &file, tree, "2026-01-01T00:00:00Z")
            .await
            .unwrap();
        self.apply(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"name": name, "namespace": NS}, "spec": {"url": "https://example.com/x", "interval": "1m"}})).await;
        let target = ObjectRef::new(Gvk::new("source.toolkit.fluxcd.io/v1", "GitRepository"), NS, name);
        let status = json!({"artifact": artifact});
        self.client
            .patch_status(
                &target,
                &status,
                None,
                &WriteOptions::manager("source-controller"),
            )
            .await
            .unwrap();
    }

    /// Creates or changes the Kustomization `name` of source `repo`, `spec` on top of the usual.
    pub(crate) async fn kustomize(&self, name: &str, spec: Value) -> Value {
        let mut object = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": NS},
            "spec": {"interval": "1h", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "repo"}}});
        for (key, value) in spec.as_object().unwrap() {
            object["spec"][key] = value.clone();
        }
        self.apply(object).await
    }

    /// Asks for a reconciliation as `flux reconcile` does.
    pub(crate) async fn request(&self, name: &str, token: &str) {
        let target = ObjectRef::new(kustomization(), NS, name);
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": token}}});
        self.client
            .patch(&target, &Patch::Merge(patch), &WriteOptions::manager("flux"))
            .await
            .unwrap();
    }

    pub(crate) async fn get(&self, gvk: &Gvk, namespace: &str, name: &str) -> Option<Value> {
        self.client.get_opt(gvk, namespace, name).await.unwrap()
    }

    pub(crate) async fn delete(&self, gvk: &Gvk, namespace: &str, name: &str) {
        let target = ObjectRef::new(gvk.clone(), namespace, name);
        self.client
            .delete(&target, &DeleteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn merge(
        &self,
        gvk: &Gvk,
        namespace: &str,
        name: &str,
        patch: Value,
    ) -> Result<Value, Error> {
        let target = ObjectRef::new(gvk.clone(), namespace, name);
        self.client
            .patch(
                &target,
                &Patch::Merge(patch),
                &WriteOptions::manager("kubectl-edit"),
            )
            .await
    }

    /// Waits until an object satisfies `holds`; absent objects are null.
    #[track_caller]
    pub(crate) fn until<'a, F: Fn(&Value) -> bool + 'a>(
        &'a self,
        gvk: &Gvk,
        namespace: &'a str,
        name: &'a str,
        holds: F,
    ) -> impl Future<Output = Value> + use<'a, F> {
        let at = std::panic::Location::caller();
        let gvk = gvk.clone();
        async move {
            let mut last = Value::Null;
            let mut listed = false;
            let mut events = watch(self.client.clone(), gvk.clone(), WatchOptions::default());
            let look = async {
                while let Some(event) = events.next().await {
                    let is_it = |object: &Value| {
                        object["metadata"]["name"] == name && object["metadata"]["namespace"] == namespace
                    };
                    match event {
                        WatchEvent::Listed(object) | WatchEvent::Applied(object) if is_it(&object) => {
                            last = object
                        }
                        WatchEvent::Deleted(object) if is_it(&object) => last = Value::Null,
                        WatchEvent::Ready => listed = true,
                        _ => continue,
                    }
                    if (listed || !last.is_null()) && holds(&last) {
                        return true;
                    }
                }
                false
            };
            let found = tokio::time::timeout(PATIENCE, look).await;
            assert!(
                matches!(found, Ok(true)),
                "{at}: {gvk} {namespace}/{name} stays {last:#}"
            );
            last
        }
    }

    #[track_caller]
    pub(crate) fn until_ready<'a>(
        &'a self,
        name: &'a str,
        revision: &'a str,
    ) -> impl Future<Output = Value> + 'a {
        let message = format!("Applied revision: main@sha1:{revision:0>40}");
        self.until(&kustomization(), NS, name, move |object| {
            let ready = ready(object);
            ready["status"] == "True" && ready["message"] == message && observed(object)
        })
    }

    #[track_caller]
    pub(crate) fn until_reason<'a>(
        &'a self,
        name: &'a str,
        reason: &'a str,
    ) -> impl Future<Output = Value> + 'a {
        self.until(&kustomization(), NS, name, move |object| {
            ready(object)["reason"] == reason
        })
    }

    #[track_caller]
    pub(crate) fn until_gone<'a>(
        &'a self,
        gvk: &Gvk,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Future<Output = Value> + use<'a> {
        self.until(gvk, namespace, name, Value::is_null)
    }

    /// Messages of the events about a Kustomization.
    pub(crate) async fn until_event(&self, name: &str, text: &str) {
        let mut events = watch(
            self.client.clone(),
            Gvk::new("v1", "Event"),
            WatchOptions::default(),
        );
        let look = async {
            while let Some(event) = events.next().await {
                if let WatchEvent::Listed(object) | WatchEvent::Applied(object) = event
                    && object["involvedObject"]["name"] == name
                    && object["message"]
                        .as_str()
                        .is_some_and(|message| message.contains(text))
                {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, look)
            .await
            .unwrap_or_else(|_| panic!("no event {text:?} about {name}"));
    }
}

fn observed(object: &Value) -> bool {
    object["status"]["observedGeneration"] == object["metadata"]["generation"]
}

pub(crate) fn ready(object: &Value) -> &Value {
    condition(object, "Ready")
}

/// The status says at what the failed run was.
#[track_caller]
pub(crate) fn check_interrupted(object: &Value, doing: &str) {
    let held = condition(object, "Reconciling");
    assert_eq!(held["reason"], "ProgressingWithRetry");
    let message = held["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("{doing} for revision ")),
        "{message}"
    );
}

pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    flux_object::meta::condition(object, kind).unwrap_or(&Value::Null)
}

pub(crate) fn inventory(object: &Value) -> Vec<&str> {
    let entries = object["status"]["inventory"]["entries"].as_array();
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["id"].as_str())
        .collect()
}

pub(crate) fn config(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: apps\ndata:\n  key: \"{value}\"\n"
    )
}

/// Requests by method and kind of path, such as `PATCH kustomizations/status`.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<BTreeMap<String, usize>>>);

impl Requests {
    /// All so far, one a line, without watches, lists and discovery; counting begins anew.
    pub(crate) fn take(&self) -> String {
        let counted = std::mem::take(&mut *self.0.lock().unwrap());
        let lines: Vec<String> = counted
            .into_iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        lines.join("\n")
    }

    fn count<B>(&self, request: &http::Request<B>) {
        let path = request.uri().path();
        let parts: Vec<&str> = path.split('/').collect();
        let at = parts
            .iter()
            .position(|part| *part == "namespaces")
            .map_or(usize::MAX, |at| at + 2);
        let kind = parts.get(at).copied().unwrap_or_default();
        let is_list = request.method() == http::Method::GET && parts.len() <= at.saturating_add(1);
        if kind.is_empty() || is_list {
            return;
        }
        let dry = request
            .uri()
            .query()
            .is_some_and(|query| query.contains("dryRun=All"));
        let what = format!(
            "{}{} {kind}{}",
            request.method(),
            if dry { " (dry run)" } else { "" },
            if path.ends_with("/status") { "/status" } else { "" }
        );
        *self.0.lock().unwrap().entry(what).or_default() += 1;
    }
}

/// Kills the controller at a chosen request, as far as the cluster can tell: from then on nothing of it arrives.
#[derive(Clone, Default)]
pub(crate) struct Fuse(Arc<Burning>);

#[derive(Default)]
struct Burning {
    state: Mutex<State>,
    burnt: tokio::sync::Notify,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Unarmed,
    /// So many writes from now on are done; then comes the end, before or after the next one is done.
    Armed {
        writes: usize,
        done: bool,
    },
    Burnt,
}

/// What becomes of a request.
enum Fate {
    Answered,
    DoneUnanswered,
    Lost,
}

impl Fuse {
    pub(crate) fn arm(&self, writes: usize, done: bool) {
        *self.0.state.lock().unwrap() = State::Armed { writes, done };
    }

    /// Waits for the end.
    pub(crate) async fn burnt(&self) {
        tokio::time::timeout(PATIENCE, self.0.burnt.notified())
            .await
            .unwrap();
    }

    fn fate<B>(&self, request: &http::Request<B>) -> Fate {
        let is_write = request.method() != http::Method::GET && !request.uri().path().ends_with("/events");
        let mut state = self.0.state.lock().unwrap();
        match *state {
            State::Burnt => Fate::Lost,
            State::Armed { writes: 0, done } if is_write => {
                *state = State::Burnt;
                if !done {
                    self.0.burnt.notify_one();
                }
                if done { Fate::DoneUnanswered } else { Fate::Lost }
            }
            State::Armed { writes, done } if is_write => {
                *state = State::Armed {
                    writes: writes - 1,
                    done,
                };
                Fate::Answered
            }
            State::Armed { .. } | State::Unarmed => Fate::Answered,
        }
    }
}

/// Between controller and cluster.
#[derive(Clone)]
struct Wire<S> {
    service: S,
    requests: Requests,
    fuse: Fuse,
}

impl<B, S> tower::Service<http::Request<B>> for Wire<S>
where
    S: tower::Service<http::Request<B>>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = futures::future::BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.requests.count(&request);
        let fuse = self.fuse.clone();
        match fuse.fate(&request) {
            Fate::Answered => Box::pin(self.service.call(request)),
            Fate::Lost => Box::pin(futures::future::pending()),
            Fate::DoneUnanswered => {
                let answer = self.service.call(request);
                Box::pin(async move {
                    drop(answer.await);
                    fuse.0.burnt.notify_one();
                    futures::future::pending().await
                })
            }
        }
    }
}
