//! Functions on lists.

use super::convert::{NIL_DEREFERENCE, claim, is_empty, to_int64, to_text, to_texts};
use super::equal::deep_equal;
use super::table::{function, variadic};
use crate::{Error, Function, GoStr, Kind, List, Scope, Ty, UintKind, Value};

/// The items of a slice.
///
/// # Errors
/// `fault` and the kind for anything else; Go's panic for nothing.
fn items(value: &Value, fault: &str) -> Result<List, Error> {
    match &*value.underlying() {
        Value::List(list) => Ok(list.clone()),
        Value::Bytes(bytes) => {
            let bytes = bytes.as_deref().unwrap_or_default();
            let items = bytes
                .iter()
                .map(|byte| Value::Uint(UintKind::Uint8, u64::from(*byte)))
                .collect();
            Ok(List::of(Ty::Uint(UintKind::Uint8), items))
        }
        Value::Nil | Value::Invalid => Err(Error::new(NIL_DEREFERENCE)),
        _ => Err(Error::new(format!("{fault} {}", value.kind()))),
    }
}

fn list(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::list(args.to_vec()))
}

fn append(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot push on type")?;
    charge(scope, list.len() + 1)?;
    let mut items = Vec::with_capacity(list.len() + 1);
    items.extend_from_slice(list.items());
    items.push(args[1].clone());
    Ok(Value::list(items))
}

fn prepend(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot prepend on type")?;
    charge(scope, list.len() + 1)?;
    let mut items = Vec::with_capacity(list.len() + 1);
    items.push(args[1].clone());
    items.extend_from_slice(list.items());
    Ok(Value::list(items))
}

/// Lists are copied by many functions: what that takes counts.
fn charge(scope: &mut Scope<'_>, count: usize) -> Result<(), Error> {
    claim(scope, count.saturating_mul(size_of::<Value>()))
}

fn first(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find first on type")?;
    Ok(list.items().first().cloned().unwrap_or(Value::Nil))
}

fn last(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find last on type")?;
    Ok(list.items().last().cloned().unwrap_or(Value::Nil))
}

fn rest(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find rest on type")?;
    charge(scope, list.len())?;
    Ok(list
        .items()
        .split_first()
        .map_or_else(nil_list, |(_, rest)| Value::list(rest.to_vec())))
}

fn initial(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find initial on type")?;
    charge(scope, list.len())?;
    Ok(list
        .items()
        .split_last()
        .map_or_else(nil_list, |(_, initial)| Value::list(initial.to_vec())))
}

fn nil_list() -> Value {
    Value::List(List::nil(Ty::Any))
}

fn reverse(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find reverse on type")?;
    charge(scope, list.len())?;
    Ok(Value::list(list.items().iter().rev().cloned().collect()))
}

fn compact(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot compact on type")?;
    charge(scope, list.len())?;
    Ok(Value::list(
        list.items()
            .iter()
            .filter(|item| !is_empty(item))
            .cloned()
            .collect(),
    ))
}

