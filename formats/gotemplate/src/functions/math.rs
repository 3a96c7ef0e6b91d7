//! Functions on numbers.

use super::convert::{claim, int, printed, to_float64, to_int64};
use super::decimal::Decimal;
use super::table::{Call, function, variadic};
use crate::{Error, Function, Scope, Ty, Value};

fn sum(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::int64(args.iter().map(to_int64).fold(0, i64::wrapping_add)))
}

fn product(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::int64(args.iter().map(to_int64).fold(1, i64::wrapping_mul)))
}

fn divide(args: &[Value], operation: fn(i64, i64) -> i64) -> Result<Value, Error> {
    let (a, b) = (to_int64(&args[0]), to_int64(&args[1]));
    if b == 0 {
        return Err(Error::new("runtime error: integer divide by zero"));
    }
    Ok(Value::int64(operation(a, b)))
}

fn decimals(
    start: Option<f64>,
    args: &[Value],
    operation: impl Fn(&Decimal, &Decimal) -> Result<Decimal, String>,
) -> Result<Value, Error> {
    let mut numbers = start.into_iter().chain(args.iter().map(to_float64));
    let mut result = Decimal::of(numbers.next().unwrap_or(0.0)).map_err(Error::new)?;
    for number in numbers {
        let number = Decimal::of(number).map_err(Error::new)?;
        result = operation(&result, &number).map_err(Error::new)?;
    }
    Ok(Value::float(result.to_float()))
}

fn extreme(args: &[Value], best: fn(i64, i64) -> i64) -> Result<Value, Error> {
    Ok(Value::int64(args.iter().map(to_int64).reduce(best).unwrap_or(0)))
}

