//! The text of stored objects, packed: objects of one kind are much alike, so each is kept as its difference from a sample.
//!
//! A Pod or a Kustomization takes a quarter of its text, or less. This is about memory only; the disk has plain text.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lz4_flex::block::{compress_with_dict, decompress_with_dict};

/// A sample is cut to this; matches reach back 64 KiB.
const LONGEST_SAMPLE: usize = 32 << 10;
/// A text that is not packed to this part of its length could be a better sample.
const GOOD: usize = 4;

/// A text as it is kept. Clones share it.
#[derive(Clone)]
pub(crate) struct Text {
    packed: Arc<[u8]>,
    sample: Option<Arc<[u8]>>,
    /// Length of the text.
    len: usize,
}

/// Packs texts, with a sample for each kind.
#[derive(Debug, Default)]
pub(crate) struct Packer(HashMap<Arc<str>, Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    sample: Option<Arc<[u8]>>,
    /// Texts that the sample did not fit. At the 1st, 2nd, 4th, 8th … the sample is replaced, so that it settles.
    misfits: u64,
}

impl Packer {
    /// Packs the text of an object of this resource.
    pub(crate) fn pack(&mut self, resource: &Arc<str>, text: &[u8]) -> Text {
        if !self.0.contains_key(resource) {
            self.0.insert(resource.clone(), Shelf::default());
        }
        match self.0.get_mut(resource) {
            Some(shelf) => shelf.pack(text),
            None => Text::plain(text),
        }
    }
}

impl Shelf {
    fn pack(&mut self, text: &[u8]) -> Text {
        let packed = Text::packed(text, self.sample.as_ref());
        if packed.cost() * GOOD > text.len() {
            self.misfits += 1;
            if self.misfits.is_power_of_two() {
                self.sample = Some(text[..text.len().min(LONGEST_SAMPLE)].into());
            }
        }
        packed
    }
}

impl Text {
    /// A text that is not kept for long.
    pub(crate) fn plain(text: &[u8]) -> Self {
        Self {
            packed: text.into(),
            sample: None,
            len: text.len(),
        }
    }

    fn packed(text: &[u8], sample: Option<&Arc<[u8]>>) -> Self {
        let packed = compress_with_dict(text, sample.map_or(&[], |sample| sample));
        // What does not get shorter is kept as it is; the lengths tell the two apart.
        if packed.len() >= text.len() {
            return Self::plain(text);
        }
        Self {
            packed: packed.into(),
            sample: sample.cloned(),
            len: text.len(),
        }
    }

    /// The text.
    pub(crate) fn read(&self) -> Bytes {
        if self.packed.len() == self.len {
            return Bytes::copy_from_slice(&self.packed);
        }
        let sample = self.sample.as_deref().unwrap_or_default();
        // What is read here was packed above, with the same sample.
        decompress_with_dict(&self.packed, self.len, sample)
            .map(Bytes::from)
            .unwrap_or_default()
    }

    /// Bytes of the text.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that are kept for it.
    pub(crate) fn cost(&self) -> usize {
        self.packed.len()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && (Arc::ptr_eq(&self.packed, &other.packed) || self.read() == other.read())
    }
}

impl Eq for Text {}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.read()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(number: usize) -> String {
        let fields: String = (0..40).map(|n| format!("\"f:field{n}\":{{}},")).collect();
        format!("{{\"metadata\":{{\"name\":\"app-{number}\",{fields}\"uid\":\"{number}\"}}}}")
    }

    /// Packs all texts as one resource; gives the share of the last, in percent. Each must be read as it was.
    #[track_caller]
    fn check(texts: &[String], most: usize) {
        let (mut packer, resource) = (Packer::default(), "pods".into());
        let packed: Vec<Text> = texts
            .iter()
            .map(|text| packer.pack(&resource, text.as_bytes()))
            .collect();
        for (packed, text) in packed.iter().zip(texts) {
            assert_eq!(
                (packed.read().as_ref(), packed.len()),
                (text.as_bytes(), text.len())
            );
        }
        let last = packed.last().expect("a case has texts");
        assert!(
            last.cost() * 100 <= last.len() * most,
            "{} of {}",
            last.cost(),
            last.len()
        );
    }

    #[test]
    fn objects_of_one_kind_share_what_is_alike() {
        check(&[pod(0)], 100);
        check(&[pod(0), pod(1), pod(2)], 30);
    }

    #[test]
    fn a_sample_that_does_not_fit_is_replaced() {
        let small = "{}".to_owned();
        check(&[small.clone(), small, pod(0), pod(1), pod(2)], 30);
    }

    #[test]
    fn what_cannot_be_packed_is_kept_as_it_is() {
        let random: String = (0_u32..200)
            .map(|n| char::from(33 + (n.wrapping_mul(2_654_435_761) >> 25) as u8 % 90))
            .collect();
        check(&[String::new(), "x".into(), random], 100);
    }

    #[test]
    fn a_text_longer_than_a_sample() {
        let long = pod(0).repeat(100);
        check(&[long.clone(), long.clone(), long], 40);
    }
}
