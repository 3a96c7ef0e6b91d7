use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(algorithm: Algorithm, expect: &str) {
    assert_eq!(algorithm.digest(b"").to_string(), expect);
    assert_eq!(expect.parse::<Digest>().unwrap(), algorithm.digest(b""));
}

#[test]
fn known_digests_of_nothing() {
    check(
        Algorithm::Sha256,
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    check(Algorithm::Sha1, "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709");
    check(
        Algorithm::Sha384,
        "sha384:38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
    );
    check(
        Algorithm::Sha512,
        "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    );
    check(
        Algorithm::Blake3,
        "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    );
}

#[test]
fn pieces_hash_as_the_whole() {
    let mut hasher = Algorithm::Sha256.hasher();
    hasher.write_all(b"ab").unwrap();
    hasher.update(b"c");
    assert!(hasher.finish().matches(b"abc"));
}

#[track_caller]
fn refused(text: &str, expect: &str) {
    let error = text.parse::<Digest>().unwrap_err().to_string();
    assert!(error.starts_with(expect), "{error}");
}

#[test]
fn refuses_what_is_no_digest() {
    refused("", "invalid checksum digest format");
    refused("e3b0", "invalid checksum digest format");
    refused(
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "unsupported digest algorithm",
    );
    refused("sha256:e3b0", "invalid checksum digest length");
    refused(
        "sha1:DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
        "invalid checksum digest format",
    );
}

proptest! {
    #[test]
    fn never_panics(text in "(sha1:|sha256:)?.*") {
        let _ = text.parse::<Digest>();
    }
}
