//! How many passes are under way in the process: what is not waited for can wait until there are none.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

/// Counts the passes under way. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Passes(Arc<watch::Sender<usize>>);

/// A pass under way; over when dropped.
#[derive(Debug)]
pub struct UnderWay(Passes);

impl Passes {
    /// Another one begins.
    pub fn begin(&self) -> UnderWay {
        self.0.send_if_modified(|count| {
            *count += 1;
            false
        });
        UnderWay(self.clone())
    }

    /// Returns when none is under way, and at this time whatever is.
    pub async fn none(&self, latest: Instant) {
        let mut count = self.0.subscribe();
        // It cannot be closed: `self` holds the sender.
        let _ = tokio::time::timeout_at(latest, count.wait_for(|count| *count == 0)).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|count| {
            *count -= 1;
            *count == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_last_pass_ends_the_wait() {
        let (passes, began) = (Passes::default(), Instant::now());
        let late = began + Duration::from_secs(9);
        passes.none(late).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        let (first, second) = (passes.begin(), passes.begin());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(first);
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(second);
        });
        passes.none(late).await;
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        let _endless = passes.begin();
        passes.none(late).await;
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    }
}
