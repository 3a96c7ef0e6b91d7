//! Spreading what would otherwise happen at the same instant.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// `interval` more or less `percent`, at random.
pub fn jittered(interval: Duration, percent: u8) -> Duration {
    let random = RandomState::new().hash_one(interval) % 10_000;
    at(interval, percent, random as f64 / 10_000.0)
}

/// The point between `interval` less `percent` (at 0) and `interval` plus `percent` (at 1).
pub fn at(interval: Duration, percent: u8, point: f64) -> Duration {
    let percent = f64::from(percent.min(100)) / 100.0;
    interval.mul_f64(1.0 + percent * (2.0 * point - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(point: f64, expect: u64) {
        assert_eq!(
            at(Duration::from_secs(600), 5, point),
            Duration::from_secs(expect)
        );
    }

    #[test]
    fn the_span_is_even_around_the_interval() {
        check(0.0, 570);
        check(0.5, 600);
        check(1.0, 630);
    }
}
