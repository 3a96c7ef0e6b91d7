//! Strings.

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

/// A Go string: bytes, nearly always UTF-8. Cheap to clone; compares and sorts by its bytes.
///
/// Text of compiled templates and of shared input is held as `Arc<str>`, so that a render neither copies it nor counts
/// references across threads more than once.
#[derive(Clone)]
pub struct GoStr(Text);

#[derive(Clone)]
enum Text {
    Static(&'static str),
    Local(Rc<str>),
    Shared(Arc<str>),
    /// Not UTF-8.
    Bytes(Rc<[u8]>),
}

impl GoStr {
    /// The empty string.
    pub const EMPTY: Self = Self(Text::Static(""));

    /// A text known when the program was compiled.
    pub const fn constant(text: &'static str) -> Self {
        Self(Text::Static(text))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Static(text) => text.as_bytes(),
            Text::Local(text) => text.as_bytes(),
            Text::Shared(text) => text.as_bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }

    /// The text, when it is UTF-8. Costs nothing.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Text::Static(text) => Some(text),
            Text::Local(text) => Some(text),
            Text::Shared(text) => Some(text),
            Text::Bytes(_) => None,
        }
    }

    /// The text, with U+FFFD for each byte that is not UTF-8, as Go converts to runes.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(self.runes().collect()),
        }
    }

    /// The characters as Go's `range` over a string gives them: U+FFFD for each byte that is not UTF-8.
    pub fn runes(&self) -> Runes<'_> {
        Runes(self.as_bytes())
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

/// Characters of bytes that are nearly UTF-8. Each wrong byte is one U+FFFD.
#[derive(Clone, Debug)]
pub struct Runes<'a>(&'a [u8]);

impl<'a> Runes<'a> {
    /// Over any bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl Iterator for Runes<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = *self.0.first()?;
        let width = match first {
            0x00..=0x7f => 1,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 0,
        };
        if width == 1 {
            self.0 = &self.0[1..];
            return Some(first as char);
        }
        let read = self
            .0
            .get(..width)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|text| text.chars().next());
        self.0 = &self.0[if read.is_some() { width } else { 1 }..];
        Some(read.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl Default for GoStr {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<&str> for GoStr {
    fn from(text: &str) -> Self {
        if text.is_empty() {
            Self::EMPTY
        } else {
            Self(Text::Local(text.into()))
        }
    }
}

impl From<String> for GoStr {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Cow<'_, str>> for GoStr {
    fn from(text: Cow<'_, str>) -> Self {
        Self::from(text.as_ref())
    }
}

impl From<Rc<str>> for GoStr {
    fn from(text: Rc<str>) -> Self {
        Self(Text::Local(text))
    }
}

impl From<Arc<str>> for GoStr {
    fn from(text: Arc<str>) -> Self {
        Self(Text::Shared(text))
    }
}

impl From<&[u8]> for GoStr {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from(text),
            Err(_) => Self(Text::Bytes(bytes.into())),
        }
    }
}

impl From<Vec<u8>> for GoStr {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl PartialEq for GoStr {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for GoStr {}

impl PartialEq<str> for GoStr {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for GoStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialOrd for GoStr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GoStr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for GoStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for GoStr {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for GoStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text(), f)
    }
}

impl fmt::Display for GoStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}
