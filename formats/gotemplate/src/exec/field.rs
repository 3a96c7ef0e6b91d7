//! Fields, keys and methods.

use std::rc::Rc;

use super::call::Callable;
use super::frame::{At, Frame, Item};
use super::scope::Scope;
use crate::builtins::zero;
use crate::parse::{Expr, Names, Shown};
use crate::{Error, Map, MissingKey, Object, Repr, Ty, Value};

impl Scope<'_> {
    /// `(pipeline).Field.Field`.
    #[expect(clippy::too_many_arguments, reason = "they are what a command is made of")]
    pub(super) fn chain_expr<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        word: &'t Expr,
        inner: &'t Expr,
        names: Names,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        frame.at = At::Expr(word);
        let item = match inner {
            Expr::Nil(_) => {
                let shown = Shown(frame.source(), word).to_string();
                return Err(frame.error(format_args!("indirection through explicit nil in {shown}")));
            }
            Expr::Pipe(pipe) => {
                frame.at = At::Expr(inner);
                self.pipeline(frame, dot, frame.source().one(*pipe))?
            }
            Expr::Function(_, call) => {
                frame.at = At::Expr(inner);
                self.function(frame, dot, *call, At::Expr(inner), &[], None)?
            }
            _ => Item::default(),
        };
        self.chain(frame, dot, item, word, names, args, last)
    }

    /// `.A.B.C`, starting at `receiver`; the last one gets the arguments, if it is a method.
    #[expect(clippy::too_many_arguments, reason = "they are what a command is made of")]
    pub(super) fn chain<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        receiver: Item,
        word: &'t Expr,
        names: Names,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        // What the lexer takes for a name is text.
        let names = std::str::from_utf8(frame.source().slice(names)).unwrap_or_default();
        let Some((before, final_name)) = names.rsplit_once('.') else {
            return Ok(receiver);
        };
        let mut receiver = receiver;
        for name in before.split('.').skip(1) {
            receiver = self.field(frame, dot, &receiver, name, word, &[], None)?;
        }
        self.field(frame, dot, &receiver, final_name, word, args, last)
    }

    #[expect(clippy::too_many_arguments, reason = "they are what a command is made of")]
    fn field<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        receiver: &Item,
        name: &'t str,
        word: &'t Expr,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        let has_args = !args.is_empty() || last.is_some();
        match &receiver.value {
            Value::Invalid if self.options.missing_key == MissingKey::Error => {
                Err(frame.error(format_args!("nil data; no entry for key {}", quoted(name))))
            }
            Value::Invalid => Ok(Item::default()),
            Value::Nil => Err(frame.error(format_args!("nil pointer evaluating interface {{}}.{name}"))),
            Value::Map(map) => {
                let method = map
                    .ty()
                    .name
                    .and_then(|ty| self.set().functions().method(ty, name));
                match method {
                    Some(method) => {
                        let callable = Callable::MapMethod(method, map.clone());
                        self.call(frame, dot, &callable, name, At::Expr(word), args, last)
                    }
                    None => self.key(frame, map, name, has_args),
                }
            }
            Value::Object(object) => {
                if let Some(method) = object.method(name) {
                    let callable = Callable::Method(method, Rc::clone(object));
                    return self.call(frame, dot, &callable, name, At::Expr(word), args, last);
                }
                if let Some(value) = object.field(name) {
                    if has_args {
                        let text = format!("{name} has arguments but cannot be invoked as function");
                        return Err(frame.error(text));
                    }
                    return Ok(Item::boxed(value));
                }
                match object.repr() {
                    Repr::Value(Value::Map(map)) => self.key(frame, &map, name, has_args),
                    _ => Err(no_field(frame, receiver, Some(object.as_ref()), name)),
                }
            }
            _ => Err(no_field(frame, receiver, None, name)),
        }
    }

    fn key(&self, frame: &Frame<'_>, map: &Map, name: &str, has_args: bool) -> Result<Item, Error> {
        if has_args {
            return Err(frame.error(format_args!("{name} is not a method but has arguments")));
        }
        let elem = *map.ty().elem;
        let value = match (map.get(name), self.options.missing_key) {
            (Some(value), _) => value,
            (None, MissingKey::Zero) => zero(elem),
            (None, MissingKey::Invalid) => return Ok(Item::default()),
            (None, MissingKey::Error) => {
                return Err(frame.error(format_args!("map has no entry for key {}", quoted(name))));
            }
        };
        Ok(Item {
            value,
            boxed: elem == Ty::Any,
        })
    }
}

fn no_field(frame: &Frame<'_>, receiver: &Item, object: Option<&dyn Object>, name: &str) -> Error {
    let ty = match object {
        _ if receiver.boxed => "interface {}".into(),
        Some(object) => object.type_name().into(),
        None => receiver.value.type_name(),
    };
    frame.error(format_args!("can't evaluate field {name} in type {ty}"))
}

fn quoted(name: &str) -> String {
    let mut quoted = Vec::new();
    crate::strconv::quote(&mut quoted, name.as_bytes());
    String::from_utf8_lossy(&quoted).into_owned()
}
