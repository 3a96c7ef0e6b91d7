//! Times as Go reads them, and what it says of those that it cannot read.

use super::go::quote;

/// The layout of times with whole seconds; more digits are read as well.
pub(crate) const SECONDS: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of times with exactly six digits of a second.
pub(crate) const MICROS: &str = "2006-01-02T15:04:05.000000Z07:00";

/// What is wrong with a time.
pub(crate) fn error(text: &str, layout: &str) -> Option<String> {
    let fail = |what: String| Some(format!("parsing time {} as \"{layout}\": {what}", quote(text)));
    let unreadable =
        |rest: &str, element: &str| fail(format!("cannot parse {} as \"{element}\"", quote(rest)));
    let parts: [(&str, usize); 11] = [
        ("2006", 4),
        ("-", 0),
        ("01", 2),
        ("-", 0),
        ("02", 2),
        ("T", 0),
        ("15", 2),
        (":", 0),
        ("04", 2),
        (":", 0),
        ("05", 2),
    ];
    let mut rest = text;
    let mut numbers = Vec::new();
    for (element, digits) in parts {
        if digits == 0 {
            match rest.strip_prefix(element) {
                Some(left) => rest = left,
                None => return unreadable(rest, element),
            }
            continue;
        }
        match rest
            .get(..digits)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            Some(part) => numbers.push(part.parse::<u32>().unwrap_or_default()),
            None => return unreadable(rest, element),
        }
        rest = &rest[digits..];
    }
    let fraction = rest
        .strip_prefix('.')
        .map_or(0, |digits| digits.bytes().take_while(u8::is_ascii_digit).count());
    if layout == MICROS {
        if fraction < 6 {
            return unreadable(rest, ".000000");
        }
        rest = &rest[7..];
    } else if fraction > 0 {
        rest = &rest[fraction + 1..];
    }
    match zone(rest) {
        Some("") => {}
        Some(extra) => return fail(format!("extra text: {}", quote(extra))),
        None => return unreadable(rest, "Z07:00"),
    }
    let ranges = [
        (1, 1, 12, "month"),
        (2, 1, 31, "day"),
        (3, 0, 23, "hour"),
        (4, 0, 59, "minute"),
        (5, 0, 59, "second"),
    ];
    for (at, least, most, what) in ranges {
        if !(least..=most).contains(&numbers[at]) {
            return Some(format!("parsing time {}: {what} out of range", quote(text)));
        }
    }
    let day = i8::try_from(numbers[2]).unwrap_or_default();
    let month = i8::try_from(numbers[1]).unwrap_or_default();
    let year = i16::try_from(numbers[0]).unwrap_or_default();
    match jiff::civil::Date::new(year, month, day) {
        Ok(_) => None,
        Err(_) => Some(format!("parsing time {}: day out of range", quote(text))),
    }
}

/// What stands behind a time zone; none where there is no zone.
fn zone(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(rest);
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let shape = matches!(bytes.first(), Some(b'+' | b'-'))
        && digit(1)
        && digit(2)
        && bytes.get(3) == Some(&b':')
        && digit(4)
        && digit(5);
    shape.then(|| &text[6..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, layout: &str, expected: Option<&str>) {
        let expected = expected.map(|why| format!("parsing time \"{text}\" as \"{layout}\": {why}"));
        assert_eq!(error(text, layout), expected);
    }

    #[test]
    fn times_are_read_as_go_does() {
        check("2024-01-02T03:04:05Z", SECONDS, None);
        check("2024-01-02T03:04:05.123456789+02:00", SECONDS, None);
        check("nope", SECONDS, Some("cannot parse \"nope\" as \"2006\""));
        check("2024-01-02", SECONDS, Some("cannot parse \"\" as \"T\""));
        check(
            "2024-01-02T03:04:05",
            SECONDS,
            Some("cannot parse \"\" as \"Z07:00\""),
        );
        check("2024-01-02T03:04:05.678901Z", MICROS, None);
        check(
            "2024-01-02T03:04:05Z",
            MICROS,
            Some("cannot parse \"Z\" as \".000000\""),
        );
        let rest = "cannot parse \"789+02:00\" as \"Z07:00\"";
        check("2024-01-02T05:04:05.123456789+02:00", MICROS, Some(rest));
        assert_eq!(
            error("2024-02-30T00:00:00Z", SECONDS).as_deref(),
            Some("parsing time \"2024-02-30T00:00:00Z\": day out of range")
        );
    }
}
