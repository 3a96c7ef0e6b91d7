//! Defaults, conditions and what a value is.

use super::convert::{is_empty, text};
use super::equal::deep_equal;
use super::table::{function, variadic};
use crate::{Error, Function, Scope, Ty, Value};

fn default(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let given = args.get(1).filter(|given| !is_empty(given));
    Ok(given.unwrap_or(&args[0]).clone())
}

fn coalesce(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(args
        .iter()
        .find(|arg| !is_empty(arg))
        .cloned()
        .unwrap_or(Value::Nil))
}

fn ternary(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(args[usize::from(!args[2].is_true())].clone())
}

fn type_is_like(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let name = args[1].type_name();
    let wanted = text(&args[0]);
    let like = *wanted == *name || name.strip_prefix('*').is_some_and(|name| *wanted == *name);
    Ok(Value::Bool(like))
}

const ONE: &[Ty] = &[Ty::Any];
const NAMED: &[Ty] = &[Ty::Str, Ty::Any];

pub(super) static TABLE: &[Function] = &[
    variadic("default", ONE, Ty::Any, default),
    function("empty", ONE, |_, args| Ok(is_empty(&args[0]).into())),
    variadic("coalesce", &[], Ty::Any, coalesce),
    variadic("all", &[], Ty::Any, |_, args| {
        Ok((!args.iter().any(is_empty)).into())
    }),
    variadic("any", &[], Ty::Any, |_, args| {
        Ok((!args.iter().all(is_empty)).into())
    }),
    function("ternary", &[Ty::Any, Ty::Any, Ty::Bool], ternary),
    function("typeOf", ONE, |_, args| {
        Ok(args[0].type_name().into_owned().into())
    }),
    function("typeIs", NAMED, |_, args| {
        Ok((*text(&args[0]) == *args[1].type_name()).into())
    }),
    function("typeIsLike", NAMED, type_is_like),
    function("kindOf", ONE, |_, args| Ok(args[0].kind().name().into())),
    function("kindIs", NAMED, |_, args| {
        Ok((*text(&args[0]) == *args[1].kind().name()).into())
    }),
    function("deepEqual", &[Ty::Any, Ty::Any], |_, args| {
        Ok(deep_equal(&args[0], &args[1]).into())
    }),
];
