//! Nodes and pipelines.

use std::sync::Arc;

use super::frame::{At, Frame, Item};
use super::scope::Scope;
use crate::fmt::display;
use crate::parse::{
    Branches, Command, Constant, Expr, Id, Node, Number, Pipe, Range, Shown, Source, Span, Variable,
};
use crate::{Error, GoStr, Value};

/// Go's words where its limit of templates within templates is met; ours is a matter of stack.
pub(super) const TOO_DEEP: &str = "exceeded maximum template depth (100000)";

/// How a list of nodes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl Scope<'_> {
    pub(super) fn walk<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        nodes: Span<Node>,
    ) -> Result<Flow, Error> {
        if self.stack.is_used_up() {
            return Err(frame.limit(TOO_DEEP));
        }
        for node in frame.source().several(nodes) {
            self.step(frame)?;
            frame.at = At::Node(node);
            let flow = match node {
                Node::Text(range) => {
                    self.out.extend_from_slice(frame.source().slice(*range));
                    Flow::Next
                }
                Node::Literal((start, end)) => {
                    let inner = (start + 1, end - 1);
                    self.out.extend_from_slice(frame.source().slice(inner));
                    Flow::Next
                }
                Node::Action(pipe) => {
                    let pipe = frame.source().one(*pipe);
                    let item = self.pipeline(frame, dot, pipe)?;
                    if pipe.declares.is_empty() {
                        frame.at = At::Node(node);
                        display(&mut self.out, &item.value).map_err(|error| frame.wrap("", error))?;
                    }
                    Flow::Next
                }
                Node::If(branches) => self.branches(frame, dot, *branches, false)?,
                Node::With(branches) => self.branches(frame, dot, *branches, true)?,
                Node::Range(it) => self.range(frame, dot, frame.source().one(*it))?,
                Node::Template(_, name, pipe) => {
                    let source = frame.source();
                    let pipe = pipe.map(|pipe| source.one(pipe));
                    let name: &Arc<str> = source.one(*name);
                    self.template(frame, dot, name, pipe)?;
                    Flow::Next
                }
                Node::Break(_) => Flow::Break,
                Node::Continue(_) => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn branches<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        branches: Branches,
        with: bool,
    ) -> Result<Flow, Error> {
        let source = frame.source();
        for arm in source.several(branches.arms) {
            let item = self.pipeline(frame, dot, source.one(arm.pipe))?;
            if item.value.is_true() {
                return self.walk(frame, if with { &item } else { dot }, arm.body);
            }
        }
        match branches.otherwise {
            Some(otherwise) => self.walk(frame, dot, otherwise),
            None => Ok(Flow::Next),
        }
    }

    fn template<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        name: &str,
        pipe: Option<&'t Pipe>,
    ) -> Result<(), Error> {
        let Some(tree) = self.lookup(name) else {
            let mut quoted = Vec::new();
            crate::strconv::quote(&mut quoted, name.as_bytes());
            let quoted = String::from_utf8_lossy(&quoted).into_owned();
            return Err(frame.error(format_args!("template {quoted} not defined")));
        };
        if self.stack.is_low() {
            return Err(frame.limit(TOO_DEEP));
        }
        let data = match pipe {
            Some(pipe) => self.pipeline(frame, dot, pipe)?,
            None => Item::default(),
        };
        self.run(&tree, data)
    }

    /// The value of a pipeline. What it declares is stored.
    pub(super) fn pipeline<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        pipe: &'t Pipe,
    ) -> Result<Item, Error> {
        frame.at = At::Pipe(pipe);
        let mut item = None;
        let source = frame.source();
        for command in source.several(pipe.commands) {
            item = Some(self.command(frame, dot, command, item)?.unboxed());
        }
        let item = item.unwrap_or_default();
        for variable in source.several(pipe.declares) {
            *self.variable(frame, variable)? = item.clone();
        }
        Ok(item)
    }

    pub(super) fn variable(&mut self, frame: &Frame<'_>, variable: &Variable) -> Result<&mut Item, Error> {
        let slot = variable
            .slot
            .and_then(|slot| self.vars.get_mut(frame.base + slot as usize));
        slot.ok_or_else(|| {
            let name = String::from_utf8_lossy(frame.source().slice(variable.name));
            frame.error(format_args!("undefined variable: {name}"))
        })
    }

    fn command<'t>(
        &mut self,
        frame: &mut Frame<'t>,
        dot: &Item,
        command: &'t Command,
        last: Option<Item>,
    ) -> Result<Item, Error> {
        let Some((word, args)) = frame.args(command.args).split_first() else {
            return Ok(Item::default());
        };
        match word {
            Expr::Field(_, names) => {
                frame.at = At::Expr(word);
                return self.chain(frame, dot, dot.clone(), word, *names, args, last);
            }
            Expr::Chain(_, inner, names) => {
                let inner = frame.source().one(*inner);
                return self.chain_expr(frame, dot, word, inner, *names, args, last);
            }
            Expr::Function(_, call) => {
                frame.at = At::Expr(word);
                return self.function(frame, dot, *call, At::Command(command), args, last);
            }
            Expr::Variable(_, variable, names) => {
                frame.at = At::Expr(word);
                let item = self.variable(frame, variable)?.clone();
                if names.0 == names.1 {
                    not_a_function(frame, word, args, last.as_ref())?;
                    return Ok(item);
                }
                return self.chain(frame, dot, item, word, *names, args, last);
            }
            Expr::Pipe(pipe) => {
                not_a_function(frame, word, args, last.as_ref())?;
                return self.pipeline(frame, dot, frame.source().one(*pipe));
            }
            _ => {}
        }
        frame.at = At::Expr(word);
        not_a_function(frame, word, args, last.as_ref())?;
        match word {
            Expr::Dot(_) => Ok(dot.clone()),
            Expr::Nil(_) => Err(frame.error("nil is not a command")),
            constant => self.constant(frame, constant).map(Item::plain),
        }
    }

    /// A constant where nothing says which type it shall have.
    pub(super) fn constant<'t>(&mut self, frame: &mut Frame<'t>, expr: &'t Expr) -> Result<Value, Error> {
        frame.at = At::Expr(expr);
        Ok(match expr {
            Expr::Bool(_, value) => Value::Bool(*value),
            Expr::Str(range, constant) => Value::Str(string(frame.source(), *range, *constant)),
            Expr::Number(range, number) => {
                let Number {
                    int,
                    uint,
                    float,
                    complex,
                    looks_like_float,
                } = *frame.source().one(*number);
                match (complex, float, int, uint) {
                    (Some((real, imaginary)), ..) => Value::Complex(real, imaginary),
                    (_, Some(float), ..) if looks_like_float => Value::float(float),
                    (_, _, Some(int), _) => Value::int(int),
                    (.., Some(_)) => {
                        let text = String::from_utf8_lossy(frame.source().slice(*range)).into_owned();
                        return Err(frame.error(format_args!("{text} overflows int")));
                    }
                    _ => Value::Invalid,
                }
            }
            _ => Value::Invalid,
        })
    }
}

/// The text of a constant.
pub(super) fn string(source: &Source, (start, end): Range, constant: Option<Id<Constant>>) -> GoStr {
    match constant.map(|constant| source.one(constant)) {
        None => GoStr::from(source.slice((start + 1, end - 1))),
        Some(Constant::Text(text)) => GoStr::from(Arc::clone(text)),
        Some(Constant::Bytes(bytes)) => GoStr::from(bytes.as_ref()),
    }
}

fn not_a_function(frame: &Frame<'_>, word: &Expr, args: &[Expr], last: Option<&Item>) -> Result<(), Error> {
    if args.is_empty() && last.is_none() {
        return Ok(());
    }
    let word = Shown(frame.source(), word).to_string();
    Err(frame.error(format_args!("can't give argument to non-function {word}")))
}
