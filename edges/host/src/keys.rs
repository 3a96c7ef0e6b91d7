//! Private keys by aws-lc.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use flux_gotemplate::{Error, KeyKind};

/// A key of one of the kinds.
enum Key {
    Rsa(rsa::KeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

fn failed(what: &str) -> Error {
    Error::new(format!("the private key cannot be {what}"))
}

/// A new key, PKCS#8 DER.
pub(crate) fn generate(kind: KeyKind) -> Result<Vec<u8>, Error> {
    let made = |_| failed("made");
    match kind {
        KeyKind::Rsa(bits) => {
            let size = match bits {
                2048 => KeySize::Rsa2048,
                3072 => KeySize::Rsa3072,
                4096 => KeySize::Rsa4096,
                8192 => KeySize::Rsa8192,
                _ => return Err(Error::new(format!("RSA keys of {bits} bits are not made here"))),
            };
            let key = rsa::KeyPair::generate(size).map_err(made)?;
            let der: Pkcs8V1Der<'_> = key.as_der().map_err(made)?;
            Ok(der.as_ref().to_vec())
        }
        KeyKind::P256 => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(made)?;
            Ok(key.to_pkcs8v1().map_err(made)?.as_ref().to_vec())
        }
        KeyKind::Ed25519 => {
            let key = Ed25519KeyPair::generate().map_err(made)?;
            Ok(key.to_pkcs8().map_err(made)?.as_ref().to_vec())
        }
    }
}

fn read(key: &[u8]) -> Result<Key, Error> {
    if let Ok(key) = rsa::KeyPair::from_pkcs8(key) {
        return Ok(Key::Rsa(key));
    }
    if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key) {
        return Ok(Key::Ed25519(key));
    }
    let curves = [
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ];
    curves
        .into_iter()
        .find_map(|curve| EcdsaKeyPair::from_pkcs8(curve, key).ok())
        .map(Key::Ec)
        .ok_or_else(|| failed("read"))
}

/// The public key's bits: a point, or a PKCS#1 structure.
pub(crate) fn public(key: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(match read(key)? {
        Key::Rsa(key) => key.public_key().as_ref().to_vec(),
        Key::Ec(key) => key.public_key().as_ref().to_vec(),
        Key::Ed25519(key) => key.public_key().as_ref().to_vec(),
    })
}

/// A signature by the scheme of the key.
pub(crate) fn sign(key: &[u8], message: &[u8]) -> Result<Vec<u8>, Error> {
    let random = SystemRandom::new();
    Ok(match read(key)? {
        Key::Rsa(key) => {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                .map_err(|_| failed("used"))?;
            signature
        }
        Key::Ec(key) => key
            .sign(&random, message)
            .map_err(|_| failed("used"))?
            .as_ref()
            .to_vec(),
        Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    };

    use super::*;

    #[track_caller]
    fn check(kind: KeyKind, algorithm: &'static dyn VerificationAlgorithm) {
        let key = generate(kind).unwrap();
        let signature = sign(&key, b"message").unwrap();
        let public = UnparsedPublicKey::new(algorithm, public(&key).unwrap());
        assert!(public.verify(b"message", &signature).is_ok(), "{kind:?}");
        assert!(public.verify(b"another", &signature).is_err(), "{kind:?}");
    }

    #[test]
    fn keys_sign() {
        check(KeyKind::Rsa(2048), &RSA_PKCS1_2048_8192_SHA256);
        check(KeyKind::P256, &ECDSA_P256_SHA256_ASN1);
        check(KeyKind::Ed25519, &ED25519);
    }

    #[test]
    fn what_is_no_key_signs_nothing() {
        assert!(sign(b"no key", b"message").is_err());
        assert!(generate(KeyKind::Rsa(512)).is_err());
    }
}
