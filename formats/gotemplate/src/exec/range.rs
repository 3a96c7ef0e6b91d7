//! Loops.

use super::frame::{Frame, Item};
use super::scope::Scope;
use super::walk::Flow;
use crate::fmt::sprint;
use crate::parse::{Loop, Variable};
use crate::{Error, Ty, UintKind, Value};

impl Scope<'_> {
    pub(super) fn range<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        it: &'t Loop,
    ) -> Result<Flow, Error> {
        let pipe = frame.source().one(it.pipe);
        let item = self.pipeline(frame, dot, pipe)?;
        let declares = frame.source().several(pipe.declares);
        let value = item.value.underlying().into_owned();
        let (ran, flow) = match &value {
            Value::List(list) => {
                let boxed = list.elem() == Ty::Any;
                let items = list.items().iter().enumerate().map(|(index, value)| {
                    (
                        index,
                        Item {
                            value: value.clone(),
                            boxed,
                        },
                    )
                });
                self.iterate(
                    frame,
                    it,
                    declares,
                    items.map(|(index, item)| (index_value(index), item)),
                )?
            }
            Value::Bytes(bytes) => {
                let bytes = bytes.as_deref().unwrap_or_default().iter().enumerate();
                let byte = |byte: u8| Item::plain(Value::Uint(UintKind::Uint8, u64::from(byte)));
                self.iterate(
                    frame,
                    it,
                    declares,
                    bytes.map(|(index, value)| (index_value(index), byte(*value))),
                )?
            }
            Value::Map(map) => {
                // As it is now: the loop may change it.
                let boxed = *map.ty().elem == Ty::Any;
                let entries = map.entries().into_iter();
                self.iterate(
                    frame,
                    it,
                    declares,
                    entries.map(|(key, value)| (Value::Str(key), Item { value, boxed })),
                )?
            }
            Value::Int(kind, end) => {
                check_one_variable(frame, declares, &value)?;
                let numbers = 0..*end;
                let item = |number| Item::plain(Value::Int(*kind, number));
                self.iterate(
                    frame,
                    it,
                    declares,
                    numbers.map(|number| (Value::Invalid, item(number))),
                )?
            }
            Value::Uint(kind, end) => {
                check_one_variable(frame, declares, &value)?;
                let numbers = 0..*end;
                let item = |number| Item::plain(Value::Uint(*kind, number));
                self.iterate(
                    frame,
                    it,
                    declares,
                    numbers.map(|number| (Value::Invalid, item(number))),
                )?
            }
            Value::Invalid | Value::Nil => (false, Flow::Next),
            _ => {
                let shown = sprint(&[item.value])?;
                return Err(frame.error(format_args!("range can't iterate over {shown}")));
            }
        };
        match it.otherwise {
            Some(otherwise) if !ran => self.walk(frame, dot, otherwise),
            _ => Ok(flow),
        }
    }

    /// Whether there was anything, and how it ended: a `break` ends here.
    fn iterate<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        it: &'t Loop,
        declares: &'t [Variable],
        items: impl Iterator<Item = (Value, Item)>,
    ) -> Result<(bool, Flow), Error> {
        let mut ran = false;
        for (index, item) in items {
            ran = true;
            self.step(frame)?;
            match declares {
                [] => {}
                [element] => *self.variable(frame, element)? = item.clone(),
                [first, second, ..] => {
                    *self.variable(frame, first)? = Item::plain(index);
                    *self.variable(frame, second)? = item.clone();
                }
            }
            if self.walk(frame, &item, it.body)? == Flow::Break {
                break;
            }
        }
        Ok((ran, Flow::Next))
    }
}

fn check_one_variable(frame: &Frame<'_>, declares: &[Variable], value: &Value) -> Result<(), Error> {
    if declares.len() < 2 {
        return Ok(());
    }
    let shown = sprint(std::slice::from_ref(value))?;
    Err(frame.error(format_args!(
        "can't use {shown} to iterate over more than one variable"
    )))
}

fn index_value(index: usize) -> Value {
    Value::int(i64::try_from(index).unwrap_or(i64::MAX))
}
