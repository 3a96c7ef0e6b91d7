//! Keys and signatures made by GnuPG, and signatures of our own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stands")]

use base64::Engine as _;
use flux_openpgp::{Error, Keyring, sign, verify};

/// 2024-06-01.
const NOW: u64 = 1_717_200_000;
const PUBLIC: &str = include_str!("data/public.txt");
const SECRET: &str = include_str!("data/secret.txt");
const SIGNED: &str = include_str!("data/signed.txt");
const START: &str = "-----BEGIN PGP SIGNED MESSAGE-----";

fn keyring(text: &str) -> Keyring {
    Keyring::parse(&bytes(text)).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    let letters: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD.decode(letters).unwrap()
}

/// The text that a key signed: Alien, Below, Gone, Old, ec, ed, rsa.
fn signed(at: usize) -> String {
    format!("{START}{}", SIGNED.split(START).nth(at + 1).unwrap())
}

#[track_caller]
fn check(text: &str, now: u64, expect: Result<&str, &str>) {
    let keyring = keyring(PUBLIC);
    let found = verify(text.as_bytes(), &keyring, now);
    let found = found.map(|signed| signed.by.names().collect::<Vec<_>>().join(", "));
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expect);
}

#[test]
fn signatures_of_gnupg() {
    check(&signed(6), NOW, Ok("Test rsa <rsa@example.com>"));
    check(&signed(5), NOW, Ok("Test ed <ed@example.com>"));
    check(&signed(4), NOW, Ok("Test ec <ec@example.com>"));
    check(&signed(1), NOW, Ok("Below <below@example.com>"));
    check(
        &signed(6).replace('\n', "\r\n"),
        NOW,
        Ok("Test rsa <rsa@example.com>"),
    );
}

#[test]
fn what_is_refused() {
    let unknown = "openpgp: signature made by unknown entity";
    check(&signed(0), NOW, Err(unknown));
    check(&signed(2), NOW, Err("openpgp: signature made by revoked key"));
    check(&signed(3), NOW, Err("openpgp: key expired"));
    check(&signed(3), 1_704_200_000, Ok("Old <old@example.com>"));
    check(&signed(6), 1_700_000_000, Err("openpgp: key expired"));
    check(&signed(6), 1_704_100_000, Err("openpgp: signature expired"));
    let changed = |at: usize| signed(at).replace("sha256:00", "sha256:01");
    check(
        &changed(6),
        NOW,
        Err("openpgp: invalid signature: RSA verification failure"),
    );
    check(
        &changed(5),
        NOW,
        Err("openpgp: invalid signature: EdDSA verification failure"),
    );
    check(
        &changed(4),
        NOW,
        Err("openpgp: invalid signature: ECDSA verification failure"),
    );
    check("name: web\n", NOW, Err("signature block not found"));
    check(
        &signed(6).replace("Hash: SHA512", "Hash: MD5"),
        NOW,
        Err("signature block not found"),
    );
    check(
        &signed(6).replace("Hash:", "Comment:"),
        NOW,
        Err("signature block not found"),
    );
    check(
        signed(6).split("-----END").next().unwrap(),
        NOW,
        Err("signature block not found"),
    );
}

/// What was signed, not what surrounds it.
#[test]
fn the_text_is_what_was_signed() {
    let keyring = keyring(PUBLIC);
    let text = format!("files: forged\n{}files: forged\n", signed(6));
    let found = verify(text.as_bytes(), &keyring, NOW).unwrap();
    assert_eq!(
        found.text,
        "name: web\n- dashed\n\n...\nfiles:\n  a.tgz: sha256:00"
    );
    assert_eq!(found.by.fingerprint(), "613BA08A3CB9866E98B14429FFFBE082C289DE5B");
}

#[track_caller]
fn check_signer(name: &str, passphrase: &str, expect: Result<(), &str>) {
    let signer = keyring(SECRET).signer(name, |_| Ok::<_, Error>(passphrase.as_bytes().to_vec()));
    let found = signer.and_then(|signer| {
        let text = sign("name: web\n- x \n", &signer, NOW)?;
        let keyring = keyring(PUBLIC);
        let found = verify(text.as_bytes(), &keyring, NOW)?;
        assert!(found.by.names().any(|found| found.contains(name)));
        assert_eq!(found.text, "name: web\n- x\n");
        Ok(())
    });
    assert_eq!(
        found.map_err(|error| error.to_string()),
        expect.map_err(str::to_owned)
    );
}

#[test]
fn our_signatures_hold() {
    check_signer("Test rsa", "", Ok(()));
    check_signer("Test ed <ed@example.com>", "", Ok(()));
    check_signer("Locked", "open sesame", Ok(()));
    check_signer(
        "Locked",
        "wrong",
        Err("openpgp: invalid data: private key checksum failure"),
    );
    check_signer("Nobody", "", Err("private key not found"));
    check_signer("Test", "", Err("more than one key contain the id \"Test\""));
    let ecdsa = "openpgp: unsupported feature: signing with a key that is neither RSA nor EdDSA";
    check_signer("Test ec", "", Err(ecdsa));
    let public = keyring(PUBLIC).signer("Test rsa", |_| Ok::<_, Error>(Vec::new()));
    assert_eq!(public.err(), Some(Error::NotSecret));
}

/// Keyrings that are cut off or changed end in an error or in fewer keys, never in a panic; and no changed key signs.
#[test]
fn damaged_keyrings() {
    let data = bytes(PUBLIC);
    let text = signed(6);
    for at in (0..280).chain((280..data.len()).step_by(7)) {
        let _ = Keyring::parse(&data[..at]);
        let mut changed = data.clone();
        changed[at] ^= 0x55;
        let found = Keyring::parse(&changed);
        // The key of the signature is the first one: from its numbers to the end of its fingerprint nothing may change.
        if let (1..=270, Ok(keyring)) = (at, &found) {
            assert!(verify(text.as_bytes(), keyring, NOW).is_err(), "changed at {at}");
        }
    }
}

#[test]
fn not_a_keyring() {
    let parse = |data: &[u8]| Keyring::parse(data).err().map(|error| error.to_string());
    let tag = "openpgp: invalid data: tag byte does not have MSB set";
    assert_eq!(parse(b"text"), Some(tag.to_owned()));
    assert_eq!(parse(b""), None);
}
