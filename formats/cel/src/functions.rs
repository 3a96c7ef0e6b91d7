//! Kubernetes' function libraries, as far as the language does not have them.

use core::net::IpAddr;
use std::cmp::Ordering;
use std::sync::Arc;

use cel::common::functions::Function;
use cel::common::types::{self, Type};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError, Value};

use crate::quantity::nanos;

type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Declare all of them.
pub(crate) fn register(env: &mut Env) {
    const LIST: Type = types::LIST_TYPE;
    const STRING: Type = types::STRING_TYPE;
    const INT: Type = types::INT_TYPE;
    const DYN: Type = types::DYN_TYPE;
    let members: [(&str, Type, Vec<Type>, Function); 13] = [
        ("isSorted", LIST, vec![], is_sorted),
        ("sum", LIST, vec![], sum),
        ("min", LIST, vec![], min),
        ("max", LIST, vec![], max),
        ("indexOf", LIST, vec![DYN], index_of),
        ("lastIndexOf", LIST, vec![DYN], last_index_of),
        ("find", STRING, vec![STRING], find),
        ("findAll", STRING, vec![STRING], find_all),
        ("findAll", STRING, vec![STRING, INT], find_all),
        ("isGreaterThan", STRING, vec![STRING], is_greater),
        ("isLessThan", STRING, vec![STRING], is_less),
        ("compareTo", STRING, vec![STRING], compare_to),
        ("asInteger", STRING, vec![], as_integer),
    ];
    for (index, (name, target, args, function)) in members.into_iter().enumerate() {
        // A function that the language has already stays the language's.
        let _ = env.add_member_overload(
            name,
            &format!("kubernetes_{name}_{index}"),
            target,
            args,
            function,
        );
    }
    let globals: [(&str, Vec<Type>, Function); 11] = [
        ("sets.contains", vec![LIST, LIST], sets_contains),
        ("sets.equivalent", vec![LIST, LIST], sets_equivalent),
        ("sets.intersects", vec![LIST, LIST], sets_intersects),
        ("isQuantity", vec![STRING], is_quantity),
        ("quantity", vec![STRING], quantity),
        ("isURL", vec![STRING], is_url),
        ("isIP", vec![STRING], is_ip),
        ("isCIDR", vec![STRING], is_cidr),
        ("ip.isCanonical", vec![STRING], is_canonical),
        ("isSemver", vec![STRING], is_semver),
        ("url", vec![STRING], same_url),
    ];
    for (index, (name, args, function)) in globals.into_iter().enumerate() {
        let _ = env.add_overload(name, &format!("kubernetes_{name}_{index}"), args, function);
    }
}

fn values(args: &[CowVal<'_, '_>]) -> Result<Vec<Value>, ExecutionError> {
    args.iter().map(|arg| Value::try_from(arg.as_ref())).collect()
}

fn give<'b, 'v>(value: Value) -> Outcome<'b, 'v> {
    let boxed = value
        .try_into()
        .map_err(|_| ExecutionError::function_error("convert", "the value has no type"))?;
    Ok(CowVal::Owned(boxed))
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        _ => "",
    }
}

fn compare(a: &Value, b: &Value) -> Result<Ordering, ExecutionError> {
    a.partial_cmp(b)
        .ok_or_else(|| ExecutionError::no_such_overload("_<_", Vec::new()))
}

fn is_sorted<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    for pair in list(&args[0]).windows(2) {
        if compare(&pair[0], &pair[1])? == Ordering::Greater {
            return give(Value::Bool(false));
        }
    }
    give(Value::Bool(true))
}

fn sum<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let mut items = list(&args[0]).iter().cloned();
    let Some(first) = items.next() else {
        return give(Value::Int(0));
    };
    let overflow = || ExecutionError::function_error("sum", "integer overflow");
    let total = items.try_fold(first, |total, item| match (total, item) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(b).map(Value::Int).ok_or_else(overflow),
        (Value::UInt(a), Value::UInt(b)) => a.checked_add(b).map(Value::UInt).ok_or_else(overflow),
        (Value::Float(a), Value::Float(b)) => Ok(Value::Float(a + b)),
        _ => Err(ExecutionError::no_such_overload("sum", Vec::new())),
    })?;
    give(total)
}

fn extreme<'b, 'v>(args: Vec<CowVal<'b, 'v>>, name: &str, wanted: Ordering) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let mut items = list(&args[0]).iter();
    let empty = || ExecutionError::function_error(name, format!("{name} called on empty list"));
    let mut best = items.next().ok_or_else(empty)?;
    for item in items {
        if compare(item, best)? == wanted {
            best = item;
        }
    }
    give(best.clone())
}

fn min<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    extreme(args, "min", Ordering::Less)
}

fn max<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    extreme(args, "max", Ordering::Greater)
}

