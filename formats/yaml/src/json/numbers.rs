//! Go's number formats, and base64.

use serde_json::Number;

/// A float as an integer, when Go's JSON would write it as one that fits 64 bits.
///
/// Go writes the shortest digits and fills up with zeros, so this is not always the exact value.
pub(super) fn whole(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || !(-1e19..2e19).contains(&value) {
        return None;
    }
    let text = format!("{value}");
    text.parse::<i64>()
        .map(Number::from)
        .or_else(|_| text.parse::<u64>().map(Number::from))
        .ok()
}

/// The shortest digits that read back as the value, and the power of ten of the first one.
fn digits(value: &str) -> (bool, String, i32) {
    let (negative, value) = match value.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let (mantissa, exponent) = value.split_once('e').unwrap_or((value, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent = exponent.parse().unwrap_or(0);
    (negative, digits, exponent)
}

fn scientific(negative: bool, digits: &str, exponent: i32) -> String {
    let sign = if negative { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.abs())
}

fn general(value: String, plain: String) -> String {
    let (negative, digits, exponent) = digits(&value);
    // Go decides as if the precision were 6 when it is asked for the shortest form.
    if !(-4..6).contains(&exponent) {
        scientific(negative, &digits, exponent)
    } else {
        plain
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 64)`, infinities and NaN as YAML writes them.
pub fn format_float_g(value: f64) -> String {
    match special(value) {
        Some(text) => text,
        None => general(format!("{value:e}"), format!("{value}")),
    }
}

/// The same with the precision of 32 bits, which sigs.k8s.io/yaml uses for keys.
pub(super) fn format_float32_g(value: f64) -> String {
    match special(f64::from(value as f32)) {
        Some(text) => text,
        None => general(format!("{:e}", value as f32), format!("{}", value as f32)),
    }
}

fn special(value: f64) -> Option<String> {
    let text = if value.is_nan() {
        ".nan"
    } else if value == f64::INFINITY {
        ".inf"
    } else if value == f64::NEG_INFINITY {
        "-.inf"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// How Go's encoding/json writes a finite float.
pub fn format_json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let (negative, digits, exponent) = digits(&format!("{value:e}"));
        // Go's JSON drops the zero of "e-09".
        return scientific(negative, &digits, exponent).replace("e-0", "e-");
    }
    format!("{value}")
}

/// Standard base64 with padding; line breaks are skipped, as Go's decoder does.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    match (count, padding) {
        (0, 0) => {}
        (2, 2) => bytes.push((bits >> 4) as u8),
        (3, 1) => bytes.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return None,
    }
    Some(bytes)
}
