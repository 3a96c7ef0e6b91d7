//! `time.Time`, `time.Duration`, `time.Month` and `time.Weekday` as values.

use std::any::Any;
use std::cmp::Ordering;

use crate::functions::time::{self, Time, duration};
use crate::{Error, GoStr, Kind, Method, Object, Repr, Scope, Ty, Value};

/// `time.Time`.
#[derive(Clone, Debug)]
pub(crate) struct TimeObject(pub(crate) Time);

/// `time.Duration`: nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DurationObject(pub(crate) i64);

/// `time.Month`, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonthObject(pub(crate) i64);

/// `time.Weekday`, Sunday being 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WeekdayObject(pub(crate) i64);

/// Go's name of the type.
pub(crate) const TIME: &str = "time.Time";
/// Go's name of the type.
pub(crate) const DURATION: &str = "time.Duration";

impl Object for TimeObject {
    fn type_name(&self) -> &'static str {
        TIME
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn repr(&self) -> Repr {
        Repr::Opaque
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        TIME_METHODS.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<GoStr> {
        Some(GoStr::from(self.0.to_string()))
    }

    fn equal(&self, other: &Value) -> Option<bool> {
        Some(of_value::<TimeObject>(other).is_some_and(|other| self.0.compare(&other.0) == Ordering::Equal))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

macro_rules! number_object {
    ($object:ident, $name:expr, $kind:ident, $text:expr, $methods:ident) => {
        impl Object for $object {
            fn type_name(&self) -> &'static str {
                $name
            }

            fn kind(&self) -> Kind {
                Kind::$kind
            }

            fn repr(&self) -> Repr {
                Repr::Value(Value::Int(crate::IntKind::$kind, self.0))
            }

            fn method(&self, name: &str) -> Option<&'static Method> {
                $methods.iter().find(|method| method.name == name)
            }

            fn text(&self) -> Option<GoStr> {
                Some(GoStr::from($text(self.0)))
            }

            fn equal(&self, other: &Value) -> Option<bool> {
                Some(of_value::<$object>(other).is_some_and(|other| self.0 == other.0))
            }

            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    };
}

number_object!(
    DurationObject,
    DURATION,
    Int64,
    duration::format,
    DURATION_METHODS
);
number_object!(MonthObject, "time.Month", Int, time::month_name, NAME_METHODS);
number_object!(
    WeekdayObject,
    "time.Weekday",
    Int,
    time::weekday_name,
    NAME_METHODS
);

/// The object of a Rust type in a value.
pub(crate) fn of_value<T: Object>(value: &Value) -> Option<&T> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

fn time_of(object: &dyn Object) -> Result<&Time, Error> {
    object
        .as_any()
        .downcast_ref::<TimeObject>()
        .map(|object| &object.0)
        .ok_or_else(|| Error::new("not a time"))
}

fn nanos_of(object: &dyn Object) -> Result<i64, Error> {
    let duration = object.as_any().downcast_ref::<DurationObject>();
    duration
        .map(|object| object.0)
        .ok_or_else(|| Error::new("not a duration"))
}

/// A duration out of an argument: one itself, or a constant number.
fn nanos(value: &Value) -> i64 {
    match value {
        Value::Int(_, number) => *number,
        _ => of_value::<DurationObject>(value).map_or(0, |object| object.0),
    }
}

fn integer(value: &Value) -> i64 {
    match &*value.underlying() {
        Value::Int(_, number) => *number,
        _ => 0,
    }
}

pub(crate) fn time_value(time: Time) -> Value {
    Value::object(TimeObject(time))
}

pub(crate) fn duration_value(nanos: i64) -> Value {
    Value::object(DurationObject(nanos))
}

type Call = fn(&dyn Object, &mut Scope<'_>, &[Value]) -> Result<Value, Error>;

const fn method(name: &'static str, params: &'static [Ty], call: Call) -> Method {
    Method {
        name,
        params,
        variadic: None,
        call,
    }
}

const ONE_TIME: &[Ty] = &[Ty::Named(TIME)];
const ONE_DURATION: &[Ty] = &[Ty::Named(DURATION)];

fn other(args: &[Value]) -> Result<&Time, Error> {
    args.first()
        .and_then(of_value::<TimeObject>)
        .map(|object| &object.0)
        .ok_or_else(|| Error::new("not a time"))
}

static TIME_METHODS: [Method; 33] = [
    method("Format", &[Ty::Str], |this, _, args| {
        let layout = args[0]
            .as_str()
            .map(|text| text.to_text().into_owned())
            .unwrap_or_default();
        Ok(time_of(this)?.format(&layout).into())
    }),
    method("String", &[], |this, _, _| Ok(time_of(this)?.to_string().into())),
    method("Unix", &[], |this, _, _| Ok(Value::int64(time_of(this)?.unix()))),
    method("UnixNano", &[], |this, _, _| {
        Ok(Value::int64(time_of(this)?.unix_nanos()))
    }),
    method("UnixMilli", &[], |this, _, _| {
        let time = time_of(this)?;
        Ok(Value::int64(
            time.unix().wrapping_mul(1000) + i64::from(time.nanos() / 1_000_000),
        ))
    }),
    method("UnixMicro", &[], |this, _, _| {
        let time = time_of(this)?;
        Ok(Value::int64(
            time.unix().wrapping_mul(1_000_000) + i64::from(time.nanos() / 1000),
        ))
    }),
    method("Year", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().year))
    }),
    method("Month", &[], |this, _, _| {
        Ok(Value::object(MonthObject(time_of(this)?.clock().month.into())))
    }),
    method("Day", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().day.into()))
    }),
    method("Weekday", &[], |this, _, _| {
        Ok(Value::object(WeekdayObject(
            time_of(this)?.clock().weekday.into(),
        )))
    }),
    method("YearDay", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().year_day.into()))
    }),
    method("Hour", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().hour.into()))
    }),
    method("Minute", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().minute.into()))
    }),
    method("Second", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.clock().second.into()))
    }),
    method("Nanosecond", &[], |this, _, _| {
        Ok(Value::int(time_of(this)?.nanos().into()))
    }),
    method("IsZero", &[], |this, _, _| Ok(time_of(this)?.is_zero().into())),
    method("IsDST", &[], |this, _, _| {
        let time = time_of(this)?;
        Ok(time.zone().is_dst(time.unix()).into())
    }),
    method("UTC", &[], |this, _, _| {
        Ok(time_value(time_of(this)?.in_zone(time::zone::Zone::Utc)))
    }),
    method("Local", &[], |this, scope, _| {
        let local = super::local_zone(scope);
        Ok(time_value(time_of(this)?.in_zone(local)))
    }),
    method("Add", ONE_DURATION, |this, _, args| {
        Ok(time_value(time_of(this)?.add(nanos(&args[0]))))
    }),
    method("AddDate", &[Ty::INT, Ty::INT, Ty::INT], |this, _, args| {
        let [years, months, days] = [&args[0], &args[1], &args[2]].map(integer);
        Ok(time_value(time_of(this)?.add_date(years, months, days)))
    }),
    method("Sub", ONE_TIME, |this, _, args| {
        Ok(duration_value(time_of(this)?.since(other(args)?)))
    }),
    method("Before", ONE_TIME, |this, _, args| {
        Ok((time_of(this)?.compare(other(args)?) == Ordering::Less).into())
    }),
    method("After", ONE_TIME, |this, _, args| {
        Ok((time_of(this)?.compare(other(args)?) == Ordering::Greater).into())
    }),
    method("Equal", ONE_TIME, |this, _, args| {
        Ok((time_of(this)?.compare(other(args)?) == Ordering::Equal).into())
    }),
    method("Compare", ONE_TIME, |this, _, args| {
        Ok(Value::int(time_of(this)?.compare(other(args)?) as i64))
    }),
    method("Round", ONE_DURATION, |this, _, args| {
        Ok(time_value(multiple(time_of(this)?, nanos(&args[0]), true)))
    }),
    method("Truncate", ONE_DURATION, |this, _, args| {
        Ok(time_value(multiple(time_of(this)?, nanos(&args[0]), false)))
    }),
    method("MarshalText", &[], |this, _, _| Ok(rfc3339(time_of(this)?))),
    method("MarshalJSON", &[], |this, _, _| {
        let text = time_of(this)?.format(time::RFC3339_NANO);
        Ok(Value::bytes(format!("\"{text}\"").into_bytes()))
    }),
    method("GoString", &[], |this, _, _| {
        Ok(time_of(this)?.to_string().into())
    }),
    method("Location", &[], |this, _, _| {
        Ok(Value::str(&*time_of(this)?.zone().name()))
    }),
    method("AppendFormat", &[Ty::Bytes, Ty::Str], |this, _, args| {
        let mut bytes = match &args[0] {
            Value::Bytes(Some(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        };
        let layout = args[1]
            .as_str()
            .map(|text| text.to_text().into_owned())
            .unwrap_or_default();
        bytes.extend_from_slice(time_of(this)?.format(&layout).as_bytes());
        Ok(Value::bytes(bytes))
    }),
];

fn rfc3339(time: &Time) -> Value {
    Value::bytes(time.format(time::RFC3339_NANO).into_bytes())
}

/// To a multiple of a duration since the zero time.
fn multiple(time: &Time, unit: i64, nearest: bool) -> Time {
    if unit <= 0 {
        return time.clone();
    }
    let since = (i128::from(time.unix()) - i128::from(Time::zero().unix())) * 1_000_000_000
        + i128::from(time.nanos());
    let rest = since.rem_euclid(i128::from(unit)) as i64;
    if nearest && rest >= unit - rest {
        time.add(unit - rest)
    } else {
        time.add(-rest)
    }
}

static DURATION_METHODS: [Method; 10] = [
    method("String", &[], |this, _, _| {
        Ok(duration::format(nanos_of(this)?).into())
    }),
    method("Seconds", &[], |this, _, _| {
        Ok(Value::float(duration::seconds(nanos_of(this)?)))
    }),
    method("Minutes", &[], |this, _, _| {
        Ok(Value::float(duration::minutes(nanos_of(this)?)))
    }),
    method("Hours", &[], |this, _, _| {
        Ok(Value::float(duration::hours(nanos_of(this)?)))
    }),
    method("Milliseconds", &[], |this, _, _| {
        Ok(Value::int64(nanos_of(this)? / 1_000_000))
    }),
    method("Microseconds", &[], |this, _, _| {
        Ok(Value::int64(nanos_of(this)? / 1000))
    }),
    method("Nanoseconds", &[], |this, _, _| Ok(Value::int64(nanos_of(this)?))),
    method("Round", ONE_DURATION, |this, _, args| {
        Ok(duration_value(duration::round(nanos_of(this)?, nanos(&args[0]))))
    }),
    method("Truncate", ONE_DURATION, |this, _, args| {
        Ok(duration_value(duration::truncate(
            nanos_of(this)?,
            nanos(&args[0]),
        )))
    }),
    method("Abs", &[], |this, _, _| {
        Ok(duration_value(nanos_of(this)?.checked_abs().unwrap_or(i64::MAX)))
    }),
];

static NAME_METHODS: [Method; 1] = [method("String", &[], |this, _, _| {
    Ok(this.text().map_or(Value::Nil, Value::Str))
})];
