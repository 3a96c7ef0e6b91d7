//! `index`, `slice`, `len`.

use super::{arg, zero};
use crate::{Error, GoStr, Kind, List, Scope, UintKind, Value};

pub(super) fn index(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (item, indexes) = args.split_first().unwrap_or((&Value::Invalid, &[]));
    if item.is_nothing() {
        return Err(Error::new("index of untyped nil"));
    }
    let mut item = item.clone();
    for index in indexes {
        let next = match item.underlying().as_ref() {
            Value::Nil | Value::Invalid => return Err(Error::new("index of nil pointer")),
            Value::List(list) => {
                let at = position(index, list.len())?;
                list.items()
                    .get(at)
                    .cloned()
                    .ok_or_else(|| Error::new("reflect: slice index out of range"))?
            }
            Value::Bytes(bytes) => {
                let bytes = bytes.as_deref().unwrap_or_default();
                let at = position(index, bytes.len())?;
                byte(bytes.get(at)).ok_or_else(|| Error::new("reflect: slice index out of range"))?
            }
            Value::Str(text) => {
                let at = position(index, text.len())?;
                byte(text.as_bytes().get(at))
                    .ok_or_else(|| Error::new("reflect: string index out of range"))?
            }
            Value::Map(map) => match index {
                Value::Str(key) => map.get(key.as_bytes()).unwrap_or_else(|| zero(*map.ty().elem)),
                Value::Invalid | Value::Nil => {
                    return Err(Error::new("value is nil; should be of type string"));
                }
                other => {
                    return Err(Error::new(format!(
                        "value has type {}; should be string",
                        other.type_name()
                    )));
                }
            },
            other => {
                let ty = if other.kind() == Kind::Invalid {
                    "<nil>".into()
                } else {
                    item.type_name()
                };
                return Err(Error::new(format!("can't index item of type {ty}")));
            }
        };
        item = next;
    }
    Ok(item)
}

fn byte(byte: Option<&u8>) -> Option<Value> {
    byte.map(|byte| Value::Uint(UintKind::Uint8, u64::from(*byte)))
}

/// An index as a number, not beyond `length`.
fn position(index: &Value, length: usize) -> Result<usize, Error> {
    #[expect(clippy::cast_possible_wrap, reason = "Go's conversion")]
    let number = match index.underlying().as_ref() {
        Value::Int(_, number) => *number,
        Value::Uint(_, number) => *number as i64,
        Value::Invalid | Value::Nil => return Err(Error::new("cannot index slice/array with nil")),
        _ => {
            return Err(Error::new(format!(
                "cannot index slice/array with type {}",
                index.type_name()
            )));
        }
    };
    match usize::try_from(number) {
        Ok(at) if at <= length => Ok(at),
        _ => Err(Error::new(format!("index out of range: {number}"))),
    }
}

pub(super) fn length(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let item = arg(args, 0);
    let length = match item.underlying().as_ref() {
        Value::Nil => return Err(Error::new("len of nil pointer")),
        Value::Invalid => return Err(Error::new("reflect: call of reflect.Value.Type on zero Value")),
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.as_deref().map_or(0, <[u8]>::len),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(Error::new(format!("len of type {}", item.type_name()))),
    };
    Ok(Value::int(i64::try_from(length).unwrap_or(i64::MAX)))
}

pub(super) fn slice(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (item, indexes) = args.split_first().unwrap_or((&Value::Invalid, &[]));
    if item.is_nothing() {
        return Err(Error::new("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::new(format!("too many slice indexes: {}", indexes.len())));
    }
    let below = item.underlying();
    let length = match below.as_ref() {
        Value::Str(_) if indexes.len() == 3 => return Err(Error::new("cannot 3-index slice a string")),
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Bytes(bytes) => bytes.as_deref().map_or(0, <[u8]>::len),
        _ => {
            return Err(Error::new(format!(
                "can't slice item of type {}",
                item.type_name()
            )));
        }
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    let [from, to, cap] = bounds;
    let bad = |low: usize, high: usize| Err(Error::new(format!("invalid slice index: {low} > {high}")));
    if from > to {
        return bad(from, to);
    }
    if indexes.len() == 3 && to > cap {
        return bad(to, cap);
    }
    Ok(match below.as_ref() {
        Value::Str(text) => Value::Str(GoStr::from(&text.as_bytes()[from..to])),
        Value::List(list) => Value::List(List::of(list.elem(), list.items()[from..to].to_vec())),
        Value::Bytes(Some(bytes)) => Value::bytes(&bytes[from..to]),
        other => other.clone(),
    })
}
