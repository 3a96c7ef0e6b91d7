//! Clear-signed texts: the text as it is, and the signature in letters below.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::packet::packets;
use crate::{Entity, Error, Keyring, Signer};

const START: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";
/// Hashes that a text may announce.
const HASHES: [&str; 6] = ["SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"];

/// A text, and who signed it.
#[derive(Clone, Debug)]
pub struct Signed<'k> {
    /// Who.
    pub by: &'k Entity,
    /// The text: lines end in line feeds, without blanks before.
    pub text: String,
}

/// Checks a clear-signed text. `now` in seconds since 1970.
///
/// # Errors
/// It is not signed, not by a key of the keyring, not rightly so, or not any more.
pub fn verify<'k>(data: &[u8], keyring: &'k Keyring, now: u64) -> Result<Signed<'k>, Error> {
    let (lines, signature) = split(data).ok_or(Error::NoSignature)?;
    let packets = packets(&signature)?;
    let by = keyring.check(&packets, lines.join("\r\n").as_bytes(), now)?;
    let text = lines.join("\n");
    Ok(Signed { by, text })
}

/// The lines that are signed, and the bytes of the signature.
fn split(data: &[u8]) -> Option<(Vec<&str>, Vec<u8>)> {
    let data = std::str::from_utf8(data).ok()?;
    let mut lines = data
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.find(|line| *line == START)?;
    for line in lines.by_ref() {
        if line.trim().is_empty() {
            break;
        }
        let (key, values) = line.split_once(':')?;
        let mut values = values.split(',').map(|value| value.trim().to_uppercase());
        if key.trim() != "Hash" || !values.all(|value| HASHES.contains(&value.as_str())) {
            return None;
        }
    }
    let mut text = Vec::new();
    loop {
        match lines.next()? {
            SIGNATURE => break,
            line => text.push(
                line.strip_prefix("- ")
                    .unwrap_or(line)
                    .trim_end_matches([' ', '\t']),
            ),
        }
    }
    // Headers of the armor end at an empty line.
    let body: Vec<&str> = lines.take_while(|line| *line != END).collect();
    let has_end = data.contains(END);
    let headers = body.iter().position(|line| line.trim().is_empty())?;
    let mut letters = String::new();
    for line in &body[headers..] {
        if line.starts_with('=') {
            break;
        }
        letters.push_str(line.trim());
    }
    let signature = STANDARD.decode(letters).ok()?;
    has_end.then_some((text, signature))
}

/// Signs a text. `now` in seconds since 1970.
///
/// # Errors
/// The key cannot sign.
pub fn sign(text: &str, signer: &Signer, now: u64) -> Result<String, Error> {
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.trim_end_matches([' ', '\t', '\r']))
        .collect();
    let body = signer.sign(lines.join("\r\n").as_bytes(), now)?;
    let size = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut packet = vec![0xc2, 0xff];
    packet.extend_from_slice(&size.to_be_bytes());
    packet.extend_from_slice(&body);
    let mut out = format!("{START}\nHash: SHA512\n\n");
    for line in lines {
        if line.starts_with('-') {
            out.push_str("- ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&format!("{SIGNATURE}\n\n"));
    let letters = STANDARD.encode(packet);
    let mut rest = letters.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(&format!("{line}\n"));
        rest = after;
    }
    out.push_str(END);
    Ok(out)
}
