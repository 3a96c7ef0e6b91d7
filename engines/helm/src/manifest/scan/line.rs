//! One line of a manifest: keys and values, where it is certain what they are.

use flux_yaml::resolve::{Dialect, Resolved, resolve_value};

use crate::yaml::plain_text;

/// A value that stands behind a key or dash.
pub(super) enum Value<'t> {
    Nothing,
    Plain(&'t str),
    Quoted(String),
    /// A quoted text that goes on behind the line.
    Open(u8),
    Empty,
    /// A list of words or quoted texts.
    List,
    Block,
}

/// A key with its colon, and what stands behind.
pub(super) fn key(text: &str) -> Option<(String, &str)> {
    let first = *text.as_bytes().first()?;
    let (key, rest) = if first == b'"' || first == b'\'' {
        let (key, rest) = quoted(text)?;
        (key, rest.strip_prefix(':')?)
    } else {
        if !first.is_ascii_alphanumeric() && !matches!(first, b'_' | b'/' | b'.' | b'$') {
            return None;
        }
        let allowed =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'$');
        let length = text.bytes().take_while(|byte| allowed(byte)).count();
        let rest = text[length..].strip_prefix(':')?;
        let key = &text[..length];
        // Keys that are no text, or no key at all. Words that are something else are short.
        if !first.is_ascii_alphabetic() || key.len() <= "false".len() {
            match resolve_value(key, Dialect::V2) {
                Resolved::Str => {}
                Resolved::Int(_) | Resolved::Bool(_) => return Some((plain_text(key)?, checked(rest)?)),
                _ => return None,
            }
        }
        (key.to_owned(), rest)
    };
    Some((key, checked(rest)?))
}

fn checked(rest: &str) -> Option<&str> {
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

/// What stands behind a key or dash.
pub(super) fn value(text: &str) -> Option<Value<'_>> {
    let text = text.trim_start_matches(' ');
    let Some(first) = text.bytes().next() else {
        return Some(Value::Nothing);
    };
    match first {
        b'#' => Some(Value::Nothing),
        b'"' | b'\'' => match inside_quotes(&text[1..], first)? {
            None => Some(Value::Open(first)),
            Some(_) => {
                let (text, rest) = quoted(text)?;
                is_end(rest).then_some(Value::Quoted(text))
            }
        },
        b'|' | b'>' => {
            let rest = text[1..].strip_prefix(['+', '-']).unwrap_or(&text[1..]);
            is_end(rest).then_some(Value::Block)
        }
        b'{' => is_end(text.strip_prefix("{}")?).then_some(Value::Empty),
        b'[' => is_end(list(text)?).then_some(Value::List),
        _ => plain(text),
    }
}

/// Whether nothing follows but a comment.
pub(super) fn is_end(rest: &str) -> bool {
    let trimmed = rest.trim_start_matches(' ');
    trimmed.is_empty() || (trimmed.starts_with('#') && trimmed.len() < rest.len())
}

/// Where the quotes are that end a quoted text, if they are on this line. Nothing at all for what may be no text.
#[expect(
    clippy::option_option,
    reason = "the outer one is certainty, as everywhere here"
)]
pub(super) fn inside_quotes(text: &str, mark: u8) -> Option<Option<usize>> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr2(mark, b'\\', &bytes[from..]) {
        let at = from + at;
        let next = bytes.get(at + 1);
        from = match bytes[at] {
            b'\\' if mark == b'\'' => at + 1,
            b'\\' if matches!(next?, b'n' | b't' | b'r' | b'"' | b'\\' | b'/') => at + 2,
            b'\\' => return None,
            b'\'' if next == Some(&b'\'') => at + 2,
            _ => return Some(Some(at)),
        };
    }
    Some(None)
}

/// What stands behind a list of words and quoted texts.
fn list(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix('[')?.trim_start_matches(' ');
    if let Some(rest) = rest.strip_prefix(']') {
        return Some(rest);
    }
    loop {
        let first = *rest.as_bytes().first()?;
        rest = if matches!(first, b'"' | b'\'') {
            quoted(rest)?.1
        } else {
            let allowed =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
            let length = rest.bytes().take_while(allowed).count();
            if !first.is_ascii_alphabetic() {
                return None;
            }
            &rest[length..]
        };
        rest = rest.trim_start_matches(' ');
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start_matches(' '),
            None => return rest.strip_prefix(']'),
        }
    }
}

fn plain(text: &str) -> Option<Value<'_>> {
    let (text, has_colon) = without_comment(text);
    let bytes = text.as_bytes();
    let starts = match bytes.first()? {
        b'-' | b'?' | b':' => bytes.get(1).is_some_and(|byte| *byte != b' '),
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
        | b'@' | b'`' => false,
        _ => true,
    };
    let may_be_number = !bytes[0].is_ascii_alphabetic();
    let is_infinite = may_be_number
        && matches!(resolve_value(text, Dialect::V2), Resolved::Float(number) if !number.is_finite());
    let certain =
        starts && !has_colon && !text.ends_with(':') && !is_infinite && text != "---" && text != "...";
    certain.then_some(Value::Plain(text))
}

/// A plain text without what stands behind ` #`; and whether a colon in it may make it a key.
fn without_comment(text: &str) -> (&str, bool) {
    let bytes = text.as_bytes();
    let mut has_colon = false;
    for at in memchr::memchr2_iter(b':', b'#', bytes) {
        if bytes[at] == b':' {
            has_colon |= bytes.get(at + 1) == Some(&b' ');
        } else if at > 0 && bytes[at - 1] == b' ' {
            return (text[..at].trim_end_matches(' '), has_colon);
        }
    }
    (text.trim_end_matches(' '), has_colon)
}

/// A quoted text that ends on its line, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices().skip(1).peekable();
    let double = text.starts_with('"');
    let mut content = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if double => return Some((content, &text[at + 1..])),
            '\'' if !double => {
                if chars.next_if(|(_, next)| *next == '\'').is_none() {
                    return Some((content, &text[at + 1..]));
                }
                content.push('\'');
            }
            '\\' if double => content.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '"' => '"',
                '\\' => '\\',
                '/' => '/',
                _ => return None,
            }),
            other => content.push(other),
        }
    }
    None
}
