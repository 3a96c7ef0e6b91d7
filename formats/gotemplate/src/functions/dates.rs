//! Functions on times and durations.

use super::convert::text;
use super::objects::{DurationObject, TIME, TimeObject, duration_value, local_zone, of_value, time_value};
use super::table::function;
use super::time::zone::Zone;
use super::time::{Time, duration};
use crate::{Error, Function, IntKind, Scope, Ty, Value};

fn now(scope: &Scope<'_>) -> Time {
    let (seconds, nanos) = scope.host().now();
    Time::new(seconds, nanos, local_zone(scope))
}

fn layout(value: &Value) -> String {
    text(value).to_text().into_owned()
}

/// A time, or seconds since 1970 as one of the kinds; anything else is now.
fn time_or_now(scope: &Scope<'_>, value: &Value, kinds: &[IntKind]) -> Time {
    match value {
        Value::Int(kind, seconds) if kinds.contains(kind) => Time::new(*seconds, 0, local_zone(scope)),
        _ => of_value::<TimeObject>(value).map_or_else(|| now(scope), |time| time.0.clone()),
    }
}

fn date_in(scope: &Scope<'_>, format: &str, date: &Value, zone: &str) -> Value {
    let time = time_or_now(scope, date, &[IntKind::Int, IntKind::Int64, IntKind::Int32]);
    let zone = Zone::load(zone, &local_zone(scope)).unwrap_or(Zone::Utc);
    time.in_zone(zone).format(format).into()
}

fn date_in_zone(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(date_in(scope, &layout(&args[0]), &args[1], &layout(&args[2])))
}

fn time_argument(value: &Value) -> Result<&Time, Error> {
    of_value::<TimeObject>(value)
        .map(|time| &time.0)
        .ok_or_else(|| Error::new("not a time"))
}

fn modify(args: &[Value]) -> Result<Value, Error> {
    let nanos = duration::parse(&layout(&args[0])).map_err(Error::new)?;
    Ok(time_value(time_argument(&args[1])?.add(nanos)))
}

fn date_modify(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(modify(args).unwrap_or_else(|_| args[1].clone()))
}

fn must_date_modify(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    modify(args)
}

fn ago(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let time = time_or_now(scope, &args[0], &[IntKind::Int, IntKind::Int64]);
    Ok(duration::format(duration::round(now(scope).since(&time), duration::SECOND)).into())
}

fn seconds_as_duration(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let seconds = match &args[0] {
        Value::Str(text) => text
            .to_text()
            .parse::<i64>()
            .unwrap_or_else(|_| saturated(&text.to_text())),
        Value::Int(IntKind::Int64, seconds) => *seconds,
        _ => 0,
    };
    Ok(duration::format(seconds.wrapping_mul(duration::SECOND)).into())
}

/// `strconv.ParseInt` without its error: a number that is too large is the largest.
fn saturated(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        0
    } else if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    }
}

fn duration_round(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    const UNITS: [(u64, &str); 6] = [
        (31_536_000, "y"),
        (2_592_000, "mo"),
        (86_400, "d"),
        (3600, "h"),
        (60, "m"),
        (1, "s"),
    ];
    let nanos = match &args[0] {
        Value::Str(text) => duration::parse(&text.to_text()).unwrap_or(0),
        Value::Int(IntKind::Int64, nanos) => *nanos,
        value => of_value::<TimeObject>(value).map_or(0, |time| now(scope).since(&time.0)),
    };
    let magnitude = nanos.unsigned_abs();
    let found = UNITS
        .iter()
        .map(|(seconds, name)| (seconds * 1_000_000_000, name))
        .find(|(unit, _)| magnitude > *unit);
    Ok(found.map_or_else(
        || "0s".into(),
        |(unit, name)| format!("{}{name}", magnitude / unit).into(),
    ))
}

fn must_to_date(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Time::parse(&layout(&args[0]), &layout(&args[1]), &local_zone(scope))
        .map(time_value)
        .map_err(Error::new)
}

fn to_date(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(must_to_date(scope, args).unwrap_or_else(|_| time_value(Time::zero())))
}

/// A duration of what templates have: durations, texts, numbers of seconds.
fn nanos_of(value: &Value) -> Result<i64, String> {
    if let Some(duration) = of_value::<DurationObject>(value) {
        return Ok(duration.0);
    }
    match &*value.underlying() {
        Value::Str(_) if !matches!(value, Value::Str(_)) => Err(unsupported(value)),
        Value::Str(text) => nanos_of_text(&text.to_text()),
        Value::Nil | Value::Invalid => Err("invalid duration".into()),
        Value::Int(_, seconds) => seconds
            .checked_mul(duration::SECOND)
            .ok_or_else(|| format!("duration seconds overflow: {seconds}")),
        Value::Uint(_, seconds) => i64::try_from(*seconds)
            .ok()
            .and_then(|seconds| seconds.checked_mul(duration::SECOND))
            .ok_or_else(|| format!("duration seconds overflow: {seconds}")),
        Value::Float(_, seconds) => nanos_of_float(*seconds),
        _ => Err(unsupported(value)),
    }
}

