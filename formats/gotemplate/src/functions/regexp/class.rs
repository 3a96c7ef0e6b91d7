//! Character classes and escapes.

use super::translate::{Fault, fault, literal};

/// The general categories that Go knows, by one and two letters.
const CATEGORIES: [&str; 39] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl",
    "Zp", "Zs", "Any",
];

/// A class in brackets, at the start of a text: as crate `regex` writes it, and what follows.
pub(super) fn bracket(whole: &str) -> Result<(String, &str), Fault> {
    let mut rest = &whole[1..];
    let mut out = String::from("[");
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let empty = out.len();
    let mut first = true;
    loop {
        if !first && let Some(after) = rest.strip_prefix(']') {
            out.push(']');
            return Ok((out, after));
        }
        first = false;
        if rest.starts_with("[:")
            && let Some((class, after)) = posix(rest)?
        {
            out.push_str(&class);
            rest = after;
            continue;
        }
        if let Some((class, after)) = perl_or_unicode(rest)? {
            out.push_str(&class);
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = class_char(rest, whole)?;
        rest = after;
        let mut high = low;
        if rest.starts_with('-') && !rest[1..].starts_with(']') && rest.len() > 1 {
            let (end, after) = class_char(&rest[1..], whole)?;
            rest = after;
            high = end;
            if high < low {
                return Err(fault(
                    "invalid character class range",
                    &start[..start.len() - rest.len()],
                ));
            }
        }
        debug_assert!(out.len() >= empty);
        literal(&mut out, low);
        if high != low {
            out.push('-');
            literal(&mut out, high);
        }
    }
}

fn class_char<'t>(rest: &'t str, whole: &str) -> Result<(char, &'t str), Fault> {
    match rest.chars().next() {
        None => Err(fault("missing closing ]", whole)),
        Some('\\') => escaped(rest),
        Some(char) => Ok((char, &rest[char.len_utf8()..])),
    }
}

/// `[:alpha:]` and `[:^alpha:]`.
fn posix(text: &str) -> Result<Option<(String, &str)>, Fault> {
    let Some(end) = text.find(":]") else {
        return Ok(None);
    };
    let name = &text[2..end];
    let known = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    if !known.contains(&name.trim_start_matches('^')) || name.starts_with("^^") {
        return Err(fault("invalid character class range", &text[..end + 2]));
    }
    Ok(Some((text[..end + 2].to_owned(), &text[end + 2..])))
}

/// `\d`, `\W`, `\pL`, `\p{Greek}`, `\P{^Lu}`.
pub(super) fn perl_or_unicode(text: &str) -> Result<Option<(String, &str)>, Fault> {
    let mut chars = text.chars();
    if chars.next() != Some('\\') {
        return Ok(None);
    }
    let class = match chars.next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => r"[\t\n\x0c\r ]",
        Some('S') => r"[^\t\n\x0c\r ]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some(sign @ ('p' | 'P')) => return unicode(text, sign == 'P').map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), &text[2..])))
}

fn unicode(text: &str, mut negative: bool) -> Result<(String, &str), Fault> {
    let invalid = |at| Err(fault("invalid character class range", at));
    let Some(first) = text[2..].chars().next() else {
        return invalid(text);
    };
    let (name, whole, rest) = if first == '{' {
        let Some(end) = text.find('}') else {
            return invalid(text);
        };
        (&text[3..end], &text[..=end], &text[end + 1..])
    } else {
        let end = 2 + first.len_utf8();
        (&text[2..end], &text[..end], &text[end..])
    };
    let bare = name.strip_prefix('^');
    negative ^= bare.is_some();
    let bare = bare.unwrap_or(name);
    // One and two letters are categories; anything longer is a script, which both spell alike.
    let script = bare.len() > 2 && bare.starts_with(|char: char| char.is_ascii_uppercase());
    if !CATEGORIES.contains(&bare) && !script {
        return invalid(whole);
    }
    let sign = if negative { 'P' } else { 'p' };
    let class = format!("\\{sign}{{{bare}}}");
    if script && bare != "Any" && regex::Regex::new(&class).is_err() {
        return invalid(whole);
    }
    Ok((class, rest))
}

/// An escaped character, at the start of a text, and what follows.
pub(super) fn escaped(text: &str) -> Result<(char, &str), Fault> {
    let mut chars = text.chars();
    chars.next();
    let Some(char) = chars.next() else {
        return Err(fault("trailing backslash at end of expression", ""));
    };
    let rest = chars.as_str();
    let invalid = |rest: &str| Err(fault("invalid escape sequence", &text[..text.len() - rest.len()]));
    let plain = match char {
        // One digit alone would refer back.
        '1'..='7' if !rest.starts_with(|next: char| ('0'..='7').contains(&next)) => return invalid(rest),
        '0'..='7' => {
            let digits = 1 + rest
                .bytes()
                .take(2)
                .take_while(|byte| matches!(byte, b'0'..=b'7'))
                .count();
            let code = u32::from_str_radix(&text[1..=digits], 8).unwrap_or(0);
            return Ok((char::from_u32(code).unwrap_or('\0'), &text[1 + digits..]));
        }
        'x' => return hexadecimal(text, rest),
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ if char.is_ascii() && !char.is_ascii_alphanumeric() => char,
        _ => return invalid(rest),
    };
    Ok((plain, rest))
}

fn hexadecimal<'t>(text: &'t str, rest: &'t str) -> Result<(char, &'t str), Fault> {
    let invalid = |taken: usize| {
        let end = (text.len() - rest.len() + taken).min(text.len());
        Err(fault("invalid escape sequence", text.get(..end).unwrap_or(text)))
    };
    if let Some(inside) = rest.strip_prefix('{') {
        let digits = inside.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits == 0 || !inside[digits..].starts_with('}') {
            let next = inside[digits..].chars().next().map_or(0, char::len_utf8);
            return invalid(1 + digits + next);
        }
        let code = u32::from_str_radix(&inside[..digits], 16)
            .ok()
            .and_then(char::from_u32);
        return match code {
            Some(char) => Ok((char, &inside[digits + 1..])),
            None => invalid(1 + digits + 1),
        };
    }
    let code = rest
        .get(..2)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
        Some(code) => Ok((char::from(code), &rest[2..])),
        None => invalid(rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at)),
    }
}
