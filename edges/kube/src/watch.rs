//! A list that keeps itself up to date.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use futures::stream::{self, Stream};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Client, name_kind};
use crate::error::Error;
use crate::options::WatchOptions;
use crate::transport::ResponseBody;
use flux_object::Gvk;

const LONGEST_LINE: usize = 64 << 20;
/// How much longer than agreed a watch may be silent before it counts as broken.
const SLACK: Duration = Duration::from_secs(15);

/// What happened to the watched objects. After [`WatchEvent::Restarting`] come all objects as
/// [`WatchEvent::Listed`], then [`WatchEvent::Ready`]; what was known before and is not among them is gone.
#[derive(Clone, Debug)]
pub enum WatchEvent {
    /// A list begins: the first, or a new one since the watch lost its place.
    Restarting,
    /// An object of the list.
    Listed(Value),
    /// The list is complete.
    Ready,
    /// An object was created or changed.
    Applied(Value),
    /// An object was deleted; this was its last state.
    Deleted(Value),
    /// A request failed; it is repeated after a pause.
    Failed(Arc<Error>),
}

/// Lists, then watches, for ever: resumes broken watches, re-lists when the server forgot the place, pauses between failures.
/// Objects come with `apiVersion` and `kind`. Dropping the stream ends the watch.
pub fn watch(
    client: Client,
    gvk: Gvk,
    options: WatchOptions,
) -> impl Stream<Item = WatchEvent> + Send + Unpin {
    let watcher = Watcher {
        client,
        gvk,
        options,
        phase: Phase::Start,
        ready: VecDeque::new(),
        version: String::new(),
        pause: None,
        failures: 0,
    };
    Box::pin(stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await;
        Some((event, watcher))
    }))
}

struct Watcher {
    client: Client,
    gvk: Gvk,
    options: WatchOptions,
    phase: Phase,
    ready: VecDeque<WatchEvent>,
    version: String,
    pause: Option<Duration>,
    failures: u32,
}

/// Where the watch goes on, or why it cannot and where it tries again.
type Step = Result<Phase, Box<Trouble>>;

struct Trouble {
    error: Error,
    phase: Phase,
}

fn trouble(error: Error, phase: Phase) -> Box<Trouble> {
    Box::new(Trouble { error, phase })
}

enum Phase {
    Start,
    List(Option<String>),
    Connect,
    Read(Lines),
}

