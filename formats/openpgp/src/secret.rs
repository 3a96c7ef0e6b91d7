//! Secret keys: unlocked with a passphrase, they sign.

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA512};
use num_bigint::BigUint;

use crate::Error;
use crate::crypto::{self, EDDSA, Public, RSA};
use crate::keyring::Key;
use crate::packet::{Cursor, write_number};
use crate::signature::{TEXT, finish};

/// SHA-512, as Helm signs.
const SHA512: u8 = 10;
const CHECKSUM: Error = Error::Structural("private key checksum failure");

/// What stands behind the public half of a key.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) Vec<u8>);

// What is secret never reaches a log through `{:?}`.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    pub(crate) fn is_locked(&self) -> bool {
        self.0.first().is_some_and(|usage| *usage != 0)
    }

    /// The numbers of the key.
    fn unlock(&self, passphrase: &[u8]) -> Result<Vec<u8>, Error> {
        let mut cursor = Cursor(&self.0);
        let usage = cursor.u8()?;
        if usage == 0 {
            return summed(cursor.0.to_vec());
        }
        if !matches!(usage, 254 | 255) {
            return Err(Error::Unsupported(format!("protection {usage} of private keys")));
        }
        let algorithm = match cursor.u8()? {
            7 => &AES_128,
            8 => &AES_192,
            9 => &AES_256,
            other => return Err(Error::Unsupported(format!("cipher {other} of private keys"))),
        };
        let size = match algorithm {
            cipher if *cipher == AES_128 => 16,
            cipher if *cipher == AES_192 => 24,
            _ => 32,
        };
        let key = stretched(&mut cursor, passphrase, size)?;
        let start: [u8; 16] = cursor.take(16)?.try_into().map_err(|_| CHECKSUM)?;
        let mut data = cursor.0.to_vec();
        let key = UnboundCipherKey::new(algorithm, &key).map_err(|_| CHECKSUM)?;
        let key = DecryptingKey::cfb128(key).map_err(|_| CHECKSUM)?;
        key.decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(start)))
            .map_err(|_| CHECKSUM)?;
        if usage == 255 {
            return summed(data);
        }
        let at = data.len().checked_sub(20).ok_or(CHECKSUM)?;
        let sum = data.split_off(at);
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &data);
        if digest.as_ref() == sum {
            Ok(data)
        } else {
            Err(CHECKSUM)
        }
    }
}

/// Without the sum at its end, if it is right.
fn summed(mut data: Vec<u8>) -> Result<Vec<u8>, Error> {
    let at = data.len().checked_sub(2).ok_or(CHECKSUM)?;
    let sum = data.split_off(at);
    let found = data
        .iter()
        .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    if found.to_be_bytes() == sum[..] {
        Ok(data)
    } else {
        Err(CHECKSUM)
    }
}

/// A key made of a passphrase, as the packet says.
fn stretched(cursor: &mut Cursor<'_>, passphrase: &[u8], size: usize) -> Result<Vec<u8>, Error> {
    let kind = cursor.u8()?;
    if !matches!(kind, 0 | 1 | 3) {
        return Err(Error::Unsupported(format!("s2k function: {kind}")));
    }
    let algorithm = crypto::hash(cursor.u8()?)?;
    let salt = if kind == 0 { &[] } else { cursor.take(8)? };
    let text = [salt, passphrase].concat();
    let mut count = text.len();
    if kind == 3 {
        let coded = u32::from(cursor.u8()?);
        count = count.max(((16 + (coded & 15)) << ((coded >> 4) + 6)) as usize);
    }
    let mut key = Vec::new();
    let mut zeros = Vec::new();
    while key.len() < size {
        let mut context = digest::Context::new(algorithm);
        context.update(&zeros);
        let mut left = count;
        while left > 0 && !text.is_empty() {
            let piece = &text[..left.min(text.len())];
            context.update(piece);
            left -= piece.len();
        }
        key.extend_from_slice(context.finish().as_ref());
        zeros.push(0);
    }
    key.truncate(size);
    Ok(key)
}

