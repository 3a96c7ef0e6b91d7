//! What a source calls the state that it holds.

use std::fmt;
use std::str::FromStr;

/// A revision: an optional name (branch, tag, full reference), and the hash it had: `main@sha1:5394…`, `sha1:5394…`.
/// Text without a hash (the version of a chart) is kept as the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Revision {
    /// Branch, tag or reference; empty when only a hash is known.
    pub name: String,
    /// `algorithm:hex`; empty when there is only a name.
    pub digest: String,
}

impl Revision {
    /// A Git revision; the algorithm follows from the length of the hash, as in upstream.
    pub fn git(name: &str, hash: &str) -> Self {
        Revision {
            name: name.into(),
            digest: git_digest(hash),
        }
    }

    /// The hash without its algorithm; empty when there is none.
    pub fn hash(&self) -> &str {
        self.digest.rsplit_once(':').map_or("", |(_, hash)| hash)
    }
}

impl FromStr for Revision {
    type Err = std::convert::Infallible;

    /// Accepts the forms of all times, see [`transform_legacy`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = transform_legacy(text);
        let (name, digest) = match text.rsplit_once('@') {
            Some((name, digest)) if digest.contains(':') => (name, digest),
            _ if text.contains(':') => ("", text.as_str()),
            _ => (text.as_str(), ""),
        };
        Ok(Revision {
            name: name.into(),
            digest: digest.into(),
        })
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.digest.as_str()) {
            (name, "") => f.write_str(name),
            ("", digest) => f.write_str(digest),
            (name, digest) => write!(f, "{name}@{digest}"),
        }
    }
}

/// Brings a revision of an old release into today's form: `main/<hash>` becomes `main@sha1:<hash>`, `HEAD/<hash>` and a bare
/// hash become `sha1:<hash>` (`sha256:` when it has 64 digits). Everything else is given back as it is.
pub fn transform_legacy(text: &str) -> String {
    if text.contains(':') {
        return text.into();
    }
    match text.rsplit_once('/') {
        Some(("HEAD", hash)) if is_hash(hash) => git_digest(hash),
        Some((name, hash)) if is_hash(hash) => format!("{name}@{}", git_digest(hash)),
        None if is_hash(text) => git_digest(text),
        _ => text.into(),
    }
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn git_digest(hash: &str) -> String {
    let algorithm = if hash.len() == 64 { "sha256" } else { "sha1" };
    format!("{algorithm}:{hash}")
}

#[cfg(test)]
mod tests;