fn place(at: Option<usize>) -> Value {
    Value::Int(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

fn index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(place(list(&args[0]).iter().position(|item| *item == args[1])))
}

fn last_index_of<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(place(list(&args[0]).iter().rposition(|item| *item == args[1])))
}

fn pattern(value: &Value) -> Result<regex::Regex, ExecutionError> {
    // A bound keeps a pattern from eating memory.
    let built = regex::RegexBuilder::new(text(value)).size_limit(4 << 20).build();
    built.map_err(|error| ExecutionError::function_error("find", format!("error parsing regexp: {error}")))
}

fn find<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let found = pattern(&args[1])?
        .find(text(&args[0]))
        .map_or("", |found| found.as_str())
        .to_owned();
    give(Value::String(Arc::new(found)))
}

fn find_all<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let limit = match args.get(2) {
        Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let pattern = pattern(&args[1])?;
    let found = pattern.find_iter(text(&args[0])).take(limit);
    let found = found.map(|found| Value::String(Arc::new(found.as_str().to_owned())));
    give(Value::List(Arc::new(found.collect())))
}

fn sets_contains<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(Value::Bool(
        list(&args[1]).iter().all(|item| list(&args[0]).contains(item)),
    ))
}

fn sets_equivalent<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let within = |a: &Value, b: &Value| list(a).iter().all(|item| list(b).contains(item));
    give(Value::Bool(
        within(&args[0], &args[1]) && within(&args[1], &args[0]),
    ))
}

fn sets_intersects<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(Value::Bool(
        list(&args[0]).iter().any(|item| list(&args[1]).contains(item)),
    ))
}

fn is_quantity<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(Value::Bool(nanos(text(&args[0])).is_some()))
}

/// A quantity stays the text that it is; what can be done with it reads it again.
fn quantity<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    read_quantity(&args[0])?;
    give(args[0].clone())
}

fn read_quantity(value: &Value) -> Result<i128, ExecutionError> {
    nanos(text(value)).ok_or_else(|| {
        let message =
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        ExecutionError::function_error("quantity", message)
    })
}

fn compare_quantities(args: &[CowVal<'_, '_>]) -> Result<Ordering, ExecutionError> {
    let args = values(args)?;
    Ok(read_quantity(&args[0])?.cmp(&read_quantity(&args[1])?))
}

fn is_greater<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    give(Value::Bool(compare_quantities(&args)? == Ordering::Greater))
}

fn is_less<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    give(Value::Bool(compare_quantities(&args)? == Ordering::Less))
}

fn compare_to<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    give(Value::Int(compare_quantities(&args)? as i64))
}

fn as_integer<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let nanos = read_quantity(&args[0])?;
    let whole = (nanos % 1_000_000_000 == 0)
        .then(|| i64::try_from(nanos / 1_000_000_000).ok())
        .flatten();
    let refused = || ExecutionError::function_error("asInteger", "cannot convert value to integer");
    give(Value::Int(whole.ok_or_else(refused)?))
}

fn is_url<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(Value::Bool(url_parts(text(&args[0])).is_some()))
}

/// A URL stays the text that it is.
fn same_url<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let refused = || ExecutionError::function_error("url", "URL parse error during conversion from string");
    url_parts(text(&args[0])).ok_or_else(refused)?;
    give(args[0].clone())
}

/// Scheme and the rest; URLs that are not absolute (or paths from the root) are none.
fn url_parts(text: &str) -> Option<(&str, &str)> {
    if text.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return None;
    }
    if text.starts_with('/') {
        return Some(("", text));
    }
    let (scheme, rest) = text.split_once(':')?;
    let good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (good && !rest.is_empty()).then_some((scheme, rest))
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().filter(|ip: &IpAddr| match ip {
        // An IPv4 address in the clothes of an IPv6 address is refused.
        IpAddr::V6(ip) => ip.to_ipv4_mapped().is_none(),
        IpAddr::V4(_) => true,
    })
}

fn is_ip<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    give(Value::Bool(parse_ip(text(&args[0])).is_some()))
}

fn is_canonical<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let given = text(&args[0]);
    give(Value::Bool(
        parse_ip(given).is_some_and(|ip| ip.to_string() == given),
    ))
}

fn is_cidr<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let valid = text(&args[0]).split_once('/').is_some_and(|(ip, bits)| {
        let most = match parse_ip(ip) {
            Some(IpAddr::V4(_)) => 32,
            Some(IpAddr::V6(_)) => 128,
            None => return false,
        };
        let plain = bits == "0" || !bits.starts_with(['0', '+']);
        plain && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    give(Value::Bool(valid))
}

fn is_semver<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Outcome<'b, 'v> {
    let args = values(&args)?;
    let given = text(&args[0]);
    let core = given.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let number = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_digit())
            && (*part == "0" || !part.starts_with('0'))
    };
    give(Value::Bool(numbers.len() == 3 && numbers.iter().all(number)))
}
