//! The key that signs the tokens of service accounts.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::files;

const FILE: &str = "sa.key";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "-----END PRIVATE KEY-----\n";

/// Signs and checks JSON web tokens with one RSA key. The key is made when the first token is, since that takes longer
/// than the start of a cluster; in a data directory it is kept.
pub(crate) struct TokenKey {
    path: Option<PathBuf>,
    key: Mutex<Option<KeyPair>>,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl TokenKey {
    /// The key of a data directory, or one that lives as long as the process.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            path: directory.map(|directory| directory.join(FILE)),
            key: Mutex::new(None),
        }
    }

    /// A token with these claims, signed.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, String> {
        let mut slot = self.lock();
        let key = self.key(&mut slot, true)?;
        let header = json!({"alg": "RS256", "kid": key_id(key)?});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .map_err(|_| "the token could not be signed".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token, when this key signed it.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let mut slot = self.lock();
        let key = self.key(&mut slot, false).ok()?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        drop(slot);
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The public half as a JSON web key set.
    pub(crate) fn public(&self) -> Result<Value, String> {
        let mut slot = self.lock();
        let key = self.key(&mut slot, true)?;
        let id = key_id(key)?;
        let public = key.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (modulus, exponent) = (public.modulus(), public.exponent());
        Ok(json!({"keys": [{
            "use": "sig",
            "kty": "RSA",
            "kid": id,
            "alg": "RS256",
            "n": number(modulus.big_endian_without_leading_zero()),
            "e": number(exponent.big_endian_without_leading_zero()),
        }]}))
    }

    fn lock(&self) -> MutexGuard<'_, Option<KeyPair>> {
        // A key is put in whole.
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key, read or made at its first use; `make` says whether one may be made.
    fn key<'a>(&self, slot: &'a mut Option<KeyPair>, make: bool) -> Result<&'a KeyPair, String> {
        if slot.is_none() {
            let read = self.path.as_ref().filter(|path| path.exists());
            *slot = Some(match read {
                Some(path) => {
                    let text = std::fs::read_to_string(path);
                    let key = text.ok().and_then(|text| from_pem(&text));
                    key.ok_or_else(|| {
                        format!(
                            "{} holds no private key: remove it, and all tokens with it",
                            path.display()
                        )
                    })?
                }
                None if make => self.make()?,
                None => return Err("no token was signed yet".into()),
            });
        }
        slot.as_ref().ok_or_else(|| "there is no key".to_owned())
    }

    fn make(&self) -> Result<KeyPair, String> {
        let failed = |_| "no key could be made".to_owned();
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        if let Some(path) = &self.path {
            let der = key.as_der().map_err(failed)?;
            files::write_secret(path, &to_pem(der.as_ref()))
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(key)
    }
}

fn key_id(key: &KeyPair) -> Result<String, String> {
    let der: PublicKeyX509Der<'_> = key
        .public_key()
        .as_der()
        .map_err(|_| "the key has no public form".to_owned())?;
    Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(der.as_ref())))
}

fn to_pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!("{BEGIN}{}\n{END}", lines.join("\n"))
}

fn from_pem(text: &str) -> Option<KeyPair> {
    let inner = text.trim().strip_prefix(BEGIN.trim())?.strip_suffix(END.trim())?;
    let clean: String = inner.split_whitespace().collect();
    KeyPair::from_pkcs8(&STANDARD.decode(clean).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that signed is the same one after a restart, and takes nothing that it has not signed.
    #[test]
    fn tokens_outlive_a_restart_and_cannot_be_changed() {
        let directory = tempfile::tempdir().unwrap();
        let key = || TokenKey::new(Some(directory.path().to_owned()));
        let claims = json!({"sub": "x"});
        assert_eq!(key().verify("a.b.c"), None);
        let token = key().sign(&claims).unwrap();
        assert_eq!(key().verify(&token), Some(claims));
        let parts: Vec<&str> = token.split('.').collect();
        let other = URL_SAFE_NO_PAD.encode(json!({"sub": "y"}).to_string());
        assert_eq!(key().verify(&format!("{}.{other}.{}", parts[0], parts[2])), None);
        assert_eq!(TokenKey::new(None).verify(&token), None);
        assert_eq!(key().public().unwrap()["keys"][0]["kty"], "RSA");
    }
}
