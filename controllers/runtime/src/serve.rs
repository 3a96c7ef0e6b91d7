//! The two small servers: metrics, and probes.

use std::net::SocketAddr;

use flux_http::body::{self, Body};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Response, StatusCode};
use tokio::net::TcpListener;

use crate::manager::RunError;
use crate::metrics::{self, Metrics};
use crate::shutdown::Shutdown;

/// Serves `/metrics` until the end.
pub(crate) async fn metrics(
    address: SocketAddr,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    serve(address, "metrics", shutdown, move |path, accept| match path {
        "/metrics" if accept.contains("application/openmetrics-text") => {
            (StatusCode::OK, metrics::CONTENT_TYPE, metrics.render())
        }
        "/metrics" => (StatusCode::OK, metrics::TEXT_CONTENT_TYPE, metrics.render_text()),
        _ => not_found(),
    })
    .await
}

/// Serves `/healthz` and `/readyz` until the end.
pub(crate) async fn probes(address: SocketAddr, shutdown: Shutdown) -> Result<(), RunError> {
    serve(address, "probes", shutdown, |path, _| match path {
        "/healthz" | "/readyz" => (StatusCode::OK, TEXT, "ok".into()),
        _ => not_found(),
    })
    .await
}

const TEXT: &str = "text/plain; charset=utf-8";

fn not_found() -> Answer {
    (StatusCode::NOT_FOUND, TEXT, "404 page not found\n".into())
}

type Answer = (StatusCode, &'static str, String);

async fn serve(
    address: SocketAddr,
    what: &'static str,
    shutdown: Shutdown,
    answer: impl Fn(&str, &str) -> Answer + Clone + Send + Sync + 'static,
) -> Result<(), RunError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| RunError::Listen {
            what,
            address,
            message: error.to_string(),
        })?;
    let handler = move |request: flux_http::Request| {
        let accept = request
            .headers()
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok());
        let (status, kind, text) = answer(request.uri().path(), accept.unwrap_or_default());
        async move { response(status, kind, text) }
    };
    tokio::spawn(async move { flux_http::serve(listener, handler, async { shutdown.wait().await }).await });
    Ok(())
}

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(body::full(text));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}
