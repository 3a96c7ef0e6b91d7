//! Charts from repositories over HTTP.

use std::sync::{Arc, Mutex};

use flux_helm::chart::{ChartLimits, File, load_files};
use flux_helm::{Log, Time, package};
use flux_kube::{ObjectRef, Patch, WriteOptions};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{World, condition, kind};

/// Packs a chart of one ConfigMap.
fn package(version: &str) -> Vec<u8> {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {message: {{ .Chart.Version | quote }}}\n";
    let files = vec![
        File::new(
            "Chart.yaml",
            format!("apiVersion: v2\nname: web\nversion: {version}\n"),
        ),
        File::new("templates/config.yaml", template),
    ];
    let chart = load_files(files, &ChartLimits::default(), &mut Log::new()).unwrap();
    package::package(&chart, &Time::default()).unwrap()
}

/// A server of charts that wants a password.
struct Server {
    address: String,
    versions: Arc<Mutex<Vec<&'static str>>>,
}

impl Server {
    async fn start(versions: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/charts", listener.local_addr().unwrap());
        let versions = Arc::new(Mutex::new(versions.to_vec()));
        let held = versions.clone();
        let handler = move |request: flux_http::Request| {
            let answer = answer(&request, &held.lock().unwrap());
            async move { answer }
        };
        tokio::spawn(flux_http::serve(listener, handler, std::future::pending()));
        Server { address, versions }
    }
}

fn answer(request: &flux_http::Request, versions: &[&str]) -> http::Response<flux_http::body::Body> {
    let body = |status: u16, bytes: Vec<u8>| {
        let response = http::Response::builder().status(status);
        response.body(flux_http::body::full(bytes)).unwrap()
    };
    // `printf ada:secret | base64`
    if request
        .headers()
        .get("authorization")
        .is_none_or(|value| value != "Basic YWRhOnNlY3JldA==")
    {
        return body(401, b"who are you?".to_vec());
    }
    let path = request.uri().path();
    if path == "/charts/index.yaml" {
        let entries = versions.iter().map(|version| {
            format!("  - {{apiVersion: v2, name: web, version: {version}, urls: [\"web-{version}.tgz\"], created: \"2026-01-01T00:00:00Z\"}}\n")
        });
        let entries: String = entries.collect();
        return body(
            200,
            format!("apiVersion: v1\nentries:\n  web:\n{entries}").into_bytes(),
        );
    }
    let found = versions
        .iter()
        .find(|version| path == format!("/charts/web-{version}.tgz"));
    found.map_or_else(|| body(404, Vec::new()), |version| body(200, package(version)))
}

async fn create(world: &World, object: Value) {
    world
        .client
        .create(&object, &WriteOptions::default())
        .await
        .unwrap();
}

fn repository(address: &str) -> Value {
    json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"namespace": "default", "name": "charts"},
        "spec": {"interval": "1h", "url": address, "secretRef": {"name": "login"}}})
}

fn login(password: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "default", "name": "login"},
        "stringData": {"username": "ada", "password": password}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_versions_follows_the_index() {
    let world = World::start().await;
    let server = Server::start(&["1.0.0", "1.2.0-rc.1", "2.0.0"]).await;
    create(&world, login("secret")).await;
    create(&world, repository(&server.address)).await;
    let chart = json!({"spec": {"chart": "web", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
    world.release(json!({ "chart": chart })).await;
    world.ready("1.0.0").await;
    assert_eq!(world.message().await.as_deref(), Some("1.0.0"));
    let chart = world
        .get("source.toolkit.fluxcd.io/v1", "HelmChart", "default-app")
        .await
        .unwrap();
    assert_eq!(condition(&chart, "Ready")["reason"], "ChartPullSucceeded");
    assert_eq!(
        condition(&chart, "Ready")["message"],
        "pulled 'web' chart with version '1.0.0'"
    );

    server.versions.lock().unwrap().push("1.1.0");
    let target = ObjectRef::new(kind("HelmRepository"), "default", "charts");
    let annotations = json!({ "reconcile.fluxcd.io/requestedAt": "now" });
    let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
    world
        .client
        .patch(&target, &patch, &WriteOptions::default())
        .await
        .unwrap();
    world.ready("1.1.0").await;
    assert_eq!(world.message().await.as_deref(), Some("1.1.0"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_refuses_says_so() {
    let world = World::start().await;
    let server = Server::start(&["1.0.0"]).await;
    create(&world, login("wrong")).await;
    create(&world, repository(&server.address)).await;
    let object = world
        .until_any(kind("HelmRepository"), |object| {
            condition(object, "FetchFailed")["status"] == "True"
        })
        .await;
    let message = condition(&object, "Ready")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.starts_with(
            "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch "
        ) && message.ends_with("401 Unauthorized"),
        "{message}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_a_static_object() {
    let world = World::start().await;
    let mut registry = repository("oci://example.com/charts");
    registry["spec"]["type"] = "oci".into();
    create(&world, registry).await;
    let chart = json!({"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
    world.release(json!({ "chart": chart })).await;
    let object = world
        .until(|object| {
            condition(object, "Ready")["reason"] == "SourceNotReady"
                && condition(object, "Ready")["message"]
                    .as_str()
                    .is_some_and(|message| message.contains("oci"))
        })
        .await;
    assert_eq!(
        condition(&object, "Ready")["message"],
        "HelmChart 'default/default-app' is not ready: spec.sourceRef: HelmRepository 'charts' is of type oci, which is not \
         supported yet: charts come from an http(s) repository or a GitRepository"
    );
    let registry = world
        .get("source.toolkit.fluxcd.io/v1", "HelmRepository", "charts")
        .await
        .unwrap();
    assert!(registry["metadata"]["finalizers"].is_null());
    world.end().await;
}
