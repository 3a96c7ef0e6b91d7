//! Signals: being asked to end, and a terminal of another size.

use tokio::signal::unix::{Signal, SignalKind, signal};

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

/// Changes of the terminal's size.
pub struct Resizes(Option<Signal>);

/// Tells of changes of the terminal's size from now on.
pub fn resizes() -> Resizes {
    Resizes(signal(SignalKind::window_change()).ok())
}

impl Resizes {
    /// Resolves at the next change.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }
}
