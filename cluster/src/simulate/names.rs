//! Hashes and the name suffixes that are made of them.

use serde_json::Value;

/// Upstream's alphabet for generated names: no vowels and no look-alikes, so that no words come out.
const SAFE: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// 64-bit FNV-1a.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        // The separator keeps ("ab", "c") and ("a", "bc") apart.
        step(part.bytes().fold(hash, step), 0xff)
    })
}

/// `length` characters of the safe alphabet, taken from the hash.
pub(crate) fn suffix(hash: u64, length: usize) -> String {
    let mut rest = hash;
    (0..length)
        .map(|_| {
            let index = usize::try_from(rest % SAFE.len() as u64).unwrap_or(0);
            rest /= SAFE.len() as u64;
            char::from(SAFE[index])
        })
        .collect()
}

/// A 32-bit number written in the safe alphabet, digit by digit as upstream does: up to ten characters.
fn encode(number: u32) -> String {
    number
        .to_string()
        .bytes()
        .map(|digit| char::from(SAFE[usize::from(digit) % SAFE.len()]))
        .collect()
}

/// The stable hash of a pod template, for `pod-template-hash` and `controller-revision-hash`.
pub(crate) fn template_hash(template: &Value) -> String {
    // serde_json sorts the keys of maps, so the text does not depend on how the template was written.
    let hash = hash(&[&template.to_string()]);
    encode(u32::try_from((hash >> 32) ^ (hash & 0xffff_ffff)).unwrap_or(0))
}

/// `base` followed by `-` and five characters, at most 63 in all. What upstream's `generateName` gives.
pub(crate) fn generated(base: &str, hash: u64) -> String {
    let base = base.get(..57).unwrap_or(base).trim_end_matches(['-', '.']);
    format!("{base}-{}", suffix(hash, 5))
}

/// Five characters of the safe alphabet that follow from the text.
pub(crate) fn name_suffix(text: &str) -> String {
    suffix(hash(&[text]), 5)
}
