//! Clients that vanish, and what they leave behind: nothing.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::wire::{Server, Wire};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
/// How many connections are broken, in all the ways below.
const BROKEN: usize = 10_000;

/// Begin something and go away: in the head, in the body, with an answer on its way, in a watch.
async fn vanish(server: &Server, way: usize) {
    let Ok(mut stream) = TcpStream::connect(server.address).await else {
        panic!("the server takes no more connections")
    };
    let auth = format!("authorization: Bearer {}\r\n", server.token);
    let text = match way % 5 {
        0 => "GET /api/v1/na".to_owned(),
        1 => format!("POST {MAPS} HTTP/1.1\r\nhost: x\r\n{auth}content-length: 100000\r\n\r\n{{\"kind\":"),
        2 => format!("GET {MAPS} HTTP/1.1\r\nhost: x\r\n{auth}\r\n"),
        3 => format!("GET {MAPS}?watch=true HTTP/1.1\r\nhost: x\r\n{auth}\r\n"),
        _ => "\u{16}\u{3}\u{1}\u{2}\u{0} not HTTP at all\r\n\r\n".to_owned(),
    };
    // The server may have closed the connection already.
    let _ = stream.write_all(text.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_leave_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), "127.0.0.1:0");
    for way in 0..BROKEN / 10 {
        vanish(&server, way).await;
    }
    settle(&server).await;
    let (files, memory) = (server.open_files(), server.memory());
    for way in 0..BROKEN {
        vanish(&server, way).await;
    }
    settle(&server).await;
    let (files_now, memory_now) = (server.open_files(), server.memory());
    println!(
        "{files} files and {memory} KiB before, {files_now} and {memory_now} after {BROKEN} broken connections"
    );
    assert!(
        files_now <= files + 5,
        "{files_now} files are open, {files} were before"
    );
    assert!(
        memory_now < memory + (16 << 10),
        "{memory_now} KiB, {memory} before"
    );
}

/// Wait until the server has noticed that everyone is gone. Watches notice when something changes.
async fn settle(server: &Server) {
    let mut wire = Wire::open(server.address, &server.token).await.unwrap();
    let mut last = usize::MAX;
    for round in 0..200 {
        let body = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{{\"name\":\"s{round}\"}}}}"
        );
        wire.send(&format!("POST {MAPS}"), &body).await.unwrap();
        wire.send(&format!("DELETE {MAPS}/s{round}"), "").await.unwrap();
        let now = server.open_files();
        if now == last && now < 30 {
            return;
        }
        last = now;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
