//! OpenPGP as far as signed files need it: keyrings, and clear-signed texts made and checked.
//!
//! Takes a keyring (binary, as `gpg --export` writes it) and a text, and gives who signed it, or the text with a signature. Keys and
//! signatures of version 4 with RSA, ECDSA and EdDSA (signing: RSA and EdDSA). A key counts only with a valid signature of its own
//! over its name; revoked and expired keys sign nothing. What is refused is told in the words of Go's library, because Helm passes
//! them on. It deliberately encrypts nothing, and knows no web of trust: who is in the keyring is trusted.
//!
//! ```
//! use flux_openpgp::{Error, Keyring, verify};
//!
//! let keyring = Keyring::parse(b"")?;
//! assert!(matches!(verify(b"no signature", &keyring, 0), Err(Error::NoSignature)));
//! # Ok::<(), Error>(())
//! ```

mod armor;
mod crypto;
mod error;
mod keyring;
mod packet;
mod secret;
mod signature;

pub use armor::{Signed, sign, verify};
pub use error::Error;
pub use keyring::{Entity, Keyring};
pub use secret::Signer;
