//! Messages with a JSON form of their own.

use serde_json::{Map, Number, Value};

use crate::Error;
use crate::table::Special;

/// Seconds of the years 0 to 9999, which are those that JSON can have.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;
/// Integers up to here are exact in a float.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The JSON form of a message of which these are the fields.
pub(crate) fn value(special: Special, mut fields: Map<String, Value>) -> Result<Value, Error> {
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    Ok(match special {
        Special::Time => time(take("seconds").as_i64(), 0)?,
        Special::MicroTime => {
            let seconds = take("seconds").as_i64();
            let nanos = take("nanos").as_i64();
            micro_time(seconds.or(nanos.map(|_| 0)), nanos.unwrap_or_default())?
        }
        Special::Duration => duration(take("duration").as_i64().unwrap_or_default()).into(),
        Special::Quantity => match take("string") {
            Value::String(text) if !text.is_empty() => text.into(),
            _ => "0".into(),
        },
        Special::IntOrString => match (
            take("type").as_i64().unwrap_or_default(),
            take("intVal"),
            take("strVal"),
        ) {
            (0, Value::Number(number), _) => Value::Number(number),
            (0, ..) => 0.into(),
            (1, _, Value::String(text)) => text.into(),
            (1, ..) => "".into(),
            (other, ..) => {
                return Err(Error::malformed(format!(
                    "{other} is neither 0 (number) nor 1 (text)"
                )));
            }
        },
        Special::Items => match take("items") {
            Value::Null => Value::Array(Vec::new()),
            items => items,
        },
        Special::SchemaOrArray => match take("jSONSchemas") {
            Value::Array(schemas) if !schemas.is_empty() => Value::Array(schemas),
            _ => take("schema"),
        },
        Special::SchemaOrBool => match take("schema") {
            Value::Null => take("allows").as_bool().unwrap_or_default().into(),
            schema => schema,
        },
        Special::SchemaOrStrings => match take("property") {
            Value::Array(names) if !names.is_empty() => Value::Array(names),
            _ => take("schema"),
        },
        Special::Raw => Value::Null,
    })
}

/// Absent seconds are the zero time, which is null. Fractions are dropped, as in JSON.
fn time(seconds: Option<i64>, nanos: i32) -> Result<Value, Error> {
    let Some(seconds) = seconds else {
        return Ok(Value::Null);
    };
    Ok(timestamp(seconds, nanos)?.to_string().into())
}

fn micro_time(seconds: Option<i64>, nanos: i64) -> Result<Value, Error> {
    let Some(seconds) = seconds else {
        return Ok(Value::Null);
    };
    let nanos = i32::try_from(nanos)
        .ok()
        .filter(|nanos| (0..1_000_000_000).contains(nanos));
    let nanos = nanos.ok_or_else(|| Error::malformed("nanoseconds are not between 0 and a second"))?;
    let text = timestamp(seconds, 0)?.to_string();
    Ok(format!("{}.{:06}Z", text.trim_end_matches('Z'), nanos / 1000).into())
}

fn timestamp(seconds: i64, nanos: i32) -> Result<jiff::Timestamp, Error> {
    let wrong = || Error::malformed(format!("the time {seconds} is outside of the years 0 to 9999"));
    if !SECONDS.contains(&seconds) {
        return Err(wrong());
    }
    jiff::Timestamp::new(seconds, nanos).map_err(|_| wrong())
}

/// A float as Go writes it: without a fraction where it has none.
pub(crate) fn number(value: f64) -> Result<Value, Error> {
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Ok((value as i64).into());
    }
    Number::from_f64(value)
        .map(Value::Number)
        .ok_or_else(|| Error::malformed(format!("{value} cannot be written in JSON")))
}

/// A duration in nanoseconds as Go writes it, such as `1h30m0.5s`.
fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let fraction = |value: u64, unit: u64| {
        let digits = unit.ilog10() as usize;
        let text = format!("{}.{:0digits$}", value / unit, value % unit);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match nanos {
        0 => "0s".into(),
        1..1_000 => format!("{sign}{nanos}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", fraction(nanos, 1_000_000)),
        _ => {
            let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000);
            let seconds = fraction(nanos % 60_000_000_000, 1_000_000_000);
            match (hours, minutes) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{}m{seconds}s", minutes % 60),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[track_caller]
    fn check(nanos: i64, expect: &str) {
        assert_eq!(duration(nanos), expect);
    }

    #[test]
    fn durations() {
        check(0, "0s");
        check(1, "1ns");
        check(1_500, "1.5µs");
        check(-2_000_000, "-2ms");
        check(1_000_000_000, "1s");
        check(60_000_000_000, "1m0s");
        check(5_400_500_000_000, "1h30m0.5s");
        check(i64::MIN, "-2562047h47m16.854775808s");
    }
}
