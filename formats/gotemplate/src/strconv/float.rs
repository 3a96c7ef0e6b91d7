//! Go's floats as text.

use crate::FloatKind;

/// How a float is written: Go's `e`, `E`, `f`, `g`, `G`, `b`, `x`, `X`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// `-d.dddde±dd`.
    Exponent,
    /// `-ddd.dddd`.
    Fixed,
    /// The one of the two that is fit for the size.
    General,
    /// `-ddddp±ddd`: mantissa and binary exponent.
    Binary,
    /// `-0x1.yyyyyyyyp±ddd`.
    Hex,
}

/// Digits of a number: `0.d1d2d3… × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// No float has more digits behind the point: only zeros follow. Rust's formatting ends at 65,535.
const MOST_PLACES: usize = 1100;

/// Go's `strconv.FormatFloat`, appended. Without a precision the shortest text that reads back as the same number of
/// this kind. Infinities are `+Inf` and `-Inf`.
pub fn format_float(
    out: &mut Vec<u8>,
    number: f64,
    kind: FloatKind,
    format: FloatFormat,
    upper: bool,
    precision: Option<usize>,
) {
    if number.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let number = number.abs();
    match format {
        FloatFormat::Binary => binary(out, number, kind),
        FloatFormat::Hex => hex(out, number, kind, upper, precision),
        FloatFormat::Exponent => {
            let decimal =
                precision.map_or_else(|| shortest(number, kind), |precision| rounded(number, precision));
            let places = precision.unwrap_or(decimal.digits.len().max(1) - 1);
            exponent(out, &decimal, places, upper);
        }
        FloatFormat::Fixed => match precision {
            Some(precision) => {
                let digits = precision.min(MOST_PLACES);
                out.extend_from_slice(format!("{number:.digits$}").as_bytes());
                out.resize(out.len() + (precision - digits), b'0');
            }
            None => {
                let decimal = shortest(number, kind);
                fixed(out, &decimal, places_after_point(&decimal));
            }
        },
        FloatFormat::General => general(out, number, kind, upper, precision),
    }
}

fn general(out: &mut Vec<u8>, number: f64, kind: FloatKind, upper: bool, precision: Option<usize>) {
    let decimal = match precision {
        None => shortest(number, kind),
        Some(precision) => rounded(number, precision.max(1) - 1),
    };
    let count = decimal.digits.len();
    let mut threshold = match precision {
        None => 6,
        Some(precision) => precision.max(1),
    };
    if precision.is_some()
        && threshold > count
        && i32::try_from(count).is_ok_and(|count| count >= decimal.point)
    {
        threshold = count;
    }
    let power = decimal.point - 1;
    if power < -4 || i32::try_from(threshold).is_ok_and(|threshold| power >= threshold) {
        exponent(out, &decimal, count.max(1) - 1, upper);
    } else {
        fixed(out, &decimal, places_after_point(&decimal));
    }
}

/// The fewest digits that read back as the same number.
fn shortest(number: f64, kind: FloatKind) -> Decimal {
    #[expect(clippy::cast_possible_truncation, reason = "a float32 is held exactly")]
    match kind {
        FloatKind::Float64 => read(&format!("{number:e}")),
        FloatKind::Float32 => read(&format!("{:e}", number as f32)),
    }
}

/// The digits rounded to some places after the first one; zeros at the end dropped, as Go's decimals have them.
fn rounded(number: f64, places: usize) -> Decimal {
    let places = places.min(MOST_PLACES);
    read(&format!("{number:.places$e}"))
}

/// Reads Rust's `d.ddde±d`.
fn read(text: &str) -> Decimal {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let point = if digits.is_empty() {
        0
    } else {
        power.parse::<i32>().unwrap_or(0) + 1
    };
    Decimal { digits, point }
}

fn places_after_point(decimal: &Decimal) -> usize {
    let count = i32::try_from(decimal.digits.len()).unwrap_or(i32::MAX);
    usize::try_from(count - decimal.point).unwrap_or(0)
}

