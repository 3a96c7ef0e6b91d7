//! `.helmignore`.

/// Which files of a chart's directory are no part of the chart. Rules are tried in order, the first that matches decides.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    glob: String,
    /// Matched against the whole path, not only the last name.
    whole: bool,
    negate: bool,
    must_be_dir: bool,
}

/// A line of `.helmignore` that Helm does not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// `**` is not supported.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// The pattern cannot be read.
    #[error("syntax error in pattern")]
    BadPattern,
}

impl IgnoreRules {
    /// Reads `.helmignore` (or none), and adds what Helm always ignores: files with a dot in front in `templates/`.
    ///
    /// # Errors
    /// A line that Helm does not accept.
    pub fn new(file: Option<&[u8]>) -> Result<Self, IgnoreError> {
        let mut rules = IgnoreRules::default();
        let text = file.unwrap_or_default();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            rules.add(String::from_utf8_lossy(line).trim())?;
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, rule: &str) -> Result<(), IgnoreError> {
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err(IgnoreError::DoubleStar);
        }
        if match_bytes(rule.as_bytes(), b"abc").is_none() {
            return Err(IgnoreError::BadPattern);
        }
        let (negate, rule) = match rule.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, rule),
        };
        let (must_be_dir, rule) = match rule.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, rule),
        };
        let (whole, rule) = match rule.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (rule.contains('/'), rule),
        };
        self.patterns.push(Pattern {
            glob: rule.to_owned(),
            whole,
            negate,
            must_be_dir,
        });
        Ok(())
    }

    /// Whether the file or directory at `path` (relative to the chart, with `/`) is ignored. What is in an ignored
    /// directory is ignored as well; that is up to the caller.
    pub fn ignores(&self, path: &str, is_dir: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        for pattern in &self.patterns {
            if pattern.negate {
                if (pattern.must_be_dir && !is_dir) || !pattern.matches(path) {
                    return true;
                }
                continue;
            }
            if pattern.must_be_dir && !is_dir {
                continue;
            }
            if pattern.matches(path) {
                return true;
            }
        }
        false
    }

    /// Whether the file at `path`, or a directory above it, is ignored.
    pub fn ignores_file(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.into_iter().any(|dir| self.ignores(dir, true)) || self.ignores(path, false)
    }
}

impl Pattern {
    fn matches(&self, path: &str) -> bool {
        let path = if self.whole {
            path
        } else {
            path.rsplit('/').next().unwrap_or(path)
        };
        glob(&self.glob, path)
    }
}

/// Go's `filepath.Match`: whether a path matches a pattern (not, when the pattern is wrong).
pub fn glob(pattern: &str, path: &str) -> bool {
    match_bytes(pattern.as_bytes(), path.as_bytes()).unwrap_or(false)
}

/// The same; nothing when the pattern is wrong.
fn match_bytes(pattern: &[u8], text: &[u8]) -> Option<bool> {
    let pattern = parse(pattern)?;
    // Greedy with one way back: `*` does not cross `/`, so the last star decides.
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(Item::Star) => {
                back = Some((p, t));
                p += 1;
                continue;
            }
            Some(item) => item.accepts(&text[t..]),
            None if t == text.len() => return Some(true),
            None => None,
        };
        match (step, back) {
            (Some(width), _) => {
                p += 1;
                t += width;
            }
            (None, Some((star, from))) if from < text.len() && text[from] != b'/' => {
                let from = from + width_of(&text[from..]);
                back = Some((star, from));
                p = star + 1;
                t = from;
            }
            (None, _) => return Some(false),
        }
    }
}

enum Item {
    Star,
    One,
    Char(char),
    Class(bool, Vec<(char, char)>),
}

impl Item {
    /// How many bytes at the start of `text` it takes.
    fn accepts(&self, text: &[u8]) -> Option<usize> {
        let width = width_of(text);
        let c = char_of(text)?;
        let accepted = match self {
            Item::Star => false,
            Item::One => c != '/',
            Item::Char(want) => c == *want,
            Item::Class(negated, ranges) => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        };
        accepted.then_some(width)
    }
}

