//! A cluster with the controller, repositories, and ways to wait.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flux_api::gitrepository;
use flux_api::source::Artifact;
use flux_cluster::{Cluster, Config, User};
use flux_kube::{Client, Gvk, ListOptions, ObjectRef, Patch, WatchEvent, WriteOptions};
use flux_runtime::{Runtime, Shutdown};
use flux_store::Store;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Only tests that would fail wait this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Cluster, controller and store.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) store: Store,
    pub(crate) directory: TempDir,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<Result<(), flux_runtime::RunError>>,
    cluster: Cluster,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(set: impl FnOnce(&mut flux_source::Settings)) -> Self {
        let cluster = Cluster::open(Config::memory()).await.unwrap();
        let client = Client::from_service(cluster.service(User::admin()));
        let mut definitions = flux_api::crd::all();
        definitions.retain(|one| one["spec"]["names"]["kind"] == gitrepository::KIND);
        flux_api::crd::allow_local_repositories(&mut definitions);
        for definition in definitions {
            client
                .create(&definition, &WriteOptions::default())
                .await
                .unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(flux_store::Settings::new(directory.path(), "source.example")).unwrap();
        let mut settings = flux_source::Settings {
            allow_local: true,
            ..flux_source::Settings::default()
        };
        set(&mut settings);
        let runtime = flux_runtime::Settings {
            min_retry_delay: Duration::from_millis(1),
            ..flux_runtime::Settings::default()
        };
        let (runtime, shutdown) = (Runtime::new(client.clone(), runtime), Shutdown::new());
        let controller = flux_source::controller(&runtime, settings, store.clone());
        let end = shutdown.clone();
        let running = tokio::spawn(async move { runtime.run(vec![controller.boxed()], end).await });
        World {
            client,
            store,
            directory,
            shutdown,
            running,
            cluster,
        }
    }

    pub(crate) async fn create(&self, name: &str, url: &str, spec: Value) {
        let mut object = json!({
            "apiVersion": gitrepository::API_VERSION, "kind": gitrepository::KIND,
            "metadata": {"namespace": "default", "name": name},
            "spec": {"interval": "1h", "url": url, "ref": {"branch": "main"}},
        });
        object["spec"]
            .as_object_mut()
            .unwrap()
            .extend(spec.as_object().unwrap().clone());
        self.client
            .create(&object, &WriteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn patch(&self, name: &str, patch: Value) {
        let target = ObjectRef::new(kind(), "default", name);
        self.client
            .patch(&target, &Patch::Merge(patch), &WriteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn request(&self, name: &str, at: &str) {
        let annotations = json!({ "reconcile.fluxcd.io/requestedAt": at });
        self.patch(name, json!({ "metadata": { "annotations": annotations } }))
            .await;
    }

    /// Asks for a reconciliation and waits until it is handled.
    pub(crate) async fn reconcile(&self, name: &str, at: &str) -> Value {
        self.request(name, at).await;
        self.until(name, |object| {
            object["status"]["lastHandledReconcileAt"] == at && condition(object, "Reconciling").is_null()
        })
        .await
    }

    pub(crate) async fn until(&self, name: &str, what: impl Fn(&Value) -> bool) -> Value {
        self.until_any(kind(), |object| {
            object["metadata"]["name"] == name && what(object)
        })
        .await
    }

    pub(crate) async fn ready(&self, name: &str) -> Value {
        self.until(name, |object| condition(object, "Ready")["status"] == "True")
            .await
    }

    /// Waits for an event of this reason and gives its message.
    pub(crate) async fn event(&self, name: &str, reason: &str) -> Value {
        let about = |event: &Value| event["involvedObject"]["name"] == name && event["reason"] == reason;
        self.until_any(Gvk::new("v1", "Event"), about).await
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
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("it did not come to that; last seen: {last:#}"))
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

    /// The paths of the artifact's files.
    pub(crate) async fn files(&self, object: &Value) -> Vec<String> {
        let tree = self.store.load(&artifact(object)).await.unwrap();
        tree.iter().map(|(path, _)| path.to_owned()).collect()
    }

    pub(crate) async fn end(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
        self.cluster.shutdown().await;
    }
}

pub(crate) fn kind() -> Gvk {
    Gvk::new(gitrepository::API_VERSION, gitrepository::KIND)
}

pub(crate) fn artifact(object: &Value) -> Artifact {
    serde_json::from_value(object["status"]["artifact"].clone()).unwrap()
}

pub(crate) fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let mut conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    conditions.find(|one| one["type"] == kind).unwrap_or(&Value::Null)
}

/// Type, status, reason and message of each condition.
pub(crate) fn conditions(object: &Value) -> Vec<String> {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let fields = ["type", "status", "reason", "message"];
    conditions
        .map(|one| fields.map(|field| text(one, field)).join(" "))
        .collect()
}

/// A working tree in a temporary directory.
pub(crate) struct Repository(TempDir);

impl Repository {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Repository(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit("first", files);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.path().display())
    }

    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(arguments).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Ada")
                .env(format!("GIT_{who}_EMAIL"), "ada@example.com");
        }
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Gives the hash.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        files.iter().for_each(|(path, content)| self.write(path, content));
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
