//! Work that only computes.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// One place a core. More at once are no faster, and each holds what it builds.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Runs a computation beside those who wait for the network, with as many others as there are cores; the rest wait their
/// turn. It must not wait for anything itself, or it holds up all of them.
///
/// # Errors
/// The computation panicked, or the runtime is going down.
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    // It is never closed; if it were, nobody would have to wait.
    let place = PLACES.acquire().await;
    spawn_blocking(move || {
        // Held by the computation: it goes on where nobody waits for it any more.
        let _place = place;
        work()
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn never_more_at_once_than_there_are_cores() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let running: Vec<_> = (0..64)
            .map(|number| {
                let (now, most) = (now.clone(), most.clone());
                tokio::spawn(compute(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    now.fetch_sub(1, Ordering::SeqCst);
                    number
                }))
            })
            .collect();
        for (number, running) in running.into_iter().enumerate() {
            assert_eq!(running.await.unwrap().unwrap(), number);
        }
        let cores = available_parallelism().map_or(1, usize::from);
        assert!((1..=cores).contains(&most.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn a_panic_gives_its_place_back() {
        for _ in 0..100 {
            assert!(compute(|| panic!("on purpose")).await.unwrap_err().is_panic());
        }
        assert_eq!(compute(|| 1).await.unwrap(), 1);
    }
}
