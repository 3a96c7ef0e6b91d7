//! The way a request takes: over kube's connection, or straight into a service of this process.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use tower::{Service, ServiceExt as _};

use crate::error::Error;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;
/// The body of an answer.
pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;
type Sent = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Error>> + Send>>;

/// Sends requests whose URI is a path.
#[derive(Clone)]
pub(crate) struct Transport(Arc<dyn Fn(Request<Bytes>) -> Sent + Send + Sync>);

impl Transport {
    /// Over kube's stack: TLS, credentials, proxies.
    pub(crate) fn remote(client: kube::Client, address: String) -> Self {
        let address: Arc<str> = address.into();
        Transport(Arc::new(move |request| {
            let client = client.clone();
            let address = address.clone();
            Box::pin(async move {
                let answer = client.send(request.map(kube::client::Body::from)).await;
                let answer = answer.map_err(|error| network_error(&error, &address))?;
                Ok(answer.map(|body| body.map_err(BoxError::from).boxed_unsync()))
            })
        }))
    }

    /// Into a service of this process, with no queue between.
    pub(crate) fn in_process<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Transport(Arc::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let answer = service.oneshot(request.map(Full::new)).await;
                let answer = answer.map_err(|error| Error::Network {
                    message: describe(error.into().as_ref()),
                })?;
                Ok(answer.map(|body| body.map_err(Into::into).boxed_unsync()))
            })
        }))
    }

    pub(crate) fn send(&self, request: Request<Bytes>) -> Sent {
        (self.0)(request)
    }
}

fn network_error(error: &kube::Error, address: &str) -> Error {
    Error::Network {
        message: format!("cannot reach the API server at {address}: {}", describe(error)),
    }
}

/// An error with all its causes, each said once.
pub(crate) fn describe(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}
