//! Text functions of sprig and of goutils, on bytes where Go counts bytes.

use super::unicode::{is_digit, is_letter, is_lower, is_title, is_upper, to_lower, to_title, to_upper};
use crate::{GoStr, Runes};

/// Maps each character, as `strings.Map`.
pub(super) fn map(text: &GoStr, each: impl Fn(char) -> char) -> GoStr {
    GoStr::from(text.runes().map(each).collect::<String>())
}

/// `strings.ToUpper`.
pub(super) fn upper(text: &GoStr) -> GoStr {
    match text.as_str() {
        Some(ascii) if ascii.is_ascii() => GoStr::from(ascii.to_ascii_uppercase()),
        _ => map(text, to_upper),
    }
}

/// `strings.ToLower`.
pub(super) fn lower(text: &GoStr) -> GoStr {
    match text.as_str() {
        Some(ascii) if ascii.is_ascii() => GoStr::from(ascii.to_ascii_lowercase()),
        _ => map(text, to_lower),
    }
}

/// `strings.Title`: a capital after everything that is no letter, digit or underscore. What is neither letter nor
/// space outside of ASCII does not separate.
pub(super) fn title(text: &GoStr) -> GoStr {
    let mut before = ' ';
    let titled: String = text
        .runes()
        .map(|char| {
            let separated = match before {
                '0'..='9' | 'a'..='z' | 'A'..='Z' | '_' => false,
                _ if before.is_ascii() => true,
                _ if is_letter(before) || is_digit(before) => false,
                _ => before.is_whitespace(),
            };
            before = char;
            if separated { to_title(char) } else { char }
        })
        .collect();
    GoStr::from(titled)
}

/// A small letter at the start of each word.
pub(super) fn untitle(text: &GoStr) -> GoStr {
    let mut at_start = true;
    let lowered: String = text
        .runes()
        .map(|char| {
            let first = at_start && !char.is_whitespace();
            at_start = char.is_whitespace();
            if first { to_lower(char) } else { char }
        })
        .collect();
    GoStr::from(lowered)
}

/// Small for capital; a small letter at the start of a word gets its title case.
pub(super) fn swapcase(text: &GoStr) -> GoStr {
    let mut at_start = true;
    let swapped: String = text
        .runes()
        .map(|char| {
            if is_upper(char) || is_title(char) {
                at_start = false;
                to_lower(char)
            } else if is_lower(char) {
                let first = std::mem::take(&mut at_start);
                if first { to_title(char) } else { to_upper(char) }
            } else {
                at_start = char.is_whitespace();
                char
            }
        })
        .collect();
    GoStr::from(swapped)
}

/// Each byte as if it were a character: what goutils makes of texts.
fn bytes_as_chars(text: &GoStr) -> impl Iterator<Item = char> {
    text.as_bytes().iter().map(|byte| char::from(*byte))
}

/// The first byte of each word, as a character.
pub(super) fn initials(text: &GoStr) -> GoStr {
    let mut after_space = true;
    let initials: String = bytes_as_chars(text)
        .filter(|char| {
            let space = char.is_whitespace();
            let first = after_space && !space;
            after_space = space;
            first
        })
        .collect();
    GoStr::from(initials)
}

/// Without white space. A text that has some comes out with each byte as a character.
pub(super) fn nospace(text: &GoStr) -> GoStr {
    if bytes_as_chars(text).any(char::is_whitespace) {
        GoStr::from(
            bytes_as_chars(text)
                .filter(|char| !char.is_whitespace())
                .collect::<String>(),
        )
    } else {
        text.clone()
    }
}

/// The first bytes, or the last ones when negative.
pub(super) fn trunc(count: i64, text: &GoStr) -> GoStr {
    let bytes = text.as_bytes();
    let length = bytes.len() as i64;
    match count {
        ..0 if length.saturating_add(count) > 0 => GoStr::from(&bytes[(length + count) as usize..]),
        0.. if length > count => GoStr::from(&bytes[..count as usize]),
        _ => text.clone(),
    }
}

/// A part by bytes.
///
/// # Errors
/// Go's words for bounds that do not fit.
pub(super) fn substr(start: i64, end: i64, text: &GoStr) -> Result<GoStr, String> {
    let bytes = text.as_bytes();
    let length = bytes.len() as i64;
    let outside = |range: String| format!("runtime error: slice bounds out of range [{range}]");
    if start < 0 {
        return match end {
            ..0 => Err(outside(format!(":{end}"))),
            _ if end > length => Err(format!("{} with length {length}", outside(format!(":{end}")))),
            _ => Ok(GoStr::from(&bytes[..end as usize])),
        };
    }
    let end = if end < 0 || end > length { length } else { end };
    if start > end {
        return Err(outside(format!("{start}:{end}")));
    }
    Ok(GoStr::from(&bytes[start as usize..end as usize]))
}

/// Shortens with dots in place of the end.
pub(super) fn abbrev(width: i64, text: &GoStr) -> GoStr {
    if width < 4 {
        text.clone()
    } else {
        abbreviate(text.as_bytes(), 0, width).into()
    }
}

