//! Go's `time.Duration`: nanoseconds in an `i64`, its text, and its arithmetic.

/// Nanoseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// The text of a duration: `1h2m3.5s`, `1.5ms`, `0s`.
pub(crate) fn format(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    if magnitude == 0 {
        return "0s".into();
    }
    if magnitude < SECOND as u64 {
        let (unit, digits) = match magnitude {
            0..1_000 => ("ns", 0),
            1_000..1_000_000 => ("µs", 3),
            _ => ("ms", 6),
        };
        let scale = 10u64.pow(digits);
        let text = decimal(magnitude / scale, magnitude % scale, digits as usize);
        return format!("{sign}{text}{unit}");
    }
    let seconds = magnitude / SECOND as u64;
    let text = decimal(seconds % 60, magnitude % SECOND as u64, 9);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{sign}{text}s"),
        (0, minutes) => format!("{sign}{minutes}m{text}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{text}s"),
    }
}

fn decimal(whole: u64, fraction: u64, digits: usize) -> String {
    if fraction == 0 {
        return whole.to_string();
    }
    let fraction = format!("{fraction:0digits$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// Reads `-1h30m`, `1.5s`, `100us`.
///
/// # Errors
/// Go's words: `time: invalid duration "x"` and its kin.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let quoted = || super::quote(text);
    let invalid = || format!("time: invalid duration {}", quoted());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (amount, after) = leading_number(rest).ok_or_else(invalid)?;
        let end = after
            .find(|char: char| char == '.' || char.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted()));
        }
        let scale = unit_nanos(unit).ok_or_else(|| {
            let unit = super::quote(unit);
            format!("time: unknown unit {unit} in duration {}", quoted())
        })?;
        total = amount
            .nanos(scale)
            .and_then(|nanos| total.checked_add(nanos))
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(invalid)?;
        rest = after;
    }
    match i64::try_from(total) {
        Ok(total) if negative => Ok(-total),
        Ok(total) => Ok(total),
        Err(_) if negative => Ok(i64::MIN),
        Err(_) => Err(invalid()),
    }
}

struct Amount {
    whole: u64,
    fraction: u64,
    scale: f64,
}

impl Amount {
    fn nanos(&self, unit: u64) -> Option<u64> {
        let limit = 1u64 << 63;
        if self.whole > limit / unit {
            return None;
        }
        let mut nanos = self.whole * unit;
        if self.fraction > 0 {
            nanos += (self.fraction as f64 * (unit as f64 / self.scale)) as u64;
        }
        (nanos <= limit).then_some(nanos)
    }
}

fn leading_number(text: &str) -> Option<(Amount, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole_digits = digits(text);
    let mut whole: u64 = 0;
    for digit in text[..whole_digits].bytes() {
        whole = whole.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        if whole > 1 << 63 {
            return None;
        }
    }
    let mut rest = &text[whole_digits..];
    let (mut fraction, mut scale, mut overflow) = (0u64, 1.0, false);
    let mut fraction_digits = 0;
    if let Some(after) = rest.strip_prefix('.') {
        fraction_digits = digits(after);
        for digit in after[..fraction_digits].bytes() {
            if overflow || fraction > (i64::MAX as u64) / 10 {
                overflow = true;
                continue;
            }
            let longer = fraction * 10 + u64::from(digit - b'0');
            if longer > 1 << 63 {
                overflow = true;
                continue;
            }
            fraction = longer;
            scale *= 10.0;
        }
        rest = &after[fraction_digits..];
    }
    (whole_digits + fraction_digits > 0).then_some((
        Amount {
            whole,
            fraction,
            scale,
        },
        rest,
    ))
}

fn unit_nanos(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND as u64,
        "m" => MINUTE as u64,
        "h" => HOUR as u64,
        _ => return None,
    })
}

/// The nearest multiple of `unit`, halves away from zero; a unit that is not positive changes nothing.
pub(crate) fn round(nanos: i64, unit: i64) -> i64 {
    if unit <= 0 {
        return nanos;
    }
    let rest = nanos % unit;
    if nanos < 0 {
        let rest = -rest;
        if rest < unit - rest {
            nanos + rest
        } else {
            (nanos + rest).checked_sub(unit).unwrap_or(i64::MIN)
        }
    } else if rest < unit - rest {
        nanos - rest
    } else {
        (nanos - rest).checked_add(unit).unwrap_or(i64::MAX)
    }
}

/// Rounds towards zero to a multiple of `unit`.
pub(crate) fn truncate(nanos: i64, unit: i64) -> i64 {
    if unit <= 0 { nanos } else { nanos - nanos % unit }
}

/// A duration in units, as Go computes it: whole units and the fraction apart.
pub(crate) fn in_units(nanos: i64, unit: i64) -> f64 {
    (nanos / unit) as f64 + (nanos % unit) as f64 / unit as f64
}

/// Seconds as a number.
pub(crate) fn seconds(nanos: i64) -> f64 {
    in_units(nanos, SECOND)
}

/// Minutes as a number.
pub(crate) fn minutes(nanos: i64) -> f64 {
    in_units(nanos, MINUTE)
}

/// Hours as a number.
pub(crate) fn hours(nanos: i64) -> f64 {
    in_units(nanos, HOUR)
}
