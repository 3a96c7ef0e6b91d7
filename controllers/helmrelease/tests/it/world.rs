//! A cluster with the controllers of sources and releases, a repository with a chart, and ways to wait.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flux_cluster::{Cluster, Config, User};
use flux_helmrelease::{Charts, Settings, controller};
use flux_kube::{Client, Gvk, ListOptions, ObjectRef, Patch, WatchEvent, WriteOptions};
use flux_runtime::{Runtime, Shutdown};
use flux_store::Store;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Only tests that would fail wait this long.
const PATIENCE: Duration = Duration::from_secs(40);

/// Cluster, controllers and a repository.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) repository: Repository,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<Result<(), flux_runtime::RunError>>,
    cluster: Cluster,
    _directory: TempDir,
}

impl World {
    /// With the chart of [`CHART`] in `charts/app` of the repository, known as the GitRepository `fleet`.
    pub(crate) async fn start() -> Self {
        let cluster = Cluster::open(Config::memory()).await.unwrap();
        let client = Client::from_service(cluster.service(User::admin()));
        let mut definitions = flux_api::crd::all();
        flux_api::crd::allow_local_repositories(&mut definitions);
        let kinds = ["GitRepository", "HelmRepository", "HelmChart", "HelmRelease"];
        definitions.retain(|one| kinds.iter().any(|kind| one["spec"]["names"]["kind"] == *kind));
        for definition in definitions {
            client
                .create(&definition, &WriteOptions::default())
                .await
                .unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(flux_store::Settings::new(directory.path(), "source.example")).unwrap();
        let settings = flux_source::Settings {
            allow_local: true,
            ..flux_source::Settings::default()
        };
        let runtime = flux_runtime::Settings {
            min_retry_delay: Duration::from_millis(1),
            ..flux_runtime::Settings::default()
        };
        let (runtime, shutdown) = (Runtime::new(client.clone(), runtime), Shutdown::new());
        let charts = Charts::new(Some(store.clone()), None, 1 << 20);
        let parts = vec![
            flux_source::controller(&runtime, settings.clone(), store.clone()).boxed(),
            flux_source::repository_controller(&runtime, settings.clone(), store.clone()).boxed(),
            flux_source::chart_controller(&runtime, settings, store).boxed(),
            controller(&runtime, Settings::default(), charts).boxed(),
        ];
        let end = shutdown.clone();
        let running = tokio::spawn(async move { runtime.run(parts, end).await });
        let world = World {
            client,
            repository: Repository::with(CHART),
            shutdown,
            running,
            cluster,
            _directory: directory,
        };
        world.create_source().await;
        world
    }

    async fn create_source(&self) {
        let source = json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
            "metadata": {"namespace": "default", "name": "fleet"},
            "spec": {"interval": "1h", "url": self.repository.url(), "ref": {"branch": "main"}},
        });
        self.client
            .create(&source, &WriteOptions::default())
            .await
            .unwrap();
    }

    /// A release of the chart, with more in its spec.
    pub(crate) async fn release(&self, spec: Value) {
        let mut object = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"namespace": "default", "name": "app"},
            "spec": {"interval": "1h", "timeout": "20s", "chart": {"spec": {
                "chart": "charts/app", "sourceRef": {"kind": "GitRepository", "name": "fleet"}}}},
        });
        merge(&mut object["spec"], spec);
        self.client
            .create(&object, &WriteOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn patch(&self, patch: Value) {
        let target = ObjectRef::new(release_kind(), "default", "app");
        self.client
            .patch(&target, &Patch::Merge(patch), &WriteOptions::default())
            .await
            .unwrap();
    }

    /// Commits files and asks the source to look.
    pub(crate) async fn commit(&self, files: &[(&str, &str)]) {
        let hash = self.repository.commit("change", files);
        let target = ObjectRef::new(kind("GitRepository"), "default", "fleet");
        let annotations = json!({ "reconcile.fluxcd.io/requestedAt": hash });
        let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
        self.client
            .patch(&target, &patch, &WriteOptions::default())
            .await
            .unwrap();
        let is_there = |object: &Value| {
            let revision = object["status"]["artifact"]["revision"].as_str();
            revision.is_some_and(|revision| revision.ends_with(&hash))
        };
        self.until_any(kind("GitRepository"), is_there).await;
    }

    /// Waits until the release says this.
    pub(crate) async fn until(&self, what: impl Fn(&Value) -> bool) -> Value {
        self.until_any(release_kind(), |object| {
            object["metadata"]["name"] == "app" && what(object)
        })
        .await
    }

    /// Waits until the release is ready with this version of the chart.
    pub(crate) async fn ready(&self, version: &str) -> Value {
        self.until(|object| {
            condition(object, "Ready")["status"] == "True"
                && object["status"]["history"][0]["chartVersion"] == version
                && condition(object, "Reconciling").is_null()
        })
        .await
    }

    /// Waits until the release is given up for this reason.
    pub(crate) async fn stalled(&self, reason: &str) -> Value {
        self.until(|object| condition(object, "Stalled")["reason"] == reason)
            .await
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

    pub(crate) async fn get(&self, api_version: &str, kind: &str, name: &str) -> Option<Value> {
        let kind = Gvk::new(api_version, kind);
        self.client.get_opt(&kind, "default", name).await.unwrap()
    }

    /// The text in the chart's ConfigMap.
    pub(crate) async fn message(&self) -> Option<String> {
        let map = self.get("v1", "ConfigMap", "app").await?;
        Some(map["data"]["message"].as_str()?.to_owned())
    }

    /// Number and status of the release records.
    pub(crate) async fn records(&self) -> Vec<String> {
        let options = ListOptions::in_namespace("default").labels("owner=helm");
        let found = self
            .client
            .list(&Gvk::new("v1", "Secret"), &options)
            .await
            .unwrap();
        let labels = found.items.iter().map(|item| &item["metadata"]["labels"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut records: Vec<String> = labels
            .map(|labels| format!("{} {}", text(&labels["version"]), text(&labels["status"])))
            .collect();
        records.sort();
        records
    }

    /// Deletes the release and waits until it is gone.
    pub(crate) async fn delete(&self) {
        let target = ObjectRef::new(release_kind(), "default", "app");
        self.client
            .delete(&target, &flux_kube::DeleteOptions::default())
            .await
            .unwrap();
        self.gone(&target).await;
    }

    /// Waits until an object is gone.
    pub(crate) async fn gone(&self, target: &ObjectRef) {
        let (namespace, name) = (&target.key.namespace, &target.key.name);
        let gone = async {
            while self
                .client
                .get_opt(&target.gvk, namespace, name)
                .await
                .unwrap()
                .is_some()
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("it goes away");
    }

    pub(crate) async fn end(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
        self.cluster.shutdown().await;
    }
}

pub(crate) fn kind(kind: &str) -> Gvk {
    Gvk::new("source.toolkit.fluxcd.io/v1", kind)
}

fn release_kind() -> Gvk {
    Gvk::new("helm.toolkit.fluxcd.io/v2", "HelmRelease")
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

fn merge(base: &mut Value, change: Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (key, value) in change {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change,
    }
}

/// A chart with a ConfigMap, a Deployment that can be told to fail, and a hook that can be told to fail.
pub(crate) const CHART: &[(&str, &str)] = &[
    (
        "charts/app/Chart.yaml",
        "apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: \"1.0\"\n",
    ),
    (
        "charts/app/values.yaml",
        "message: hello\nworkload: \"\"\nhook: \"\"\ntest: \"\"\n",
    ),
    (
        "charts/app/templates/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  message: {{ .Values.message | quote }}\n",
    ),
    (
        "charts/app/templates/deployment.yaml",
        "{{- if .Values.workload }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  progressDeadlineSeconds: 1\n  selector:\n    matchLabels: {app: app}\n  template:\n    \
         metadata:\n      labels: {app: app}\n      annotations:\n        sim.ferroflux.dev/{{ ternary \"note\" \"fail\" (eq .Values.workload \"ready\") }}: {{ .Values.workload }}\n    spec:\n      containers: [{name: c, image: c}]\n{{- end }}\n",
    ),
    (
        "charts/app/templates/hook.yaml",
        "{{- if .Values.hook }}\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n    \
         helm.sh/hook: pre-install,pre-upgrade\n    sim.ferroflux.dev/{{ ternary \"note\" \"fail\" (eq .Values.hook \"ready\") }}: {{ .Values.hook }}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{name: c, image: c}]\n{{- end }}\n",
    ),
    (
        "charts/app/templates/test.yaml",
        "{{- if .Values.test }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-test\n  annotations:\n    \
         helm.sh/hook: test\n    note: {{ .Values.test }}\nspec:\n  restartPolicy: Never\n  containers: [{name: c, image: c}]\n{{- end }}\n",
    ),
];

/// A working tree in a temporary directory.
pub(crate) struct Repository(TempDir);

impl Repository {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let repository = Repository(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit("first", files);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.path().display())
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
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

    /// Gives the hash.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (path, content) in files {
            let path = self.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
