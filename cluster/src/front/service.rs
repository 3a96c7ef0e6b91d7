//! The API as a tower service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use tokio::sync::watch;

use super::ApiBody;
use crate::User;
use crate::api::{
    AUDIENCE, ApiRequest, ApiResponse, Core, Failure, Payload, Query, Wanted, WatchPlan, WatchRead,
    decode_path,
};
use crate::store::Store;

/// How often a watch that asked for bookmarks gets one.
const BOOKMARKS: Duration = Duration::from_secs(60);
/// A watch without a timeout ends after this long, as upstream ends them after 30 to 60 minutes.
const LONGEST_WATCH: Duration = Duration::from_secs(45 * 60);
/// The largest body, and one byte more to know that it was larger.
const MAX_BODY: usize = 3 << 20;

/// What every connection shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) core: Arc<Core>,
    /// Becomes true when the cluster shuts down.
    pub(crate) closing: watch::Sender<bool>,
}

/// The API in process: a [`tower::Service`] for requests of any body, to build a client on.
///
/// Every request is made by one user; `Impersonate-*` headers change that. With `ApiService::with_tokens` the user
/// comes from the bearer token instead. It never fails: errors are answers.
#[derive(Debug, Clone)]
pub struct ApiService {
    shared: Arc<Shared>,
    user: Option<User>,
    /// Who showed a certificate on the connection.
    certified: Option<User>,
}

impl ApiService {
    pub(crate) fn new(shared: Arc<Shared>, user: User) -> Self {
        Self {
            shared,
            user: Some(user),
            certified: None,
        }
    }

    /// A service whose users show bearer tokens.
    pub(crate) fn with_tokens(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            user: None,
            certified: None,
        }
    }

    /// The same for a connection whose client showed a certificate.
    pub(crate) fn certified(mut self, user: Option<User>) -> Self {
        self.certified = user.map(User::authenticated);
        self
    }

    fn user(&self, headers: &HeaderMap) -> Result<User, Failure> {
        match &self.user {
            Some(user) => Ok(user.clone().authenticated()),
            None => self.bearer(headers),
        }
    }

    fn bearer(&self, headers: &HeaderMap) -> Result<User, Failure> {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Ok(self.certified.clone().unwrap_or_else(User::anonymous));
        };
        let text = value.to_str().map_err(|_| Failure::unauthorized())?;
        let mut words = text.trim().split(' ');
        let scheme = words.next().unwrap_or_default();
        let token = words.next().unwrap_or_default();
        if let Some(user) = &self.certified {
            return Ok(user.clone());
        }
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Ok(User::anonymous());
        }
        let known = self.shared.core.authenticate(token, Timestamp::now());
        let known = known.map_err(|_| Failure::unauthorized())?;
        if known.audiences.iter().any(|audience| audience == AUDIENCE) {
            Ok(known.user)
        } else {
            Err(Failure::unauthorized())
        }
    }

    async fn answer<B>(self, request: http::Request<B>) -> http::Response<ApiBody>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        let (parts, body) = request.into_parts();
        let body = read(body).await;
        let mut api_request = ApiRequest {
            method: parts.method.clone(),
            path: decode_path(parts.uri.path()).unwrap_or_else(|| parts.uri.path().to_owned()),
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            accept: joined(&parts.headers, &ACCEPT),
            content_type: parts
                .headers
                .get(CONTENT_TYPE)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            user_agent: parts
                .headers
                .get(USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            body: Bytes::new(),
            user: User::anonymous(),
            wanted: None,
        };
        let ready = self.user(&parts.headers).and_then(|user| {
            api_request.user = user;
            api_request.wanted = Wanted::read(&parts.headers)?;
            api_request.body = body?;
            Ok(())
        });
        let response = match ready {
            Ok(()) => self.shared.core.handle(&api_request, Timestamp::now()),
            Err(failure) => ApiResponse::failure(&api_request, &failure),
        };
        let store = self.shared.core.store.clone();
        let response = match store.settled(response.revision).await {
            Ok(()) => response,
            Err(lost) => ApiResponse::failure(&api_request, &Failure::internal(lost.to_string())),
        };
        to_http(response, &self.shared, store)
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",")
}

/// All of a body, if it is not too large.
async fn read<B: http_body::Body>(body: B) -> Result<Bytes, Failure> {
    let mut body = std::pin::pin!(body);
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Failure::bad_request("the body of the request could not be read"));
        };
        let Ok(mut data) = frame.into_data() else { continue };
        use bytes::Buf as _;
        if all.len() + data.remaining() > MAX_BODY {
            return Err(Failure::too_large(&format!("limit is {MAX_BODY}")));
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            all.extend_from_slice(chunk);
            let length = chunk.len();
            data.advance(length);
        }
    }
    Ok(all.freeze())
}

fn to_http(response: ApiResponse, shared: &Shared, store: Arc<Store>) -> http::Response<ApiBody> {
    let body = match response.payload {
        Payload::Whole(bytes) => ApiBody::whole(bytes),
        Payload::Watch(plan) => ApiBody::lines(watch_lines(*plan, store, shared.closing.subscribe())),
    };
    let mut out = http::Response::new(body);
    *out.status_mut() =
        http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = out.headers_mut();
    let mut add = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    if !response.content_type.is_empty() {
        add("content-type", &response.content_type);
    }
    add("cache-control", "no-cache, private");
    for warning in &response.warnings {
        add("warning", warning);
    }
    for (name, value) in &response.headers {
        add(name, value);
    }
    out
}

struct Watcher {
    plan: WatchPlan,
    store: Arc<Store>,
    changes: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    deadline: tokio::time::Instant,
    bookmark: tokio::time::Instant,
    ended: bool,
}

impl Watcher {
    /// The next lines; nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        while !self.ended {
            // Marked as seen before reading, so that a change during the read wakes us again.
            self.changes.borrow_and_update();
            match self.plan.read(&self.store) {
                WatchRead::Lines(lines) if lines.is_empty() => {}
                WatchRead::Lines(lines) => return Some(lines),
                WatchRead::Gone(lines) => {
                    self.ended = true;
                    return Some(lines);
                }
                WatchRead::Idle => {
                    if let Some(bookmark) = self.wait().await {
                        return Some(bookmark);
                    }
                }
            }
        }
        None
    }

    async fn wait(&mut self) -> Option<Bytes> {
        tokio::select! {
            changed = self.changes.changed() => {
                self.ended |= changed.is_err();
                None
            }
            _ = self.closing.changed() => {
                self.ended = true;
                None
            }
            () = tokio::time::sleep_until(self.deadline) => {
                self.ended = true;
                self.plan.bookmark()
            }
            () = tokio::time::sleep_until(self.bookmark) => {
                self.bookmark += BOOKMARKS;
                self.plan.bookmark()
            }
        }
    }
}

fn watch_lines(
    plan: WatchPlan,
    store: Arc<Store>,
    closing: watch::Receiver<bool>,
) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let now = tokio::time::Instant::now();
    let changes = store.subscribe(plan.storage());
    let deadline = now + plan.timeout.unwrap_or(LONGEST_WATCH).min(LONGEST_WATCH);
    let watcher = Watcher {
        plan,
        store,
        changes,
        closing,
        deadline,
        bookmark: now + BOOKMARKS,
        ended: false,
    };
    futures::stream::unfold(watcher, |mut watcher| async move {
        let lines = watcher.next().await?;
        Some((Ok(lines), watcher))
    })
}

impl<B> tower::Service<http::Request<B>> for ApiService
where
    B: http_body::Body + Send + 'static,
    B::Data: Send,
{
    type Response = http::Response<ApiBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}
