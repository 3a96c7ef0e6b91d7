//! Conversions between values, as spf13/cast 1.7 does them, and texts of values as sprig does.

use crate::{Error, GoStr, Map, Scope, Value};

/// Go's text of a dereferenced nil.
pub(super) const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// A text argument. The executor has checked its type.
pub(super) fn text(value: &Value) -> &GoStr {
    match value {
        Value::Str(text) => text,
        _ => const { &GoStr::EMPTY },
    }
}

/// A whole number argument. The executor has checked its type.
pub(super) fn int(value: &Value) -> i64 {
    match value {
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => *number as i64,
        _ => 0,
    }
}

/// A map argument. The executor has checked its type.
pub(super) fn map(value: &Value) -> Result<&Map, Error> {
    match value {
        Value::Map(map) => Ok(map),
        _ => Err(Error::new("assignment to entry in nil map")),
    }
}

/// `cast.ToInt64`: what has no number is 0.
pub(super) fn to_int64(value: &Value) -> i64 {
    match &*named_number(value) {
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => *number as i64,
        Value::Float(_, number) => float_to_int(*number),
        Value::Bool(value) => i64::from(*value),
        Value::Str(text) => text
            .as_str()
            .and_then(|text| parse_int(trim_zero_decimal(text)))
            .unwrap_or(0),
        _ => 0,
    }
}

/// `cast.ToFloat64`.
pub(super) fn to_float64(value: &Value) -> f64 {
    match &*named_number(value) {
        Value::Int(_, number) => *number as f64,
        Value::Uint(_, number) => *number as f64,
        Value::Float(_, number) => *number,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Str(text) => text.as_str().and_then(parse_float).unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Of the numbers with a name of their own only months and weekdays count.
fn named_number(value: &Value) -> std::borrow::Cow<'_, Value> {
    let counts = matches!(&*value.type_name(), "time.Month" | "time.Weekday");
    if counts {
        value.underlying()
    } else {
        std::borrow::Cow::Borrowed(value)
    }
}

/// A float as an integer as the processor of a server does it: out of range is the lowest.
pub(super) fn float_to_int(number: f64) -> i64 {
    let whole = number.trunc();
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
        whole as i64
    } else {
        i64::MIN
    }
}

/// Takes `.0…` off the end.
fn trim_zero_decimal(text: &str) -> &str {
    let bytes = text.as_bytes();
    let zeros = bytes.iter().rev().take_while(|byte| **byte == b'0').count();
    let before = bytes.len() - zeros;
    if zeros > 0 && before > 0 && bytes[before - 1] == b'.' {
        &text[..before - 1]
    } else {
        text
    }
}

