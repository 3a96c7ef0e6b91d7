use std::time::Duration;

use flux_kube::{Error, Gvk, WriteOptions};
use serde_json::{Value, json};

use crate::server::{Answer, Server, config_map, refusal};

fn widget() -> Gvk {
    Gvk::new("example.com/v1", "Widget")
}

fn definition() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"}})
}

/// A server that has widgets once their definition was written.
fn server() -> Server {
    let mut defined = false;
    Server::new(move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", path) if path.ends_with("/customresourcedefinitions") => {
            defined = true;
            Answer::Json(201, definition())
        }
        ("GET", "/apis/example.com/v1") if defined => Answer::Json(
            200,
            json!({"kind": "APIResourceList", "resources": [
                {"name": "widgets", "singularName": "widget", "namespaced": true, "kind": "Widget", "verbs": ["get"]},
                {"name": "widgets/status", "namespaced": true, "kind": "Widget", "verbs": ["get"]}]}),
        ),
        ("GET", "/apis/example.com/v1") => refusal(
            404,
            "NotFound",
            "the server could not find the requested resource",
        ),
        _ => Answer::Json(200, config_map("a", "1")),
    })
}

#[tokio::test(start_paused = true)]
async fn a_kind_defined_a_moment_ago_is_found() {
    let server = server();
    let client = server.client();
    let error = client.get(&widget(), "ns", "a").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no matches for kind \"Widget\" in version \"example.com/v1\""
    );
    client
        .create(&definition(), &WriteOptions::default())
        .await
        .unwrap();
    let found = client.mapper().find(&widget()).await.unwrap();
    assert_eq!(
        (
            found.plural.as_str(),
            found.namespaced,
            found.has_subresource("status")
        ),
        ("widgets", true, true)
    );
    client.get(&widget(), "ns", "a").await.unwrap();
    assert_eq!(server.last().path, "/apis/example.com/v1/namespaces/ns/widgets/a");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_not_looked_for_again_and_again() {
    let server = server();
    let client = server.client();
    let look = async || {
        assert!(matches!(
            client.mapper().find(&widget()).await,
            Err(Error::NoMatch { .. })
        ))
    };
    for _ in 0..5 {
        look().await;
    }
    // The first question brought everything, and no widgets; the pause begins with it.
    assert_eq!(server.lines().len(), 0);
    tokio::time::advance(Duration::from_secs(6)).await;
    look().await;
    look().await;
    assert_eq!(server.lines(), ["GET /apis/example.com/v1"]);
}

#[tokio::test]
async fn users_name_kinds_in_many_ways() {
    let server = server();
    let client = server.client();
    for name in [
        "deployments",
        "deployment",
        "deploy",
        "Deployment",
        "deployments.apps",
        "deploy.apps",
    ] {
        let found = client.mapper().by_name(name).await.unwrap();
        assert_eq!(
            found.map(|found| found.gvk.clone()),
            Some(Gvk::new("apps/v1", "Deployment")),
            "{name}"
        );
    }
    assert!(
        client
            .mapper()
            .by_name("deployments.example.com")
            .await
            .unwrap()
            .is_none()
    );
    let preferred = client.mapper().preferred("apps", "Deployment").await.unwrap();
    assert_eq!(preferred.gvk.version, "v1");
}

#[tokio::test]
async fn a_server_without_aggregation_is_asked_version_by_version() {
    // The mapper of a client whose server answers plain lists.
    let service = tower::service_fn(
        |request: http::Request<http_body_util::Full<bytes::Bytes>>| async move {
            let body = match request.uri().path() {
                "/api" => json!({"kind": "APIVersions", "versions": ["v1"]}),
                "/apis" => json!({"kind": "APIGroupList", "groups": [{"name": "apps",
                "versions": [{"version": "v1beta1"}, {"version": "v1"}], "preferredVersion": {"version": "v1"}}]}),
                "/api/v1" => {
                    json!({"resources": [{"name": "pods", "namespaced": true, "kind": "Pod", "verbs": []}]})
                }
                _ => {
                    json!({"resources": [{"name": "deployments", "namespaced": true, "kind": "Deployment", "verbs": []}]})
                }
            };
            Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Full::new(
                bytes::Bytes::from(body.to_string()),
            )))
        },
    );
    let client = flux_kube::Client::from_service(service);
    assert_eq!(
        client.mapper().find(&Gvk::new("v1", "Pod")).await.unwrap().plural,
        "pods"
    );
    assert_eq!(
        client
            .mapper()
            .preferred("apps", "Deployment")
            .await
            .unwrap()
            .gvk
            .version,
        "v1"
    );
}
