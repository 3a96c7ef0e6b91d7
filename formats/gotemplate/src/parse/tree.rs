//! Trees: what a template is compiled to. Functions and variables are resolved; every node knows its place.
//!
//! All templates of a text lie in one [`Source`], one list for each sort of part. Parts refer to others by number, and to names and
//! texts by their place in the text: so reading takes hardly any allocation, and dropping none at all.

use std::sync::Arc;

use super::constant::Number;
pub(crate) use super::lexer::{Pos, Range};
pub(crate) use super::source::{Id, Source, Span, slice};

use crate::{Function, Runes};

/// One template.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    /// The name of the text that it stands in.
    pub(crate) file: Arc<str>,
    /// That text. Texts of several names may be one.
    pub(crate) source: Arc<Source>,
    pub(crate) root: Span<Node>,
    /// Whether there is nothing but space.
    pub(crate) empty: bool,
    /// How many variables are alive at once, `$` included.
    pub(crate) slots: usize,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Range),
    /// An action that is nothing but a text in quotes: how it was written. What is between the quotes is what it prints.
    Literal(Range),
    Action(Id<Pipe>),
    /// `if` with its `else if`s.
    If(Branches),
    /// `with` with its `else with`s.
    With(Branches),
    Range(Id<Loop>),
    Template(Pos, Id<Arc<str>>, Option<Id<Pipe>>),
    Break(Pos),
    Continue(Pos),
}

/// The arms of an `if` or `with`, and what is done when none holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branches {
    pub(crate) arms: Span<Arm>,
    pub(crate) otherwise: Option<Span<Node>>,
}

/// What is asked, and what is done when it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arm {
    pub(crate) pipe: Id<Pipe>,
    pub(crate) body: Span<Node>,
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) pipe: Id<Pipe>,
    pub(crate) body: Span<Node>,
    pub(crate) otherwise: Option<Span<Node>>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: Pos,
    pub(crate) assign: bool,
    pub(crate) declares: Span<Variable>,
    pub(crate) commands: Span<Command>,
}

/// A variable: its name with the `$`, and where its value lies. A slot of `None` was never declared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    pub(crate) name: Range,
    pub(crate) slot: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) pos: Pos,
    pub(crate) args: Span<Expr>,
}

/// Names of fields as they stand in the text, each with its point before it.
pub(crate) type Names = Range;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Expr {
    Bool(Pos, bool),
    Dot(Pos),
    Nil(Pos),
    /// How a number was written, and what it is.
    Number(Range, Id<Number>),
    /// How a text was written; and what it is, unless that is what stands between the quotes.
    Str(Range, Option<Id<Constant>>),
    Field(Pos, Names),
    Variable(Pos, Variable, Names),
    Chain(Pos, Id<Expr>, Names),
    Function(Pos, Call),
    Pipe(Id<Pipe>),
}

/// A string constant that is written otherwise than it is.
#[derive(Clone, Debug)]
pub(crate) enum Constant {
    Text(Arc<str>),
    /// Not UTF-8.
    Bytes(Arc<[u8]>),
}

/// A function, and how it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Plain(&'static Function),
    /// The builtin `and`, which stops at the first false argument.
    And(&'static Function),
    /// The builtin `or`, which stops at the first true argument.
    Or(&'static Function),
    /// The builtin `call`, which is told how its first argument was written.
    Value(&'static Function),
}

impl Call {
    pub(crate) fn function(self) -> &'static Function {
        match self {
            Self::Plain(function) | Self::And(function) | Self::Or(function) | Self::Value(function) => {
                function
            }
        }
    }
}

impl Expr {
    pub(crate) fn pos(&self, source: &Source) -> Pos {
        match self {
            Self::Bool(pos, _)
            | Self::Dot(pos)
            | Self::Nil(pos)
            | Self::Number((pos, _), _)
            | Self::Str((pos, _), _)
            | Self::Field(pos, _)
            | Self::Variable(pos, ..)
            | Self::Chain(pos, ..)
            | Self::Function(pos, _) => *pos,
            Self::Pipe(pipe) => source.one(*pipe).pos,
        }
    }
}

/// Whether there is nothing but space: such a template does not replace another one.
pub(crate) fn is_empty(nodes: &[Node], text: &[u8]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Text(range) => Runes::new(slice(text, *range)).all(char::is_whitespace),
        _ => false,
    })
}
