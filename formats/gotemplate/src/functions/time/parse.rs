//! Reading times by a layout.

use std::rc::Rc;

use super::civil::{MONTHS, WEEKDAYS, days_in, days_of, is_leap};
use super::layout::{self, OffsetForm, Piece};
use super::zone::Zone;
use super::{Time, quote};

/// A piece that did not fit, or a number out of its range.
enum Fault {
    Bad,
    Range(&'static str),
}

type Step<T> = Result<T, Fault>;

/// What was read so far.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    pm: Option<bool>,
    utc: bool,
    offset: Option<i32>,
    zone_name: String,
}

/// Reads a time; one without a zone is in `local`.
///
/// # Errors
/// Go's words: `parsing time "x" as "2006": cannot parse "x" as "2006"`.
pub(super) fn parse(layout: &str, value: &str, local: &Zone) -> Result<Time, String> {
    let mut fields = Fields::default();
    let (mut rest_of_layout, mut rest) = (layout, value.as_bytes());
    let fault = |element: &str, at: &[u8], message: &str| Err(describe(layout, value, element, at, message));
    loop {
        let (prefix, piece, after) = layout::next(rest_of_layout);
        match skip(rest, prefix.as_bytes()) {
            Ok(left) => rest = left,
            Err(left) => return fault(prefix, left, ""),
        }
        let Some((piece, text)) = piece else {
            if !rest.is_empty() {
                let message = format!(": extra text: {}", quote_bytes(rest));
                return fault("", rest, &message);
            }
            break;
        };
        rest_of_layout = after;
        let hold = rest;
        match fields.read(piece, &mut rest, after) {
            Ok(()) => {}
            Err(Fault::Bad) => return fault(text, hold, ""),
            Err(Fault::Range(what)) => return fault(text, rest, &format!(": {what} out of range")),
        }
    }
    fields.finish(local).or_else(|message| fault("", rest, message))
}

fn describe(layout: &str, value: &str, element: &str, at: &[u8], message: &str) -> String {
    if message.is_empty() {
        let (value, layout) = (quote(value), quote(layout));
        format!(
            "parsing time {value} as {layout}: cannot parse {} as {}",
            quote_bytes(at),
            quote(element)
        )
    } else {
        format!("parsing time {}{message}", quote(value))
    }
}

fn quote_bytes(bytes: &[u8]) -> String {
    quote(&String::from_utf8_lossy(bytes))
}

/// Takes the layout's text off the value; runs of spaces match any number of spaces.
fn skip<'v>(mut value: &'v [u8], mut prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return Err(value);
            }
            prefix = cut_spaces(prefix);
            value = cut_spaces(value);
            continue;
        }
        if value.first() != Some(first) {
            return Err(value);
        }
        (prefix, value) = (&prefix[1..], &value[1..]);
    }
    Ok(value)
}

fn cut_spaces(bytes: &[u8]) -> &[u8] {
    let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
    &bytes[spaces..]
}

fn digit(bytes: &[u8], at: usize) -> Option<i64> {
    bytes
        .get(at)
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| i64::from(byte - b'0'))
}

/// One or two digits; two when `fixed`.
fn number(rest: &mut &[u8], fixed: bool) -> Step<i64> {
    let first = digit(rest, 0).ok_or(Fault::Bad)?;
    let Some(second) = digit(rest, 1) else {
        if fixed {
            return Err(Fault::Bad);
        }
        *rest = &rest[1..];
        return Ok(first);
    };
    *rest = &rest[2..];
    Ok(first * 10 + second)
}

fn take<'v>(rest: &mut &'v [u8], count: usize) -> Step<&'v [u8]> {
    let (taken, left) = rest.split_at_checked(count).ok_or(Fault::Bad)?;
    *rest = left;
    Ok(taken)
}

/// A decimal number with an optional sign and nothing else.
fn integer(bytes: &[u8]) -> Step<i64> {
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Bad)?;
    text.parse().map_err(|_| Fault::Bad)
}

fn in_range(value: i64, low: i64, high: i64, what: &'static str) -> Step<i64> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(Fault::Range(what))
    }
}

/// The name at the start, whatever its case.
fn name(rest: &mut &[u8], names: impl Iterator<Item = &'static str>) -> Step<i64> {
    for (index, name) in names.enumerate() {
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
            *rest = &rest[name.len()..];
            return Ok(index as i64);
        }
    }
    Err(Fault::Bad)
}

fn short(names: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    names.iter().map(|name| &name[..3])
}

