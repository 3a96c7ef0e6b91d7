//! The server over sockets.

use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ApiService;
use crate::Error;

/// How long connections may take to finish at shutdown.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Whether a server encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS with a certificate of the cluster's own authority.
    Tls,
    /// Plain HTTP: for tools on the same machine.
    Plain,
}

/// A running server. Dropping it leaves it running until the cluster shuts down.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    url: String,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, for [`crate::Cluster::kubeconfig`].
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Take no more connections, let the open ones finish for a moment, and end.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A task that panicked is ended as well.
        let _ = self.task.await;
    }
}

/// Serve on a listener.
pub(crate) fn serve(
    listener: TcpListener,
    service: ApiService,
    tls: Option<std::sync::Arc<rustls::ServerConfig>>,
    mut closing: watch::Receiver<bool>,
) -> Result<Server, Error> {
    let address = listener.local_addr().map_err(|source| Error::Io {
        path: "listener".into(),
        source,
    })?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let stop = watch::Sender::new(false);
    let mut stopped = stop.subscribe();
    let acceptor = tls.map(tokio_rustls::TlsAcceptor::from);
    let task = tokio::spawn(async move {
        let graceful = GracefulShutdown::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        // Small answers shall not wait for more.
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(connection(stream, acceptor.clone(), service.clone(), graceful.watcher()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of file descriptors: trying again at once would only spin.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                // Whoever drops the handle leaves the server running.
                Ok(()) = stopped.changed() => break,
                _ = closing.changed() => break,
            }
        }
        drop(listener);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(PATIENCE) => {}
        }
    });
    Ok(Server {
        address,
        url: format!("{scheme}://{address}"),
        stop,
        task,
    })
}

async fn connection(
    stream: tokio::net::TcpStream,
    acceptor: Option<tokio_rustls::TlsAcceptor>,
    service: ApiService,
    watcher: Watcher,
) {
    match acceptor {
        None => answer(stream, service, watcher).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let user = certificate.and_then(super::tls::user_of);
                answer(stream, service.certified(user), watcher).await;
            }
        }
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    service: ApiService,
    watcher: Watcher,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(64 << 10);
    builder.http2().max_concurrent_streams(1000);
    let connection = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