/// `strconv.ParseInt(text, 0, 64)`.
pub(super) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, rest) = match lower.as_bytes() {
        [b'0', b'x', _, ..] => (16, &lower[2..]),
        [b'0', b'o', _, ..] => (8, &lower[2..]),
        [b'0', b'b', _, ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if lower.contains('_') && !underscores_fit(&lower) {
        return None;
    }
    let plain = rest.replace('_', "");
    if plain.is_empty() || plain.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(&plain, radix).ok()?;
    if negative {
        (magnitude <= 1 << 63).then(|| (magnitude as i64).wrapping_neg())
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// Underscores stand between digits, or between a prefix and a digit.
fn underscores_fit(lower: &str) -> bool {
    let prefixed = matches!(lower.as_bytes(), [b'0', b'x' | b'o' | b'b', ..]);
    let hexadecimal = lower.starts_with("0x");
    let mut last = if prefixed { b'0' } else { b'^' };
    for byte in lower.bytes().skip(if prefixed { 2 } else { 0 }) {
        if byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit() {
            last = b'0';
        } else if byte == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

/// `strconv.ParseFloat(text, 64)`; out of range is no number.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let (sign, digits) = match lower.as_bytes().first()? {
        b'-' => (-1.0, &lower[1..]),
        b'+' => (1.0, &lower[1..]),
        _ => (1.0, &lower[..]),
    };
    match digits {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" if digits.len() == lower.len() => return Some(f64::NAN),
        _ => {}
    }
    if digits.contains('_') && !underscores_fit(digits) {
        return None;
    }
    let plain = digits.replace('_', "");
    if let Some(hexadecimal) = plain.strip_prefix("0x") {
        return hex_float(hexadecimal)
            .map(|number| sign * number)
            .filter(|number| number.is_finite());
    }
    // Rust also reads words and signs here.
    if !plain.starts_with(|char: char| char.is_ascii_digit() || char == '.') {
        return None;
    }
    plain
        .parse::<f64>()
        .ok()
        .map(|number| sign * number)
        .filter(|number| number.is_finite())
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() {
        return None;
    }
    let mut value: u64 = 0;
    let mut exponent = exponent
        .parse::<i32>()
        .ok()?
        .saturating_sub(4 * i32::try_from(fraction.len()).ok()?);
    for digit in digits.chars() {
        let digit = digit.to_digit(16)?;
        if value >> 60 == 0 {
            value = value << 4 | u64::from(digit);
        } else {
            // Too small to count but for rounding.
            value |= u64::from(digit != 0);
            exponent = exponent.saturating_add(4);
        }
    }
    let half = exponent / 2;
    Some(value as f64 * 2f64.powi(half) * 2f64.powi(exponent - half))
}

/// sprig's `strval`: the text itself, bytes as text, and everything else as it prints.
pub(super) fn to_text(value: &Value) -> Result<GoStr, Error> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::Bytes(bytes) => Ok(GoStr::from(bytes.as_deref().unwrap_or_default())),
        Value::Object(object) => match object.text() {
            Some(text) => Ok(text),
            None => printed(value),
        },
        _ => printed(value),
    }
}

/// `fmt.Sprintf("%v", value)`.
pub(super) fn printed(value: &Value) -> Result<GoStr, Error> {
    crate::fmt::sprint(std::slice::from_ref(value))
}

/// sprig's `strslice`: texts of the items, nothings left out; what is no list is one text.
pub(super) fn to_texts(value: &Value) -> Result<Vec<GoStr>, Error> {
    match &*value.underlying() {
        Value::List(list) => list
            .items()
            .iter()
            .filter(|item| !item.is_nothing())
            .map(to_text)
            .collect(),
        Value::Bytes(bytes) => Ok(bytes
            .iter()
            .flat_map(|bytes| bytes.iter())
            .map(|byte| GoStr::from(byte.to_string()))
            .collect()),
        Value::Nil | Value::Invalid => Ok(Vec::new()),
        _ => Ok(vec![to_text(value)?]),
    }
}

/// sprig's `empty`: the zero of its type. Structs are never.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

/// Deeper than this nothing is weighed: writers refuse it.
const MAX_DEPTH: usize = 500;

/// About how many bytes a value takes as a text, counted up to `limit`: a map may hold another one twice, and so on, so that
/// a small template makes a text without end.
pub(super) fn weight(value: &Value, limit: usize) -> usize {
    let mut weighed = 0;
    weigh(value, limit, 0, &mut weighed);
    weighed
}

fn weigh(value: &Value, limit: usize, depth: usize, weighed: &mut usize) {
    *weighed = weighed.saturating_add(16);
    if *weighed > limit || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Str(text) => *weighed = weighed.saturating_add(text.len()),
        Value::Bytes(Some(bytes)) => *weighed = weighed.saturating_add(bytes.len()),
        Value::List(list) => {
            for item in list.items() {
                weigh(item, limit, depth + 1, weighed);
                if *weighed > limit {
                    return;
                }
            }
        }
        Value::Map(map) => {
            for (key, value) in map.borrow().iter() {
                *weighed = weighed.saturating_add(key.len());
                weigh(value, limit, depth + 1, weighed);
                if *weighed > limit {
                    return;
                }
            }
        }
        Value::Object(_) => {
            if let std::borrow::Cow::Owned(value) = value.underlying() {
                weigh(&value, limit, depth + 1, weighed);
            }
        }
        _ => {}
    }
}

/// Accounts for a value that is about to be made. One alone may not be larger than all output.
pub(super) fn claim(scope: &mut Scope<'_>, bytes: usize) -> Result<(), Error> {
    let fits = bytes <= scope.options().limits.output;
    scope.charge(if fits { bytes } else { usize::MAX })
}