/// Shortens with dots in place of start and end.
///
/// # Errors
/// Go's words where it would panic.
pub(super) fn abbrev_both(left: i64, right: i64, text: &GoStr) -> GoStr {
    if right < 4 || left > 0 && right < 7 {
        return text.clone();
    }
    abbreviate(text.as_bytes(), left, right).into()
}

fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = text.len() as i64;
    if text.is_empty() || width < 4 {
        return Vec::new();
    }
    if length <= width {
        return text.to_vec();
    }
    let kept = width - 3;
    let offset = if length - offset.min(length) < kept {
        length - kept
    } else {
        offset.min(length)
    };
    if offset <= 4 {
        return [&text[..kept as usize], b"..."].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < length {
        let rest = abbreviate(&text[offset as usize..], 0, kept);
        return [b"...".as_slice(), &rest].concat();
    }
    [b"...", &text[(length - kept) as usize..]].concat()
}

/// Breaks lines at spaces so that they have at most `width` bytes. Words that are too long are broken when asked for.
pub(super) fn wrap(text: &GoStr, width: i64, separator: &GoStr, break_words: bool) -> GoStr {
    let bytes = text.as_bytes();
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let separator = if separator.is_empty() {
        b"\n"
    } else {
        separator.as_bytes()
    };
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / width * separator.len().min(16));
    let mut at = 0;
    let line = |out: &mut Vec<u8>, from: usize, to: usize| {
        out.extend_from_slice(&bytes[from..to]);
        out.extend_from_slice(separator);
    };
    while bytes.len() - at > width {
        if bytes[at] == b' ' {
            at += 1;
            continue;
        }
        let space = bytes[at..=at + width].iter().rposition(|byte| *byte == b' ');
        if let Some(space) = space {
            line(&mut out, at, at + space);
            at += space + 1;
        } else if break_words {
            line(&mut out, at, at + width);
            at += width;
        } else {
            let beyond = bytes[at + width..].iter().position(|byte| *byte == b' ');
            let Some(beyond) = beyond else { break };
            line(&mut out, at, at + width + beyond);
            at += width + beyond + 1;
        }
    }
    out.extend_from_slice(&bytes[at..]);
    GoStr::from(out)
}

/// All places of a text in another, replaced. Nothing is found between all characters.
pub(super) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    if old.is_empty() {
        let mut runes = Runes::new(text);
        out.extend_from_slice(new);
        let mut before = text;
        while runes.next().is_some() {
            out.extend_from_slice(&before[..before.len() - runes.rest().len()]);
            out.extend_from_slice(new);
            before = runes.rest();
        }
        return out;
    }
    let mut rest = text;
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// The first place of a text in another.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// `strings.SplitN`: an empty separator splits into characters; `limit` below 0 is none.
pub(super) fn split<'t>(text: &'t [u8], separator: &[u8], limit: i64) -> Vec<&'t [u8]> {
    if limit == 0 {
        return Vec::new();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < limit {
            let mut runes = Runes::new(rest);
            runes.next();
            parts.push(&rest[..rest.len() - runes.rest().len()]);
            rest = runes.rest();
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
        return parts;
    }
    while parts.len() + 1 < limit {
        let Some(at) = find(rest, separator) else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}

/// `strings.Trim`: takes characters of a set off both ends.
pub(super) fn trim_set<'t>(text: &'t [u8], set: &[u8]) -> &'t [u8] {
    let set: Vec<char> = Runes::new(set).collect();
    let mut rest = text;
    loop {
        let mut runes = Runes::new(rest);
        match runes.next() {
            Some(char) if set.contains(&char) => rest = runes.rest(),
            _ => break,
        }
    }
    while let Some((char, width)) = last_rune(rest) {
        if !set.contains(&char) {
            break;
        }
        rest = &rest[..rest.len() - width];
    }
    rest
}

/// `strings.TrimSpace`.
pub(super) fn trim_space(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        let mut runes = Runes::new(rest);
        match runes.next() {
            Some(char) if char.is_whitespace() => rest = runes.rest(),
            _ => break,
        }
    }
    while let Some((char, width)) = last_rune(rest) {
        if !char.is_whitespace() {
            break;
        }
        rest = &rest[..rest.len() - width];
    }
    rest
}

fn last_rune(bytes: &[u8]) -> Option<(char, usize)> {
    for width in 1..=4.min(bytes.len()) {
        let tail = &bytes[bytes.len() - width..];
        if let Ok(text) = std::str::from_utf8(tail)
            && let Some(char) = text.chars().next()
        {
            return Some((char, width));
        }
    }
    (!bytes.is_empty()).then_some((char::REPLACEMENT_CHARACTER, 1))
}

/// Indents every line, empty ones too.
pub(super) fn indent(spaces: usize, text: &[u8]) -> Vec<u8> {
    let lines = memchr::memchr_iter(b'\n', text).count() + 1;
    let mut out = Vec::with_capacity(text.len() + lines * spaces);
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            out.push(b'\n');
        }
        out.resize(out.len() + spaces, b' ');
        out.extend_from_slice(line);
    }
    out
}
