//! Go's package regexp: RE2 expressions, and the rules of finding, replacing and splitting.

mod class;
mod translate;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::unicode::{is_digit, is_letter};
use crate::Runes;

/// Bytes that one compiled expression may take.
const SIZE_LIMIT: usize = 8 << 20;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) struct Regexp {
    regex: Regex,
    /// By number; groups without a name have the empty one.
    names: Arc<[String]>,
    empty: bool,
}

/// Expressions that were compiled, for the renders with one set of templates: compiling takes far longer than most matches.
#[derive(Debug, Default)]
pub(crate) struct Compiled(Mutex<HashMap<Box<str>, Regexp>>);

/// So many are kept, each of at most so many bytes; with more, keeping begins anew.
const KEPT: usize = 16;
const KEPT_SIZE: usize = 1 << 20;

impl Compiled {
    /// An expression, compiled now or before.
    ///
    /// # Errors
    /// Those of [`Regexp::new`].
    pub(crate) fn get(&self, pattern: &str) -> Result<Regexp, String> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regexp) = kept().get(pattern) {
            return Ok(regexp.clone());
        }
        // What is too large to be kept is compiled each time; what is wrong is told then, too.
        let Ok(regexp) = Regexp::within(pattern, KEPT_SIZE) else {
            return Regexp::new(pattern);
        };
        let mut kept = kept();
        if kept.len() == KEPT {
            kept.clear();
        }
        kept.insert(pattern.into(), regexp.clone());
        Ok(regexp)
    }
}

impl Regexp {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Go's words: ``error parsing regexp: missing closing ]: `[` ``.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        Regexp::within(pattern, SIZE_LIMIT)
    }

    fn within(pattern: &str, size_limit: usize) -> Result<Self, String> {
        let error = |fault| format!("error parsing regexp: {fault}");
        let (translated, names) = translate::translate(pattern).map_err(error)?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(size_limit)
            .nest_limit(4000)
            .build()
            .map_err(|_| error(translate::fault("expression too large", pattern)))?;
        Ok(Regexp {
            regex,
            names: names.into(),
            empty: pattern.is_empty(),
        })
    }

    /// Whether it matches anywhere.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.find_at(text, 0).is_some()
    }

    /// The first match.
    pub(crate) fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.find_at(text, 0).map(|(start, end)| &text[start..end])
    }

    /// The next match from a place on; never one of nothing within a character.
    fn find_at(&self, text: &[u8], mut from: usize) -> Option<(usize, usize)> {
        loop {
            let found = self.regex.find_at(text, from)?;
            if !found.is_empty() || is_boundary(text, found.start()) {
                return Some((found.start(), found.end()));
            }
            from = found.start() + 1;
        }
    }

    fn captures_at<'t>(&self, text: &'t [u8], mut from: usize) -> Option<Captures<'t>> {
        loop {
            let found = self.regex.captures_at(text, from)?;
            let whole = found.get(0)?;
            if !whole.is_empty() || is_boundary(text, whole.start()) {
                return Some(found);
            }
            from = whole.start() + 1;
        }
    }

    /// Up to `limit` matches that do not overlap, all when it is negative. Nothing does not match right behind a match.
    pub(crate) fn find_all(&self, text: &[u8], limit: i64) -> Vec<(usize, usize)> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let (mut from, mut end_before) = (0, None);
        while found.len() < limit && from <= text.len() {
            let Some((start, end)) = self.find_at(text, from) else {
                break;
            };
            let mut accepted = true;
            if end == from {
                accepted = Some(start) != end_before;
                from += width_at(text, from).max(1);
            } else {
                from = end;
            }
            end_before = Some(end);
            if accepted {
                found.push((start, end));
            }
        }
        found
    }

    /// Replaces each match by what `replacement` writes; `None` where that is more than `most` bytes.
    fn replace(
        &self,
        text: &[u8],
        most: usize,
        mut replacement: impl FnMut(&mut Vec<u8>, &Captures<'_>),
    ) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len());
        let (mut from, mut end_before) = (0, 0);
        while from <= text.len() {
            let Some(found) = self.captures_at(text, from) else {
                break;
            };
            let Some(whole) = found.get(0) else { break };
            out.extend_from_slice(&text[end_before..whole.start()]);
            if whole.end() > end_before || whole.start() == 0 {
                replacement(&mut out, &found);
            }
            if out.len() > most {
                return None;
            }
            end_before = whole.end();
            from = (from + width_at(text, from).max(1)).max(whole.end());
        }
        out.extend_from_slice(&text[end_before..]);
        Some(out).filter(|out| out.len() <= most)
    }

    /// Replaces each match by a template with `$1`, `${name}`, `$$`; `None` where more than `most` bytes come out.
    pub(crate) fn replace_all(&self, text: &[u8], template: &[u8], most: usize) -> Option<Vec<u8>> {
        if !template.contains(&b'$') {
            return self.replace_all_literal(text, template, most);
        }
        self.replace(text, most, |out, found| {
            expand(out, template, found, &self.names, most);
        })
    }

    /// Replaces each match by a text; `None` where more than `most` bytes come out.
    pub(crate) fn replace_all_literal(&self, text: &[u8], by: &[u8], most: usize) -> Option<Vec<u8>> {
        self.replace(text, most, |out, _| out.extend_from_slice(by))
    }

    /// Splits at matches into at most `limit` parts; `None` (Go's nil) for a limit of 0.
    pub(crate) fn split<'t>(&self, text: &'t [u8], limit: i64) -> Option<Vec<&'t [u8]>> {
        if limit == 0 {
            return None;
        }
        if !self.empty && text.is_empty() {
            return Some(vec![b""]);
        }
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for (start, stop) in self.find_all(text, limit) {
            if limit > 0 && parts.len() as i64 == limit - 1 {
                break;
            }
            end = start;
            if stop != 0 {
                parts.push(&text[begin..end]);
            }
            begin = stop;
        }
        if end != text.len() {
            parts.push(&text[begin..]);
        }
        Some(parts)
    }
}

