//! What templates may ask of the world, as the caller grants it.

use crate::{Error, Value};

/// The world around a render: clock, chance, names, cluster. The crate has none of them itself.
pub trait Host {
    /// Now: seconds since 1970-01-01 UTC, and nanoseconds.
    fn now(&self) -> (i64, u32);

    /// Offset from UTC in seconds, and abbreviation, that a time zone has at a moment (Unix seconds). The zone is an IANA
    /// name, or `Local`. `None`: no such zone.
    fn zone(&self, name: &str, at: i64) -> Option<(i32, String)>;

    /// Fills with bytes nobody can guess.
    fn random(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// Helm's `getHostByName`: an address of a host, or empty where looking names up is off.
    fn host_by_name(&self, name: &str) -> String {
        let _ = name;
        String::new()
    }

    /// Helm's `lookup`: an object, or a list of them when the name is empty, or an empty map when there is no cluster.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, Error> {
        let _ = (api_version, kind, namespace, name);
        Ok(Value::Map(crate::Map::new()))
    }
}

/// A host with the time standing at zero, UTC only, and no chance: for tests, and where results must repeat.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn now(&self) -> (i64, u32) {
        (0, 0)
    }

    fn zone(&self, name: &str, _at: i64) -> Option<(i32, String)> {
        matches!(name, "" | "UTC" | "Local").then(|| (0, "UTC".to_owned()))
    }

    fn random(&self, _bytes: &mut [u8]) -> Result<(), Error> {
        Err(Error::new("no source of randomness"))
    }
}
