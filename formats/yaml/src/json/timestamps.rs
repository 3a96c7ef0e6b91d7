//! Dates as Go's `time.Time` writes them in JSON.

/// `2001-1-2` becomes `2001-01-02T00:00:00Z`. The text is one that resolves to a timestamp.
pub(super) fn to_rfc3339(text: &str) -> Option<String> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text, "0:0:0"),
    };
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u32>());
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let zone = if matches!(zone, "+00:00" | "-00:00") {
        "Z"
    } else {
        zone
    };
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (
        clock.next()?.parse::<u32>().ok()?,
        clock.next()?.parse::<u32>().ok()?,
    );
    let seconds = clock.next()?.replace(',', ".");
    let (second, fraction) = seconds.split_once('.').unwrap_or((&seconds, ""));
    let second = second.parse::<u32>().ok()?;
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{fraction}{zone}"
    ))
}