/// Go's `math.Max` and `math.Min`: NaN wins, and zeros have signs.
fn extreme_float(args: &[Value], greater: bool) -> Result<Value, Error> {
    let better = |a: f64, b: f64| {
        if a.is_infinite() && (a > 0.0) == greater {
            a
        } else if b.is_infinite() && (b > 0.0) == greater {
            b
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else if a == 0.0 && b == 0.0 {
            if a.is_sign_negative() == greater { b } else { a }
        } else if (a > b) == greater {
            a
        } else {
            b
        }
    };
    Ok(Value::float(
        args.iter().map(to_float64).reduce(better).unwrap_or(0.0),
    ))
}

fn round(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let round_on = args.get(2).map_or(0.5, to_float64);
    let power = power_of_ten(int(&args[1]));
    let digit = power * to_float64(&args[0]);
    let fraction = if digit.is_infinite() {
        f64::NAN
    } else {
        digit - digit.trunc()
    };
    let rounded = if fraction >= round_on {
        digit.ceil()
    } else {
        digit.floor()
    };
    Ok(Value::float(rounded / power))
}

/// Ten to a power as Go's `math.Pow` has it, by squaring: the last bits are not always the nearest.
fn power_of_ten(exponent: i64) -> f64 {
    // Beyond, it is infinite or zero.
    let mut left = exponent.unsigned_abs().min(5000);
    let (mut mantissa, mut binary) = (1.0, 0i64);
    let (mut square, mut shift) = (0.625, 4i64);
    while left != 0 {
        if shift > 1 << 12 {
            binary += shift;
            break;
        }
        if left & 1 == 1 {
            mantissa *= square;
            binary += shift;
        }
        square *= square;
        shift <<= 1;
        if square < 0.5 {
            square += square;
            shift -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        (mantissa, binary) = (1.0 / mantissa, -binary);
    }
    // In two steps, of which only the last one rounds.
    let near = binary.clamp(-900, 900);
    let far = (binary - near).clamp(-1022, 1023);
    mantissa * 2f64.powi(near as i32) * 2f64.powi(far as i32)
}

/// The numbers from `start` on, before `stop`.
fn steps(scope: &mut Scope<'_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Error> {
    if step == 0 || (stop < start) != (step < 0) || stop == start {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    claim(scope, count.saturating_mul(size_of::<Value>()))?;
    let mut numbers = Vec::with_capacity(count);
    let mut number = start;
    for _ in 0..count {
        numbers.push(number);
        number = number.wrapping_add(step);
    }
    Ok(numbers)
}

fn numbers(scope: &mut Scope<'_>, start: i64, stop: i64, step: i64) -> Result<Value, Error> {
    let items = steps(scope, start, stop, step)?
        .into_iter()
        .map(Value::int)
        .collect();
    Ok(Value::List(crate::List::of(Ty::INT, items)))
}

fn until(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let count = int(&args[0]);
    numbers(scope, 0, count, if count < 0 { -1 } else { 1 })
}

fn until_step(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    numbers(scope, int(&args[0]), int(&args[1]), int(&args[2]))
}

fn seq(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let params: Vec<i64> = args.iter().map(int).collect();
    let (start, step, end) = match params[..] {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] => {
            if end < start && step > 0 {
                return Ok(Value::str(""));
            }
            (start, step, end)
        }
        _ => return Ok(Value::str("")),
    };
    let beyond = if end < start { -1 } else { 1 };
    let numbers = steps(scope, start, end.wrapping_add(beyond), step)?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::str(texts.join(" ")))
}

fn to_decimal(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let text = printed(&args[0])?.to_text().into_owned();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let octal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if octal {
        i64::from_str_radix(&format!("{sign}{digits}"), 8).unwrap_or(0)
    } else {
        0
    };
    Ok(Value::int64(number))
}

/// `strconv.Atoi` without its error: what is too large is the largest.
fn atoi(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let text = super::convert::text(&args[0]).to_text();
    let digits = text.trim_start_matches(['+', '-']);
    let plain = !digits.is_empty()
        && text.len() - digits.len() <= 1
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = match text.parse::<i64>() {
        _ if !plain => 0,
        Ok(number) => number,
        Err(_) if text.starts_with('-') => i64::MIN,
        Err(_) => i64::MAX,
    };
    Ok(Value::int(number))
}

fn rand_int(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (low, high) = (int(&args[0]), int(&args[1]));
    let range = high.wrapping_sub(low);
    let Some(range) = u64::try_from(range).ok().filter(|range| *range > 0) else {
        return Err(Error::new("invalid argument to Intn"));
    };
    let number = super::random::below(scope, range)?;
    Ok(Value::int(low.wrapping_add(number as i64)))
}

const ONE: &[Ty] = &[Ty::Any];
const TWO: &[Ty] = &[Ty::Any, Ty::Any];

const MAX: Call = |_, args| extreme(args, i64::max);

pub(super) static TABLE: &[Function] = &[
    variadic("add", &[], Ty::Any, sum),
    function("add1", ONE, |_, args| {
        Ok(Value::int64(to_int64(&args[0]).wrapping_add(1)))
    }),
    function("sub", TWO, |_, args| {
        Ok(Value::int64(to_int64(&args[0]).wrapping_sub(to_int64(&args[1]))))
    }),
    variadic("mul", ONE, Ty::Any, product),
    function("div", TWO, |_, args| divide(args, i64::wrapping_div)),
    function("mod", TWO, |_, args| divide(args, i64::wrapping_rem)),
    function("add1f", ONE, |_, args| {
        decimals(Some(1.0), args, |a, b| Ok(a.add(b)))
    }),
    variadic("addf", &[], Ty::Any, |_, args| {
        decimals(Some(0.0), args, |a, b| Ok(a.add(b)))
    }),
    variadic("subf", ONE, Ty::Any, |_, args| {
        decimals(None, args, |a, b| Ok(a.sub(b)))
    }),
    variadic("mulf", ONE, Ty::Any, |_, args| {
        decimals(None, args, |a, b| Ok(a.mul(b)))
    }),
    variadic("divf", ONE, Ty::Any, |_, args| decimals(None, args, Decimal::div)),
    variadic("max", ONE, Ty::Any, MAX),
    variadic("biggest", ONE, Ty::Any, MAX),
    variadic("min", ONE, Ty::Any, |_, args| extreme(args, i64::min)),
    variadic("maxf", ONE, Ty::Any, |_, args| extreme_float(args, true)),
    variadic("minf", ONE, Ty::Any, |_, args| extreme_float(args, false)),
    function("ceil", ONE, |_, args| {
        Ok(Value::float(to_float64(&args[0]).ceil()))
    }),
    function("floor", ONE, |_, args| {
        Ok(Value::float(to_float64(&args[0]).floor()))
    }),
    variadic("round", &[Ty::Any, Ty::INT], Ty::FLOAT64, round),
    function("until", &[Ty::INT], until),
    function("untilStep", &[Ty::INT, Ty::INT, Ty::INT], until_step),
    variadic("seq", &[], Ty::INT, seq),
    function("int", ONE, |_, args| Ok(Value::int(to_int64(&args[0])))),
    function("int64", ONE, |_, args| Ok(Value::int64(to_int64(&args[0])))),
    function("float64", ONE, |_, args| Ok(Value::float(to_float64(&args[0])))),
    function("toDecimal", ONE, to_decimal),
    function("atoi", &[Ty::Str], atoi),
    function("randInt", &[Ty::INT, Ty::INT], rand_int),
];
