//! Being asked to end.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process gets SIGINT or SIGTERM.
pub async fn interrupted() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(error) => {
            crate::log::warning(format!("cannot listen for signals: {error}"));
            std::future::pending().await
        }
    }
}
