//! Arguments: evaluated, checked and converted to the types of parameters.

use super::frame::{At, Frame, Item};
use super::scope::Scope;
use super::walk::string;
use crate::builtins::{can_be_nil, zero};
use crate::parse::{Expr, Shown};
use crate::{Error, IntKind, MapType, Ty, UintKind, Value};

impl Scope<'_> {
    /// The value of an argument for a parameter of a type.
    pub(super) fn argument<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        ty: Ty,
        arg: &'t Expr,
    ) -> Result<Value, Error> {
        frame.at = At::Expr(arg);
        let item = match arg {
            Expr::Dot(_) => dot.clone(),
            Expr::Nil(_) if can_be_nil(ty) => {
                return Ok(if ty == Ty::Reflect {
                    Value::Invalid
                } else {
                    zero(ty)
                });
            }
            Expr::Nil(_) => return Err(frame.error(format_args!("cannot assign nil to {ty}"))),
            Expr::Field(_, names) => self.chain(frame, dot, dot.clone(), arg, *names, &[], None)?,
            Expr::Variable(_, variable, names) => {
                let item = self.variable(frame, variable)?.clone();
                self.chain(frame, dot, item, arg, *names, &[], None)?
            }
            Expr::Pipe(pipe) => self.pipeline(frame, dot, frame.source().one(*pipe))?,
            Expr::Function(_, call) => self.function(frame, dot, *call, At::Expr(arg), &[], None)?,
            Expr::Chain(_, inner, names) => {
                let inner = frame.source().one(*inner);
                self.chain_expr(frame, dot, arg, inner, *names, &[], None)?
            }
            Expr::Bool(..) | Expr::Number(..) | Expr::Str(..) => return self.typed_constant(frame, ty, arg),
        };
        self.convert(frame, item, ty)
    }

    /// A constant as a value of a type.
    fn typed_constant<'t>(&mut self, frame: &mut Frame<'t>, ty: Ty, arg: &'t Expr) -> Result<Value, Error> {
        let expected = |what: &str| {
            let shown = Shown(frame.source(), arg).to_string();
            Err(frame.error(format_args!("expected {what}; found {shown}")))
        };
        let number = match arg {
            Expr::Number(_, number) => Some(frame.source().one(*number)),
            _ => None,
        };
        match ty {
            Ty::Any | Ty::Reflect => self.constant(frame, arg),
            Ty::Str => match arg {
                Expr::Str(range, constant) => Ok(Value::Str(string(frame.source(), *range, *constant))),
                _ => expected("string"),
            },
            Ty::Bool => match arg {
                Expr::Bool(_, value) => Ok(Value::Bool(*value)),
                _ => expected("bool"),
            },
            Ty::Int(kind) => match number.and_then(|number| number.int) {
                Some(int) => Ok(Value::Int(kind, wrap_int(kind, int))),
                None => expected("integer"),
            },
            Ty::Uint(kind) => match number.and_then(|number| number.uint) {
                Some(uint) => Ok(Value::Uint(kind, wrap_uint(kind, uint))),
                None => expected("unsigned integer"),
            },
            Ty::Float(kind) => match number.and_then(|number| number.float) {
                Some(float) => Ok(Value::Float(kind, float)),
                None => expected("float"),
            },
            Ty::Complex => match number.and_then(|number| number.complex) {
                Some((real, imaginary)) => Ok(Value::Complex(real, imaginary)),
                None => expected("complex"),
            },
            Ty::Bytes | Ty::List(_) | Ty::Map(_) | Ty::Named(_) => {
                let shown = Shown(frame.source(), arg).to_string();
                Err(frame.error(format_args!("can't handle {shown} for arg of type {ty}")))
            }
        }
    }

    /// Checks that a value is fit for a parameter of a type, and makes it one of that type.
    pub(super) fn convert(&self, frame: &Frame<'_>, item: Item, ty: Ty) -> Result<Value, Error> {
        let value = item.value;
        match (ty, value) {
            (Ty::Reflect, value) => Ok(value),
            (Ty::Any, Value::Invalid) => Ok(Value::Nil),
            (Ty::Any, value) => Ok(value),
            (_, Value::Invalid) if can_be_nil(ty) => Ok(zero(ty)),
            (_, Value::Invalid) => Err(frame.error(format_args!("invalid value; expected {ty}"))),
            (Ty::Str, value @ Value::Str(_)) => Ok(value),
            (Ty::Bytes, value @ Value::Bytes(_)) => Ok(value),
            (Ty::Map(elem), Value::Map(map)) if map.ty().elem == elem => Ok(Value::Map(plain(elem, map))),
            (_, value) => assign(value, ty)
                .map_err(|got| frame.error(format_args!("wrong type for value; expected {ty}; got {got}"))),
        }
    }
}

/// Go's assignability, for what is not as common. The error is the type that does not fit.
fn assign(value: Value, ty: Ty) -> Result<Value, String> {
    if matches!(value, Value::Nil) {
        return Err("interface {}".to_owned());
    }
    if value.ty() == ty {
        return Ok(value);
    }
    let name = value.type_name();
    if let Ty::Named(want) = ty
        && name.strip_prefix('*').unwrap_or(&name) == want
    {
        return Ok(value);
    }
    // A type with a name of its own goes where the slice or map that it is made of goes.
    if matches!(ty, Ty::List(_) | Ty::Map(_) | Ty::Bytes) {
        let below = value.underlying().into_owned();
        match (&below, ty) {
            (Value::Map(map), Ty::Map(elem)) if map.ty().elem == elem => {
                return Ok(Value::Map(plain(elem, map.clone())));
            }
            (Value::Map(_), _) => {}
            _ if below.ty() == ty => return Ok(below),
            _ => {}
        }
    }
    Err(name.into_owned())
}

/// A map without a name of its own.
fn plain(elem: &'static Ty, map: crate::Map) -> crate::Map {
    match (map.ty().name, elem) {
        (Some(_), Ty::Any) => map.converted(MapType::ANY),
        (Some(_), Ty::Str) => map.converted(MapType::STRINGS),
        _ => map,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go keeps the bits that fit")]
fn wrap_int(kind: IntKind, int: i64) -> i64 {
    match kind {
        IntKind::Int8 => i64::from(int as i8),
        IntKind::Int16 => i64::from(int as i16),
        IntKind::Int32 => i64::from(int as i32),
        IntKind::Int | IntKind::Int64 => int,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go keeps the bits that fit")]
fn wrap_uint(kind: UintKind, uint: u64) -> u64 {
    match kind {
        UintKind::Uint8 => u64::from(uint as u8),
        UintKind::Uint16 => u64::from(uint as u16),
        UintKind::Uint32 => u64::from(uint as u32),
        UintKind::Uint | UintKind::Uint64 | UintKind::Uintptr => uint,
    }
}
