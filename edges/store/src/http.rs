//! Serving the archives.

use std::fs::Metadata;
use std::future::Future;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use flux_http::body::{self, Body};
use http::{HeaderMap, Method, Response, StatusCode, header};
use tokio::io::AsyncSeekExt;
use tokio::net::TcpListener;

use crate::path::below;
use crate::store::Store;

impl Store {
    /// Serves the archives on `listener` until `shutdown`: files only, no listings, nothing outside of the directory. The root
    /// answers with an empty page: upstream's Deployment asks it whether the server is there.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let store = self.clone();
        let handler = move |request: flux_http::Request| {
            let store = store.clone();
            async move {
                let (head, _) = request.into_parts();
                store.answer(&head.method, head.uri.path(), &head.headers).await
            }
        };
        flux_http::serve(listener, handler, shutdown).await;
    }

    /// The answer to one request.
    pub async fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Body> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
        }
        if path == "/" {
            return plain(StatusCode::OK, "");
        }
        let Some(target) = self.locate(path) else {
            return plain(StatusCode::NOT_FOUND, "404 page not found");
        };
        let Some((file, metadata)) = open(&self.settings().root, target.clone()).await else {
            return plain(StatusCode::NOT_FOUND, "404 page not found");
        };
        let tag = entity_tag(&metadata);
        let response = Response::builder()
            .header(header::ETAG, &tag)
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::CONTENT_TYPE, content_type(&target));
        let known = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        if known.is_some_and(|known| known == "*" || known.split(',').any(|one| one.trim() == tag)) {
            return finish(response.status(StatusCode::NOT_MODIFIED), body::empty());
        }
        let size = metadata.len();
        let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        let (status, start, length) = match range(asked, size) {
            Range::All => (StatusCode::OK, 0, size),
            Range::Part { start, length } => (StatusCode::PARTIAL_CONTENT, start, length),
            Range::Outside => {
                let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
                return finish(
                    response.header(header::CONTENT_RANGE, format!("bytes */{size}")),
                    body::empty(),
                );
            }
        };
        let mut response = response.status(status).header(header::CONTENT_LENGTH, length);
        if status == StatusCode::PARTIAL_CONTENT {
            let last = start + length - 1;
            response = response.header(header::CONTENT_RANGE, format!("bytes {start}-{last}/{size}"));
        }
        if *method == Method::HEAD {
            return finish(response, body::empty());
        }
        let mut file = file;
        if file.seek(SeekFrom::Start(start)).await.is_err() {
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "cannot read the artifact");
        }
        finish(response, body::reader(file, length))
    }

    /// Artifact paths hold no escapes, so one that does names nothing here. Locks and half-written files are not served.
    fn locate(&self, path: &str) -> Option<PathBuf> {
        let path = path.strip_prefix('/')?;
        if path.contains('%') || path.ends_with(".lock") || path.ends_with(".tmp") {
            return None;
        }
        below(&self.settings().root, path).ok()
    }
}

/// Opens a file for reading, following links only when they stay below the root.
async fn open(root: &Path, target: PathBuf) -> Option<(tokio::fs::File, Metadata)> {
    let (root, real) = (
        tokio::fs::canonicalize(root).await.ok()?,
        tokio::fs::canonicalize(target).await.ok()?,
    );
    if !real.starts_with(&root) {
        return None;
    }
    let file = tokio::fs::File::open(real).await.ok()?;
    let metadata = file.metadata().await.ok()?;
    metadata.is_file().then_some((file, metadata))
}

/// Changes whenever the file is written anew; the name alone does not say, since an include can change behind a commit.
fn entity_tag(metadata: &Metadata) -> String {
    let written = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!(
        "\"{:x}-{:x}\"",
        written.unwrap_or_default().as_nanos(),
        metadata.len()
    )
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz" | "tgz") => "application/gzip",
        Some("yaml" | "yml") => "application/yaml",
        _ => "application/octet-stream",
    }
}

#[derive(Debug, PartialEq)]
enum Range {
    All,
    Part { start: u64, length: u64 },
    Outside,
}

/// One range of bytes; anything else that is asked for gets the whole file, as the standard allows.
fn range(asked: Option<&str>, size: u64) -> Range {
    let Some((first, last)) = asked.and_then(|text| text.strip_prefix("bytes=")?.split_once('-')) else {
        return Range::All;
    };
    let (first, last) = (first.trim(), last.trim());
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => (start, size.min(last.saturating_add(1))),
        (Ok(start), Err(_)) if last.is_empty() => (start, size),
        (Err(_), Ok(suffix)) if first.is_empty() => (size.saturating_sub(suffix), size),
        _ => return Range::All,
    };
    if start >= end {
        Range::Outside
    } else {
        Range::Part {
            start,
            length: end - start,
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    finish(
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "text/plain"),
        body::full(text),
    )
}

fn finish(response: http::response::Builder, body: Body) -> Response<Body> {
    // Every header above is made of plain ASCII.
    response
        .body(body)
        .unwrap_or_else(|_| Response::new(body::empty()))
}

#[cfg(test)]
mod tests;
