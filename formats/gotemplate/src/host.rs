//! What templates may ask of the world, as the caller grants it.

use crate::{Error, Value};

/// The world around a render: clock, chance, names, cluster. The crate has none of them itself.
pub trait Host {
    /// Now: seconds since 1970-01-01 UTC, and nanoseconds.
    fn now(&self) -> (i64, u32);

    /// The machine's own time zone by its name in the tz database, `Europe/Berlin`. The database itself is in this crate.
    fn local_zone(&self) -> String {
        "UTC".to_owned()
    }

    /// Fills with bytes nobody can guess.
    fn random(&self, bytes: &mut [u8]) -> Result<(), Error>;

    /// A new private key, PKCS#8 DER. The crate writes certificates itself, but has no public-key cryptography.
    fn generate_key(&self, kind: KeyKind) -> Result<Vec<u8>, Error> {
        let _ = kind;
        Err(Error::new("no private keys can be made here"))
    }

    /// The bits of a private key's public half (PKCS#8 DER in): a point for ECDSA, 32 bytes for Ed25519.
    fn public_key(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = key;
        Err(Error::new("no private keys can be used here"))
    }

    /// Signs with a private key (PKCS#8 DER): RSA by PKCS#1 v1.5 and SHA-256, ECDSA by SHA-256 (SHA-384 and SHA-512 for
    /// the curves P-384 and P-521) as ASN.1, or Ed25519.
    fn sign(&self, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = (key, message);
        Err(Error::new("nothing can be signed here"))
    }

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

/// Kinds of private keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with so many bits.
    Rsa(u32),
    /// ECDSA on the curve P-256.
    P256,
    /// Ed25519.
    Ed25519,
}

/// A host with the time standing at zero, UTC only, and no chance: for tests, and where results must repeat.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn now(&self) -> (i64, u32) {
        (0, 0)
    }

    fn random(&self, _bytes: &mut [u8]) -> Result<(), Error> {
        Err(Error::new("no source of randomness"))
    }
}
