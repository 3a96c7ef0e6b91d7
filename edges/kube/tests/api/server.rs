//! A server that answers as a test says and remembers what it was asked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use flux_kube::Client;
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use serde_json::{Value, json};
use tower::service_fn;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn line(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, self.query)
    }

    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }
}

/// What is answered.
pub(crate) enum Answer {
    Json(u16, Value),
    Text(u16, &'static str),
    RetryAfter(u16, u64),
    Stream(Lines),
}

pub(crate) type Lines = mpsc::UnboundedReceiver<Value>;
/// The test's end of a watch; dropping it ends the watch.
pub(crate) type Feed = mpsc::UnboundedSender<Value>;
type Handler = dyn FnMut(&Asked) -> Answer + Send;

/// The server.
#[derive(Clone)]
pub(crate) struct Server {
    asked: Arc<Mutex<Vec<Asked>>>,
    handler: Arc<Mutex<Handler>>,
}

impl Server {
    /// Discovery (ConfigMap, Deployment, CustomResourceDefinition) is answered by itself; all else by `handler`.
    pub(crate) fn new(handler: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        Server {
            asked: Arc::default(),
            handler: Arc::new(Mutex::new(handler)),
        }
    }

    pub(crate) fn client(&self) -> Client {
        let server = self.clone();
        Client::from_service(service_fn(move |request: Request<Full<Bytes>>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request)) }
        }))
    }

    /// Request lines so far, discovery left out.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let lines = asked.iter().filter(|one| discovery(&one.path).is_none());
        lines.map(Asked::line).collect()
    }

    pub(crate) fn last(&self) -> Asked {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }

    fn answer(&self, request: Request<Full<Bytes>>) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().now_or_never().unwrap().unwrap().to_bytes();
        let asked = Asked {
            method: parts.method.to_string(),
            path: parts.uri.path().into(),
            query: parts.uri.query().unwrap_or_default().into(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        };
        self.asked.lock().unwrap().push(asked.clone());
        let answer = discovery(&asked.path)
            .map(|found| Answer::Json(200, found))
            .unwrap_or_else(|| (self.handler.lock().unwrap())(&asked));
        respond(answer)
    }
}

fn respond(answer: Answer) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let mut retry_after = None;
    let (status, body) = match answer {
        Answer::Json(status, value) => (status, Full::new(Bytes::from(value.to_string())).boxed_unsync()),
        Answer::Text(status, text) => (status, Full::new(Bytes::from(text)).boxed_unsync()),
        Answer::RetryAfter(status, seconds) => {
            retry_after = Some(seconds);
            (status, Full::new(Bytes::new()).boxed_unsync())
        }
        Answer::Stream(lines) => {
            let frames = lines.map(|line| Ok::<_, Infallible>(Frame::data(Bytes::from(format!("{line}\n")))));
            (200, StreamBody::new(frames).boxed_unsync())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status.try_into().unwrap();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

fn resource(plural: &str, kind: &str, short: &[&str], scope: &str) -> Value {
    json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "singularResource": kind.to_lowercase(),
        "verbs": ["get", "list"], "shortNames": short, "subresources": [{"subresource": "status"}]})
}

fn discovery(path: &str) -> Option<Value> {
    let list = |items: Value| Some(json!({"kind": "APIGroupDiscoveryList", "items": items}));
    match path {
        "/api" => list(
            json!([{"metadata": {}, "versions": [{"version": "v1", "resources": [
            resource("configmaps", "ConfigMap", &["cm"], "Namespaced"),
            resource("namespaces", "Namespace", &["ns"], "Cluster")]}]}]),
        ),
        "/apis" => list(json!([
            {"metadata": {"name": "apps"}, "versions": [
                {"version": "v1", "resources": [resource("deployments", "Deployment", &["deploy"], "Namespaced")]},
                {"version": "v1beta1", "resources": [resource("deployments", "Deployment", &[], "Namespaced")]}]},
            {"metadata": {"name": "coordination.k8s.io"}, "versions": [{"version": "v1", "resources": [
                resource("leases", "Lease", &[], "Namespaced")]}]},
            {"metadata": {"name": "apiextensions.k8s.io"}, "versions": [{"version": "v1", "resources": [
                resource("customresourcedefinitions", "CustomResourceDefinition", &["crd"], "Cluster")]}]}])),
        _ => None,
    }
}

/// A refusal as the API server writes it.
pub(crate) fn refusal(code: u16, reason: &str, message: &str) -> Answer {
    Answer::Json(code, status(code, reason, message))
}

pub(crate) fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message})
}

pub(crate) fn config_map(name: &str, version: &str) -> Value {
    json!({"metadata": {"namespace": "ns", "name": name, "uid": name, "resourceVersion": version}})
}

pub(crate) fn list(items: &[Value], version: &str, next: &str) -> Answer {
    Answer::Json(
        200,
        json!({"kind": "ConfigMapList", "metadata": {"resourceVersion": version, "continue": next},
        "items": items}),
    )
}

pub(crate) fn event(kind: &str, object: Value) -> Value {
    json!({"type": kind, "object": object})
}
