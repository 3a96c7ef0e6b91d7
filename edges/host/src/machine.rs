//! The machine as a host of templates.

use std::net::ToSocketAddrs;
use std::time::{SystemTime, UNIX_EPOCH};

use flux_gotemplate::{Error, Host, KeyKind};

use crate::keys;

/// This machine. Names of hosts are looked up only when that is allowed, as with Helm's `--enable-dns`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine {
    /// Whether `getHostByName` asks the resolver.
    pub dns: bool,
}

impl Host for Machine {
    fn now(&self) -> (i64, u32) {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => (
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                since.subsec_nanos(),
            ),
            Err(before) => (-i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX), 0),
        }
    }

    /// `TZ`, else what `/etc/localtime` points to, else UTC.
    fn local_zone(&self) -> String {
        if let Ok(zone) = std::env::var("TZ") {
            return zone.trim_start_matches(':').to_owned();
        }
        let link = std::fs::read_link("/etc/localtime").unwrap_or_default();
        let link = link.to_string_lossy();
        link.split_once("zoneinfo/")
            .map_or_else(|| "UTC".to_owned(), |(_, zone)| zone.to_owned())
    }

    /// The kernel's: the library of keys first spends tens of milliseconds on a source of its own.
    fn random(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|_| Error::new("the machine has no randomness"))
    }

    fn generate_key(&self, kind: KeyKind) -> Result<Vec<u8>, Error> {
        keys::generate(kind)
    }

    fn public_key(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        keys::public(key)
    }

    fn sign(&self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        keys::sign(key, message)
    }

    fn host_by_name(&self, name: &str) -> String {
        if !self.dns {
            return String::new();
        }
        let mut addresses = (name, 0).to_socket_addrs().into_iter().flatten();
        addresses
            .next()
            .map(|address| address.ip().to_string())
            .unwrap_or_default()
    }
}