fn unsupported(value: &Value) -> String {
    format!("unsupported duration type {}", value.type_name())
}

fn nanos_of_text(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("empty duration".into());
    }
    if let Ok(nanos) = duration::parse(trimmed) {
        return Ok(nanos);
    }
    match super::convert::parse_float(trimmed) {
        Some(seconds) => nanos_of_float(seconds),
        None => Err(format!(
            "could not parse duration {}",
            super::quote(text.as_bytes())
        )),
    }
}

fn nanos_of_float(seconds: f64) -> Result<i64, String> {
    let shown = || {
        crate::fmt::sprint(&[Value::float(seconds)])
            .map(|text| text.to_string())
            .unwrap_or_default()
    };
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {}", shown()));
    }
    let limit = i64::MAX as f64 / duration::SECOND as f64;
    if seconds > limit || seconds < -limit {
        return Err(format!("duration seconds overflow: {}", shown()));
    }
    Ok(super::convert::float_to_int(seconds * duration::SECOND as f64))
}

fn must_to_duration(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    nanos_of(&args[0]).map(duration_value).map_err(Error::new)
}

fn fitted(args: &[Value], fit: fn(i64, i64) -> i64) -> Result<Value, Error> {
    let Ok(nanos) = nanos_of(&args[0]) else {
        return Ok(duration_value(0));
    };
    Ok(duration_value(
        nanos_of(&args[1]).map_or(nanos, |unit| fit(nanos, unit)),
    ))
}

/// A duration in a unit; what is none is 0.
macro_rules! in_unit {
    ($name:literal, $wrap:expr, $unit:expr) => {
        function($name, ONE, |_, args| {
            let unit: fn(i64) -> _ = $unit;
            Ok($wrap(nanos_of(&args[0]).map_or(Default::default(), unit)))
        })
    };
}

const ONE: &[Ty] = &[Ty::Any];
const TWO: &[Ty] = &[Ty::Any, Ty::Any];
const MODIFY: &[Ty] = &[Ty::Str, Ty::Named(TIME)];
const PARSE: &[Ty] = &[Ty::Str, Ty::Str];
const ZONED: &[Ty] = &[Ty::Str, Ty::Any, Ty::Str];

pub(super) static TABLE: &[Function] = &[
    function("now", &[], |scope, _| Ok(time_value(now(scope)))),
    function("ago", ONE, ago),
    function("date", &[Ty::Str, Ty::Any], |scope, args| {
        Ok(date_in(scope, &layout(&args[0]), &args[1], "Local"))
    }),
    function("htmlDate", ONE, |scope, args| {
        Ok(date_in(scope, "2006-01-02", &args[0], "Local"))
    }),
    function("htmlDateInZone", &[Ty::Any, Ty::Str], |scope, args| {
        Ok(date_in(scope, "2006-01-02", &args[0], &layout(&args[1])))
    }),
    function("dateInZone", ZONED, date_in_zone),
    function("date_in_zone", ZONED, date_in_zone),
    function("dateModify", MODIFY, date_modify),
    function("date_modify", MODIFY, date_modify),
    function("mustDateModify", MODIFY, must_date_modify),
    function("must_date_modify", MODIFY, must_date_modify),
    function("toDate", PARSE, to_date),
    function("mustToDate", PARSE, must_to_date),
    function("unixEpoch", &[Ty::Named(TIME)], |_, args| {
        Ok(time_argument(&args[0])?.unix().to_string().into())
    }),
    function("duration", ONE, seconds_as_duration),
    function("durationRound", ONE, duration_round),
    function("mustToDuration", ONE, must_to_duration),
    in_unit!("durationSeconds", Value::float, duration::seconds),
    in_unit!("durationMinutes", Value::float, duration::minutes),
    in_unit!("durationHours", Value::float, duration::hours),
    in_unit!("durationDays", Value::float, |nanos| duration::hours(nanos)
        / 24.0),
    in_unit!("durationWeeks", Value::float, |nanos| duration::hours(nanos)
        / 24.0
        / 7.0),
    in_unit!("durationMilliseconds", Value::int64, |nanos| nanos / 1_000_000),
    in_unit!("durationMicroseconds", Value::int64, |nanos| nanos / 1000),
    in_unit!("durationNanoseconds", Value::int64, |nanos| nanos),
    function("durationRoundTo", TWO, |_, args| fitted(args, duration::round)),
    function("durationTruncateTo", TWO, |_, args| {
        fitted(args, duration::truncate)
    }),
];
