//! What is known of a commit.

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Hash in hexadecimal digits.
    pub hash: String,
    /// The full name of the reference that led to it, if any.
    pub reference: String,
    /// The whole message.
    pub message: String,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// The tag that led to it, if any.
    pub tag: Option<Tag>,
}

/// Who and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Seconds since 1970.
    pub seconds: i64,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its short name.
    pub name: String,
    /// The hash of the tag object; none for a lightweight tag.
    pub hash: Option<String>,
}

impl Commit {
    /// The first line of the message, cut with `...` after 50 characters as upstream does.
    pub fn summary(&self) -> String {
        const MOST: usize = 50;
        let line = self.message.split('\n').next().unwrap_or_default();
        if line.chars().count() <= MOST {
            return line.into();
        }
        let start: String = line.chars().take(MOST).collect();
        format!("{start}...")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expect: &str) {
        let commit = Commit {
            hash: String::new(),
            reference: String::new(),
            message: message.into(),
            author: Signature::default(),
            committer: Signature::default(),
            tag: None,
        };
        assert_eq!(commit.summary(), expect);
    }

    #[test]
    fn the_summary_is_short() {
        check("fix: it\n\nlong story\n", "fix: it");
        check("", "");
        check(&"é".repeat(50), &"é".repeat(50));
        check(&"é".repeat(51), &format!("{}...", "é".repeat(50)));
    }
}
