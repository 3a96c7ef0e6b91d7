//! Watches.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::core::Call;
use super::negotiate::{Offer, Shape};
use super::read::{Selection, revision};
use super::render::Renderer;
use super::response::Payload;
use super::{ApiResponse, Failure, go};
use crate::store::{Entry, Event, EventKind, Store};

/// How many changes a watcher takes at once.
const CHUNK: usize = 100;

/// What a watch shall send: a cursor over the history of one resource.
#[derive(Debug)]
pub(crate) struct WatchPlan {
    storage: Arc<str>,
    prefix: String,
    selection: Selection,
    renderer: Renderer,
    /// Objects to send first, as added.
    initial: std::vec::IntoIter<Entry>,
    /// Everything up to here was sent.
    seen: u64,
    /// Whether a bookmark must tell the end of the initial objects.
    mark_initial_end: bool,
    bookmarks: bool,
    bookmarked: u64,
    first: bool,
    /// How long the watch may last.
    pub(crate) timeout: Option<Duration>,
}

/// What there is to send now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WatchRead {
    /// Lines to send; more may be waiting.
    Lines(Bytes),
    /// Nothing until the resource changes.
    Idle,
    /// Send this and end: the history does not reach back.
    Gone(Bytes),
}

/// The option `timeoutSeconds`; none for no limit of the client's own.
pub(crate) fn timeout(text: &str) -> Result<Option<Duration>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let seconds: i64 = text.parse().map_err(|_| {
        let text = go::quote(text);
        Failure::bad_request(format!("strconv.ParseInt: parsing {text}: invalid syntax"))
    })?;
    Ok(u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs))
}

impl Call<'_> {
    pub(crate) fn watch(&self) -> Result<ApiResponse, Failure> {
        let renderer = self.renderer(Offer::Watch)?;
        let selection = self.selection()?;
        let query = &self.request.query;
        self.check_watch_options()?;
        let timeout = timeout(query.text("timeoutSeconds"))?;
        let asked = revision(query.text("resourceVersion")).map_err(Failure::unclassified)?;
        let send_initial = query
            .get("sendInitialEvents")
            .map(|_| query.flag("sendInitialEvents"));
        let bookmarks = query.flag("allowWatchBookmarks");
        let store = &self.core.store;
        let with_state = send_initial.unwrap_or_else(|| asked.is_none_or(|asked| asked == 0));
        let (entries, current) = if with_state {
            store.list(&self.resource.storage, &self.prefix(), None, usize::MAX)
        } else {
            (Vec::new(), store.revision())
        };
        let initial: Vec<Entry> = entries
            .into_iter()
            .map(|(_, entry)| entry)
            .filter(|entry| selection.matches(&self.resource, entry))
            .collect();
        let seen = match asked {
            Some(asked) if !with_state && asked > 0 => asked,
            _ => current,
        };
        let plan = WatchPlan {
            storage: self.resource.storage.clone(),
            prefix: self.prefix(),
            selection,
            renderer,
            initial: initial.into_iter(),
            seen,
            mark_initial_end: send_initial == Some(true) && bookmarks,
            bookmarks,
            bookmarked: 0,
            first: true,
            timeout,
        };
        let revision = if with_state { current } else { 0 };
        let mut response = ApiResponse::whole(200, "application/json", Bytes::new()).after(revision);
        response.payload = Payload::Watch(Box::new(plan));
        Ok(response)
    }

    fn check_watch_options(&self) -> Result<(), Failure> {
        let query = &self.request.query;
        let mut problems = Vec::new();
        let matching = query.text("resourceVersionMatch");
        match query.get("sendInitialEvents") {
            Some(_) if !matches!(matching, "" | "NotOlderThan") => {
                problems.push((
                    "FieldValueForbidden",
                    "resourceVersionMatch",
                    "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                        .to_owned(),
                ));
                problems.push((
                    "FieldValueNotSupported",
                    "resourceVersionMatch",
                    format!(
                        "Unsupported value: {}: supported values: \"NotOlderThan\"",
                        go::quote(matching)
                    ),
                ));
            }
            Some(_) if matching.is_empty() => problems.push((
                "FieldValueForbidden",
                "resourceVersionMatch",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                    .to_owned(),
            )),
            None if !matching.is_empty() => problems.push((
                "FieldValueForbidden",
                "resourceVersionMatch",
                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
                    .to_owned(),
            )),
            _ => {}
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Failure::invalid_options("ListOptions", problems))
        }
    }
}

