//! Load on a cluster in process: `load DIR|memory WRITERS WRITES`. Every writer applies its own config maps one after
//! the other; prints applies per second, the time of one list of all, and the resident memory.

use std::sync::Arc;
use std::time::Instant;

use flux_cluster::{Cluster, Config, User};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, writers, writes] = arguments.as_slice() else {
        return Err("load DIR|memory WRITERS WRITES".into());
    };
    let (writers, writes): (usize, usize) = (writers.parse()?, writes.parse()?);
    let config = if place == "memory" {
        Config::memory()
    } else {
        Config::directory(place)
    };
    let begun = Instant::now();
    let cluster = Arc::new(Cluster::open(config).await?);
    println!("open {:?}", begun.elapsed());
    let begun = Instant::now();
    let tasks = (0..writers).map(|writer| {
        let cluster = cluster.clone();
        tokio::spawn(async move {
            for number in 0..writes {
                apply(&cluster, &format!("w{writer}-{number}")).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} applies in {seconds:.2} s, {:.0}/s",
        writers * writes,
        (writers * writes) as f64 / seconds
    );
    let begun = Instant::now();
    let bytes = send(&cluster, http::Request::get("/api/v1/configmaps"), String::new())
        .await
        .len();
    println!("list of {bytes} bytes in {:?}", begun.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
    {
        println!("{line}");
    }
    Ok(())
}

async fn apply(cluster: &Cluster, name: &str) {
    let body = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"{name}\",\"labels\":{{\"app\":\"load\"}}}},\"data\":{{\"key\":\"{}\"}}}}",
        "x".repeat(500)
    );
    let request = http::Request::patch(format!(
        "/api/v1/namespaces/default/configmaps/{name}?fieldManager=load"
    ))
    .header("content-type", "application/apply-patch+yaml");
    send(cluster, request, body).await;
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
