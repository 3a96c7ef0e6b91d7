//! Moments as Go writes them to JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment as Go's `time.Time` keeps it in JSON: RFC 3339 with its offset and up to nine digits of a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time(String);

const ZERO: &str = "0001-01-01T00:00:00Z";

impl Default for Time {
    fn default() -> Self {
        Time(ZERO.to_owned())
    }
}

impl Time {
    /// From seconds since 1970-01-01 UTC and nanoseconds. What is out of range becomes Go's zero time.
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Self {
        let nanoseconds = i32::try_from(nanoseconds).unwrap_or(0);
        match jiff::Timestamp::new(seconds, nanoseconds) {
            Ok(timestamp) => Time(timestamp.to_string()),
            Err(_) => Time::default(),
        }
    }

    /// From text in the form of RFC 3339. Nothing when it is not.
    pub fn parse(text: &str) -> Option<Self> {
        if text == ZERO {
            return Some(Time::default());
        }
        text.parse::<jiff::Timestamp>().ok()?;
        Some(Time(without_trailing_zeros(text)))
    }

    /// Whether this is Go's zero time, which stands for none.
    pub fn is_zero(&self) -> bool {
        self.0 == ZERO
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Seconds since 1970-01-01 UTC, and nanoseconds; nothing for the zero time.
    pub fn unix(&self) -> Option<(i64, u32)> {
        if self.is_zero() {
            return None;
        }
        let timestamp: jiff::Timestamp = self.0.parse().ok()?;
        let nanoseconds = u32::try_from(timestamp.subsec_nanosecond()).unwrap_or(0);
        Some((timestamp.as_second(), nanoseconds))
    }
}

/// Go prints no zeros at the end of a fraction.
fn without_trailing_zeros(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else {
        return text.to_owned();
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, offset) = rest.split_at(digits);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{point}{fraction}{offset}")
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// An empty text is the zero time, as releases of Helm 3 have it.
impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(Time::default());
        }
        Time::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("parsing time {text:?} as RFC 3339")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(Time::parse(text).as_ref().map(Time::as_str), expect, "{text}");
    }

    #[test]
    fn texts() {
        check("2024-01-02T03:04:05Z", Some("2024-01-02T03:04:05Z"));
        check(
            "2024-01-02T03:04:05.120000+02:00",
            Some("2024-01-02T03:04:05.12+02:00"),
        );
        check("2024-01-02T03:04:05.000-07:00", Some("2024-01-02T03:04:05-07:00"));
        check("0001-01-01T00:00:00Z", Some(ZERO));
        check("yesterday", None);
    }

    #[test]
    fn unix() {
        let time = Time::from_unix(1_700_000_000, 5_000_000);
        assert_eq!(time.as_str(), "2023-11-14T22:13:20.005Z");
        assert_eq!(time.unix(), Some((1_700_000_000, 5_000_000)));
        assert_eq!(Time::default().unix(), None);
        assert!(Time::from_unix(i64::MAX, 0).is_zero());
    }
}
