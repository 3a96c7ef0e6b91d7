//! Writing times by a layout.

use std::fmt::Write as _;

use super::civil::{MONTHS, WEEKDAYS};
use super::layout::{self, OffsetForm, Piece};
use super::{Clock, Time};

/// The text of a time by a layout.
pub(super) fn format(time: &Time, mut layout: &str) -> String {
    let (clock, zone) = (time.clock(), time.zone_at());
    let mut out = String::with_capacity(layout.len() + 10);
    loop {
        let (text, piece, rest) = layout::next(layout);
        out.push_str(text);
        let Some((piece, _)) = piece else { return out };
        write_piece(&mut out, piece, time, &clock, &zone);
        layout = rest;
    }
}

fn write_piece(out: &mut String, piece: Piece, time: &Time, clock: &Clock, zone: &(i32, std::rc::Rc<str>)) {
    let hour12 = if clock.hour.is_multiple_of(12) {
        12
    } else {
        clock.hour % 12
    };
    // Writing to a string cannot fail.
    let _ = match piece {
        Piece::LongMonth => write!(out, "{}", MONTHS[clock.month as usize - 1]),
        Piece::Month => write!(out, "{}", &MONTHS[clock.month as usize - 1][..3]),
        Piece::NumMonth => write!(out, "{}", clock.month),
        Piece::ZeroMonth => write!(out, "{:02}", clock.month),
        Piece::LongWeekday => write!(out, "{}", WEEKDAYS[clock.weekday as usize]),
        Piece::Weekday => write!(out, "{}", &WEEKDAYS[clock.weekday as usize][..3]),
        Piece::Day => write!(out, "{}", clock.day),
        Piece::UnderDay => write!(out, "{:2}", clock.day),
        Piece::ZeroDay => write!(out, "{:02}", clock.day),
        Piece::UnderYearDay => write!(out, "{:3}", clock.year_day),
        Piece::ZeroYearDay => write!(out, "{:03}", clock.year_day),
        Piece::Hour => write!(out, "{:02}", clock.hour),
        Piece::Hour12 => write!(out, "{hour12}"),
        Piece::ZeroHour12 => write!(out, "{hour12:02}"),
        Piece::Minute => write!(out, "{}", clock.minute),
        Piece::ZeroMinute => write!(out, "{:02}", clock.minute),
        Piece::Second => write!(out, "{}", clock.second),
        Piece::ZeroSecond => write!(out, "{:02}", clock.second),
        Piece::LongYear if clock.year < 0 => write!(out, "-{:04}", -clock.year),
        Piece::LongYear => write!(out, "{:04}", clock.year),
        Piece::Year => write!(out, "{:02}", clock.year.max(0) % 100),
        Piece::Meridiem(upper) => {
            let text = if clock.hour >= 12 { "PM" } else { "AM" };
            write!(out, "{}", if upper { text.into() } else { text.to_lowercase() })
        }
        Piece::ZoneName if !zone.1.is_empty() => write!(out, "{}", zone.1),
        Piece::ZoneName => {
            let form = OffsetForm {
                zulu: false,
                colon: false,
                minutes: true,
                seconds: false,
            };
            write_offset(out, form, zone.0);
            Ok(())
        }
        Piece::Offset(form) => {
            write_offset(out, form, zone.0);
            Ok(())
        }
        Piece::Fraction {
            separator,
            digits,
            trim,
        } => {
            write_fraction(out, separator, digits, trim, time.nanos());
            Ok(())
        }
    };
}

fn write_offset(out: &mut String, form: OffsetForm, offset: i32) {
    if form.zulu && offset == 0 {
        out.push('Z');
        return;
    }
    let magnitude = offset.unsigned_abs();
    // Go takes the sign from the minutes.
    out.push(if offset / 60 < 0 { '-' } else { '+' });
    let minutes = magnitude / 60;
    let colon = if form.colon { ":" } else { "" };
    let _ = write!(out, "{:02}", minutes / 60);
    if form.minutes {
        let _ = write!(out, "{colon}{:02}", minutes % 60);
    }
    if form.seconds {
        let _ = write!(out, "{colon}{:02}", magnitude % 60);
    }
}

fn write_fraction(out: &mut String, separator: char, digits: usize, trim: bool, nanos: u32) {
    let all = format!("{nanos:09}");
    let mut text = all[..digits.min(9)].to_owned();
    if trim {
        text.truncate(text.trim_end_matches('0').len());
        if text.is_empty() {
            return;
        }
    }
    out.push(separator);
    out.push_str(&text);
}
