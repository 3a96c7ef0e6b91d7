//! Quantities in canonical form, as the API gives them back.

use serde_json::Value;

use super::fill::values;

/// The canonical form of a quantity: `1024Mi` is `1Gi`, `0.5` is `500m`, `1000m` is `1`. None where the text is no
/// quantity or lies beyond what fits.
pub fn canonical_quantity(text: &str) -> Option<String> {
    let (nanos, form) = parse(text)?;
    Some(format(nanos, form))
}

/// A quantity in billionths, and the form that it is written in.
fn parse(text: &str) -> Option<(i128, Form)> {
    if text.is_empty() {
        return None;
    }
    let split = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let nanos = parse_nanos(number)?;
    Some(match suffix {
        "n" => (nanos / NANO, Form::Decimal),
        "u" => (nanos / 1_000_000, Form::Decimal),
        "m" => (nanos / 1000, Form::Decimal),
        "" => (nanos, Form::Decimal),
        _ => match (
            BINARY.iter().position(|s| *s == suffix),
            DECIMAL.iter().position(|s| *s == suffix),
        ) {
            (Some(power), _) => (scale(nanos, 1024, power + 1)?, Form::Binary),
            (_, Some(power)) => (scale(nanos, 1000, power + 1)?, Form::Decimal),
            _ => {
                let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
                let power = usize::try_from(exponent.unsigned_abs()).ok()?;
                let nanos = if exponent < 0 {
                    nanos / 10_i128.checked_pow(u32::try_from(power).ok()?)?
                } else {
                    scale(nanos, 10, power)?
                };
                (nanos, Form::Exponent)
            }
        },
    })
}

const NANO: i128 = 1_000_000_000;
const MILLI: i128 = 1_000_000;
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 6] = ["k", "M", "G", "T", "P", "E"];

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Decimal,
    Binary,
    Exponent,
}

fn scale(nanos: i128, base: i128, power: usize) -> Option<i128> {
    nanos.checked_mul(base.checked_pow(u32::try_from(power).ok()?)?)
}

/// A decimal number in billionths; finer fractions are rounded away from zero, as upstream does.
fn parse_nanos(number: &str) -> Option<i128> {
    let (negative, digits) = match number.as_bytes().first() {
        Some(b'-') => (true, &number[1..]),
        Some(b'+') => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let kept = &fraction[..fraction.len().min(9)];
    let mut part: i128 = format!("{kept:0<9}").parse().ok()?;
    if fraction[kept.len()..].bytes().any(|b| b != b'0') {
        part += 1;
    }
    let nanos = whole.checked_mul(NANO)?.checked_add(part)?;
    Some(if negative { -nanos } else { nanos })
}

fn format(nanos: i128, form: Form) -> String {
    if nanos == 0 {
        return "0".to_owned();
    }
    if form == Form::Binary && nanos.abs() >= 1024 * NANO && nanos % NANO == 0 {
        let mut value = nanos / NANO;
        let mut power = 0;
        while value % 1024 == 0 && power < BINARY.len() {
            value /= 1024;
            power += 1;
        }
        let suffix = if power == 0 { "" } else { BINARY[power - 1] };
        return format!("{value}{suffix}");
    }
    let (mut value, mut power) = (nanos, -9_i32);
    while value % 1000 == 0 && power < 18 {
        value /= 1000;
        power += 3;
    }
    let suffix = match (form, power) {
        (_, 0) => String::new(),
        (Form::Exponent, power) => format!("e{power}"),
        (_, -9) => "n".to_owned(),
        (_, -6) => "u".to_owned(),
        (_, -3) => "m".to_owned(),
        (_, power) => usize::try_from(power / 3 - 1)
            .ok()
            .and_then(|i| DECIMAL.get(i))
            .map_or(String::new(), |s| (*s).to_owned()),
    };
    format!("{value}{suffix}")
}

/// Whether a text is a quantity, and what upstream says if not.
pub(crate) fn check_quantity(text: &str) -> Result<(), &'static str> {
    const FORMAT: &str =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    if text.is_empty() {
        return Err(FORMAT);
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    rest = &rest[digits(rest)..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = &fraction[digits(fraction)..];
    }
    let suffix = rest;
    rest = rest.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
    rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    if digits(rest) < rest.len() {
        return Err(FORMAT);
    }
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .is_some_and(|n| n.parse::<i32>().is_ok());
    let known =
        matches!(suffix, "" | "n" | "u" | "m") || BINARY.contains(&suffix) || DECIMAL.contains(&suffix);
    if known || exponent {
        Ok(())
    } else {
        Err("unable to parse quantity's suffix")
    }
}

/// Bring one value into canonical form; numbers become text, what is no quantity stays for validation to find.
pub(crate) fn canonicalize(value: &mut Value) {
    let text = match &*value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    if let Some((nanos, form)) = parse(text.trim()) {
        *value = Value::from(shown(text.trim(), nanos, form));
    }
}

/// The canonical form, but for what upstream leaves as it was written: a plus, and a capital E before an exponent.
fn shown(text: &str, nanos: i128, form: Form) -> String {
    let canonical = format(nanos, form);
    let plain = text.strip_prefix('+').unwrap_or(text);
    if plain.len() == canonical.len() && plain.replacen('E', "e", 1) == canonical {
        return text.to_owned();
    }
    canonical
}

/// The same for all values of a map (`limits`, `requests`, `hard`, `capacity`), which are rounded up to thousandths.
pub(crate) fn canonicalize_map(object: &mut Value, field: &str) {
    for value in values(object, field) {
        let text = match &*value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Some((nanos, form)) = parse(&text) {
            let left = nanos % MILLI;
            let rounded = match left {
                0 => nanos,
                left if left > 0 => nanos + MILLI - left,
                left => nanos - MILLI - left,
            };
            *value = Value::from(shown(&text, rounded, form));
        }
    }
}

/// A quantity in billionths.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    Some(parse(text)?.0)
}

/// The sum of two quantities, in the form of the first that is not zero; what is no quantity counts as nothing.
pub(crate) fn add(one: &str, other: &str) -> String {
    let (one, other) = (
        parse(one).unwrap_or((0, Form::Decimal)),
        parse(other).unwrap_or((0, Form::Decimal)),
    );
    let form = if one.0 == 0 { other.1 } else { one.1 };
    format(one.0.saturating_add(other.0), form)
}
