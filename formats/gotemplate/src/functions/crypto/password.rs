//! Passwords: bcrypt, htpasswd, AES, and those of Master Password.

use aes::Aes256;
use aes::cipher::{Block, BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::functions::convert::text;
use crate::functions::encoding::{base64, decode_base64};
use crate::{Error, Scope, Value};

const BLOCK: usize = 16;
const COST: u32 = 10;
/// Longer passwords are refused.
const MAX_PASSWORD: usize = 72;

fn bcrypt_hash(scope: &Scope<'_>, password: &[u8]) -> Result<String, Error> {
    if password.len() > MAX_PASSWORD {
        return Ok("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".into());
    }
    let mut salt = [0; 16];
    scope.host().random(&mut salt)?;
    let hash = bcrypt::hash_with_salt(password, COST, salt).map_err(|error| Error::new(error.to_string()))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

pub(super) fn bcrypt(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    bcrypt_hash(scope, text(&args[0]).as_bytes()).map(Value::str)
}

pub(super) fn htpasswd(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (user, password) = (text(&args[0]).to_text(), text(&args[1]).as_bytes());
    if user.contains(':') {
        return Ok(Value::str(format!("invalid username: {user}")));
    }
    Ok(Value::str(format!("{user}:{}", bcrypt_hash(scope, password)?)))
}

fn cipher(password: &Value) -> Aes256 {
    let password = text(password).as_bytes();
    let mut key = [0; 32];
    let length = password.len().min(32);
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&key.into())
}

pub(super) fn encrypt_aes(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let plain = text(&args[1]).as_bytes();
    if plain.is_empty() {
        return Ok(Value::str(""));
    }
    scope.charge(plain.len().saturating_mul(3))?;
    let cipher = cipher(&args[0]);
    let mut before = [0; BLOCK];
    scope.host().random(&mut before)?;
    let padding = BLOCK - plain.len() % BLOCK;
    let mut padded = plain.to_vec();
    padded.resize(plain.len() + padding, padding as u8);
    let mut out = before.to_vec();
    for chunk in padded.chunks(BLOCK) {
        let mut block = Block::<Aes256>::default();
        for (index, byte) in chunk.iter().enumerate() {
            block[index] = byte ^ before[index];
        }
        cipher.encrypt_block(&mut block);
        before.copy_from_slice(&block);
        out.extend_from_slice(&block);
    }
    Ok(Value::str(base64(&out)))
}

pub(super) fn decrypt_aes(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let encrypted = text(&args[1]).as_bytes();
    if encrypted.is_empty() {
        return Ok(Value::str(""));
    }
    let bytes = decode_base64(encrypted).map_err(Error::new)?;
    let capacity = encrypted.len() / 4 * 3;
    let Some((before, rest)) = bytes.split_at_checked(BLOCK) else {
        return Err(Error::new(format!(
            "runtime error: slice bounds out of range [:16] with capacity {capacity}"
        )));
    };
    if !rest.len().is_multiple_of(BLOCK) {
        return Err(Error::new("crypto/cipher: input not full blocks"));
    }
    let cipher = cipher(&args[0]);
    let mut before = before.to_vec();
    let mut plain = Vec::with_capacity(rest.len());
    for chunk in rest.chunks(BLOCK) {
        let mut block = Block::<Aes256>::default();
        block.copy_from_slice(chunk);
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(&before).map(|(byte, before)| byte ^ before));
        before.copy_from_slice(chunk);
    }
    let Some(&padding) = plain.last() else {
        return Err(Error::new("runtime error: index out of range [-1]"));
    };
    let length = plain.len() as i64 - i64::from(padding);
    let length = usize::try_from(length)
        .map_err(|_| Error::new(format!("runtime error: slice bounds out of range [:{length}]")))?;
    plain.truncate(length);
    Ok(Value::str(plain))
}

fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// A password of Master Password: for a site, from one secret.
pub(super) fn derive_password(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    const SEED: &[u8] = b"com.lyndir.masterpassword";
    let counter = crate::functions::convert::int(&args[0]) as u32;
    let [kind, password, user, site] = [1, 2, 3, 4].map(|index| text(&args[index]));
    let Some(templates) = templates(&kind.to_text()) else {
        return Ok(Value::str(format!("cannot find password template {kind}")));
    };
    let salt = [SEED, &(user.len() as u32).to_be_bytes(), user.as_bytes()].concat();
    let fault = |error: &dyn std::fmt::Display| Error::new(format!("failed to derive password: {error}"));
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| fault(&error))?;
    let mut key = [0; 64];
    scrypt::scrypt(password.as_bytes(), &salt, &params, &mut key).map_err(|error| fault(&error))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| fault(&error))?;
    mac.update(
        &[
            SEED,
            &(site.len() as u32).to_be_bytes(),
            site.as_bytes(),
            &counter.to_be_bytes(),
        ]
        .concat(),
    );
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let derived: Vec<u8> = template
        .bytes()
        .zip(&seed[1..])
        .map(|(class, byte)| {
            let characters = characters(class);
            characters[usize::from(*byte) % characters.len()]
        })
        .collect();
    Ok(Value::str(derived))
}
