//! Percent-encoding by the part of the URL.

/// Which part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    User,
    Host,
    Zone,
    Fragment,
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Host | Part::Zone => true,
        },
        b'!' | b'(' | b')' | b'*' if part == Part::Fragment => false,
        _ => true,
    }
}

/// Escapes what the part does not allow.
pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if must_escape(byte, part) {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        } else {
            out.push(byte);
        }
    }
    out
}

/// Decodes.
///
/// # Errors
/// `invalid URL escape "%zz"`, `invalid character " " in host name`.
pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        if byte != b'%' {
            if host && byte.is_ascii() && must_escape(byte, part) {
                return Err(format!(
                    "invalid character {} in host name",
                    super::quote(&[byte])
                ));
            }
            out.push(byte);
            at += 1;
            continue;
        }
        let bad = || {
            Err(format!(
                "invalid URL escape {}",
                super::quote(&text[at..text.len().min(at + 3)])
            ))
        };
        let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) else {
            return bad();
        };
        let value = (high << 4 | low) as u8;
        // A host may encode only what is not ASCII, and the percent sign.
        if part == Part::Host && high < 8 && value != b'%' {
            return bad();
        }
        if part == Part::Zone && value != b'%' && value != b' ' && must_escape(value, Part::Host) {
            return bad();
        }
        out.push(value);
        at += 3;
    }
    Ok(out)
}
