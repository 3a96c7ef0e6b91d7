//! Quantities: `100m`, `1Gi`, `1e3`.

/// The value of a quantity in thousandths of a thousandth of a thousandth, which is as fine as quantities are; none for
/// texts that are no quantity or too large.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let (factor, divisor) = factor(suffix)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut value = digits.checked_mul(factor)?.checked_mul(1_000_000_000)?;
    for _ in 0..fraction.len() {
        // Rounded up, as upstream does.
        value = value / 10 + i128::from(value % 10 != 0);
    }
    let value = value / divisor + i128::from(value % divisor != 0);
    Some(if negative { -value } else { value })
}

/// What a suffix multiplies with, and divides by.
fn factor(suffix: &str) -> Option<(i128, i128)> {
    let decimal = |power: u32| Some((10i128.checked_pow(power)?, 1));
    let binary = |power: u32| Some((1024i128.checked_pow(power)?, 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10i128.checked_pow(exponent.unsigned_abs())?;
            Some(if exponent < 0 { (1, power) } else { (power, 1) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<i128>) {
        assert_eq!(nanos(text), expect, "{text}");
    }

    #[test]
    fn quantities_are_read() {
        check("1", Some(1_000_000_000));
        check("100m", Some(100_000_000));
        check("0.1", Some(100_000_000));
        check("-1", Some(-1_000_000_000));
        check("1Ki", Some(1_024_000_000_000));
        check("1e3", Some(1_000_000_000_000));
        check("1E", Some(1_000_000_000_000_000_000_000_000_000));
        check("", None);
        check("x", None);
        check("1x", None);
        check("1.2.3", None);
    }
}
