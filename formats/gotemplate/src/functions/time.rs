//! Go's `time.Time`: an instant, the zone it is shown in, and its texts by layouts.

mod civil;
pub(crate) mod duration;
mod format;
mod layout;
mod parse;
pub(crate) mod zone;

use std::fmt::Write as _;

use civil::{date_of, days_of};
use zone::Zone;

/// Seconds of the year 1, Go's zero time, before 1970.
const ZERO: i64 = -62_135_596_800;

/// `time.RFC3339Nano`.
pub(crate) const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// An instant to the nanosecond and the zone it is shown in.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    seconds: i64,
    nanos: u32,
    zone: Zone,
}

/// What clock and calendar show. Months and days count from 1, weekdays from Sunday as 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) year: i64,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) weekday: u32,
    pub(crate) year_day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

impl Time {
    /// Seconds and nanoseconds since 1970, shown in a zone.
    pub(crate) fn new(seconds: i64, nanos: u32, zone: Zone) -> Self {
        Time { seconds, nanos, zone }
    }

    /// Go's zero time: the first second of the year 1, UTC.
    pub(crate) fn zero() -> Self {
        Time::new(ZERO, 0, Zone::Utc)
    }

    /// Reads by a layout; a text without a zone is in `local`.
    ///
    /// # Errors
    /// Go's words.
    pub(crate) fn parse(layout: &str, value: &str, local: &Zone) -> Result<Self, String> {
        parse::parse(layout, value, local)
    }

    /// The text by a layout.
    pub(crate) fn format(&self, layout: &str) -> String {
        format::format(self, layout)
    }

    /// Whether it is Go's zero time.
    pub(crate) fn is_zero(&self) -> bool {
        self.seconds == ZERO && self.nanos == 0
    }

    /// Seconds since 1970.
    pub(crate) fn unix(&self) -> i64 {
        self.seconds
    }

    /// Nanoseconds within the second.
    pub(crate) fn nanos(&self) -> u32 {
        self.nanos
    }

    /// Nanoseconds since 1970, wrapping as in Go.
    pub(crate) fn unix_nanos(&self) -> i64 {
        self.seconds
            .wrapping_mul(duration::SECOND)
            .wrapping_add(i64::from(self.nanos))
    }

    /// The zone.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Offset and abbreviation of the zone at this instant.
    pub(crate) fn zone_at(&self) -> (i32, std::rc::Rc<str>) {
        self.zone.at(self.seconds)
    }

    /// The same instant shown elsewhere.
    pub(crate) fn in_zone(&self, zone: Zone) -> Self {
        Time { zone, ..self.clone() }
    }

    /// Later by a duration.
    pub(crate) fn add(&self, nanos: i64) -> Self {
        let total = i64::from(self.nanos) + nanos % duration::SECOND;
        let seconds = self
            .seconds
            .wrapping_add(nanos / duration::SECOND)
            .wrapping_add(total.div_euclid(duration::SECOND));
        Time::new(
            seconds,
            total.rem_euclid(duration::SECOND) as u32,
            self.zone.clone(),
        )
    }

    /// Later by years, months and days of the calendar; days beyond a month's end run into the next.
    pub(crate) fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let clock = self.clock();
        let year = clock.year.saturating_add(years);
        let days = days_of(year, i64::from(clock.month) + months, 1) + i64::from(clock.day) - 1 + days;
        let shown = days * 86_400 + i64::from(clock.hour * 3600 + clock.minute * 60 + clock.second);
        Time::new(self.zone.instant(shown), self.nanos, self.zone.clone())
    }

    /// The duration since another time, saturating.
    pub(crate) fn since(&self, earlier: &Time) -> i64 {
        let nanos = (i128::from(self.seconds) - i128::from(earlier.seconds)) * 1_000_000_000
            + i128::from(self.nanos)
            - i128::from(earlier.nanos);
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }

    /// The order of instants.
    pub(crate) fn compare(&self, other: &Time) -> std::cmp::Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }

    /// What clock and calendar show.
    pub(crate) fn clock(&self) -> Clock {
        let shown = self.seconds.saturating_add(i64::from(self.zone_at().0));
        let (days, second) = (shown.div_euclid(86_400), shown.rem_euclid(86_400) as u32);
        let (year, month, day) = date_of(days);
        Clock {
            year,
            month,
            day,
            weekday: (days + 4).rem_euclid(7) as u32,
            year_day: (days - days_of(year, 1, 1) + 1) as u32,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        }
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.format("2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

/// The name of a month from 1, or Go's text for another number.
pub(crate) fn month_name(month: i64) -> String {
    usize::try_from(month - 1)
        .ok()
        .and_then(|index| civil::MONTHS.get(index))
        .map_or_else(|| format!("%!Month({month})"), |name| (*name).into())
}

/// The name of a weekday, Sunday being 0, or Go's text for another number.
pub(crate) fn weekday_name(weekday: i64) -> String {
    usize::try_from(weekday)
        .ok()
        .and_then(|index| civil::WEEKDAYS.get(index))
        .map_or_else(|| format!("%!Weekday({weekday})"), |name| (*name).into())
}

/// Quotes as package time does: everything outside of printable ASCII as bytes.
fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            ' '..='\x7f' => out.push(char),
            _ => {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
        }
    }
    out.push('"');
    out
}
