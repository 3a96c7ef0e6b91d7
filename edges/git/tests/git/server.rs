//! `git http-backend` behind HTTP.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flux_http::{body, serve};
use http::{Response, StatusCode, header};
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;

/// Serves a repository (at `/repo`) until dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    /// Requests answered so far.
    pub(crate) requests: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Default)]
pub(crate) struct Options {
    /// The value of `Authorization` that is wanted.
    pub(crate) authorization: Option<&'static str>,
    /// Configuration of the served repository.
    pub(crate) config: Vec<(&'static str, String)>,
    /// Answers redirects to this address instead.
    pub(crate) redirect: Option<String>,
}

impl Server {
    pub(crate) async fn start(repository: &Path, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/repo", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (root, counter) = (repository.to_owned(), requests.clone());
        let handler = move |request| {
            counter.fetch_add(1, Ordering::SeqCst);
            answer(root.clone(), options.clone(), request)
        };
        let task = tokio::spawn(serve(listener, handler, std::future::pending()));
        Server { url, requests, task }
    }

    pub(crate) fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(root: PathBuf, options: Options, request: flux_http::Request) -> Response<body::Body> {
    let (head, content) = request.into_parts();
    let header = |name| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(target) = &options.redirect {
        let location = format!("{target}{}", head.uri.to_string().trim_start_matches("/repo"));
        return status(StatusCode::FOUND)
            .header(header::LOCATION, location)
            .body(body::empty())
            .unwrap();
    }
    if options
        .authorization
        .is_some_and(|wanted| header(header::AUTHORIZATION) != wanted)
    {
        let refusal =
            status(StatusCode::UNAUTHORIZED).header(header::WWW_AUTHENTICATE, "Basic realm=\"git\"");
        return refusal
            .header(header::CONTENT_TYPE, "text/plain")
            .body(body::full("who are you?"))
            .unwrap();
    }
    let Some(path) = head.uri.path().strip_prefix("/repo") else {
        return status(StatusCode::NOT_FOUND).body(body::empty()).unwrap();
    };
    let content = content.collect().await.unwrap().to_bytes();
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    for (key, value) in &options.config {
        command.arg("-c").arg(format!("{key}={value}"));
    }
    command
        .arg("http-backend")
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_TRANSLATED", format!("{}/.git{path}", root.display()))
        .env("REQUEST_METHOD", head.method.as_str())
        .env("QUERY_STRING", head.uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", content.len().to_string())
        .env(
            "GIT_PROTOCOL",
            header(header::HeaderName::from_static("git-protocol")),
        );
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writing = tokio::spawn(async move {
        // git may have read enough before the end.
        let _ = input.write_all(&content).await;
    });
    let output = child.wait_with_output().await.unwrap();
    writing.await.unwrap();
    from_cgi(&output.stdout)
}

fn status(status: StatusCode) -> http::response::Builder {
    Response::builder().status(status)
}

fn from_cgi(output: &[u8]) -> Response<body::Body> {
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = std::str::from_utf8(&output[..end]).unwrap();
    let mut response = Response::builder();
    for line in head.lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value.split(' ').next().unwrap().parse::<u16>().unwrap()),
            name => response.header(name, value),
        };
    }
    response.body(body::full(output[end + 4..].to_vec())).unwrap()
}
