//! Any bytes are a keyring or an error; a text is signed by a key of it or not, and what a key of it signs holds.
//!
//! The first byte tells what the rest is: a text that keys which are there might have signed, or a keyring (as bytes or in base64,
//! whichever it reads as).
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flux_openpgp::{Error, Keyring, sign, verify};
use libfuzzer_sys::fuzz_target;

/// 2024-06-01.
const NOW: u64 = 1_717_200_000;
const SIGNED: &str = include_str!("../../tests/data/signed.txt");

static PUBLIC: LazyLock<Keyring> = LazyLock::new(|| {
    let data = bytes(include_bytes!("../../tests/data/public.txt"));
    Keyring::parse(&data).expect("the keyring of the tests can be read")
});

/// Base64 with blanks, or the bytes themselves.
fn bytes(data: &[u8]) -> Vec<u8> {
    let letters: Vec<u8> = data.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(letters).unwrap_or_else(|_| data.to_vec())
}

fuzz_target!(|data: &[u8]| {
    let Some((what, rest)) = data.split_first() else { return };
    if what % 2 == 0 {
        if let Ok(signed) = verify(rest, &PUBLIC, NOW) {
            signed.by.names().count();
        }
        return;
    }
    let Ok(keyring) = Keyring::parse(&bytes(rest)) else { return };
    for part in SIGNED.split_inclusive("-----END PGP SIGNATURE-----") {
        let _ = verify(part.as_bytes(), &keyring, NOW);
    }
    for name in ["", "Test"] {
        if let Ok(signer) = keyring.signer::<Error>(name, |_| Ok(b"secret".to_vec())) {
            let _ = sign("a: b\n- c\n", &signer, NOW);
        }
    }
});
