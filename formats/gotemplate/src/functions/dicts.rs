//! Functions on maps.

use super::convert::{claim, map, text, to_text, weight};
use super::merge::merge;
use super::table::{function, variadic};
use crate::{Error, Function, GoStr, List, Map, Scope, Ty, Value};

/// Copies deeper than this are refused.
const MAX_DEPTH: usize = 500;

fn dict(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut entries = std::collections::BTreeMap::new();
    for pair in args.chunks(2) {
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::str(""));
        entries.insert(to_text(&pair[0])?, value);
    }
    Ok(Value::Map(Map::with_type(crate::MapType::ANY, entries)))
}

fn get(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(map(&args[0])?
        .get(text(&args[1]).as_bytes())
        .unwrap_or_else(|| Value::str("")))
}

fn set(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if map(&args[0])?.insert(text(&args[1]).clone(), args[2].clone()) {
        Ok(args[0].clone())
    } else {
        Err(Error::new("assignment to entry in nil map"))
    }
}

fn unset(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    map(&args[0])?.remove(text(&args[1]).as_bytes());
    Ok(args[0].clone())
}

fn has_key(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::Bool(map(&args[0])?.contains(text(&args[1]).as_bytes())))
}

fn pluck(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let key = text(&args[0]);
    let mut found = Vec::new();
    for dict in &args[1..] {
        found.extend(map(dict)?.get(key.as_bytes()));
    }
    Ok(Value::list(found))
}

fn keys(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let mut keys = Vec::new();
    for dict in args {
        keys.extend(map(dict)?.keys());
    }
    Ok(Value::strings(keys))
}

fn values(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::list(
        map(&args[0])?
            .entries()
            .into_iter()
            .map(|(_, value)| value)
            .collect(),
    ))
}

fn pick(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let from = map(&args[0])?;
    let kept = args[1..]
        .iter()
        .map(text)
        .filter_map(|key| Some((key.clone(), from.get(key.as_bytes())?)));
    Ok(Value::map(kept.collect::<Vec<_>>()))
}

fn omit(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let left_out: std::collections::BTreeSet<&GoStr> = args[1..].iter().map(text).collect();
    let kept = map(&args[0])?
        .entries()
        .into_iter()
        .filter(|(key, _)| !left_out.contains(key));
    Ok(Value::map(kept))
}

fn merged(args: &[Value], overwrite: bool) -> Result<Value, Error> {
    let target = map(&args[0])?;
    for source in &args[1..] {
        merge(target, map(source)?, overwrite)?;
    }
    Ok(args[0].clone())
}

/// Helm's templates see an empty text where maps cannot be merged.
fn or_empty(merged: Result<Value, Error>) -> Result<Value, Error> {
    Ok(merged.unwrap_or_else(|_| Value::str("")))
}

fn deep_copy(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if args[0].is_nothing() {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    // A map costs more than its text.
    let limit = scope.options().limits.output;
    claim(scope, weight(&args[0], limit).saturating_mul(4))?;
    copy(&args[0], 0)
}

fn copy(value: &Value, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new("value is nested too deeply to be copied"));
    }
    Ok(match value {
        Value::List(list) if !list.is_nil() => {
            let items = list
                .items()
                .iter()
                .map(|item| copy(item, depth + 1))
                .collect::<Result<_, _>>()?;
            Value::List(List::of(list.elem(), items))
        }
        Value::Map(map) if !map.is_nil() => {
            let entries = map.entries();
            let mut copied = std::collections::BTreeMap::new();
            for (key, value) in entries {
                let value = copy(&value, depth + 1)?;
                copied.insert(key, value);
            }
            Value::Map(Map::with_type(map.ty(), copied))
        }
        _ => value.clone(),
    })
}

fn dig(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let [keys @ .., default, dict] = args else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let mut step = dict.clone();
    plain_map(&step)?;
    for key in keys {
        if key.as_str().is_none() {
            return Err(conversion(key, "string"));
        }
    }
    for key in keys {
        match plain_map(&step)?.get(text(key).as_bytes()) {
            Some(value) => step = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(step)
}

/// Only a map of exactly that type, no named one.
fn plain_map(value: &Value) -> Result<&Map, Error> {
    match value {
        Value::Map(map) if map.ty().name() == "map[string]interface {}" => Ok(map),
        _ => Err(conversion(value, "map[string]interface {}")),
    }
}

fn conversion(value: &Value, wanted: &str) -> Error {
    let found = if value.is_nothing() {
        "nil".into()
    } else {
        value.type_name()
    };
    Error::new(format!(
        "interface conversion: interface {{}} is {found}, not {wanted}"
    ))
}

const KEYED: &[Ty] = &[Ty::MAP, Ty::Str];

pub(super) static TABLE: &[Function] = &[
    variadic("dict", &[], Ty::Any, dict),
    function("get", KEYED, get),
    function("set", &[Ty::MAP, Ty::Str, Ty::Any], set),
    function("unset", KEYED, unset),
    function("hasKey", KEYED, has_key),
    variadic("pluck", &[Ty::Str], Ty::MAP, pluck),
    variadic("keys", &[], Ty::MAP, keys),
    function("values", &[Ty::MAP], values),
    variadic("pick", &[Ty::MAP], Ty::Str, pick),
    variadic("omit", &[Ty::MAP], Ty::Str, omit),
    variadic("merge", &[Ty::MAP], Ty::MAP, |_, args| {
        or_empty(merged(args, false))
    }),
    variadic("mustMerge", &[Ty::MAP], Ty::MAP, |_, args| merged(args, false)),
    variadic("mergeOverwrite", &[Ty::MAP], Ty::MAP, |_, args| {
        or_empty(merged(args, true))
    }),
    variadic("mustMergeOverwrite", &[Ty::MAP], Ty::MAP, |_, args| {
        merged(args, true)
    }),
    function("deepCopy", &[Ty::Any], deep_copy),
    function("mustDeepCopy", &[Ty::Any], deep_copy),
    variadic("dig", &[], Ty::Any, dig),
];
