//! Bodies of answers.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;

/// What [`serve`](crate::serve) sends: bytes at once or as a stream.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

const CHUNK: usize = 64 * 1024;

/// All of it at once.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// Nothing.
pub fn empty() -> Body {
    full(Bytes::new())
}

/// Up to `limit` bytes of a reader, read as the client takes them.
pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, limit: u64) -> Body {
    let chunks = Receiver::spawn(reader.take(limit));
    StreamBody::new(chunks).boxed_unsync()
}

/// A stream over a channel that a task fills: the body needs no unsafe pinning, and the channel holds two chunks at most.
struct Receiver(mpsc::Receiver<io::Result<Frame<Bytes>>>);

impl Receiver {
    fn spawn(mut reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(2);
        tokio::spawn(async move {
            let mut buffer = vec![0; CHUNK];
            loop {
                let chunk = match reader.read(&mut buffer).await {
                    Ok(0) => break,
                    Ok(count) => Ok(Frame::data(Bytes::copy_from_slice(&buffer[..count]))),
                    Err(error) => Err(error),
                };
                let last = chunk.is_err();
                // A client that went away takes nothing more.
                if sender.send(chunk).await.is_err() || last {
                    break;
                }
            }
        });
        Receiver(receiver)
    }
}

impl futures::Stream for Receiver {
    type Item = io::Result<Frame<Bytes>>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
