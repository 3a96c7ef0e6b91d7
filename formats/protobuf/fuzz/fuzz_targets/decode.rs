//! Any bytes are an object or are refused, and an object can be written as JSON.
#![no_main]

use flux_protobuf::{Limits, decode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(object) = decode(bytes, &Limits::default()) {
        assert!(serde_json::from_str::<serde_json::Value>(&object.to_string()).is_ok());
    }
});
