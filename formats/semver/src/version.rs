//! One version.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// A version. Equality and order are those of precedence: build metadata and spelling do not count, so `v1.0` equals
/// `1.0.0+build`.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: [u64; 3],
    prerelease: String,
    metadata: String,
    original: String,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersion {
    /// Not of the form at all.
    #[error("invalid semantic version")]
    Form,
    /// Nothing.
    #[error("version string empty")]
    Empty,
    /// Something that is no digit in a number.
    #[error("invalid characters in version")]
    Characters,
    /// A number with a leading zero where that is forbidden.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// Bad metadata.
    #[error("invalid metadata string")]
    Metadata,
    /// Bad prerelease.
    #[error("invalid prerelease string")]
    Prerelease,
    /// A number above 2^64-1.
    #[error("error parsing version segment: strconv.ParseUint: parsing {0:?}: value out of range")]
    Range(String),
}

static LOOSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?",
        r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
        r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$"
    ))
    .expect("the pattern is fixed and tested")
});

impl Version {
    /// Reads a version loosely: a leading `v`, missing minor and patch numbers and zeros in front of numbers are fine.
    ///
    /// # Errors
    /// See [`InvalidVersion`].
    pub fn parse(text: &str) -> Result<Self, InvalidVersion> {
        if let Some((numbers, prerelease)) = plain(text) {
            return Ok(Version {
                numbers,
                prerelease: prerelease.into(),
                metadata: String::new(),
                original: text.into(),
            });
        }
        let found = LOOSE.captures(text).ok_or(InvalidVersion::Form)?;
        let part = |group| found.get(group).map_or("", |part| part.as_str());
        let number = |group| {
            if part(group).is_empty() {
                Ok(0)
            } else {
                number(part(group))
            }
        };
        let version = Version {
            numbers: [number(1)?, number(2)?, number(3)?],
            prerelease: part(4).into(),
            metadata: part(5).into(),
            original: text.into(),
        };
        if !version.prerelease.is_empty() {
            check_prerelease(&version.prerelease)?;
        }
        Ok(version)
    }

    /// Reads a version with at least two dots, as loosely as [`parse`](Self::parse) otherwise. This is Flux's rule for tags.
    ///
    /// # Errors
    /// See [`InvalidVersion`].
    pub fn parse_three_part(text: &str) -> Result<Self, InvalidVersion> {
        if text.splitn(3, '.').count() != 3 {
            return Err(InvalidVersion::Form);
        }
        Version::parse(text)
    }

    /// Reads a version as semver.org wants it.
    ///
    /// # Errors
    /// See [`InvalidVersion`].
    pub fn parse_strict(text: &str) -> Result<Self, InvalidVersion> {
        if text.is_empty() {
            return Err(InvalidVersion::Empty);
        }
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, rest] = parts.as_slice() else {
            return Err(InvalidVersion::Form);
        };
        let (rest, metadata) = rest
            .split_once('+')
            .map_or((*rest, None), |(rest, data)| (rest, Some(data)));
        if let Some(metadata) = metadata {
            check_identifiers(metadata, InvalidVersion::Metadata)?;
        }
        let (patch, prerelease) = rest
            .split_once('-')
            .map_or((rest, None), |(rest, pre)| (rest, Some(pre)));
        if let Some(prerelease) = prerelease {
            check_prerelease(prerelease)?;
        }
        for part in [major, minor, patch] {
            if !is_number(part) {
                return Err(InvalidVersion::Characters);
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(InvalidVersion::LeadingZero);
            }
        }
        Ok(Version {
            numbers: [number(major)?, number(minor)?, number(patch)?],
            prerelease: prerelease.unwrap_or_default().into(),
            metadata: metadata.unwrap_or_default().into(),
            original: text.into(),
        })
    }

    /// First number.
    pub fn major(&self) -> u64 {
        self.numbers[0]
    }

    /// Second number.
    pub fn minor(&self) -> u64 {
        self.numbers[1]
    }

    /// Third number.
    pub fn patch(&self) -> u64 {
        self.numbers[2]
    }

    /// What follows `-`, or nothing.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What follows `+`, or nothing.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text as it was given.
    pub fn original(&self) -> &str {
        &self.original
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        numbers.then_with(|| compare_prerelease(&self.prerelease, &other.prerelease))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// A release is above its prereleases; these compare identifier by identifier, a missing one being the lowest.
pub(crate) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare_identifier(a, b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Numbers are below words. One too large for 64 bits counts as a word, as upstream has it.
fn compare_identifier(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

fn number(text: &str) -> Result<u64, InvalidVersion> {
    text.parse()
        .map_err(|_| InvalidVersion::Range(text.chars().take(64).collect()))
}

/// The numbers and the prerelease of a version that has nothing special about it, as most have not.
fn plain(text: &str) -> Option<([u64; 3], &str)> {
    let (numbers, prerelease) = match text.split_once('-') {
        Some((numbers, prerelease)) => {
            check_prerelease(prerelease).ok()?;
            (numbers, prerelease)
        }
        None => (text, ""),
    };
    let mut parts = numbers.split('.');
    let mut number = || parts.next().filter(|part| is_number(part))?.parse().ok();
    let numbers = [number()?, number()?, number()?];
    parts.next().is_none().then_some((numbers, prerelease))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_prerelease(text: &str) -> Result<(), InvalidVersion> {
    check_identifiers(text, InvalidVersion::Prerelease)?;
    let leading_zero = |part: &str| part.len() > 1 && part.starts_with('0') && is_number(part);
    if text.split('.').any(leading_zero) {
        Err(InvalidVersion::LeadingZero)
    } else {
        Ok(())
    }
}

fn check_identifiers(text: &str, error: InvalidVersion) -> Result<(), InvalidVersion> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let valid = |part: &str| !part.is_empty() && part.bytes().all(allowed);
    if text.split('.').all(valid) {
        Ok(())
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests;
