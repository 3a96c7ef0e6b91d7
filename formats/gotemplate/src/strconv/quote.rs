//! Go's quoted strings and characters.

use crate::Runes;

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII space.
pub fn is_print(rune: char) -> bool {
    if rune.is_ascii() {
        return matches!(rune, ' '..='~');
    }
    // Rust's debug form escapes just what Go does not call printable. Behind another character a mark stands for itself.
    let mut buffer = [b'a', 0, 0, 0, 0];
    let width = rune.encode_utf8(&mut buffer[1..]).len();
    std::str::from_utf8(&buffer[..=width]).is_ok_and(|text| text.escape_debug().count() == 2)
}

/// Go's `strconv.Quote`, appended. Bytes that are not UTF-8 become `\x..`.
pub fn quote(out: &mut Vec<u8>, text: &[u8]) {
    quote_with(out, text, b'"', false);
}

/// Go's `strconv.QuoteToASCII`, appended.
pub fn quote_ascii(out: &mut Vec<u8>, text: &[u8]) {
    quote_with(out, text, b'"', true);
}

/// Go's `strconv.QuoteRune` or `QuoteRuneToASCII`, appended. What is not a character is U+FFFD.
pub fn quote_rune(out: &mut Vec<u8>, rune: i64, ascii: bool) {
    let rune = u32::try_from(rune)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    out.push(b'\'');
    escape(out, rune, b'\'', ascii);
    out.push(b'\'');
}

/// Go's `strconv.CanBackquote`: whether the text can stand in backquotes on one line.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        !text
            .chars()
            .any(|rune| rune == '\u{feff}' || rune == '`' || rune == '\u{7f}' || (rune < ' ' && rune != '\t'))
    })
}

fn quote_with(out: &mut Vec<u8>, text: &[u8], mark: u8, ascii: bool) {
    out.reserve(text.len() + 2);
    out.push(mark);
    let mut runes = Runes::new(text);
    loop {
        let rest = runes.rest();
        let plain = rest
            .iter()
            .take_while(|byte| matches!(byte, b' '..=b'~') && **byte != mark && **byte != b'\\')
            .count();
        out.extend_from_slice(&rest[..plain]);
        runes = Runes::new(&rest[plain..]);
        let before = runes.rest();
        let Some(rune) = runes.next() else { break };
        if rune == char::REPLACEMENT_CHARACTER && before.len() - runes.rest().len() == 1 {
            hex(out, b'x', u32::from(before[0]), 2);
        } else {
            escape(out, rune, mark, ascii);
        }
    }
    out.push(mark);
}

fn escape(out: &mut Vec<u8>, rune: char, mark: u8, ascii: bool) {
    if rune == char::from(mark) || rune == '\\' {
        out.extend_from_slice(&[b'\\', rune as u8]);
        return;
    }
    if (!ascii || rune.is_ascii()) && is_print(rune) {
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        return;
    }
    let short = match rune {
        '\u{07}' => b'a',
        '\u{08}' => b'b',
        '\u{0c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{0b}' => b'v',
        _ => 0,
    };
    if short != 0 {
        out.extend_from_slice(&[b'\\', short]);
    } else if rune < ' ' || rune == '\u{7f}' {
        hex(out, b'x', rune as u32, 2);
    } else if rune < '\u{10000}' {
        hex(out, b'u', rune as u32, 4);
    } else {
        hex(out, b'U', rune as u32, 8);
    }
}

fn hex(out: &mut Vec<u8>, letter: u8, number: u32, digits: u32) {
    out.extend_from_slice(&[b'\\', letter]);
    out.extend(
        (0..digits)
            .rev()
            .map(|digit| b"0123456789abcdef"[(number >> (4 * digit) & 0xf) as usize]),
    );
}

/// Go's `strconv.Unquote` of a text in double quotes or backquotes; `None` where Go says `invalid syntax`.
pub fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    let (&mark, rest) = quoted.split_first()?;
    let (&last, mut rest) = rest.split_last()?;
    if last != mark {
        return None;
    }
    if mark == b'`' {
        return (!rest.contains(&b'`')).then(|| rest.iter().copied().filter(|byte| *byte != b'\r').collect());
    }
    if mark != b'"' || rest.contains(&b'\n') {
        return None;
    }
    if rest.is_ascii() && !rest.contains(&b'\\') && !rest.contains(&mark) {
        return Some(rest.to_vec());
    }
    let mut text = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, tail) = unquote_char(rest, mark)?;
        match unit {
            Unit::Byte(byte) => text.push(byte),
            Unit::Rune(rune) => text.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
    }
    Some(text)
}

/// One unit of a quoted text: a character, or a byte given by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Given as `\x..` or in octal, or as a byte that is not UTF-8.
    Byte(u8),
    /// A character.
    Rune(char),
}

/// Go's `strconv.UnquoteChar`: the first unit of a quoted text and what follows it.
pub fn unquote_char(text: &[u8], mark: u8) -> Option<(Unit, &[u8])> {
    let (&first, rest) = text.split_first()?;
    if first == mark {
        return None;
    }
    if first >= 0x80 {
        let mut runes = Runes::new(text);
        let rune = runes.next()?;
        let one = runes.rest().len() + 1 == text.len();
        // As Go reads a constant: a wrong byte is U+FFFD.
        let unit = if one {
            Unit::Rune(char::REPLACEMENT_CHARACTER)
        } else {
            Unit::Rune(rune)
        };
        return Some((unit, runes.rest()));
    }
    if first != b'\\' {
        return Some((Unit::Rune(char::from(first)), rest));
    }
    let (&letter, rest) = rest.split_first()?;
    let simple = |rune: char| Some((Unit::Rune(rune), rest));
    match letter {
        b'a' => simple('\u{07}'),
        b'b' => simple('\u{08}'),
        b'f' => simple('\u{0c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\u{0b}'),
        b'\\' => simple('\\'),
        b'\'' | b'"' => (letter == mark).then_some((Unit::Rune(char::from(letter)), rest)),
        b'x' => {
            let (number, rest) = digits(rest, 2, 16)?;
            Some((Unit::Byte(u8::try_from(number).ok()?), rest))
        }
        b'u' | b'U' => {
            let (number, rest) = digits(rest, if letter == b'u' { 4 } else { 8 }, 16)?;
            Some((Unit::Rune(char::from_u32(number)?), rest))
        }
        b'0'..=b'7' => {
            let (number, rest) = digits(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(number).ok()?), rest))
        }
        _ => None,
    }
}

fn digits(text: &[u8], count: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (head, rest) = text.split_at_checked(count)?;
    let number = head.iter().try_fold(0u32, |number, byte| {
        Some(number.checked_mul(radix)? + char::from(*byte).to_digit(radix)?)
    })?;
    Some((number, rest))
}