/// The fraction in the first `length` bytes, its separator included.
fn fraction(bytes: &[u8], length: usize) -> Step<u32> {
    if !matches!(bytes.first(), Some(b'.' | b',')) {
        return Err(Fault::Bad);
    }
    let digits = &bytes[1..length.min(10)];
    let value = integer(digits)?;
    let value = u32::try_from(value).map_err(|_| Fault::Range("fractional second"))?;
    Ok(value * 10u32.pow(9 - digits.len() as u32))
}

impl Fields {
    fn read(&mut self, piece: Piece, rest: &mut &[u8], layout: &str) -> Step<()> {
        match piece {
            Piece::Year => {
                let year = integer(take(rest, 2)?)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Piece::LongYear => {
                digit(rest, 0).ok_or(Fault::Bad)?;
                self.year = integer(take(rest, 4)?)?;
            }
            Piece::Month => self.month = Some(name(rest, short(&MONTHS))? + 1),
            Piece::LongMonth => self.month = Some(name(rest, MONTHS.into_iter())? + 1),
            Piece::NumMonth | Piece::ZeroMonth => {
                let month = number(rest, piece == Piece::ZeroMonth)?;
                self.month = Some(in_range(month, 1, 12, "month")?);
            }
            Piece::Weekday => drop(name(rest, short(&WEEKDAYS))?),
            Piece::LongWeekday => drop(name(rest, WEEKDAYS.into_iter())?),
            Piece::Day | Piece::UnderDay | Piece::ZeroDay => {
                if piece == Piece::UnderDay && rest.first() == Some(&b' ') {
                    *rest = &rest[1..];
                }
                self.day = Some(number(rest, piece == Piece::ZeroDay)?);
            }
            Piece::UnderYearDay | Piece::ZeroYearDay => self.read_year_day(rest, piece)?,
            Piece::Meridiem(upper) => {
                self.pm = Some(match (take(rest, 2)?, upper) {
                    (b"PM", true) | (b"pm", false) => true,
                    (b"AM", true) | (b"am", false) => false,
                    _ => return Err(Fault::Bad),
                });
            }
            Piece::Offset(form) => self.read_offset(rest, form)?,
            Piece::ZoneName if rest.starts_with(b"UTC") => {
                self.utc = true;
                *rest = &rest[3..];
            }
            Piece::ZoneName => {
                let length = zone_name(rest).ok_or(Fault::Bad)?;
                self.zone_name = String::from_utf8_lossy(take(rest, length)?).into_owned();
            }
            _ => self.read_clock(piece, rest, layout)?,
        }
        Ok(())
    }

    fn read_clock(&mut self, piece: Piece, rest: &mut &[u8], layout: &str) -> Step<()> {
        match piece {
            Piece::Hour => self.hour = in_range(number(rest, false)?, 0, 23, "hour")?,
            Piece::Hour12 | Piece::ZeroHour12 => {
                self.hour = in_range(number(rest, piece == Piece::ZeroHour12)?, 0, 12, "hour")?;
            }
            Piece::Minute | Piece::ZeroMinute => {
                self.minute = in_range(number(rest, piece == Piece::ZeroMinute)?, 0, 59, "minute")?;
            }
            Piece::Second | Piece::ZeroSecond => {
                self.second = in_range(number(rest, piece == Piece::ZeroSecond)?, 0, 59, "second")?;
                self.read_unasked_fraction(rest, layout)?;
            }
            Piece::Fraction {
                digits, trim: false, ..
            } => {
                if rest.len() <= digits {
                    return Err(Fault::Bad);
                }
                self.nanos = fraction(rest, digits + 1)?;
                *rest = &rest[digits + 1..];
            }
            Piece::Fraction { .. } => self.read_fraction(rest)?,
            _ => {}
        }
        Ok(())
    }

    /// A fraction after the seconds is taken even when the layout has none.
    fn read_unasked_fraction(&mut self, rest: &mut &[u8], layout: &str) -> Step<()> {
        let asked = matches!(layout::next(layout).1, Some((Piece::Fraction { .. }, _)));
        if asked { Ok(()) } else { self.read_fraction(rest) }
    }

    fn read_fraction(&mut self, rest: &mut &[u8]) -> Step<()> {
        if !matches!(rest.first(), Some(b'.' | b',')) || digit(rest, 1).is_none() {
            return Ok(());
        }
        let length = 1 + rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.nanos = fraction(rest, length)?;
        *rest = &rest[length..];
        Ok(())
    }

    fn read_year_day(&mut self, rest: &mut &[u8], piece: Piece) -> Step<()> {
        let fixed = piece == Piece::ZeroYearDay;
        for _ in 0..2 {
            if !fixed && rest.first() == Some(&b' ') {
                *rest = &rest[1..];
            }
        }
        let digits = rest
            .iter()
            .take(3)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 || fixed && digits != 3 {
            return Err(Fault::Bad);
        }
        self.year_day = Some(integer(take(rest, digits)?)?);
        Ok(())
    }

    fn read_offset(&mut self, rest: &mut &[u8], form: OffsetForm) -> Step<()> {
        if form.zulu && rest.first() == Some(&b'Z') {
            *rest = &rest[1..];
            self.utc = true;
            return Ok(());
        }
        let width =
            3 + (2 + usize::from(form.colon)) * (usize::from(form.minutes) + usize::from(form.seconds));
        let text = take(rest, width)?;
        let mut parts = [0; 3];
        let mut at = 1;
        for (index, part) in parts.iter_mut().enumerate() {
            if index == 1 && !form.minutes || index == 2 && !form.seconds {
                break;
            }
            if index > 0 && form.colon {
                if text[at] != b':' {
                    return Err(Fault::Bad);
                }
                at += 1;
            }
            *part = number(&mut &text[at..at + 2], true)?;
            at += 2;
        }
        let [hours, minutes, seconds] = parts;
        in_range(hours, 0, 24, "time zone offset hour")?;
        in_range(minutes, 0, 60, "time zone offset minute")?;
        in_range(seconds, 0, 60, "time zone offset second")?;
        let offset = ((hours * 60 + minutes) * 60 + seconds) as i32;
        self.offset = Some(match text[0] {
            b'+' => offset,
            b'-' => -offset,
            _ => return Err(Fault::Bad),
        });
        Ok(())
    }

    fn finish(mut self, local: &Zone) -> Result<Time, &'static str> {
        match self.pm {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        if let Some(year_day) = self.year_day {
            self.apply_year_day(year_day)?;
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err(": day out of range");
        }
        let clock = self.hour * 3600 + self.minute * 60 + self.second;
        let seconds = days_of(self.year, month, day) * 86_400 + clock;
        let (seconds, zone) = self.place(seconds, local);
        Ok(Time::new(seconds, self.nanos, zone))
    }

    fn apply_year_day(&mut self, year_day: i64) -> Result<(), &'static str> {
        let days = if is_leap(self.year) { 366 } else { 365 };
        if !(1..=days).contains(&year_day) {
            return Err(": day-of-year out of range");
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in(self.year, month) {
            day -= days_in(self.year, month);
            month += 1;
        }
        if self.month.is_some_and(|seen| seen != month) {
            return Err(": day-of-year does not match month");
        }
        if self.day.is_some_and(|seen| seen != day) {
            return Err(": day-of-year does not match day");
        }
        (self.month, self.day) = (Some(month), Some(day));
        Ok(())
    }

    /// The instant and its zone, for what a clock in the zone shows.
    fn place(&self, shown: i64, local: &Zone) -> (i64, Zone) {
        if self.utc {
            return (shown, Zone::Utc);
        }
        let name: Rc<str> = self.zone_name.as_str().into();
        if let Some(offset) = self.offset {
            let seconds = shown - i64::from(offset);
            let (there, abbreviation) = local.at(seconds);
            let same = there == offset && (name.is_empty() || name == abbreviation);
            return (
                seconds,
                if same {
                    local.clone()
                } else {
                    Zone::Fixed { name, offset }
                },
            );
        }
        if name.is_empty() {
            return (local.instant(shown), local.clone());
        }
        // Half a year away the other of summer and winter time has its name.
        for away in [0, 15_768_000, -15_768_000] {
            let (offset, abbreviation) = local.at(shown + away);
            if abbreviation == name {
                return (shown - i64::from(offset), local.clone());
            }
        }
        let hours: i32 = name
            .strip_prefix("GMT")
            .and_then(|hours| hours.parse().ok())
            .unwrap_or(0);
        (
            shown,
            Zone::Fixed {
                name,
                offset: hours * 3600,
            },
        )
    }
}

/// The length of a zone's abbreviation at the start.
fn zone_name(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < 3 {
        return None;
    }
    if bytes.starts_with(b"ChST") || bytes.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = bytes.strip_prefix(b"GMT") {
        return Some(3 + signed_hours(rest));
    }
    if matches!(bytes[0], b'+' | b'-') {
        return Some(signed_hours(bytes)).filter(|length| *length > 0);
    }
    match bytes
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count()
    {
        5 if bytes[4] == b'T' => Some(5),
        4 if bytes[3] == b'T' || bytes.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_hours(bytes: &[u8]) -> usize {
    if !matches!(bytes.first(), Some(b'+' | b'-')) {
        return 0;
    }
    let digits = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    match integer(&bytes[1..=digits]) {
        Ok(hours) if hours <= 23 => digits + 1,
        _ => 0,
    }
}
