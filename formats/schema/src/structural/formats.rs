//! The `format` of strings. Formats that are not known accept everything, as the API server does.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;

pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => date_time(text),
        "date" => date(text),
        "duration" => duration(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.contains(':') && text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => cidr(text),
        "mac" => mac(text),
        "uri" => uri(text),
        "uuid" => uuid(text, None),
        "uuid3" => uuid(text, Some('3')),
        "uuid4" => uuid(text, Some('4')),
        "uuid5" => uuid(text, Some('5')),
        "email" => email(text),
        "hostname" => hostname(text),
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        "hexcolor" => hex_color(text),
        _ => true,
    }
}

fn digits(text: &str, range: std::ops::Range<usize>) -> Option<u32> {
    let part = text.get(range)?;
    if part.bytes().all(|byte| byte.is_ascii_digit()) {
        part.parse().ok()
    } else {
        None
    }
}

fn date(text: &str) -> bool {
    let parts = (digits(text, 0..4), digits(text, 5..7), digits(text, 8..10));
    let (Some(year), Some(month), Some(day)) = parts else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' && (1..=last).contains(&day)
}

/// RFC 3339; a blank or a small letter in place of the T is fine.
fn date_time(text: &str) -> bool {
    let (Some(day), Some(separator), Some(clock)) = (text.get(..10), text.get(10..11), text.get(11..)) else {
        return false;
    };
    if !date(day) || !matches!(separator, "T" | "t" | " ") {
        return false;
    }
    let (Some(hour), Some(minute), Some(second)) =
        (digits(clock, 0..2), digits(clock, 3..5), digits(clock, 6..8))
    else {
        return false;
    };
    if hour > 23 || minute > 59 || second > 59 || clock.as_bytes()[2] != b':' || clock.as_bytes()[5] != b':' {
        return false;
    }
    let rest = &clock[8..];
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    match zone.as_bytes() {
        b"Z" | b"z" => true,
        [b'+' | b'-', _, _, b':', _, _] => {
            digits(zone, 1..3).is_some_and(|h| h < 24) && digits(zone, 4..6).is_some_and(|m| m < 60)
        }
        _ => false,
    }
}

/// A Go duration, or words such as `5 minutes`.
fn duration(text: &str) -> bool {
    let mut rest = text.trim().trim_start_matches(['-', '+']);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let number = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        if number == 0 || !rest[..number].bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        rest = rest[number..].trim_start();
        let unit = rest.len() - rest.trim_start_matches(char::is_alphabetic).len();
        let known = [
            "ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "sec", "secs", "second", "seconds", "min",
            "mins", "minute", "minutes", "hr", "hrs", "hour", "hours", "day", "days", "week", "weeks",
            "nano", "micro", "milli",
        ];
        if !known.contains(&&rest[..unit]) {
            return false;
        }
        rest = rest[unit..].trim_start();
        parts += 1;
    }
    parts > 0
}

fn cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    plain && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

fn mac(text: &str) -> bool {
    let separator = if text.contains('-') { '-' } else { ':' };
    let parts: Vec<&str> = text.split(separator).collect();
    let hex = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(parts.len(), 6 | 8 | 20) && parts.iter().all(hex)
}

/// A URI as a request line takes it: a scheme, or an absolute path.
fn uri(text: &str) -> bool {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    if text.starts_with('/') {
        return true;
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    let starts = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    starts && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) && !rest.is_empty()
}

fn uuid(text: &str, version: Option<char>) -> bool {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    let shape = text.len() == 32 || text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    shape
        && plain.bytes().all(|byte| byte.is_ascii_hexdigit())
        && version.is_none_or(|version| plain.chars().nth(12) == Some(version))
}

fn email(text: &str) -> bool {
    let address = match (text.find('<'), text.strip_suffix('>')) {
        (Some(start), Some(rest)) => rest.get(start + 1..).unwrap_or_default(),
        _ => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let fine = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>[]:;,@\\".contains(c))
    };
    fine(local) && fine(domain) && !local.starts_with('.') && !local.ends_with('.') && !local.contains("..")
}

fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        !label.is_empty()
            && label.len() < 64
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    !text.is_empty() && text.len() <= 255 && text.split('.').all(label)
}

fn hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
