//! Shell patterns for one part of a path, as Go's `filepath.Match` reads them.

/// Whether the whole of `name` matches `pattern`: `*`, `?`, `[a-z]`, `[^a]` and `\` as escape. A malformed pattern matches
/// nothing.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go on when a match fails: the place after the last star, and the first character that it does not cover yet.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            p += 1;
            retry = Some((p, n));
            continue;
        }
        let step = if p < pattern.len() && n < name.len() {
            one(&pattern[p..], name[n])
        } else {
            None
        };
        match step {
            Some(width) => {
                p += width;
                n += 1;
            }
            None if p == pattern.len() && n == name.len() => return true,
            None => match retry.as_mut() {
                Some((after, covered)) if *covered < name.len() => {
                    *covered += 1;
                    (p, n) = (*after, *covered);
                }
                _ => return false,
            },
        }
    }
}

/// How many characters of the pattern match this one character of the name.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern[0] {
        '?' => Some(1),
        '[' => class(pattern, c),
        '\\' => (*pattern.get(1)? == c).then_some(2),
        literal => (literal == c).then_some(1),
    }
}

/// A class: its width when it is well-formed and holds the character.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let negated = pattern.get(1) == Some(&'^');
    let start = if negated { 2 } else { 1 };
    let (mut at, mut found) = (start, false);
    loop {
        if pattern.get(at) == Some(&']') && at > start {
            return (found != negated).then_some(at + 1);
        }
        let (low, next) = bound(pattern, at)?;
        let (high, next) = match pattern.get(next) {
            Some('-') => bound(pattern, next + 1)?,
            _ => (low, next),
        };
        found |= (low..=high).contains(&c);
        at = next;
    }
}

/// One end of a range and where the pattern goes on; none when it is malformed.
fn bound(pattern: &[char], at: usize) -> Option<(char, usize)> {
    match *pattern.get(at)? {
        '-' | ']' => None,
        '\\' => Some((*pattern.get(at + 1)?, at + 2)),
        c => Some((c, at + 1)),
    }
}