/// Texts that were seen are looked up; only other items are compared with each other.
fn uniq(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find uniq on type")?;
    charge(scope, list.len())?;
    let mut texts = std::collections::HashSet::new();
    let mut others: Vec<&Value> = Vec::new();
    let mut kept = Vec::new();
    for item in list.items() {
        let new = match item {
            Value::Str(text) => texts.insert(text.clone()),
            _ => {
                charge(scope, others.len() / 16)?;
                let new = !others.iter().any(|seen| deep_equal(item, seen));
                if new {
                    others.push(item);
                }
                new
            }
        };
        if new {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn without(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let list = items(&args[0], "Cannot find without on type")?;
    charge(scope, list.len())?;
    let left_out = |item: &Value| args[1..].iter().any(|omit| deep_equal(item, omit));
    Ok(Value::list(
        list.items()
            .iter()
            .filter(|item| !left_out(item))
            .cloned()
            .collect(),
    ))
}

fn has(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if args[1].is_nothing() {
        return Ok(Value::Bool(false));
    }
    let list = items(&args[1], "Cannot find has on type")?;
    Ok(Value::Bool(
        list.items().iter().any(|item| deep_equal(&args[0], item)),
    ))
}

fn slice(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if args[0].is_nothing() {
        return Err(Error::new(NIL_DEREFERENCE));
    }
    if args[0].kind() != Kind::Slice {
        let kind = args[0].kind();
        return Err(Error::new(format!(
            "list should be type of slice or array but {kind}"
        )));
    }
    let list = items(&args[0], "")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = args.get(1).map_or(0, to_int64);
    let end = args.get(2).map_or(list.len() as i64, to_int64);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| list.items().get(start..end));
    let part = part.ok_or_else(|| Error::new("reflect.Value.Slice: slice index out of bounds"))?;
    charge(scope, part.len())?;
    Ok(match &args[0] {
        Value::Bytes(Some(bytes)) => Value::bytes(&bytes[start as usize..end as usize]),
        _ => Value::List(List::of(list.elem(), part.to_vec())),
    })
}

fn concat(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if args.is_empty() {
        return Ok(nil_list());
    }
    let mut all = Vec::new();
    for arg in args {
        let list = match items(arg, "") {
            Ok(list) => list,
            Err(error) if arg.is_nothing() => return Err(error),
            Err(_) => return Err(Error::new(format!("Cannot concat type {} as list", arg.kind()))),
        };
        charge(scope, list.len())?;
        all.extend_from_slice(list.items());
    }
    Ok(if all.is_empty() {
        nil_list()
    } else {
        Value::list(all)
    })
}

fn chunk(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let size = super::convert::int(&args[0]);
    let list = items(&args[1], "Cannot chunk type")?;
    charge(scope, list.len())?;
    if size <= 0 {
        // Go counts the chunks with floats; only a count of none by chance makes no panic.
        let count = ((list.len() as f64 - 1.0) / size as f64).floor() + 1.0;
        if count == 0.0 {
            return Ok(Value::List(List::of(Ty::LIST, Vec::new())));
        }
        return Err(Error::new("runtime error: makeslice: len out of range"));
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let chunks = list
        .items()
        .chunks(size)
        .map(|chunk| Value::list(chunk.to_vec()))
        .collect();
    Ok(Value::List(List::of(Ty::LIST, chunks)))
}

fn sort_alpha(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if args[0].kind() != Kind::Slice {
        return Ok(Value::strings([to_text(&args[0])?]));
    }
    if is_nil_texts(&args[0]) {
        return Ok(args[0].clone());
    }
    let mut texts = to_texts(&args[0])?;
    charge(scope, texts.len())?;
    texts.sort();
    Ok(Value::strings(texts))
}

fn join(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let separator = super::convert::text(&args[0]).as_bytes();
    let texts = to_texts(&args[1])?;
    let length = texts.iter().map(GoStr::len).sum::<usize>();
    claim(
        scope,
        length.saturating_add(separator.len().saturating_mul(texts.len())),
    )?;
    let mut out = Vec::with_capacity(length);
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(text.as_bytes());
    }
    Ok(Value::str(out))
}

fn to_strings(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if is_nil_texts(&args[0]) {
        return Ok(args[0].clone());
    }
    Ok(Value::strings(to_texts(&args[0])?))
}

/// Whether this is a nil `[]string`, as expressions that match nothing give: sprig hands lists of texts on as they are.
fn is_nil_texts(value: &Value) -> bool {
    matches!(value, Value::List(list) if list.is_nil() && list.elem() == Ty::Str)
}

const ONE: &[Ty] = &[Ty::Any];
const TWO: &[Ty] = &[Ty::Any, Ty::Any];

pub(super) static TABLE: &[Function] = &[
    variadic("list", &[], Ty::Any, list),
    variadic("tuple", &[], Ty::Any, list),
    function("append", TWO, append),
    function("push", TWO, append),
    function("mustAppend", TWO, append),
    function("mustPush", TWO, append),
    function("prepend", TWO, prepend),
    function("mustPrepend", TWO, prepend),
    function("first", ONE, first),
    function("mustFirst", ONE, first),
    function("last", ONE, last),
    function("mustLast", ONE, last),
    function("rest", ONE, rest),
    function("mustRest", ONE, rest),
    function("initial", ONE, initial),
    function("mustInitial", ONE, initial),
    function("reverse", ONE, reverse),
    function("mustReverse", ONE, reverse),
    function("compact", ONE, compact),
    function("mustCompact", ONE, compact),
    function("uniq", ONE, uniq),
    function("mustUniq", ONE, uniq),
    variadic("without", ONE, Ty::Any, without),
    variadic("mustWithout", ONE, Ty::Any, without),
    function("has", TWO, has),
    function("mustHas", TWO, has),
    variadic("slice", ONE, Ty::Any, slice),
    variadic("mustSlice", ONE, Ty::Any, slice),
    variadic("concat", &[], Ty::Any, concat),
    function("chunk", &[Ty::INT, Ty::Any], chunk),
    function("mustChunk", &[Ty::INT, Ty::Any], chunk),
    function("sortAlpha", ONE, sort_alpha),
    function("join", &[Ty::Str, Ty::Any], join),
    function("toStrings", ONE, to_strings),
];
