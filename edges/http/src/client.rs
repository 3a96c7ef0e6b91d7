//! The client.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tracing::warn;

use crate::error::{Error, causes};
use crate::settings::{Auth, Settings};

/// Redirects followed before it counts as an error.
const REDIRECTS: usize = 10;
/// How much of an error page is quoted.
const QUOTED: u64 = 512;

/// Sends requests as its [`Settings`] say. Cheap to clone; connections are kept and shared by the clones.
#[derive(Clone, Debug)]
pub struct Client {
    inner: reqwest::Client,
    auth: Option<HeaderValue>,
    timeout: Option<Duration>,
}

/// The head of an answer, with the body still to come.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    timeout: Option<Duration>,
}

impl Client {
    /// A client for these settings.
    ///
    /// # Errors
    /// Certificates, key or proxy cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        crate::install_default();
        let inner = match builder(settings, Roots::SystemToo)?.build() {
            Ok(client) => client,
            // A container may have no certificates at all, and needs none for plain HTTP or with an authority of its own.
            Err(error) => {
                warn!(
                    cause = causes(&error),
                    "certificate authorities of the system are not available"
                );
                let only = builder(settings, Roots::Given)?.build();
                only.map_err(|error| Error::Settings {
                    what: "TLS settings",
                    cause: causes(&error),
                })?
            }
        };
        let auth = settings.auth.as_ref().map(authorization).transpose()?;
        Ok(Client {
            inner,
            auth,
            timeout: settings.timeout,
        })
    }

    /// The same client without credentials in its requests. It shares the connections.
    pub fn anonymous(&self) -> Self {
        Client {
            auth: None,
            ..self.clone()
        }
    }

    /// The answer to a GET, whatever its status.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn get(&self, url: &str) -> Result<Response, Error> {
        self.send(Method::GET, url, HeaderMap::new(), Bytes::new()).await
    }

    /// The answer to a request, whatever its status.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: impl Into<reqwest::Body>,
    ) -> Result<Response, Error> {
        let parsed = parse(url)?;
        let mut request = self.inner.request(method, parsed).headers(headers).body(body);
        if let Some(auth) = &self.auth {
            request = request.header(header::AUTHORIZATION, auth.clone());
        }
        let answer = request.send().await;
        let inner = answer.map_err(|error| Error::from_client(url, error, self.timeout))?;
        Ok(Response {
            inner,
            timeout: self.timeout,
        })
    }
}

impl Response {
    /// Status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// Headers.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// One header as text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The address that answered, after redirects. It may carry credentials: show it through [`redact`](crate::redact).
    pub fn url(&self) -> &str {
        self.inner.url().as_str()
    }

    /// The answer if it is a success.
    ///
    /// # Errors
    /// [`Error::Status`] with the start of the body.
    pub async fn success(mut self) -> Result<Self, Error> {
        if self.status().is_success() {
            return Ok(self);
        }
        Err(Error::Status {
            url: crate::redact(self.url()),
            status: self.status(),
            message: self.quote().await,
        })
    }

    /// The start of the body when it is plain text or JSON; pages for people say nothing to a program.
    async fn quote(&mut self) -> String {
        let kind = self.header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
        if !kind.starts_with("text/plain") && !kind.contains("json") {
            return String::new();
        }
        let mut start = BytesMut::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            start.extend_from_slice(&chunk);
            if start.len() as u64 >= QUOTED {
                start.truncate(QUOTED as usize);
                break;
            }
        }
        let text = String::from_utf8_lossy(&start);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    /// The connection broke or took too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.inner.chunk().await;
        chunk.map_err(|error| Error::from_client(self.inner.url().as_str(), error, self.timeout))
    }

    /// The whole body.
    ///
    /// # Errors
    /// It is larger than `limit` bytes, or did not arrive whole.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if (all.len() + chunk.len()) as u64 > limit {
                return Err(Error::TooLarge {
                    url: crate::redact(self.url()),
                    limit,
                });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

fn parse(url: &str) -> Result<reqwest::Url, Error> {
    let parsed = reqwest::Url::parse(url).map_err(|error| Error::Url {
        url: crate::redact(url),
        cause: error.to_string(),
    })?;
    if !matches!(parsed.scheme(), "http" | "https") {
        let cause = format!("{:?} is not http or https", parsed.scheme());
        return Err(Error::Url {
            url: crate::redact(url),
            cause,
        });
    }
    Ok(parsed)
}

#[derive(Clone, Copy, PartialEq)]
enum Roots {
    SystemToo,
    Given,
}

fn builder(settings: &Settings, roots: Roots) -> Result<reqwest::ClientBuilder, Error> {
    let invalid = |what| {
        move |error: reqwest::Error| Error::Settings {
            what,
            cause: causes(&error),
        }
    };
    let mut builder = reqwest::Client::builder()
        .user_agent(&settings.user_agent)
        .redirect(reqwest::redirect::Policy::limited(REDIRECTS))
        .connect_timeout(settings.connect_timeout);
    if let Some(timeout) = settings.timeout {
        builder = builder.timeout(timeout);
    }
    let mut authorities = Vec::new();
    if let Some(pem) = &settings.authorities {
        let what = "certificate authority";
        authorities = reqwest::Certificate::from_pem_bundle(pem).map_err(invalid(what))?;
        if authorities.is_empty() {
            return Err(Error::Settings {
                what,
                cause: "no certificate in PEM form found".into(),
            });
        }
    }
    builder = match roots {
        Roots::SystemToo if authorities.is_empty() => builder,
        Roots::SystemToo => builder.tls_certs_merge(authorities),
        Roots::Given => builder.tls_certs_only(authorities),
    };
    if settings.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(identity) = &settings.identity {
        let pem = [identity.certificate.as_slice(), b"\n", &identity.key].concat();
        let identity = reqwest::Identity::from_pem(&pem).map_err(invalid("client certificate"))?;
        builder = builder.identity(identity);
    }
    if let Some(proxy) = &settings.proxy {
        let mut target = reqwest::Proxy::all(&proxy.address).map_err(invalid("proxy address"))?;
        if let Some(username) = &proxy.username {
            target = target.basic_auth(username, proxy.password.as_deref().unwrap_or_default());
        }
        builder = builder.proxy(target);
    }
    Ok(builder)
}

fn authorization(auth: &Auth) -> Result<HeaderValue, Error> {
    let text = match auth {
        Auth::Basic { username, password } => {
            format!("Basic {}", base64(format!("{username}:{password}").as_bytes()))
        }
        Auth::Bearer(token) => format!("Bearer {token}"),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| Error::Settings {
        what: "bearer token",
        cause: "it contains a line break or another control character".into(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Base64 with padding; the one place that needs it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= group.len() {
                char::from(DIGITS[value as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests;
