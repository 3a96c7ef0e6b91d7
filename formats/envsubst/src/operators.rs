//! What the operators do to a value.

use crate::error::ErrorKind;
use crate::glob::{Glob, Scan};

/// A part by bytes. Positions and lengths that are no numbers leave the value as it is, as in a shell.
pub(crate) fn substring(
    name: &str,
    value: &str,
    offset: &str,
    length: Option<&str>,
) -> Result<String, ErrorKind> {
    let Ok(offset) = offset.parse::<i64>() else {
        return Ok(value.to_owned());
    };
    let size = value.len() as i64;
    let from = if offset < 0 {
        size.saturating_add(offset).max(0)
    } else {
        offset
    };
    let to = match length.map(str::parse::<i64>) {
        None => size,
        Some(Ok(length)) => from.saturating_add(length).min(size),
        Some(Err(_)) => return Ok(value.to_owned()),
    };
    if from >= size {
        return Ok(String::new());
    }
    if to < from {
        return Err(ErrorKind::NegativeLength(name.to_owned()));
    }
    let part = value.get(from as usize..to as usize);
    part.map(str::to_owned)
        .ok_or_else(|| ErrorKind::SplitCharacter(name.to_owned()))
}

/// Go maps letters one by one, so a letter whose other case is several letters stays.
fn upper(char: char) -> char {
    let mut mapped = char.to_uppercase();
    mapped.next().filter(|_| mapped.next().is_none()).unwrap_or(char)
}

fn lower(char: char) -> char {
    let mut mapped = char.to_lowercase();
    mapped.next().filter(|_| mapped.next().is_none()).unwrap_or(char)
}

pub(crate) fn change_case(value: &str, operator: &str) -> String {
    let first = |map: fn(char) -> char| {
        let mut chars = value.chars();
        chars.next().map(map).into_iter().chain(chars).collect()
    };
    match operator {
        "," => first(lower),
        "^" => first(upper),
        ",," => value.chars().map(lower).collect(),
        "^^" => value.chars().map(upper).collect(),
        _ => value.to_owned(),
    }
}

/// `new` is absent in `${v/a/}`, which deletes, but does nothing at the start or end.
pub(crate) fn replace(
    value: &str,
    place: Option<char>,
    old: &str,
    new: Option<&str>,
    limit: usize,
) -> Result<String, ErrorKind> {
    let with = new.unwrap_or_default();
    Ok(match place {
        None => value.replacen(old, with, 1),
        Some('#') => match (value.strip_prefix(old), new) {
            (Some(rest), Some(new)) => format!("{new}{rest}"),
            _ => value.to_owned(),
        },
        Some('%') => match (value.strip_suffix(old), new) {
            (Some(rest), Some(new)) => format!("{rest}{new}"),
            _ => value.to_owned(),
        },
        Some(_) => {
            let count = if old.is_empty() {
                value.chars().count() + 1
            } else {
                value.matches(old).count()
            };
            if count.saturating_mul(with.len()).saturating_add(value.len()) > limit {
                return Err(ErrorKind::TooLarge(limit));
            }
            value.replace(old, with)
        }
    })
}

/// Removes the shortest or longest start or end that matches; nothing when the pattern is malformed. None when the
/// match would cost too much.
///
/// An end is matched by turning both around, as Flux does; a class in such a pattern is turned around with it and so is
/// malformed.
pub(crate) fn trim(value: &str, pattern: &str, at_start: bool, longest: bool) -> Option<String> {
    let turned = |text: &str| text.chars().rev().collect::<String>();
    if !at_start {
        return trim(&turned(value), &turned(pattern), true, longest).map(|rest| turned(&rest));
    }
    let Some(glob) = Glob::parse(pattern) else {
        return Some(value.to_owned());
    };
    let length = match glob.prefix(value, longest) {
        Scan::Matched(length) => length,
        Scan::Nothing => 0,
        Scan::TooExpensive => return None,
    };
    Some(value[length..].to_owned())
}
