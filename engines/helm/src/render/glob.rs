//! Patterns of `.Files.Glob`: those of `github.com/gobwas/glob` with `/` as the separator.

/// A pattern: `*` (within a name), `**` (across names), `?`, `[a-z]`, `[!a-z]`, `{one,two}`, `\` before a character.
#[derive(Clone, Debug)]
pub(super) struct Glob(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Char(char),
    One,
    Star,
    DoubleStar,
    Class(bool, Vec<(char, char)>),
    Alternatives(Vec<Vec<Part>>),
}

impl Glob {
    /// A pattern that cannot be read matches everything, as in Helm.
    pub(super) fn new(pattern: &str) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        match sequence(&chars, &mut at, 0) {
            Some(parts) if at == chars.len() => Glob(parts),
            _ => Glob(vec![Part::DoubleStar]),
        }
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        ends(&self.0, &name, &[0]).contains(&name.len())
    }
}

/// Nesting of alternatives that is read.
const MAX_DEPTH: usize = 16;

fn sequence(chars: &[char], at: &mut usize, depth: usize) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(&c) = chars.get(*at) {
        if depth > 0 && matches!(c, ',' | '}') {
            break;
        }
        *at += 1;
        parts.push(match c {
            '*' if chars.get(*at) == Some(&'*') => {
                *at += 1;
                Part::DoubleStar
            }
            '*' => Part::Star,
            '?' => Part::One,
            '\\' => {
                let escaped = *chars.get(*at)?;
                *at += 1;
                Part::Char(escaped)
            }
            '[' => class(chars, at)?,
            '{' => alternatives(chars, at, depth + 1)?,
            other => Part::Char(other),
        });
    }
    Some(parts)
}

fn alternatives(chars: &[char], at: &mut usize, depth: usize) -> Option<Part> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut choices = Vec::new();
    loop {
        choices.push(sequence(chars, at, depth)?);
        *at += 1;
        match chars.get(*at - 1) {
            Some(',') => {}
            Some('}') => return Some(Part::Alternatives(choices)),
            _ => return None,
        }
    }
}

fn class(chars: &[char], at: &mut usize) -> Option<Part> {
    let negated = chars.get(*at) == Some(&'!');
    *at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        let mut c = *chars.get(*at)?;
        *at += 1;
        if c == ']' {
            return (!ranges.is_empty()).then_some(Part::Class(negated, ranges));
        }
        if c == '\\' {
            c = *chars.get(*at)?;
            *at += 1;
        }
        let is_range = chars.get(*at) == Some(&'-') && chars.get(*at + 1).is_some_and(|next| *next != ']');
        let high = if is_range {
            *at += 2;
            *chars.get(*at - 1)?
        } else {
            c
        };
        ranges.push((c, high));
    }
}

/// Where the parts can end when they begin at one of `starts`. Work is bounded by parts times length.
fn ends(parts: &[Part], name: &[char], starts: &[usize]) -> Vec<usize> {
    let mut current = starts.to_vec();
    for part in parts {
        let mut next: Vec<usize> = Vec::new();
        match part {
            Part::Alternatives(choices) => {
                for choice in choices {
                    next.extend(ends(choice, name, &current));
                }
            }
            _ => current
                .iter()
                .for_each(|start| step(part, name, *start, &mut next)),
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return next;
        }
        current = next;
    }
    current
}

fn step(part: &Part, name: &[char], start: usize, next: &mut Vec<usize>) {
    let c = name.get(start).copied();
    let one = match part {
        Part::Char(want) => c == Some(*want),
        Part::One => c.is_some_and(|c| c != '/'),
        Part::Class(negated, ranges) => {
            c.is_some_and(|c| ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated)
        }
        Part::Star => {
            let end = name[start..]
                .iter()
                .position(|c| *c == '/')
                .map_or(name.len(), |at| start + at);
            next.extend(start..=end);
            false
        }
        Part::DoubleStar => {
            next.extend(start..=name.len());
            false
        }
        Part::Alternatives(_) => false,
    };
    if one {
        next.push(start + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, name: &str, expect: bool) {
        assert_eq!(Glob::new(pattern).matches(name), expect, "{pattern} on {name}");
    }

    #[test]
    fn patterns() {
        check("*.yaml", "a.yaml", true);
        check("*.yaml", "a/b.yaml", false);
        check("**.yaml", "a/b.yaml", true);
        check("a/**", "a/b/c", true);
        check("a/**", "a/", true);
        check("a/*/c", "a/b/c", true);
        check("?", "/", false);
        check("{a,b/*}.txt", "b/x.txt", true);
        check("{a,{b,c}}", "c", true);
        check("[!a]", "b", true);
        check("[a-c]x", "bx", true);
        check("\\*", "*", true);
        check("{a", "anything/at/all", true);
        check("", "", true);
        check("", "a", false);
    }
}
