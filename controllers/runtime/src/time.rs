//! The clock, for those floors that have one.

use jiff::Timestamp;

pub use flux_api::duration::GoDuration;

/// Now.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// As Kubernetes writes times: RFC 3339 in UTC, whole seconds.
pub fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
