use tokio::sync::oneshot;

use super::*;
use crate::{Client, Settings, body};

#[tokio::test]
async fn a_running_request_ends_and_no_other_begins() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (arrived, arrival) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let once = Arc::new(std::sync::Mutex::new(Some((arrived, released))));
    let handler = move |_| {
        let (arrived, released) = once.lock().unwrap().take().unwrap();
        async move {
            arrived.send(()).unwrap();
            released.await.unwrap();
            http::Response::new(body::full("done"))
        }
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, handler, async { drop(stopped.await) }));
    let client = Client::new(&Settings::default()).unwrap();
    let request = tokio::spawn({
        let (client, url) = (client.clone(), url.clone());
        async move { client.get(&url).await.unwrap().bytes(10).await.unwrap() }
    });
    arrival.await.unwrap();
    drop(stop);
    release.send(()).unwrap();
    assert_eq!(&request.await.unwrap()[..], b"done");
    server.await.unwrap();
    assert!(client.get(&url).await.is_err());
}

#[tokio::test]
async fn a_stream_is_sent_up_to_its_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let handler = |_| async { http::Response::new(body::reader(tokio::io::repeat(b'x'), 200_000)) };
    let server = tokio::spawn(serve(listener, handler, std::future::pending()));
    let answer = Client::new(&Settings::default())
        .unwrap()
        .get(&url)
        .await
        .unwrap();
    let bytes = answer.bytes(1 << 20).await.unwrap();
    assert_eq!(
        (bytes.len(), bytes.iter().all(|byte| *byte == b'x')),
        (200_000, true)
    );
    server.abort();
}
