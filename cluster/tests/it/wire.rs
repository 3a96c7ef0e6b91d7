//! A small HTTP client over sockets, and a server in a process of its own that can be killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use flux_cluster::{Cluster, Config, Controllers, Security};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DIRECTORY: &str = "FLUX_CLUSTER_WIRE_DIRECTORY";
const ADDRESS: &str = "FLUX_CLUSTER_WIRE_ADDRESS";

/// The process that serves until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as the child of other tests"]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let config = Config {
        controllers: Controllers::none(),
        simulate: false,
        ..Config::directory(directory)
    };
    let cluster = Cluster::open(config).await.unwrap();
    let address = std::env::var(ADDRESS).unwrap();
    let listener = loop {
        // The port of the process that was killed may still be in use for a moment.
        match tokio::net::TcpListener::bind(&address).await {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let server = cluster.serve(listener, Security::Plain).unwrap();
    println!("serving {} {}", server.address(), cluster.admin_token());
    std::future::pending::<()>().await;
}

/// A server in a process of its own; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Server {
    /// Start one on a directory, at an address such as `127.0.0.1:0`.
    pub(crate) fn start(directory: &Path, address: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "wire::child",
                "--exact",
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(DIRECTORY, directory)
            .env(ADDRESS, address)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines
            .map(Result::unwrap)
            .find(|line| line.contains("serving "))
            .unwrap();
        let words: Vec<&str> = line.split("serving ").nth(1).unwrap().split(' ').collect();
        Self {
            child,
            address: words[0].parse().unwrap(),
            token: words[1].to_owned(),
        }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Files and sockets that the process has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }

    /// Resident memory of the process in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    token: String,
    rest: Vec<u8>,
}

impl Wire {
    /// Connect; nothing when nobody listens.
    pub(crate) async fn open(address: SocketAddr, token: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        Some(Self {
            stream,
            token: token.to_owned(),
            rest: Vec::new(),
        })
    }

    /// Send a request; nothing when the connection breaks.
    pub(crate) async fn send(&mut self, call: &str, body: &str) -> Option<(u16, Value)> {
        self.ask(call, body).await?;
        let (status, length) = self.head().await?;
        let length = length?;
        while self.rest.len() < length {
            self.more().await?;
        }
        let body: Vec<u8> = self.rest.drain(..length).collect();
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Open a watch; gives the status.
    pub(crate) async fn watch(&mut self, path: &str) -> Option<u16> {
        self.ask(&format!("GET {path}"), "").await?;
        Some(self.head().await?.0)
    }

    /// The next line of a watch; nothing when it ends.
    pub(crate) async fn line(&mut self) -> Option<Value> {
        loop {
            // The lengths of the chunks stand on lines of their own.
            let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else {
                self.more().await?;
                continue;
            };
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            if line.first() == Some(&b'{') {
                return serde_json::from_slice(&line).ok();
            }
            if line.starts_with(b"0\r\n") {
                return None;
            }
        }
    }

    async fn ask(&mut self, call: &str, body: &str) -> Option<()> {
        let request = format!(
            "{call} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.ok()
    }

    async fn head(&mut self) -> Option<(u16, Option<usize>)> {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head: Vec<u8> = self.rest.drain(..end).collect();
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        Some((status, length.and_then(|length| length.trim().parse().ok())))
    }

    async fn more(&mut self) -> Option<()> {
        let mut chunk = vec![0; 16 << 10];
        let count = self
            .stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        self.rest.extend_from_slice(&chunk[..count]);
        Some(())
    }
}