fn width_of(text: &[u8]) -> usize {
    char_of(text).map_or(1, |c| {
        if c == '\u{fffd}' && !text.starts_with("\u{fffd}".as_bytes()) {
            1
        } else {
            c.len_utf8()
        }
    })
}

fn char_of(text: &[u8]) -> Option<char> {
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(c) => Some(c),
        None if head.is_empty() => None,
        None => Some('\u{fffd}'),
    }
}

fn parse(pattern: &[u8]) -> Option<Vec<Item>> {
    let text = String::from_utf8_lossy(pattern);
    let mut chars = text.chars().peekable();
    let mut items = Vec::new();
    while let Some(c) = chars.next() {
        items.push(match c {
            '*' => Item::Star,
            '?' => Item::One,
            '\\' => Item::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
                        break;
                    }
                    let low = class_char(&mut chars)?;
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => class_char(&mut chars)?,
                        None => low,
                    };
                    chars.peek()?;
                    ranges.push((low, high));
                }
                Item::Class(negated, ranges)
            }
            other => Item::Char(other),
        });
    }
    Some(items)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, path: &str, expect: bool) {
        let rules = IgnoreRules::new(Some(rules.as_bytes())).unwrap();
        let (path, is_dir) = match path.strip_suffix('/') {
            Some(dir) => (dir, true),
            None => (path, false),
        };
        assert_eq!(rules.ignores(path, is_dir), expect, "{path}");
    }

    fn check_glob(pattern: &str, text: &str, expect: Option<bool>) {
        assert_eq!(
            match_bytes(pattern.as_bytes(), text.as_bytes()),
            expect,
            "{pattern} on {text}"
        );
    }

    #[test]
    fn rules_of_helm() {
        check("helm.txt", "helm.txt", true);
        check("helm.*", "a/helm.txt", true);
        check("/helm.*", "a/helm.txt", false);
        check("/helm.*", "helm.txt", true);
        check("cargo/*.txt", "cargo/a.txt", true);
        check("cargo/*.txt", "x/cargo/a.txt", false);
        check("cargo/", "cargo/", true);
        check("cargo/", "cargo", false);
        check("!helm.txt", "helm.txt", false);
        check("!helm.txt", "tiller.txt", true);
        check("!*.txt\na.txt", "a.txt", true);
        check("# x\n\n  a  \n", "a", true);
        check("", "templates/.hidden", true);
        check("", "templates/_x.tpl", false);
        check("*", ".", false);
    }

    #[test]
    fn rules_that_are_refused() {
        assert_eq!(
            IgnoreRules::new(Some(b"a/**/b")).unwrap_err(),
            IgnoreError::DoubleStar
        );
        assert_eq!(IgnoreRules::new(Some(b"[")).unwrap_err(), IgnoreError::BadPattern);
    }

    #[test]
    fn a_directory_hides_what_is_in_it() {
        let rules = IgnoreRules::new(Some(b".git/")).unwrap();
        assert!(rules.ignores_file(".git/a/b") && !rules.ignores_file("git/a"));
    }

    #[test]
    fn globs_of_go() {
        check_glob("*", "", Some(true));
        check_glob("*", "a/b", Some(false));
        check_glob("a*b", "aXXb", Some(true));
        check_glob("a*b*c", "abbcbc", Some(true));
        check_glob("*/b", "a/b", Some(true));
        check_glob("[a-c]x", "bx", Some(true));
        check_glob("[^a-c]x", "bx", Some(false));
        check_glob("a?c", "aéc", Some(true));
        check_glob("\\*", "*", Some(true));
        check_glob("[]a]", "]", None);
        check_glob("[a", "a", None);
        check_glob("a\\", "a", None);
    }
}
