//! Keys and signatures as numbers.

use aws_lc_rs::digest;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};

use crate::Error;
use crate::packet::Cursor;

/// RSA.
pub(crate) const RSA: u8 = 1;
/// RSA that only signs.
const RSA_SIGN: u8 = 3;
const ECDSA: u8 = 19;
/// EdDSA with the curve as a parameter.
pub(crate) const EDDSA: u8 = 22;
/// The same curve as an algorithm of its own.
const ED25519: u8 = 27;

const OID_ED25519: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const OID_P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ed25519(Vec<u8>),
    Ecdsa {
        curve: Curve,
        point: Vec<u8>,
    },
    /// Something that signs nothing that is understood here.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Public {
    /// Reads the numbers of a key; what follows them is left in the cursor.
    pub(crate) fn read(algorithm: u8, cursor: &mut Cursor<'_>) -> Result<Self, Error> {
        Ok(match algorithm {
            RSA | RSA_SIGN => Public::Rsa {
                modulus: cursor.number()?.to_vec(),
                exponent: cursor.number()?.to_vec(),
            },
            ECDSA => {
                let length = usize::from(cursor.u8()?);
                let curve = match cursor.take(length)? {
                    OID_P256 => Some(Curve::P256),
                    OID_P384 => Some(Curve::P384),
                    OID_P521 => Some(Curve::P521),
                    _ => None,
                };
                let point = cursor.number()?.to_vec();
                curve.map_or(Public::Other, |curve| Public::Ecdsa { curve, point })
            }
            EDDSA => {
                let length = usize::from(cursor.u8()?);
                let is_known = cursor.take(length)? == OID_ED25519;
                match cursor.number()?.strip_prefix(&[0x40]) {
                    Some(point) if is_known && point.len() == 32 => Public::Ed25519(point.to_vec()),
                    _ => Public::Other,
                }
            }
            ED25519 => Public::Ed25519(cursor.take(32)?.to_vec()),
            _ => Public::Other,
        })
    }
}

/// What a signature consists of, by its algorithm.
pub(crate) fn read_signature(algorithm: u8, cursor: &mut Cursor<'_>) -> Result<Vec<Vec<u8>>, Error> {
    Ok(match algorithm {
        RSA | RSA_SIGN => vec![cursor.number()?.to_vec()],
        ECDSA | EDDSA => vec![cursor.number()?.to_vec(), cursor.number()?.to_vec()],
        ED25519 => vec![cursor.take(32)?.to_vec(), cursor.take(32)?.to_vec()],
        other => return Err(Error::Unsupported(format!("public key algorithm {other}"))),
    })
}

/// The hash of this number.
pub(crate) fn hash(number: u8) -> Result<&'static digest::Algorithm, Error> {
    Ok(match number {
        2 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        8 => &digest::SHA256,
        9 => &digest::SHA384,
        10 => &digest::SHA512,
        11 => &digest::SHA224,
        other => return Err(Error::Unsupported(format!("hash function {other}"))),
    })
}

/// Whether the signature is that of the key over the message.
pub(crate) fn check(public: &Public, number: u8, message: &[u8], parts: &[Vec<u8>]) -> Result<(), Error> {
    let algorithm = hash(number)?;
    match (public, parts) {
        (Public::Rsa { modulus, exponent }, [signature]) => {
            let parameters = match number {
                2 => &algorithms::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                8 => &algorithms::RSA_PKCS1_2048_8192_SHA256,
                9 => &algorithms::RSA_PKCS1_2048_8192_SHA384,
                10 => &algorithms::RSA_PKCS1_2048_8192_SHA512,
                other => return Err(Error::Unsupported(format!("hash function {other} with RSA"))),
            };
            let key = PublicKeyComponents {
                n: modulus,
                e: exponent,
            };
            let signature =
                padded(signature, modulus.len()).ok_or(Error::Signature("RSA verification failure"))?;
            key.verify(parameters, message, &signature)
                .map_err(|_| Error::Signature("RSA verification failure"))
        }
        (Public::Ed25519(point), [r, s]) => {
            let failure = Error::Signature("EdDSA verification failure");
            let (Some(mut signature), Some(s)) = (padded(r, 32), padded(s, 32)) else {
                return Err(failure);
            };
            signature.extend_from_slice(&s);
            let digest = digest::digest(algorithm, message);
            let key = UnparsedPublicKey::new(&algorithms::ED25519, point);
            key.verify(digest.as_ref(), &signature).map_err(|_| failure)
        }
        (Public::Ecdsa { curve, point }, [r, s]) => {
            let key = UnparsedPublicKey::new(ecdsa(*curve, number)?, point);
            key.verify(message, &der(r, s))
                .map_err(|_| Error::Signature("ECDSA verification failure"))
        }
        _ => Err(Error::Signature(
            "public key and signature use different algorithms",
        )),
    }
}

fn ecdsa(curve: Curve, number: u8) -> Result<&'static dyn VerificationAlgorithm, Error> {
    Ok(match (curve, number) {
        (Curve::P256, 8) => &algorithms::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, 9) => &algorithms::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, 10) => &algorithms::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, 8) => &algorithms::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, 9) => &algorithms::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, 10) => &algorithms::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, 8) => &algorithms::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, 9) => &algorithms::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, 10) => &algorithms::ECDSA_P521_SHA512_ASN1,
        (_, other) => return Err(Error::Unsupported(format!("hash function {other} with ECDSA"))),
    })
}

/// With zeros in front, to this length.
pub(crate) fn padded(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length.checked_sub(number.len())?];
    bytes.extend_from_slice(number);
    Some(bytes)
}

/// Two positive numbers as a DER sequence.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    for number in [r, s] {
        let sign = number.first().is_none_or(|first| first & 0x80 != 0);
        content.push(2);
        write_length(&mut content, number.len() + usize::from(sign));
        if sign {
            content.push(0);
        }
        content.extend_from_slice(number);
    }
    let mut sequence = vec![0x30];
    write_length(&mut sequence, content.len());
    sequence.extend_from_slice(&content);
    sequence
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    match u16::try_from(length) {
        Ok(short @ 0..=0x7f) => out.push(short as u8),
        Ok(middle @ 0x80..=0xff) => out.extend_from_slice(&[0x81, middle as u8]),
        Ok(long) => {
            out.push(0x82);
            out.extend_from_slice(&long.to_be_bytes());
        }
        // Longer than any number of a packet.
        Err(_) => out.extend_from_slice(&[0x82, 0xff, 0xff]),
    }
}
