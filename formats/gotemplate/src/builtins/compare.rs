//! `eq`, `ne`, `lt`, `le`, `gt`, `ge`.

use super::arg;
use crate::fmt::sprintf;
use crate::{Error, Kind, Scope, Value};

/// The kinds that can be compared with each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    Other,
    Bool,
    Complex,
    Int,
    Float,
    String,
    Uint,
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(_) => Basic::Bool,
        Value::Complex(..) => Basic::Complex,
        Value::Int(..) => Basic::Int,
        Value::Uint(..) => Basic::Uint,
        Value::Float(..) => Basic::Float,
        Value::Str(_) => Basic::String,
        _ => Basic::Other,
    }
}

pub(super) fn eq(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (first, rest) = args.split_first().unwrap_or((&Value::Invalid, &[]));
    if rest.is_empty() {
        return Err(Error::new("missing argument for comparison"));
    }
    for other in rest {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn ne(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    equal(arg(args, 0), arg(args, 1)).map(|equal| Value::Bool(!equal))
}

pub(super) fn lt(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    less(arg(args, 0), arg(args, 1)).map(Value::Bool)
}

pub(super) fn le(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    less_or_equal(args).map(Value::Bool)
}

pub(super) fn gt(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    less_or_equal(args).map(|not| Value::Bool(!not))
}

pub(super) fn ge(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    less(arg(args, 0), arg(args, 1)).map(|not| Value::Bool(!not))
}

fn less_or_equal(args: &[Value]) -> Result<bool, Error> {
    let (left, right) = (arg(args, 0), arg(args, 1));
    Ok(less(left, right)? || equal(left, right)?)
}

fn incompatible(left: &Value, right: &Value) -> Error {
    let (left, right) = (left.type_name(), right.type_name());
    Error::new(format!("incompatible types for comparison: {left} and {right}"))
}

fn equal(left: &Value, right: &Value) -> Result<bool, Error> {
    let (below_left, below_right) = (left.underlying(), right.underlying());
    Ok(match (below_left.as_ref(), below_right.as_ref()) {
        (Value::Str(left), Value::Str(right)) => left == right,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(_, left), Value::Int(_, right)) => left == right,
        (Value::Uint(_, left), Value::Uint(_, right)) => left == right,
        (Value::Int(_, left), Value::Uint(_, right)) => u64::try_from(*left).is_ok_and(|left| left == *right),
        (Value::Uint(_, left), Value::Int(_, right)) => {
            u64::try_from(*right).is_ok_and(|right| right == *left)
        }
        (Value::Float(_, left), Value::Float(_, right)) => left == right,
        (Value::Complex(real, imaginary), Value::Complex(other_real, other_imaginary)) => {
            real == other_real && imaginary == other_imaginary
        }
        (plain_left, plain_right) => {
            if basic(plain_left) == Basic::Other && basic(plain_right) == Basic::Other {
                return equal_others(left, right);
            }
            if !left.is_nothing() && !right.is_nothing() {
                return Err(incompatible(left, right));
            }
            false
        }
    })
}

/// Lists, maps, objects and nothings.
fn equal_others(left: &Value, right: &Value) -> Result<bool, Error> {
    let show =
        |verb: &[u8], value: &Value| sprintf(verb, std::slice::from_ref(value)).map(|text| text.to_string());
    let (left_kind, right_kind) = (left.kind(), right.kind());
    if left_kind != right_kind && left_kind != Kind::Invalid && right_kind != Kind::Invalid {
        return Err(Error::new(format!(
            "non-comparable types {}: {}, {}: {}",
            show(b"%s", left)?,
            left.type_name(),
            right.type_name(),
            show(b"%v", right)?
        )));
    }
    if is_nil(left) || is_nil(right) {
        return Ok(is_nil(left) == is_nil(right));
    }
    let same = match right {
        Value::Object(object) => object.equal(left),
        _ => None,
    };
    match same {
        Some(same) => Ok(same),
        None => Err(Error::new(format!(
            "non-comparable type {}: {}",
            show(b"%s", right)?,
            right.type_name()
        ))),
    }
}

fn is_nil(value: &Value) -> bool {
    match value.underlying().as_ref() {
        Value::Invalid | Value::Nil | Value::Bytes(None) => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

fn less(left: &Value, right: &Value) -> Result<bool, Error> {
    let (below_left, below_right) = (left.underlying(), right.underlying());
    let (plain_left, plain_right) = (below_left.as_ref(), below_right.as_ref());
    let bad = || Error::new("invalid type for comparison");
    if basic(plain_left) == Basic::Other || basic(plain_right) == Basic::Other {
        return Err(bad());
    }
    Ok(match (plain_left, plain_right) {
        (Value::Str(left), Value::Str(right)) => left < right,
        (Value::Int(_, left), Value::Int(_, right)) => left < right,
        (Value::Uint(_, left), Value::Uint(_, right)) => left < right,
        (Value::Int(_, left), Value::Uint(_, right)) => {
            u64::try_from(*left).map_or(true, |left| left < *right)
        }
        (Value::Uint(_, left), Value::Int(_, right)) => {
            u64::try_from(*right).is_ok_and(|right| *left < right)
        }
        (Value::Float(_, left), Value::Float(_, right)) => left < right,
        _ if basic(plain_left) == basic(plain_right) => return Err(bad()),
        _ => return Err(incompatible(left, right)),
    })
}
