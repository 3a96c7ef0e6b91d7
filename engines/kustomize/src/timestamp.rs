//! Unquoted dates, which kustomize turns into full timestamps.

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    if !digits.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4..=4)?;
    let month = number(parts.next()?, 1..=2)?;
    let day = number(parts.next()?, 1..=2)?;
    parts
        .next()
        .is_none()
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The clock part with its zone, if any.
fn clock(text: &str) -> Option<String> {
    let text = text.trim_start_matches([' ', '\t']);
    let zone_at = text.find(['Z', 'z', '+', '-', ' ', '\t']).unwrap_or(text.len());
    let (time, zone) = text.split_at(zone_at);
    let mut parts = time.split(':');
    let hour = number(parts.next()?, 1..=2)?;
    let minute = number(parts.next()?, 1..=2)?;
    let (second, fraction) = match parts.next()?.split_once('.') {
        Some((second, fraction)) => (number(second, 1..=2)?, fraction.trim_end_matches('0')),
        None => return clock_text(hour, minute, time.rsplit(':').next()?, "", zone),
    };
    clock_text(hour, minute, &format!("{second:02}"), fraction, zone)
}

fn clock_text(hour: u32, minute: u32, second: &str, fraction: &str, zone: &str) -> Option<String> {
    let second = number(second, 1..=2)?;
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!(
        "{hour:02}:{minute:02}:{second:02}{dot}{fraction}{}",
        zone_text(zone.trim())?
    ))
}

fn zone_text(zone: &str) -> Option<String> {
    if matches!(zone, "" | "Z" | "z") {
        return Some("Z".to_owned());
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hour, minute) = match rest.split_once(':') {
        Some((hour, minute)) => (number(hour, 1..=2)?, number(minute, 1..=2)?),
        None => (number(rest, 1..=2)?, 0),
    };
    Some(if (hour, minute) == (0, 0) {
        "Z".to_owned()
    } else {
        format!("{sign}{hour:02}:{minute:02}")
    })
}

/// The timestamp in the form of RFC 3339, as Go writes it; nothing when the text is not one.
pub(crate) fn rfc3339(text: &str) -> Option<String> {
    match text.find(['T', 't', ' ', '\t']) {
        None => Some(format!("{}T00:00:00Z", date(text)?)),
        Some(at) => {
            let (day, rest) = text.split_at(at);
            Some(format!(
                "{}T{}",
                date(day)?,
                clock(rest.trim_start_matches(['T', 't', ' ', '\t']))?
            ))
        }
    }
}
