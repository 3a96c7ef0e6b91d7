//! Content digests as artifacts carry them: `algorithm:hex`.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A hash function that upstream's `--artifact-digest-algo` knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// The default.
    #[default]
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
    /// 160 bits.
    Sha1,
    /// 256 bits.
    Blake3,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 5] = [
        Algorithm::Sha256,
        Algorithm::Sha384,
        Algorithm::Sha512,
        Algorithm::Sha1,
        Algorithm::Blake3,
    ];

    /// The name in front of the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
            Algorithm::Sha1 => "sha1",
            Algorithm::Blake3 => "blake3",
        }
    }

    /// How many hexadecimal digits its digests have.
    fn digits(self) -> usize {
        match self {
            Algorithm::Sha1 => 40,
            Algorithm::Sha256 | Algorithm::Blake3 => 64,
            Algorithm::Sha384 => 96,
            Algorithm::Sha512 => 128,
        }
    }

    /// A hasher that has seen nothing yet.
    pub fn hasher(self) -> Hasher {
        let state = match self {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha384 => State::Sha384(Sha384::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
            Algorithm::Sha1 => State::Sha1(Sha1::new()),
            Algorithm::Blake3 => State::Blake3(Box::new(blake3::Hasher::new())),
        };
        Hasher {
            algorithm: self,
            state,
        }
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }
}

impl FromStr for Algorithm {
    type Err = InvalidDigest;

    fn from_str(name: &str) -> Result<Self, InvalidDigest> {
        Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| InvalidDigest::Unsupported {
                algorithm: shorten(name),
            })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The hash of some bytes, together with how it was computed. Prints and parses as `sha256:<hex>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDigest {
    /// No colon, or digits that are not lower-case hexadecimal.
    #[error("invalid checksum digest format: {text:?} (expected algorithm:hex, such as sha256:e3b0…)")]
    Format {
        /// What was given, shortened.
        text: String,
    },
    /// An algorithm that is not known.
    #[error("unsupported digest algorithm: {algorithm:?} (known: sha256, sha384, sha512, sha1, blake3)")]
    Unsupported {
        /// Its name, shortened.
        algorithm: String,
    },
    /// Too many or too few digits.
    #[error("invalid checksum digest length: {algorithm} has {expected} digits, not {found}")]
    Length {
        /// The algorithm named.
        algorithm: Algorithm,
        /// Digits that it has.
        expected: usize,
        /// Digits given.
        found: usize,
    },
}

impl Digest {
    /// How it was computed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Whether `bytes` hash to this.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        self.algorithm.digest(bytes) == *self
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let format = || InvalidDigest::Format { text: shorten(text) };
        let (algorithm, hex) = text.split_once(':').ok_or_else(format)?;
        let algorithm: Algorithm = algorithm.parse()?;
        if hex.len() != algorithm.digits() {
            let (expected, found) = (algorithm.digits(), hex.len());
            return Err(InvalidDigest::Length {
                algorithm,
                expected,
                found,
            });
        }
        if !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(format());
        }
        Ok(Digest {
            algorithm,
            hex: hex.into(),
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

/// Computes a [`Digest`] piece by piece; also a `Write` that never fails.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
    Sha1(Sha1),
    // Boxed since its state is many times larger than the others'.
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Blake3(state) => {
                state.update(bytes);
            }
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> Digest {
        let hex = match self.state {
            State::Sha256(state) => hex(&state.finalize()),
            State::Sha384(state) => hex(&state.finalize()),
            State::Sha512(state) => hex(&state.finalize()),
            State::Sha1(state) => hex(&state.finalize()),
            State::Blake3(state) => hex(state.finalize().as_bytes()),
        };
        Digest {
            algorithm: self.algorithm,
            hex,
        }
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Errors quote what they were given, but not a megabyte of it.
fn shorten(text: &str) -> String {
    text.chars().take(160).collect()
}

#[cfg(test)]
mod tests;
