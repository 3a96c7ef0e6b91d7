//! Numbers, dates and escapes of TOML.

use crate::Value;
use crate::functions::objects::time_value;
use crate::functions::time::Time;
use crate::functions::time::zone::Zone;

/// Underscores stand between digits.
fn underscores_fit(text: &str) -> bool {
    if matches!(text.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut accept = false;
    for char in text.chars() {
        if char == '_' && !accept {
            return false;
        }
        accept = char.is_ascii_hexdigit();
    }
    accept
}

fn leading_zero(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}

/// An integer.
pub(super) fn integer(text: &str) -> Result<Value, String> {
    if !underscores_fit(text) {
        return Err(format!(
            "Invalid integer {text:?}: underscores must be surrounded by digits"
        ));
    }
    if leading_zero(text) {
        return Err(format!("Invalid integer {text:?}: cannot have leading zeroes"));
    }
    crate::functions::convert::parse_int(text)
        .map(Value::int64)
        .ok_or_else(|| format!("{text} is out of range for int64"))
}

/// A float.
pub(super) fn float(text: &str) -> Result<Value, String> {
    let parts: Vec<&str> = text
        .split(['.', 'e', 'E'])
        .filter(|part| !part.is_empty())
        .collect();
    if !parts.iter().all(|part| underscores_fit(part)) {
        return Err(format!(
            "Invalid float {text:?}: underscores must be surrounded by digits"
        ));
    }
    if parts.first().is_some_and(|first| leading_zero(first)) {
        return Err(format!("Invalid float {text:?}: cannot have leading zeroes"));
    }
    let bytes = text.as_bytes();
    let period_fits =
        |(at, byte): (usize, &u8)| *byte != b'.' || bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    if !bytes.iter().enumerate().all(period_fits) {
        return Err(format!(
            "Invalid float {text:?}: '.' must be followed by one or more digits"
        ));
    }
    let plain = text.replace('_', "");
    match plain.as_str() {
        "nan" | "+nan" | "-nan" => return Ok(Value::float(f64::NAN)),
        "inf" | "+inf" => return Ok(Value::float(f64::INFINITY)),
        "-inf" => return Ok(Value::float(f64::NEG_INFINITY)),
        _ => {}
    }
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::float(number)),
        Ok(_) => Err(format!("{text} is out of range for float64")),
        Err(_) => Err(format!("Invalid float value: {text:?}")),
    }
}

/// A date, a time, or both.
pub(super) fn datetime(text: &str, local: &Zone) -> Result<Value, String> {
    const FORMS: [(&str, &str); 7] = [
        ("2006-01-02T15:04:05.999999999Z07:00", ""),
        ("2006-01-02T15:04:05.999999999", "datetime-local"),
        ("2006-01-02", "date-local"),
        ("15:04:05.999999999", "time-local"),
        ("2006-01-02T15:04Z07:00", ""),
        ("2006-01-02T15:04", "datetime-local"),
        ("15:04", "time-local"),
    ];
    let text: String = text
        .chars()
        .map(|char| match char {
            'z' => 'Z',
            't' | ' ' => 'T',
            _ => char,
        })
        .collect();
    for (form, name) in FORMS {
        let zone = if name.is_empty() {
            local.clone()
        } else {
            Zone::Fixed {
                name: name.into(),
                offset: 0,
            }
        };
        if let Ok(time) = Time::parse(form, &text, &zone)
            && separators_match(&text, form)
        {
            return Ok(time_value(time));
        }
    }
    Err(format!("invalid datetime: {text:?}"))
}

/// Every number has its leading zero: what is no digit stands where the form has it.
fn separators_match(text: &str, form: &str) -> bool {
    let up_to_fraction = form.bytes().take_while(|byte| !matches!(byte, b'.' | b'Z'));
    up_to_fraction
        .zip(text.bytes())
        .all(|(form, byte)| form.is_ascii_digit() || form == byte)
}

/// Replaces escapes; the reader has checked their form.
pub(super) fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        out.push(match chars.next() {
            Some('b') => '\x08',
            Some('t') => '\t',
            Some('n') => '\n',
            Some('f') => '\x0c',
            Some('r') => '\r',
            Some('e') => '\x1b',
            Some(kind @ ('x' | 'u' | 'U')) => {
                let width = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let rest = chars.as_str();
                let digits = rest.get(..width).unwrap_or(rest);
                chars = rest.get(width..).unwrap_or("").chars();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                code.ok_or_else(|| format!("Escaped character '\\u{digits}' is not valid UTF-8."))?
            }
            Some(char @ (' ' | '\t')) => return Err(format!("invalid escape: '\\{char}'")),
            Some(char) => char,
            None => '\\',
        });
    }
    Ok(out)
}

/// A backslash at the end of a line takes the white space after it along.
pub(super) fn join_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let after = &rest[at + 1..];
        if let Some(behind) = after.strip_prefix('\\') {
            out.push_str(&rest[..at + 2]);
            rest = behind;
            continue;
        }
        let trimmed = after.trim_start_matches([' ', '\t', '\r', '\n']);
        let space = &after[..after.len() - trimmed.len()];
        if space.contains('\n') {
            out.push_str(&rest[..at]);
            rest = trimmed;
        } else {
            out.push_str(&rest[..=at]);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
