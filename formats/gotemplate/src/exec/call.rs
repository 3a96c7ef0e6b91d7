//! Calls of functions and methods.

use std::rc::Rc;

use super::frame::{At, Frame, Item};
use super::scope::Scope;
use crate::parse::{Call, Expr, Shown};
use crate::{Error, Function, Map, MapMethod, Method, Object, Ty, Value};

/// What can be called.
pub(super) enum Callable {
    Function(&'static Function),
    Method(&'static Method, Rc<dyn Object>),
    MapMethod(&'static MapMethod, Map),
}

impl Callable {
    fn params(&self) -> (&'static [Ty], Option<Ty>) {
        match self {
            Self::Function(function) => (function.params, function.variadic),
            Self::Method(method, _) => (method.params, method.variadic),
            Self::MapMethod(method, _) => (method.params, method.variadic),
        }
    }
}

impl Scope<'_> {
    /// A function with the arguments of a command. `place` is where its error is.
    pub(super) fn function<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        call: Call,
        place: At<'t>,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        match call {
            Call::Plain(function) => self.call(
                frame,
                dot,
                &Callable::Function(function),
                function.name,
                place,
                args,
                last,
            ),
            Call::And(function) => self.short_circuit(frame, dot, function, false, args, last),
            Call::Or(function) => self.short_circuit(frame, dot, function, true, args, last),
            Call::Value(function) => self.call_value(frame, dot, function, place, args, last),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are what a command is made of")]
    pub(super) fn call<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        callable: &Callable,
        name: &str,
        place: At<'t>,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        let (params, variadic) = callable.params();
        check_count(frame, name, params, variadic, args, last.is_some())?;
        let mut values = self.pool.pop().unwrap_or_default();
        let collected = self.arguments(frame, dot, params, variadic, args, last, &mut values);
        let result = collected.and_then(|()| {
            let result = match callable {
                Callable::Function(function) => (function.call)(self, &values),
                Callable::Method(method, object) => (method.call)(object.as_ref(), self, &values),
                Callable::MapMethod(method, map) => (method.call)(map, self, &values),
            };
            result.and_then(|value| self.account(value)).map_err(|error| {
                frame.at = place;
                frame.wrap(format_args!("error calling {name}: "), error)
            })
        });
        values.clear();
        self.pool.push(values);
        result.map(Item::boxed)
    }

    /// Counts what a function has made.
    fn account(&mut self, value: Value) -> Result<Value, Error> {
        match &value {
            Value::Str(text) => self.charge(text.len())?,
            Value::Bytes(Some(bytes)) => self.charge(bytes.len())?,
            Value::List(list) => self.charge(list.len() * size_of::<Value>())?,
            _ => {}
        }
        Ok(value)
    }

    #[expect(clippy::too_many_arguments, reason = "they are what a command is made of")]
    fn arguments<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        params: &'static [Ty],
        variadic: Option<Ty>,
        args: &'t [Expr],
        last: Option<Item>,
        values: &mut Vec<Value>,
    ) -> Result<(), Error> {
        let ty = |index: usize| params.get(index).copied().or(variadic).unwrap_or(Ty::Any);
        for (index, arg) in args.iter().enumerate() {
            values.push(self.argument(frame, dot, ty(index), arg)?);
        }
        if let Some(last) = last {
            values.push(self.convert(frame, last, ty(args.len()))?);
        }
        Ok(())
    }

    /// `and` and `or`: the arguments up to the one that decides.
    fn short_circuit<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        function: &'static Function,
        stop_at: bool,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        check_count(
            frame,
            function.name,
            function.params,
            function.variadic,
            args,
            last.is_some(),
        )?;
        let mut value = Value::Invalid;
        for arg in args {
            value = self.argument(frame, dot, Ty::Reflect, arg)?;
            if value.is_true() == stop_at {
                return Ok(Item::boxed(value));
            }
        }
        Ok(Item::boxed(last.map_or(value, |last| last.value)))
    }

    /// `call`, which is told how its function was written. There are no values that can be called.
    fn call_value<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        function: &'static Function,
        place: At<'t>,
        args: &'t [Expr],
        last: Option<Item>,
    ) -> Result<Item, Error> {
        check_count(
            frame,
            function.name,
            function.params,
            function.variadic,
            args,
            last.is_some(),
        )?;
        let written = match (args.first(), &last) {
            (Some(arg), _) => Shown(frame.source(), arg).to_string(),
            (
                None,
                Some(Item {
                    value: Value::Str(text),
                    ..
                }),
            ) => text.to_string(),
            (None, Some(item)) => format!("<{} Value>", item.value.type_name()),
            (None, None) => String::new(),
        };
        let mut values = Vec::new();
        self.arguments(
            frame,
            dot,
            function.params,
            function.variadic,
            args,
            last,
            &mut values,
        )?;
        frame.at = place;
        let callee = values.first().cloned().unwrap_or_default();
        let error = if callee.is_nothing() {
            Error::new("call of nil")
        } else {
            Error::new(format!("non-function {written} of type {}", callee.type_name()))
        };
        Err(frame.wrap("error calling call: ", error))
    }
}

fn check_count(
    frame: &Frame<'_>,
    name: &str,
    params: &[Ty],
    variadic: Option<Ty>,
    args: &[Expr],
    has_last: bool,
) -> Result<(), Error> {
    let given = args.len() + usize::from(has_last);
    let want = params.len();
    match variadic {
        Some(_) if given < want => Err(frame.error(format_args!(
            "wrong number of args for {name}: want at least {want} got {}",
            args.len()
        ))),
        None if given != want => Err(frame.error(format_args!(
            "wrong number of args for {name}: want {want} got {given}"
        ))),
        _ => Ok(()),
    }
}
