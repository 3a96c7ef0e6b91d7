//! A token bucket for requests.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Lets `burst` requests through at once and `qps` a second after that, as client-go does.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_token: Duration,
    burst: u32,
    /// When the bucket would be full again. Requests move it forward; it may lie in the future.
    full_at: Mutex<Option<Instant>>,
}

impl Limiter {
    /// `None` when `qps` asks for no limit.
    pub(crate) fn new(qps: f32, burst: u32) -> Option<Self> {
        (qps > 0.0 && qps.is_finite()).then(|| Limiter {
            per_token: Duration::from_secs_f32(1.0 / qps),
            burst: burst.max(1),
            full_at: Mutex::new(None),
        })
    }

    /// Waits for a token.
    pub(crate) async fn acquire(&self) {
        let now = Instant::now();
        let at = self.reserve(now);
        if at > now {
            tokio::time::sleep_until(at).await;
        }
    }

    /// Takes a token and says from when it counts.
    fn reserve(&self, now: Instant) -> Instant {
        let mut full_at = self.full_at.lock().unwrap_or_else(|poison| poison.into_inner());
        let next = full_at.unwrap_or(now).max(now) + self.per_token;
        *full_at = Some(next);
        next.checked_sub(self.per_token * self.burst)
            .map_or(now, |at| at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_burst_is_free_and_the_rest_is_paced() {
        let limiter = Limiter::new(10.0, 3).unwrap();
        let now = Instant::now();
        let waits: Vec<_> = (0..5).map(|_| (limiter.reserve(now) - now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        assert_eq!(
            limiter.reserve(now + Duration::from_secs(9)),
            now + Duration::from_secs(9)
        );
    }

    #[test]
    fn zero_means_no_limit() {
        assert!(Limiter::new(0.0, 1).is_none() && Limiter::new(-1.0, 1).is_none());
    }
}
