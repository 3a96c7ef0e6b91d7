//! When to try again.

use std::time::Duration;

/// Waits that double from `first` to `most`.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Tries after the first one.
    pub retries: u32,
    /// Wait before the first of them.
    pub first: Duration,
    /// Longest wait.
    pub most: Duration,
}

impl Backoff {
    /// One try only.
    pub const NEVER: Backoff = Backoff {
        retries: 0,
        first: Duration::ZERO,
        most: Duration::ZERO,
    };

    /// The wait before retry number `retry` (from 0); none when there is none left.
    pub fn wait(&self, retry: u32) -> Option<Duration> {
        if retry >= self.retries {
            return None;
        }
        let factor = 1u32.checked_shl(retry).unwrap_or(u32::MAX);
        Some(self.first.saturating_mul(factor).min(self.most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let backoff = Backoff {
            retries: 40,
            first: Duration::from_secs(5),
            most: Duration::from_secs(30),
        };
        let waits: Vec<_> = (0..4)
            .filter_map(|retry| backoff.wait(retry))
            .map(|wait| wait.as_secs())
            .collect();
        assert_eq!(waits, [5, 10, 20, 30]);
        assert_eq!(backoff.wait(39), Some(Duration::from_secs(30)));
        assert_eq!(backoff.wait(40), None);
        assert_eq!(Backoff::NEVER.wait(0), None);
    }
}
