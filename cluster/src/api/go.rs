//! How Go writes values in messages.

use serde_json::Value;

/// A quoted string, as `%q`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => match (stray_byte(c), is_printed(c), c as u32) {
                (Some(byte), _, _) => out.push_str(&format!("\\x{byte:02x}")),
                (None, true, _) => out.push(c),
                (None, false, code @ ..0x10000) => out.push_str(&format!("\\u{code:04x}")),
                (None, false, code) => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push('"');
    out
}

/// Whether Go prints a character as it is: letters, marks, numbers, punctuation, symbols and the plain space.
fn is_printed(c: char) -> bool {
    // Behind another character marks are not escaped either.
    let mut buffer = [b'a'; 5];
    let length = c.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..=length]).unwrap_or_default();
    c.is_ascii() || text.escape_debug().nth(1) == Some(c)
}

/// Where a byte of a path that belongs to no character is kept: at the end of the private use planes.
const STRAY: u32 = 0x10_ff00;

/// Text of bytes that need not be UTF-8: what belongs to no character is kept apart, for messages to show.
pub(crate) fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut out = String::new();
        for chunk in error.as_bytes().utf8_chunks() {
            out.push_str(chunk.valid());
            let stray = chunk.invalid().iter().map(|byte| STRAY + u32::from(*byte));
            out.extend(stray.filter_map(char::from_u32));
        }
        out
    })
}

fn stray_byte(c: char) -> Option<u32> {
    (c as u32).checked_sub(STRAY).filter(|byte| *byte >= 0x80)
}

/// The same text as JSON can hold it: with replacement characters for stray bytes.
pub(crate) fn clean(text: &str) -> String {
    let clean = |c| match stray_byte(c) {
        Some(_) => char::REPLACEMENT_CHARACTER,
        None => c,
    };
    text.chars().map(clean).collect()
}

/// Numbers as Go's encoder writes them: no point where there is no fraction, and few exponents.
struct Numbers;

impl serde_json::ser::Formatter for Numbers {
    fn write_f64<W: ?Sized + std::io::Write>(&mut self, out: &mut W, value: f64) -> std::io::Result<()> {
        let size = value.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let text = format!("{value:e}");
            let sign = if size > 1.0 { "e+" } else { "e" };
            return out.write_all(text.replacen('e', sign, 1).as_bytes());
        }
        write!(out, "{value}")
    }
}

/// The JSON text of a value, with numbers as Go's encoder writes them.
pub(crate) fn encode(value: &(impl serde::Serialize + ?Sized)) -> Vec<u8> {
    let mut text = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Numbers);
    // Writing JSON values to memory cannot fail: keys are strings and numbers are finite.
    if value.serialize(&mut serializer).is_err() {
        text = b"{}".to_vec();
    }
    text
}

/// Where no type says otherwise, integers that Go cannot hold are floating point numbers, and what comes back from the
/// store without a fraction is an integer.
pub(crate) fn settle_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if !number.is_i64() => {
            let Some(float) = number.as_f64() else { return };
            // Exact: all of these are integers of 64 bits.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range and the fraction were looked at"
            )]
            let settled = if float.fract() == 0.0 && float.abs() < 9_223_372_036_854_775_808.0 {
                Some((float as i64).into())
            } else {
                serde_json::Number::from_f64(float)
            };
            if let Some(settled) = settled {
                *number = settled;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(map) => map.values_mut().for_each(settle_numbers),
        _ => {}
    }
}

/// A value as Go's encoder writes it: what HTML gives a meaning to is escaped. Members come in the order of their names.
pub(crate) fn json(value: &Value) -> String {
    let mut out = String::new();
    // Outside of strings none of these characters occurs.
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// The JSON type names that Go's decoder uses in its errors.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as `%v` prints what JSON decodes to.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut parts: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", plain(value)))
                .collect();
            parts.sort();
            format!("map[{}]", parts.join(" "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], quoted: &str, cleaned: &str) {
        let text = text_of(bytes.to_vec());
        assert_eq!(quote(&text), quoted);
        assert_eq!(clean(&text), cleaned);
    }

    fn check_number(text: &str, expected: &str) {
        let mut value: Value = serde_json::from_str(text).unwrap();
        settle_numbers(&mut value);
        let written = String::from_utf8(encode(&value)).unwrap();
        assert_eq!(written, expected);
        let mut again: Value = serde_json::from_str(&written).unwrap();
        settle_numbers(&mut again);
        assert_eq!(String::from_utf8(encode(&again)).unwrap(), expected);
    }

    #[test]
    fn numbers() {
        check_number("1", "1");
        check_number("1.0", "1");
        check_number("1.5", "1.5");
        check_number("1e3", "1000");
        check_number("9223372036854775807", "9223372036854775807");
        check_number("9223372036854775808", "9223372036854776000");
        check_number("18446744073709551615", "18446744073709552000");
        check_number("100000000000000000000", "100000000000000000000");
        check_number("1e21", "1e+21");
        check_number("0.000001", "0.000001");
        check_number("1e-9", "1e-9");
        check_number("-2.5e-7", "-2.5e-7");
        check_number("-0.5", "-0.5");
        check_number("[1.0,{\"a\":2.0}]", "[1,{\"a\":2}]");
    }

    #[test]
    fn texts_that_are_no_utf8() {
        check(b"a", "\"a\"", "a");
        check(b"\xff", "\"\\xff\"", "\u{fffd}");
        check(b"a\xc3\x28b", "\"a\\xc3(b\"", "a\u{fffd}(b");
        check("\u{e9}\u{301}".as_bytes(), "\"\u{e9}\u{301}\"", "\u{e9}\u{301}");
        check(
            "\u{2028}\u{ad}".as_bytes(),
            "\"\\u2028\\u00ad\"",
            "\u{2028}\u{ad}",
        );
        check(b"a\0\x7f", "\"a\\x00\\x7f\"", "a\0\x7f");
    }
}