fn is_boundary(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

fn width_at(text: &[u8], at: usize) -> usize {
    let mut runes = Runes::new(&text[at..]);
    runes.next();
    text.len() - at - runes.rest().len()
}

/// What follows `$` in a template.
struct Reference<'t> {
    name: &'t [u8],
    number: Option<usize>,
    rest: &'t [u8],
}

/// Writes the template with the groups of a match; ends once there are more than `most` bytes.
fn expand(out: &mut Vec<u8>, mut template: &[u8], found: &Captures<'_>, names: &[String], most: usize) {
    while let Some(at) = memchr::memchr(b'$', template).filter(|_| out.len() <= most) {
        out.extend_from_slice(&template[..at]);
        template = &template[at + 1..];
        if template.first() == Some(&b'$') {
            out.push(b'$');
            template = &template[1..];
            continue;
        }
        let Some(reference) = reference(template) else {
            out.push(b'$');
            continue;
        };
        template = reference.rest;
        let group = match reference.number {
            Some(number) => found.get(number),
            None => names
                .iter()
                .enumerate()
                .filter(|(_, name)| name.as_bytes() == reference.name)
                .find_map(|(index, _)| found.get(index)),
        };
        out.extend_from_slice(group.map_or(b"", |group| group.as_bytes()));
    }
    out.extend_from_slice(template);
}

fn reference(text: &[u8]) -> Option<Reference<'_>> {
    let brace = text.first() == Some(&b'{');
    let text = if brace { &text[1..] } else { text };
    let mut runes = Runes::new(text);
    let mut length = 0;
    while let Some(char) = runes.next() {
        if !(is_letter(char) || is_digit(char) || char == '_') {
            break;
        }
        length = text.len() - runes.rest().len();
    }
    let (name, rest) = text.split_at(length);
    if name.is_empty() {
        return None;
    }
    let rest = if brace { rest.strip_prefix(b"}")? } else { rest };
    let leading_zero = name.len() > 1 && name[0] == b'0';
    let digits = name.len() <= 9 && name.iter().all(u8::is_ascii_digit) && !leading_zero;
    let number = digits.then(|| {
        name.iter()
            .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    });
    Some(Reference { name, number, rest })
}

/// `regexp.QuoteMeta`.
pub(crate) fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_small_expressions_are_kept() {
        let compiled = Compiled::default();
        let large = r"\pL{40}";
        assert!(Regexp::within(large, KEPT_SIZE).is_err() && Regexp::new(large).is_ok());
        for number in 0..3 * KEPT {
            let pattern = format!("^a{number}$");
            for _ in 0..2 {
                let regexp = compiled.get(&pattern).unwrap();
                assert!(regexp.is_match(format!("a{number}").as_bytes()) && !regexp.is_match(b"b"));
            }
            assert!(
                compiled
                    .get(large)
                    .unwrap()
                    .is_match("\u{e9}".repeat(40).as_bytes())
            );
            let kept = compiled.0.lock().unwrap();
            assert!(kept.len() <= KEPT && kept.contains_key(&*pattern) && !kept.contains_key(large));
        }
        assert_eq!(compiled.get("(").unwrap_err(), Regexp::new("(").unwrap_err());
    }
}