impl WatchPlan {
    /// The resource whose changes matter.
    pub(crate) fn storage(&self) -> &Arc<str> {
        &self.storage
    }

    /// What there is to send now.
    pub(crate) fn read(&mut self, store: &Store) -> WatchRead {
        let mut out = Vec::new();
        for entry in self.initial.by_ref().take(CHUNK) {
            line(
                &mut out,
                "ADDED",
                &self.renderer.event_object(&entry.body(), self.first),
            );
            self.first = false;
        }
        if !out.is_empty() {
            return WatchRead::Lines(out.into());
        }
        if std::mem::take(&mut self.mark_initial_end) {
            self.bookmark_line(&mut out, true);
            return WatchRead::Lines(out.into());
        }
        // A custom resource has no history from before it was served.
        let custom = self.renderer.resource.custom.as_ref();
        if let Some(since) = custom
            .map(|custom| custom.since)
            .filter(|since| self.seen < *since)
        {
            let failure = Failure::expired(format!("too old resource version: {} ({since})", self.seen));
            line(&mut out, "ERROR", failure.status().to_string().as_bytes());
            return WatchRead::Gone(out.into());
        }
        if self.seen >= store.durable() {
            return WatchRead::Idle;
        }
        let Some((events, seen)) = store.changes(&self.storage, self.seen, CHUNK) else {
            let failure = Failure::expired(format!(
                "too old resource version: {} ({})",
                self.seen,
                store.compacted()
            ));
            line(&mut out, "ERROR", failure.status().to_string().as_bytes());
            return WatchRead::Gone(out.into());
        };
        for event in events {
            self.event(&mut out, &event);
        }
        let more = seen > self.seen;
        self.seen = seen;
        match out.is_empty() {
            true if more && self.seen < store.durable() => WatchRead::Lines(Bytes::new()),
            true => WatchRead::Idle,
            false => WatchRead::Lines(out.into()),
        }
    }

    fn event(&mut self, out: &mut Vec<u8>, event: &Event) {
        if !event.key.starts_with(self.prefix.as_str()) {
            return;
        }
        let resource = self.renderer.resource.clone();
        let is = event.kind != EventKind::Deleted && self.selection.matches(&resource, &event.now);
        let was = event
            .before
            .as_ref()
            .is_some_and(|before| self.selection.matches(&resource, before));
        let (kind, body) = match (was, is) {
            (false, false) => return,
            (false, true) => ("ADDED", event.now.body()),
            (true, true) => ("MODIFIED", event.now.body()),
            (true, false) if event.kind == EventKind::Deleted => ("DELETED", event.now.body()),
            // It left the selection: the client sees its last selected state, with the revision of the change.
            (true, false) => ("DELETED", with_revision(event)),
        };
        line(out, kind, &self.renderer.event_object(&body, self.first));
        self.first = false;
    }

    /// A bookmark, when the client wants them and there is news in it.
    pub(crate) fn bookmark(&mut self) -> Option<Bytes> {
        if !self.bookmarks || self.initial.len() > 0 || self.seen == self.bookmarked {
            return None;
        }
        let mut out = Vec::new();
        self.bookmark_line(&mut out, false);
        Some(out.into())
    }

    fn bookmark_line(&mut self, out: &mut Vec<u8>, initial_end: bool) {
        let mut metadata = json!({"resourceVersion": self.seen.to_string()});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let resource = &self.renderer.resource;
        let object = match self.renderer.accepted.shape {
            Shape::Table => {
                let columns = std::mem::take(&mut self.first);
                let object = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata});
                self.renderer.table(
                    &[object],
                    json!({"resourceVersion": self.seen.to_string()}),
                    columns,
                )
            }
            Shape::Partial | Shape::PartialList => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
            }
            _ => {
                let mut object = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata});
                super::types::bookmark(resource, &mut object);
                object
            }
        };
        self.bookmarked = self.seen;
        line(out, "BOOKMARK", object.to_string().as_bytes());
    }
}

fn with_revision(event: &Event) -> Bytes {
    let mut object = event
        .before
        .as_ref()
        .map_or(serde_json::Value::Null, Entry::value);
    super::meta::set_text(&mut object, "resourceVersion", &event.revision.to_string());
    crate::store::body_bytes(&object)
}

fn line(out: &mut Vec<u8>, kind: &str, object: &[u8]) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    out.extend_from_slice(object);
    out.extend_from_slice(b"}\n");
}
