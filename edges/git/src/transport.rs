//! Git's smart protocol over our HTTP client.

use std::any::Any;
use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::{Arc, Mutex};

use bytes::{Buf, Bytes};
use flux_http::{Client, Error, Response, redact};
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use crate::channel::{Channel, lock};
use crate::error::GitError;

/// Requests are lists of hashes; one larger than this is not ours.
const LARGEST_REQUEST: usize = 64 << 20;
const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";

/// The way to a server over HTTP: the fetch and the client it uses.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) channel: Arc<Channel>,
    pub(crate) client: Client,
}

impl Link {
    fn translate(&self, error: Error) -> GitError {
        let url = redact(&self.channel.url);
        match error {
            Error::Timeout { .. } => self.channel.timed_out(),
            Error::Url { url, cause } => GitError::Url { url, cause },
            Error::Settings { .. } => GitError::Settings(error.to_string()),
            Error::Status { status, message, .. } => refusal(url, status, &message),
            Error::Connect { cause, .. } => GitError::Network {
                url,
                cause: format!("cannot connect: {cause}"),
            },
            error => GitError::Network {
                url,
                cause: error.to_string(),
            },
        }
    }

    fn run<T>(&self, step: impl Future<Output = Result<T, Error>>) -> io::Result<T> {
        self.channel
            .run(async { step.await.map_err(|error| self.translate(error)) })
    }

    fn send(&self, method: Method, url: &str, headers: HeaderMap, body: Vec<u8>) -> io::Result<Response> {
        // Credentials belong to the host that they were given for, also after a redirect.
        let client = if same_origin(&self.channel.url, url) {
            self.client.clone()
        } else {
            self.client.anonymous()
        };
        self.run(async { client.send(method, url, headers, body).await?.success().await })
    }

    fn chunk(&self, response: &mut Response) -> io::Result<Option<Bytes>> {
        let chunk = self.run(response.chunk())?;
        self.channel.count(chunk.as_ref().map_or(0, Bytes::len))?;
        Ok(chunk)
    }
}

fn same_origin(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin() == b.origin(),
        _ => false,
    }
}

fn refusal(url: String, status: StatusCode, message: &str) -> GitError {
    let said = if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    };
    match status {
        StatusCode::UNAUTHORIZED => GitError::Unauthorized {
            url,
            cause: format!("authentication required{said}"),
        },
        StatusCode::FORBIDDEN => GitError::Unauthorized {
            url,
            cause: format!("authorization failed{said}"),
        },
        StatusCode::NOT_FOUND | StatusCode::GONE => GitError::RepositoryNotFound { url },
        status => GitError::Network {
            url,
            cause: format!("the server answered {status}{said}"),
        },
    }
}

/// The HTTP side of the protocol for one connection.
pub(crate) struct Transport {
    link: Link,
    redirected: Option<String>,
}

impl Transport {
    pub(crate) fn new(link: Link) -> Self {
        Transport {
            link,
            redirected: None,
        }
    }
}

impl Http for Transport {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = Sink;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::error::Result<GetResponse<Headers, Body>> {
        let response = self.link.send(Method::GET, url, parse(headers), Vec::new());
        let response = response.map_err(gix::Error::from_error)?;
        let kind = response.header(header::CONTENT_TYPE).unwrap_or_default();
        if kind != ADVERTISEMENT {
            let url = redact(&self.link.channel.url);
            let cause = format!(
                "the server does not speak Git's smart protocol at this address (it answered with {kind:?})"
            );
            let error = self.link.channel.fail(GitError::Protocol { url, cause });
            return Err(gix::Error::from_error(error));
        }
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        self.redirected = response
            .url()
            .strip_suffix(tail)
            .filter(|_| !tail.is_empty())
            .map(str::to_owned);
        let exchange = Exchange::shared(&self.link, State::Open(response));
        Ok(GetResponse {
            headers: Headers::of(&exchange),
            body: Body::of(&exchange),
        })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::error::Result<PostResponse<Headers, Body, Sink>> {
        let sink = Sink(Arc::default());
        let waiting = State::Waiting {
            url: url.into(),
            headers: parse(headers),
            body: sink.0.clone(),
        };
        let exchange = Exchange::shared(&self.link, waiting);
        Ok(PostResponse {
            post_body: sink,
            headers: Headers::of(&exchange),
            body: Body::of(&exchange),
        })
    }

    fn configure(&mut self, _config: &dyn Any) -> gix::error::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}

fn parse(lines: impl IntoIterator<Item = impl AsRef<str>>) -> HeaderMap {
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    };
    lines.into_iter().filter_map(|text| line(text.as_ref())).collect()
}

/// One request and its answer. A POST is sent when the first byte of its answer is wanted: its body is complete then.
struct Exchange {
    link: Link,
    state: State,
}

enum State {
    Waiting {
        url: String,
        headers: HeaderMap,
        body: Arc<Mutex<Vec<u8>>>,
    },
    Open(Response),
    Failed,
}

type Shared = Arc<Mutex<Exchange>>;

impl Exchange {
    fn shared(link: &Link, state: State) -> Shared {
        Arc::new(Mutex::new(Exchange {
            link: link.clone(),
            state,
        }))
    }

    fn response(&mut self) -> io::Result<(&Link, &mut Response)> {
        if matches!(self.state, State::Waiting { .. })
            && let State::Waiting { url, headers, body } = std::mem::replace(&mut self.state, State::Failed)
        {
            let body = std::mem::take(&mut *lock(&body));
            self.state = State::Open(self.link.send(Method::POST, &url, headers, body)?);
        }
        match &mut self.state {
            State::Open(response) => Ok((&self.link, response)),
            _ => Err(io::Error::other("the request failed before")),
        }
    }
}

/// Takes the body of a POST.
pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut body = lock(&self.0);
        if body.len() + bytes.len() > LARGEST_REQUEST {
            return Err(io::Error::other("request to the Git server is too large"));
        }
        body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The headers of an answer, line by line.
pub(crate) struct Headers {
    exchange: Shared,
    lines: Option<Cursor<Vec<u8>>>,
}

impl Headers {
    fn of(exchange: &Shared) -> Self {
        Headers {
            exchange: exchange.clone(),
            lines: None,
        }
    }

    fn lines(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        let lines = match self.lines.take() {
            Some(lines) => lines,
            None => {
                let mut exchange = lock(&self.exchange);
                let (_, response) = exchange.response()?;
                let mut text = Vec::new();
                for (name, value) in response.headers() {
                    text.extend_from_slice(name.as_str().as_bytes());
                    text.extend_from_slice(b": ");
                    // Readers want text; a header that is none is of no use to them.
                    text.extend_from_slice(value.to_str().unwrap_or_default().as_bytes());
                    text.push(b'\n');
                }
                Cursor::new(text)
            }
        };
        Ok(self.lines.insert(lines))
    }
}

impl Read for Headers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lines()?.read(buffer)
    }
}

impl BufRead for Headers {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.lines()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(amount);
        }
    }
}

/// The body of an answer as it comes.
pub(crate) struct Body {
    exchange: Shared,
    chunk: Bytes,
    ended: bool,
}

impl Body {
    fn of(exchange: &Shared) -> Self {
        Body {
            exchange: exchange.clone(),
            chunk: Bytes::new(),
            ended: false,
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.chunk.is_empty() && !self.ended {
            let mut exchange = lock(&self.exchange);
            let (link, response) = exchange.response()?;
            match link.chunk(response)? {
                Some(chunk) => self.chunk = chunk,
                None => self.ended = true,
            }
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount.min(self.chunk.len()));
    }
}
