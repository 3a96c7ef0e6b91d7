//! Ranges without the expressions that define them: comparisons one after the other. Whatever this reader is not certain of
//! (`1.2 - 3`, and what is no range) it leaves to the expressions.

use super::Comparison;

const OPERATORS: [&str; 11] = ["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>"];

/// The comparisons of each group; nothing where that is not certain.
pub(super) fn groups(text: &str) -> Option<Vec<Vec<Comparison>>> {
    text.split("||").map(group).collect()
}

fn group(text: &str) -> Option<Vec<Comparison>> {
    let mut comparisons = Vec::new();
    let mut rest = after_space(text);
    loop {
        let (symbol, after) = split(rest, |byte| b"=!<>~^".contains(&byte));
        if symbol != "^" && !OPERATORS.contains(&symbol) {
            return None;
        }
        let version = after_space(after);
        let (numbers, prerelease, end) = parts(version)?;
        let original = &version[..version.len() - end.len()];
        comparisons.push(Comparison::new(symbol, original, numbers, prerelease).ok()?);
        rest = after_space(end);
        if rest.is_empty() {
            return Some(comparisons);
        }
        match rest.strip_prefix(',') {
            Some(more) => rest = after_space(more),
            None if rest.len() == end.len() => return None,
            None => {}
        }
    }
}

/// The numbers of a version with the points before them, its prerelease with the dash, and what follows.
fn parts(version: &str) -> Option<([&str; 3], &str, &str)> {
    let is_number = |byte: u8| byte.is_ascii_digit() || b"xX*".contains(&byte);
    let version = version.strip_prefix('v').unwrap_or(version);
    let (major, mut rest) = split(version, is_number);
    if major.is_empty() {
        return None;
    }
    let mut numbers = [major, "", ""];
    for number in &mut numbers[1..] {
        let Some(after) = rest.strip_prefix('.') else {
            break;
        };
        let length = 1 + split(after, is_number).0.len();
        if length == 1 {
            return None;
        }
        (*number, rest) = rest.split_at(length);
    }
    let (prerelease, rest) = label(rest, '-')?;
    let (_, rest) = label(rest, '+')?;
    Some((numbers, prerelease, rest))
}

/// A prerelease or the like, with the mark in front; empty without one.
fn label(text: &str, mark: char) -> Option<(&str, &str)> {
    let Some(mut rest) = text.strip_prefix(mark) else {
        return Some(("", text));
    };
    loop {
        let (word, after) = split(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if word.is_empty() {
            return None;
        }
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return Some(text.split_at(text.len() - after.len())),
        }
    }
}

fn after_space(text: &str) -> &str {
    text.trim_start_matches(['\t', '\n', '\x0c', '\r', ' '])
}

/// What is in front and of one kind, and what follows.
fn split(text: &str, is_kind: impl Fn(u8) -> bool) -> (&str, &str) {
    let length = text.bytes().take_while(|byte| is_kind(*byte)).count();
    text.split_at(length)
}