impl Watcher {
    async fn next(&mut self) -> WatchEvent {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            if let Some(pause) = self.pause.take() {
                tokio::time::sleep(pause).await;
            }
            let phase = std::mem::replace(&mut self.phase, Phase::Start);
            match self.step(phase).await {
                Ok(phase) => self.phase = phase,
                Err(trouble) => self.fail(trouble.error, trouble.phase),
            }
        }
    }

    async fn step(&mut self, phase: Phase) -> Step {
        match phase {
            Phase::Start => {
                self.ready.push_back(WatchEvent::Restarting);
                Ok(Phase::List(None))
            }
            Phase::List(next) => self.list(next).await,
            Phase::Connect => self.connect().await,
            Phase::Read(lines) => self.read(lines).await,
        }
    }

    async fn list(&mut self, next: Option<String>) -> Step {
        let page = self
            .client
            .list_page(&self.gvk, &self.options.list, next.as_deref())
            .await;
        let page = page.map_err(|error| match error {
            Error::Gone(_) => trouble(error, Phase::Start),
            error if next.is_none() => trouble(error, Phase::List(None)),
            error => trouble(error, Phase::Start),
        })?;
        self.ready.extend(page.items.into_iter().map(WatchEvent::Listed));
        if page.next.is_some() {
            return Ok(Phase::List(page.next));
        }
        self.version = page.resource_version;
        self.failures = 0;
        self.ready.push_back(WatchEvent::Ready);
        Ok(Phase::Connect)
    }

    async fn connect(&mut self) -> Step {
        match self
            .client
            .open_watch(&self.gvk, &self.options, &self.version)
            .await
        {
            Ok(answer) => Ok(Phase::Read(Lines::new(answer.into_body()))),
            Err(error @ (Error::Gone(_) | Error::NotFound(_) | Error::NoMatch { .. })) => {
                Err(trouble(error, Phase::Start))
            }
            Err(error) => Err(trouble(error, Phase::Connect)),
        }
    }

    async fn read(&mut self, mut lines: Lines) -> Step {
        let patience = self.options.timeout + SLACK;
        let line = match tokio::time::timeout(patience, lines.next()).await {
            Ok(Ok(Some(line))) => line,
            Ok(Ok(None)) if lines.any => return Ok(Phase::Connect),
            // A watch that ends without a word: not at once again, or a broken server is asked without pause.
            Ok(Ok(None)) | Err(_) => {
                self.pause = Some(self.backoff());
                return Ok(Phase::Connect);
            }
            Ok(Err(error)) => return Err(trouble(error, Phase::Connect)),
        };
        let event: Wire = serde_json::from_slice(&line).map_err(|error| {
            let error = Error::Protocol(format!("a watch event is malformed: {error}"));
            trouble(error, Phase::Start)
        })?;
        self.take(event, lines)
    }

    fn take(&mut self, event: Wire, lines: Lines) -> Step {
        let mut object = event.object;
        if event.kind == "ERROR" {
            let code = object["code"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .unwrap_or(500);
            let error = Error::from_answer(code, object.to_string().as_bytes(), None);
            let phase = if matches!(error, Error::Gone(_)) {
                Phase::Start
            } else {
                Phase::Connect
            };
            return Err(trouble(error, phase));
        }
        if let Some(version) = object["metadata"]["resourceVersion"].as_str() {
            version.clone_into(&mut self.version);
        }
        self.failures = 0;
        name_kind(&mut object, &self.gvk);
        match event.kind.as_str() {
            "ADDED" | "MODIFIED" => self.ready.push_back(WatchEvent::Applied(object)),
            "DELETED" => self.ready.push_back(WatchEvent::Deleted(object)),
            // Bookmarks only move the version.
            _ => {}
        }
        Ok(Phase::Read(lines))
    }

    fn fail(&mut self, error: Error, phase: Phase) {
        // Losing the place once is the normal end of a long pause; only repeated failures are slowed down.
        let normal = matches!(error, Error::Gone(_)) && self.failures == 0;
        self.failures += 1;
        self.phase = phase;
        if !normal {
            let pause = error.retry_after().unwrap_or_default().max(self.backoff());
            self.pause = Some(pause);
            self.ready.push_back(WatchEvent::Failed(Arc::new(error)));
        }
    }

    /// Doubles with each failure, plus up to a fifth at random so that many watches do not come back at the same instant.
    fn backoff(&self) -> Duration {
        let doubled = self.options.min_backoff * 2_u32.pow(self.failures.saturating_sub(1).min(10));
        let pause = doubled.min(self.options.max_backoff);
        let random = RandomState::new().hash_one(0_u8) % 200;
        pause + pause * u32::try_from(random).unwrap_or_default() / 1000
    }
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    object: Value,
}

/// The lines of a body.
struct Lines {
    body: ResponseBody,
    buffer: BytesMut,
    /// Bytes of the buffer that are known to hold no line end.
    scanned: usize,
    any: bool,
}

impl Lines {
    fn new(body: ResponseBody) -> Self {
        Lines {
            body,
            buffer: BytesMut::new(),
            scanned: 0,
            any: false,
        }
    }

    /// The next line that is not empty; `None` at the end.
    async fn next(&mut self) -> Result<Option<BytesMut>, Error> {
        loop {
            if let Some(line) = self.buffered() {
                self.any = true;
                return Ok(Some(line));
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => {
                    return Err(Error::Network {
                        message: format!("a watch broke: {}", crate::transport::describe(error.as_ref())),
                    });
                }
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(Error::Protocol("a watch event is larger than 64 MiB".into()));
            }
        }
    }

    fn buffered(&mut self) -> Option<BytesMut> {
        loop {
            let Some(at) = self.buffer[self.scanned..].iter().position(|byte| *byte == b'\n') else {
                self.scanned = self.buffer.len();
                return None;
            };
            let line = self.buffer.split_to(self.scanned + at);
            self.buffer.advance(1);
            self.scanned = 0;
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
    }
}