/// A key that signs.
pub struct Signer {
    algorithm: u8,
    fingerprint: [u8; 20],
    pair: Pair,
}

enum Pair {
    Rsa(Box<KeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    pub(crate) fn new(key: &Key, secret: &Secret, passphrase: &[u8]) -> Result<Self, Error> {
        let numbers = secret.unlock(passphrase)?;
        let mut cursor = Cursor(&numbers);
        let bad = |_| Error::Structural("bad private key");
        let pair = match &key.public {
            Public::Rsa { modulus, exponent } => {
                let (d, p, q) = (cursor.number()?, cursor.number()?, cursor.number()?);
                Pair::Rsa(Box::new(rsa(modulus, exponent, [d, p, q, cursor.number()?])?))
            }
            Public::Ed25519(point) => {
                let number = if key.algorithm == EDDSA {
                    cursor.number()?
                } else {
                    cursor.take(32)?
                };
                let seed = crypto::padded(number, 32).ok_or(Error::Structural("bad private key"))?;
                Pair::Ed25519(Box::new(
                    Ed25519KeyPair::from_seed_and_public_key(&seed, point).map_err(bad)?,
                ))
            }
            _ => {
                return Err(Error::Unsupported(
                    "signing with a key that is neither RSA nor EdDSA".to_owned(),
                ));
            }
        };
        Ok(Signer {
            algorithm: key.algorithm,
            fingerprint: key.fingerprint,
            pair,
        })
    }

    /// The body of a packet that signs the lines of a text. `now` in seconds since 1970.
    pub(crate) fn sign(&self, message: &[u8], now: u64) -> Result<Vec<u8>, Error> {
        let mut hashed = vec![4, TEXT, self.algorithm, SHA512];
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        // The moment, then the fingerprint and the id of the key.
        let subpackets = [
            &[5, 2][..],
            &now.to_be_bytes(),
            &[22, 33, 4],
            &self.fingerprint,
            &[9, 16],
            &self.fingerprint[12..],
        ]
        .concat();
        hashed.extend_from_slice(&u16::try_from(subpackets.len()).unwrap_or(0).to_be_bytes());
        hashed.extend_from_slice(&subpackets);
        let mut message = message.to_vec();
        finish(&mut message, &hashed);
        let digest = digest::digest(&digest::SHA512, &message);
        let mut body = hashed;
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&digest.as_ref()[..2]);
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                // The padding is fixed: nothing random goes into the signature.
                pair.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), &message, &mut signature)
                    .map_err(|_| Error::Signature("cannot sign"))?;
                write_number(&mut body, &signature);
            }
            Pair::Ed25519(pair) => {
                let signature = pair.sign(digest.as_ref());
                let (r, s) = signature.as_ref().split_at(32);
                if self.algorithm == EDDSA {
                    write_number(&mut body, r);
                    write_number(&mut body, s);
                } else {
                    body.extend_from_slice(signature.as_ref());
                }
            }
        }
        Ok(body)
    }
}

/// The pair of these numbers: exponent, two primes, and the inverse of the first to the second.
fn rsa(modulus: &[u8], exponent: &[u8], [d, p, q, u]: [&[u8]; 4]) -> Result<KeyPair, Error> {
    let bad = Error::Structural("bad private key");
    let less = |prime: &[u8]| -> Result<Vec<u8>, Error> {
        let prime = BigUint::from_bytes_be(prime);
        if prime <= BigUint::from(1_u8) {
            return Err(bad.clone());
        }
        Ok((BigUint::from_bytes_be(d) % (prime - 1_u8)).to_bytes_be())
    };
    // The inverse is that of the first prime here, and of the second there: the primes change places.
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: modulus,
            e: exponent,
        },
        d: d.to_vec(),
        p: q.to_vec(),
        q: p.to_vec(),
        dP: less(q)?,
        dQ: less(p)?,
        qInv: u.to_vec(),
    };
    KeyPair::from_components(&components).map_err(|_| bad.clone())
}

const _: () = assert!(RSA == 1, "RSA keys sign with the algorithm of the key");
