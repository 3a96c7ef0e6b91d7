//! Figures of a cluster: applies per second, a list of 10,000 objects, 1,000 watchers, starts and memory. Run by
//! `cargo xtask bench cluster`; each figure comes from a process of its own: `bench FIGURE`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_cluster::{Cluster, Config, Controllers, Security, User};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::ServiceExt as _;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const OBJECTS: usize = 10_000;
const WRITERS: usize = 16;
const WATCHERS: usize = 1_000;
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::main]
async fn main() -> Result<()> {
    let directory = std::env::args().nth(2).unwrap_or_default();
    match std::env::args().nth(1).unwrap_or_default().as_str() {
        "applies" => applies(Config::memory()).await,
        "applies-durable" => applies(Config::directory(&directory)).await,
        "applies-tls" => applies_tls().await,
        "list" => list().await,
        "list-tls" => list_tls().await,
        "watchers" => watchers().await,
        "start" => start(&directory).await,
        "memory" => memory().await,
        other => Err(format!("no figure {other:?}").into()),
    }
}

fn quiet(config: Config) -> Config {
    Config {
        controllers: Controllers::none(),
        simulate: false,
        ..config
    }
}

fn body(name: &str, value: &str) -> String {
    format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"{name}\",\"labels\":{{\"app\":\"load\"}}}},\"data\":{{\"key\":\"{}\",\"value\":\"{value}\"}}}}",
        "x".repeat(500)
    )
}

async fn send(cluster: &Cluster, request: http::request::Builder, body: String) -> bytes::Bytes {
    let request = request.body(body).expect("the parts are constants");
    let Ok(response) = cluster.service(User::admin()).oneshot(request).await;
    assert!(response.status().is_success(), "{}", response.status());
    response
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default()
}

async fn apply(cluster: &Cluster, name: &str, value: &str) {
    let request = http::Request::patch(format!("{MAPS}/{name}?fieldManager=load"))
        .header("content-type", "application/apply-patch+yaml");
    send(cluster, request, body(name, value)).await;
}

/// Every writer applies its own objects one after the other.
async fn fill(cluster: &Arc<Cluster>, value: &'static str) {
    let tasks = (0..WRITERS).map(|writer| {
        let cluster = cluster.clone();
        tokio::spawn(async move {
            for number in 0..OBJECTS / WRITERS {
                apply(&cluster, &format!("w{writer}-{number}"), value).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        // A writer that failed has said why.
        let _ = task.await;
    }
}

async fn applies(config: Config) -> Result<()> {
    let cluster = Arc::new(Cluster::open(quiet(config)).await?);
    fill(&cluster, "1").await;
    let begun = Instant::now();
    fill(&cluster, "2").await;
    println!("{:.0}", OBJECTS as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

/// A connection to the server that sends one request after the other.
struct Connection {
    stream: tokio_rustls::client::TlsStream<tokio::net::TcpStream>,
    token: String,
    rest: Vec<u8>,
}

impl Connection {
    async fn open(cluster: &Cluster, address: std::net::SocketAddr) -> Result<Self> {
        use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(
            cluster.ca_certificate().as_bytes(),
        )?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await?;
        Ok(Self {
            stream,
            token: cluster.admin_token().to_owned(),
            rest: Vec::new(),
        })
    }

    async fn send(&mut self, head: &str, body: &str) -> Result<Vec<u8>> {
        let request = format!(
            "{head} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/apply-patch+yaml\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.rest[..end]).to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
        while self.rest.len() < end + length {
            self.more().await?;
        }
        let rest = self.rest.split_off(end + length);
        let answer = std::mem::replace(&mut self.rest, rest);
        Ok(answer[end..].to_vec())
    }

    async fn more(&mut self) -> Result<()> {
        let mut chunk = vec![0; 64 << 10];
        let count = self.stream.read(&mut chunk).await?;
        if count == 0 {
            return Err("the server closed the connection".into());
        }
        self.rest.extend_from_slice(&chunk[..count]);
        Ok(())
    }
}

async fn served() -> Result<(Arc<Cluster>, std::net::SocketAddr)> {
    let cluster = Arc::new(Cluster::open(quiet(Config::memory())).await?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let server = cluster.serve(listener, Security::Tls)?;
    Ok((cluster, server.address()))
}

async fn applies_tls() -> Result<()> {
    let (cluster, address) = served().await?;
    fill(&cluster, "1").await;
    let begun = Instant::now();
    let tasks = (0..WRITERS).map(|writer| {
        let cluster = cluster.clone();
        tokio::spawn(async move {
            let mut connection = Connection::open(&cluster, address).await?;
            for number in 0..OBJECTS / WRITERS {
                let name = format!("w{writer}-{number}");
                connection
                    .send(
                        &format!("PATCH {MAPS}/{name}?fieldManager=load"),
                        &body(&name, "2"),
                    )
                    .await?;
            }
            Result::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    println!("{:.0}", OBJECTS as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

async fn list() -> Result<()> {
    let cluster = Arc::new(Cluster::open(quiet(Config::memory())).await?);
    fill(&cluster, "1").await;
    let begun = Instant::now();
    send(&cluster, http::Request::get(MAPS), String::new()).await;
    println!("{:.1}", begun.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

async fn list_tls() -> Result<()> {
    let (cluster, address) = served().await?;
    fill(&cluster, "1").await;
    let mut connection = Connection::open(&cluster, address).await?;
    let begun = Instant::now();
    connection.send(&format!("GET {MAPS}"), "").await?;
    println!("{:.1}", begun.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

/// How long until every watcher has seen the last of 100 changes.
async fn watchers() -> Result<()> {
    let cluster = Arc::new(Cluster::open(quiet(Config::memory())).await?);
    apply(&cluster, "one", "0").await;
    let path = format!("{MAPS}?watch=true&resourceVersion={}", cluster.revision());
    let mut watching = Vec::new();
    for _ in 0..WATCHERS {
        let request = http::Request::get(&path).body(String::new())?;
        let Ok(response) = cluster.service(User::admin()).oneshot(request).await;
        watching.push(response.into_body());
    }
    let begun = Instant::now();
    let tasks = watching.into_iter().map(|mut body| {
        tokio::spawn(async move {
            let mut seen = 0;
            while seen < 100 {
                let Some(Ok(frame)) = body.frame().await else {
                    return false;
                };
                seen += frame
                    .into_data()
                    .map_or(0, |data| data.iter().filter(|byte| **byte == b'\n').count());
            }
            true
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for number in 1..=100 {
        apply(&cluster, "one", &number.to_string()).await;
    }
    for task in tasks {
        if !task.await? {
            return Err("a watch ended early".into());
        }
    }
    println!("{:.1}", begun.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

/// Opens a directory; fills it when asked with a third argument.
async fn start(directory: &str) -> Result<()> {
    let begun = Instant::now();
    let cluster = Arc::new(Cluster::open(quiet(Config::directory(directory))).await?);
    println!("{:.1}", begun.elapsed().as_secs_f64() * 1000.0);
    if std::env::args().nth(3).is_some() {
        fill(&cluster, "1").await;
    }
    if let Some(cluster) = Arc::into_inner(cluster) {
        cluster.shutdown().await;
    }
    Ok(())
}

/// MiB that 10,000 objects take in the process, the process itself included.
async fn memory() -> Result<()> {
    let cluster = Arc::new(Cluster::open(quiet(Config::memory())).await?);
    fill(&cluster, "1").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    let kib: f64 = line.split_whitespace().nth(1).unwrap_or("0").parse()?;
    println!("{:.1}", kib / 1024.0);
    drop(cluster);
    Ok(())
}
