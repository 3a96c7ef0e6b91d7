//! The functions that every Go template knows.

mod compare;
mod escape;
mod index;

use crate::fmt::{sprint, sprintf, sprintln};
use crate::{Error, Function, Functions, List, Map, MapType, Scope, Ty, Value, values};

/// Go's builtin functions.
static TABLE: [Function; 19] = [
    function("and", &[Ty::Reflect], Some(Ty::Reflect), special),
    function("call", &[Ty::Reflect], Some(Ty::Reflect), special),
    function("eq", &[Ty::Reflect], Some(Ty::Reflect), compare::eq),
    function("ge", &[Ty::Reflect, Ty::Reflect], None, compare::ge),
    function("gt", &[Ty::Reflect, Ty::Reflect], None, compare::gt),
    function("html", &[], Some(Ty::Any), escape::html),
    function("index", &[Ty::Reflect], Some(Ty::Reflect), index::index),
    function("js", &[], Some(Ty::Any), escape::js),
    function("le", &[Ty::Reflect, Ty::Reflect], None, compare::le),
    function("len", &[Ty::Reflect], None, index::length),
    function("lt", &[Ty::Reflect, Ty::Reflect], None, compare::lt),
    function("ne", &[Ty::Reflect, Ty::Reflect], None, compare::ne),
    function("not", &[Ty::Reflect], None, not),
    function("or", &[Ty::Reflect], Some(Ty::Reflect), special),
    function("print", &[], Some(Ty::Any), print),
    function("printf", &[Ty::Str], Some(Ty::Any), printf),
    function("println", &[], Some(Ty::Any), println),
    function("slice", &[Ty::Reflect], Some(Ty::Reflect), index::slice),
    function("urlquery", &[], Some(Ty::Any), escape::url_query),
];

const fn function(
    name: &'static str,
    params: &'static [Ty],
    variadic: Option<Ty>,
    call: fn(&mut Scope<'_>, &[Value]) -> Result<Value, Error>,
) -> Function {
    Function {
        name,
        params,
        variadic,
        call,
    }
}

impl Functions {
    /// Go's own functions: `and`, `call`, `eq`, `html`, `index`, `print`, …; and the methods of Helm's `common.Values`.
    pub fn builtin() -> Self {
        Self::none()
            .with(&TABLE)
            .with_methods(values::TYPE, &values::METHODS)
    }
}

/// A builtin function.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    TABLE.iter().find(|function| function.name == name)
}

/// `and`, `or` and `call` are the executor's.
fn special(_: &mut Scope<'_>, _: &[Value]) -> Result<Value, Error> {
    Err(Error::new("unreachable"))
}

fn not(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::Bool(!arg(args, 0).is_true()))
}

fn print(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    sprint(args).map(Value::Str)
}

fn println(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    sprintln(args).map(Value::Str)
}

fn printf(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let (format, values) = args.split_first().unwrap_or((&Value::Invalid, &[]));
    let format = format.as_str().map(crate::GoStr::as_bytes).unwrap_or_default();
    sprintf(format, values).map(Value::Str)
}

fn arg(args: &[Value], index: usize) -> &Value {
    args.get(index).unwrap_or(&Value::Invalid)
}

/// Whether nil can stand for a value of a type.
pub(crate) fn can_be_nil(ty: Ty) -> bool {
    match ty {
        Ty::Any | Ty::Reflect | Ty::Bytes | Ty::List(_) | Ty::Map(_) => true,
        Ty::Named(name) => name.starts_with('*'),
        Ty::Bool | Ty::Int(_) | Ty::Uint(_) | Ty::Float(_) | Ty::Complex | Ty::Str => false,
    }
}

/// The zero of a type.
pub(crate) fn zero(ty: Ty) -> Value {
    match ty {
        Ty::Any | Ty::Named(_) | Ty::Reflect => Value::Nil,
        Ty::Bool => Value::Bool(false),
        Ty::Int(kind) => Value::Int(kind, 0),
        Ty::Uint(kind) => Value::Uint(kind, 0),
        Ty::Float(kind) => Value::Float(kind, 0.0),
        Ty::Complex => Value::Complex(0.0, 0.0),
        Ty::Str => Value::str(""),
        Ty::Bytes => Value::Bytes(None),
        Ty::List(elem) => Value::List(List::nil(elem)),
        Ty::Map(Ty::Str) => Value::Map(Map::nil(MapType::STRINGS)),
        Ty::Map(_) => Value::Map(Map::nil(MapType::ANY)),
    }
}
