//! The end, announced.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells everyone that holds a clone that it is time to end.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Shutdown(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    /// Not yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Now.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is time.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is time.
    pub async fn wait(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = receiver.wait_for(|triggered| *triggered).await;
    }
}
