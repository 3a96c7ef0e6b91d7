//! One HTTP request: path, query, headers, body; and its answer or refusal.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
    WARNING,
};
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::client::REQUEST_TIMEOUT;
use crate::config::Impersonate;
use crate::error::Error;
use crate::limit::Limiter;
use crate::transport::{ResponseBody, Transport, describe};

const LARGEST_ANSWER: usize = 256 << 20;
const LARGEST_REFUSAL: usize = 1 << 20;

/// A request that is not sent yet.
pub(crate) struct Call {
    method: Method,
    target: String,
    accept: &'static str,
    content_type: &'static str,
    body: Bytes,
    keeps: bool,
    uncompressed: bool,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Call::new(Method::GET, path)
    }

    pub(crate) fn new(method: Method, path: String) -> Self {
        Call {
            method,
            target: path,
            accept: "application/json",
            content_type: "application/json",
            body: Bytes::new(),
            keeps: false,
            uncompressed: false,
        }
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.target
            .push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(name);
        self.target.push('=');
        encode(value, &mut self.target);
        self
    }

    pub(crate) fn query_if(self, name: &str, value: &str) -> Self {
        if value.is_empty() {
            self
        } else {
            self.query(name, value)
        }
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }

    pub(crate) fn content_type(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into();
        self
    }

    /// Method and path, for messages.
    fn what(&self) -> String {
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }

    /// Marks a request whose success changes what the server keeps.
    pub(crate) fn writing(mut self, keeps: bool) -> Self {
        self.keeps = keeps;
        self
    }

    pub(crate) fn keeps(&self) -> bool {
        self.keeps
    }

    pub(crate) fn uncompressed(mut self) -> Self {
        self.uncompressed = true;
        self
    }
}

/// Percent-encodes everything but unreserved characters (and the colon that RBAC names have).
pub(crate) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String does not fail");
        }
    }
}

/// Sends calls as one account.
#[derive(Clone)]
pub(crate) struct Requester {
    transport: Transport,
    limiter: Option<Arc<Limiter>>,
    agent: HeaderValue,
    impersonate: HeaderMap,
}

impl Requester {
    pub(crate) fn new(transport: Transport, limiter: Option<Arc<Limiter>>, agent: &str) -> Self {
        Requester {
            transport,
            limiter,
            agent: agent_header(agent),
            impersonate: HeaderMap::new(),
        }
    }

    pub(crate) fn with_agent(&self, agent: &str) -> Self {
        Requester {
            agent: agent_header(agent),
            ..self.clone()
        }
    }

    pub(crate) fn acting_as(&self, impersonate: Impersonate) -> Self {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        };
        if let Some(user) = &impersonate.user {
            add("impersonate-user", user);
        }
        if let Some(uid) = &impersonate.uid {
            add("impersonate-uid", uid);
        }
        impersonate
            .groups
            .iter()
            .for_each(|group| add("impersonate-group", group));
        Requester {
            impersonate: headers,
            ..self.clone()
        }
    }

    /// The whole answer as JSON.
    pub(crate) async fn json(&self, call: Call) -> Result<Value, Error> {
        let what = call.what();
        let answered = tokio::time::timeout(REQUEST_TIMEOUT, async {
            let answer = self.exchange(call).await?;
            log_warnings(&what, answer.headers());
            collect(answer.into_body(), LARGEST_ANSWER).await
        });
        let body = answered.await.map_err(|_| Error::Network {
            message: format!(
                "the API server did not answer {what} within {} s",
                REQUEST_TIMEOUT.as_secs()
            ),
        })??;
        serde_json::from_slice(&body)
            .map_err(|error| Error::Protocol(format!("the answer to {what} is no JSON: {error}")))
    }

    /// An answer whose body is still under way.
    pub(crate) async fn stream(&self, call: Call) -> Result<Response<ResponseBody>, Error> {
        let opened = tokio::time::timeout(REQUEST_TIMEOUT, self.exchange(call));
        opened.await.map_err(|_| Error::Network {
            message: "the API server did not answer a watch request in time".into(),
        })?
    }

    async fn exchange(&self, call: Call) -> Result<Response<ResponseBody>, Error> {
        if let Some(limiter) = &self.limiter {
            limiter.acquire().await;
        }
        let answer = self.transport.send(self.build(call)?).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let code = answer.status().as_u16();
        let retry_after = retry_after(answer.headers());
        let body = collect(answer.into_body(), LARGEST_REFUSAL).await?;
        Err(Error::from_answer(code, &body, retry_after))
    }

    fn build(&self, call: Call) -> Result<Request<Bytes>, Error> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.target.as_str())
            .header(ACCEPT, call.accept)
            .header(USER_AGENT, &self.agent);
        if !call.body.is_empty() {
            request = request.header(CONTENT_TYPE, call.content_type);
        }
        if call.uncompressed {
            request = request.header(ACCEPT_ENCODING, "identity");
        }
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.impersonate.clone());
        }
        let refused = |error: http::Error| {
            Error::Protocol(format!("cannot make a request for {:?}: {error}", call.target))
        };
        request.body(call.body).map_err(refused)
    }
}

fn agent_header(name: &str) -> HeaderValue {
    let text = format!("{name}/{}", env!("CARGO_PKG_VERSION"));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("flux"))
}

/// What the server has to say besides: unknown fields, versions that will be gone, findings of admission policies.
fn log_warnings(what: &str, headers: &HeaderMap) {
    for warning in headers.get_all(WARNING) {
        if let Some(text) = warning.to_str().ok().and_then(warning_text) {
            tracing::warn!(request = what, "the API server warns: {text}");
        }
    }
}

/// The text in `299 - "text"`.
fn warning_text(header: &str) -> Option<String> {
    let quoted = header.splitn(3, ' ').nth(2)?;
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        text.extend(if char == '\\' { chars.next() } else { Some(char) });
    }
    Some(text)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The whole body, unless it is larger than `most` bytes.
async fn collect(mut body: ResponseBody, most: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref()))?;
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() > most {
            return Err(Error::Protocol(format!(
                "the API server's answer is larger than {} MiB",
                most >> 20
            )));
        }
    }
    Ok(bytes)
}

fn broken(error: &(dyn std::error::Error + 'static)) -> Error {
    Error::Network {
        message: format!("the connection to the API server broke: {}", describe(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_warning(header: &str, expect: Option<&str>) {
        assert_eq!(warning_text(header).as_deref(), expect);
    }

    #[test]
    fn warnings_are_read_from_their_header() {
        check_warning(
            "299 - \"unknown field \\\"spec.foo\\\"\"",
            Some("unknown field \"spec.foo\""),
        );
        check_warning("299 - \"a \\\\ b\"", Some("a \\ b"));
        check_warning("299 - \"\"", Some(""));
        check_warning("299 - no quotes", None);
        check_warning("299", None);
    }
}