fn exponent(out: &mut Vec<u8>, decimal: &Decimal, places: usize, upper: bool) {
    let digit = |index: usize| decimal.digits.get(index).copied().unwrap_or(b'0');
    out.push(digit(0));
    if places > 0 {
        out.push(b'.');
        out.extend((1..=places).map(digit));
    }
    let power = if decimal.digits.is_empty() {
        0
    } else {
        decimal.point - 1
    };
    out.push(if upper { b'E' } else { b'e' });
    out.push(if power < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", power.unsigned_abs()).as_bytes());
}

fn fixed(out: &mut Vec<u8>, decimal: &Decimal, places: usize) {
    let digit = |position: i32| {
        usize::try_from(position)
            .ok()
            .and_then(|index| decimal.digits.get(index).copied())
            .unwrap_or(b'0')
    };
    if decimal.point > 0 {
        out.extend((0..decimal.point).map(digit));
    } else {
        out.push(b'0');
    }
    if places > 0 {
        out.push(b'.');
        let places = i32::try_from(places).unwrap_or(i32::MAX);
        out.extend((0..places).map(|place| digit(decimal.point + place)));
    }
}

/// Mantissa and binary exponent of a number that is not negative: `mantissa × 2^exponent`, mantissa of 53 or 24 bits.
fn parts(number: f64, kind: FloatKind) -> (u64, i32) {
    match kind {
        FloatKind::Float64 => {
            let bits = number.to_bits();
            let (raw, fraction) = ((bits >> 52) & 0x7ff, bits & ((1 << 52) - 1));
            let raw_power = i32::try_from(raw).unwrap_or(0);
            if raw == 0 {
                (fraction, 1 - 1075)
            } else {
                (fraction | 1 << 52, raw_power - 1075)
            }
        }
        FloatKind::Float32 => {
            #[expect(clippy::cast_possible_truncation, reason = "a float32 is held exactly")]
            let bits = (number as f32).to_bits();
            let (raw, fraction) = ((bits >> 23) & 0xff, u64::from(bits & ((1 << 23) - 1)));
            let raw_power = i32::try_from(raw).unwrap_or(0);
            if raw == 0 {
                (fraction, 1 - 150)
            } else {
                (fraction | 1 << 23, raw_power - 150)
            }
        }
    }
}

fn binary(out: &mut Vec<u8>, number: f64, kind: FloatKind) {
    let (mantissa, power) = parts(number, kind);
    out.extend_from_slice(format!("{mantissa}p{power:+}").as_bytes());
}

fn hex(out: &mut Vec<u8>, number: f64, kind: FloatKind, upper: bool, precision: Option<usize>) {
    let (mut mantissa, mut power) = parts(number, kind);
    if mantissa == 0 {
        power = 0;
    } else {
        // The first digit is 1, with 60 bits behind the point.
        let shift = mantissa.leading_zeros() as i32 - 3;
        mantissa <<= shift;
        power += 60 - shift;
    }
    if let Some(digits) = precision.filter(|digits| *digits < 15) {
        let extra = 60 - 4 * digits as u32;
        let (kept, rest, half) = (
            mantissa >> extra,
            mantissa & ((1 << extra) - 1),
            1u64 << (extra - 1),
        );
        let up = rest > half || (rest == half && kept & 1 == 1);
        mantissa = (kept + u64::from(up)) << extra;
        if mantissa >> 61 != 0 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let digits: Vec<u8> = (0..15)
        .map(|place| (mantissa >> (56 - 4 * place) & 0xf) as u8)
        .collect();
    let places = precision.unwrap_or_else(|| {
        digits
            .iter()
            .rposition(|digit| *digit != 0)
            .map_or(0, |last| last + 1)
    });
    let alphabet = if upper {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    };
    out.extend_from_slice(if upper { b"0X" } else { b"0x" });
    out.push(b'0' + (mantissa >> 60) as u8);
    if places > 0 {
        out.push(b'.');
        out.extend((0..places).map(|place| alphabet[usize::from(digits.get(place).copied().unwrap_or(0))]));
    }
    let sign = if power < 0 { '-' } else { '+' };
    out.extend_from_slice(
        format!(
            "{}{sign}{:02}",
            if upper { 'P' } else { 'p' },
            power.unsigned_abs()
        )
        .as_bytes(),
    );
}
