//! Durations as Go writes them: `1m30s`, `500ms`, `1h0m0s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A non-negative span of time that reads and prints as Go's `time.Duration` does, with nanosecond resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(Duration);

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid duration {text:?}: expected numbers with a unit, such as 1h30m, 10m or 500ms")]
pub struct InvalidDuration {
    text: String,
}

impl GoDuration {
    /// Whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        GoDuration(Duration::from_secs(seconds))
    }

    /// The same as a standard duration.
    pub const fn get(self) -> Duration {
        self.0
    }

    /// The difference, or zero.
    pub fn saturating_sub(self, other: Self) -> Self {
        GoDuration(self.0.saturating_sub(other.0))
    }
}

impl From<Duration> for GoDuration {
    fn from(duration: Duration) -> Self {
        GoDuration(duration)
    }
}

impl FromStr for GoDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration {
            text: text.chars().take(64).collect(),
        };
        let mut rest = text.strip_prefix('+').unwrap_or(text);
        if rest == "0" {
            return Ok(GoDuration::default());
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u128 = 0;
        while !rest.is_empty() {
            let (nanos, tail) = component(rest).ok_or_else(invalid)?;
            total = total
                .checked_add(nanos)
                .filter(|sum| *sum <= i64::MAX as u128)
                .ok_or_else(invalid)?;
            rest = tail;
        }
        Ok(GoDuration(Duration::new(
            (total / 1_000_000_000) as u64,
            (total % 1_000_000_000) as u32,
        )))
    }
}

/// One number with its unit, in nanoseconds, and what follows it.
fn component(text: &str) -> Option<(u128, &str)> {
    let number_end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|end| *end > 0)?;
    let (number, rest) = text.split_at(number_end);
    let unit_end = rest
        .find(|c: char| c.is_ascii_digit() || c == '.')
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let scale: u128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()? as u128
    };
    let mut nanos = whole.checked_mul(scale)?;
    let mut digit_scale = scale;
    for digit in fraction.bytes() {
        digit_scale /= 10;
        nanos += u128::from(digit.checked_sub(b'0').filter(|value| *value < 10)?) * digit_scale;
    }
    Some((nanos, rest))
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.subsec_nanos();
        let seconds = self.0.as_secs();
        match (seconds, nanos) {
            (0, 0) => f.write_str("0s"),
            (0, 1..=999) => write!(f, "{nanos}ns"),
            (0, 1_000..=999_999) => write!(f, "{}µs", decimal(u64::from(nanos), 1_000)),
            (0, _) => write!(f, "{}ms", decimal(u64::from(nanos), 1_000_000)),
            _ => {
                let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                write!(
                    f,
                    "{}s",
                    decimal(seconds % 60 * 1_000_000_000 + u64::from(nanos), 1_000_000_000)
                )
            }
        }
    }
}

/// `value / unit` with as many decimals as it needs; `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let fraction = value % unit;
    if fraction == 0 {
        return (value / unit).to_string();
    }
    let digits = unit.ilog10() as usize;
    let fraction = format!("{fraction:0digits$}");
    format!("{}.{}", value / unit, fraction.trim_end_matches('0'))
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, printed: &str) {
        assert_eq!(text.parse::<GoDuration>().unwrap().to_string(), printed);
    }

    #[test]
    fn reads_and_prints_as_go() {
        check("0", "0s");
        check("10m", "10m0s");
        check("1h", "1h0m0s");
        check("90s", "1m30s");
        check("1.5h", "1h30m0s");
        check("500ms", "500ms");
        check("1.2345s", "1.2345s");
        check("1500us", "1.5ms");
        check("2h45m30.5s", "2h45m30.5s");
        check("42ns", "42ns");
        check(".5m", "30s");
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in [
            "",
            "5",
            "m",
            "-5m",
            "1d",
            "1m 2s",
            ".s",
            "9999999h9999999h",
            "1e3s",
            "+",
        ] {
            assert!(text.parse::<GoDuration>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            let _ = text.parse::<GoDuration>();
        }

        #[test]
        fn survives_a_round_trip(nanos in 0..i64::MAX as u64) {
            let duration = GoDuration(Duration::from_nanos(nanos));
            prop_assert_eq!(duration.to_string().parse::<GoDuration>().unwrap(), duration);
        }
    }
}
