//! A small client over the in-process service.

use flux_cluster::{ApiBody, ApiService, Cluster, Config, Controllers, User};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// A cluster in memory without controllers and simulation.
pub(crate) async fn quiet() -> Cluster {
    let config = Config {
        controllers: Controllers::none(),
        simulate: false,
        ..Config::memory()
    };
    Cluster::open(config).await.unwrap()
}

/// Send a request as the administrator. `call` is `METHOD PATH` and, after another blank, a content type.
pub(crate) async fn send(cluster: &Cluster, call: &str, body: impl Into<String>) -> http::Response<ApiBody> {
    service_send(cluster.service(User::admin()), call, body).await
}

pub(crate) async fn service_send(
    service: ApiService,
    call: &str,
    body: impl Into<String>,
) -> http::Response<ApiBody> {
    let mut words = call.split(' ');
    let request = http::Request::builder()
        .method(words.next().unwrap())
        .uri(words.next().unwrap())
        .header("content-type", words.next().unwrap_or("application/json"))
        .header("user-agent", "test/1.0")
        .body(body.into())
        .unwrap();
    service.oneshot(request).await.unwrap()
}

/// Status and body of an answer.
pub(crate) async fn call(cluster: &Cluster, call: &str, body: impl Into<String>) -> (u16, Value) {
    let response = send(cluster, call, body).await;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into()),
    )
}

/// The answer to a request that must succeed.
#[track_caller]
pub(crate) fn ok((status, body): (u16, Value)) -> Value {
    assert!((200..300).contains(&status), "{status}: {body}");
    body
}
