//! Trees: what a template is compiled to. Functions and variables are resolved; every node knows its place.

use std::fmt::{self, Display, Write as _};
use std::sync::Arc;

use bytes::Bytes;

use super::constant::Number;
pub(crate) use super::lexer::Pos;
use crate::strconv::quote;
use crate::{Function, Runes};

/// One template.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) name: Arc<str>,
    /// The name of the text that it stands in.
    pub(crate) parse_name: Arc<str>,
    /// That text.
    pub(crate) text: Bytes,
    pub(crate) root: Vec<Node>,
    /// Whether there is nothing but space.
    pub(crate) empty: bool,
    /// How many variables are alive at once, `$` included.
    pub(crate) slots: usize,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Pos, Range),
    Action(Pos, Pipe),
    /// `if` with its `else if`s.
    If(Branches),
    /// `with` with its `else with`s.
    With(Branches),
    Range(Pos, Box<Loop>),
    Template(Pos, Arc<str>, Option<Pipe>),
    Break(Pos),
    Continue(Pos),
}

/// A piece of the text: from, to.
pub(crate) type Range = (Pos, Pos);

/// The arms of an `if` or `with`, and what is done when none holds.
#[derive(Debug)]
pub(crate) struct Branches {
    /// The pipeline and the place of each arm, in order.
    pub(crate) arms: Vec<(Pos, Pipe, Vec<Node>)>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) pipe: Pipe,
    pub(crate) body: Vec<Node>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: Pos,
    pub(crate) assign: bool,
    pub(crate) declares: Vec<Variable>,
    pub(crate) commands: Vec<Command>,
}

/// A variable: its name with the `$`, and where its value lies. A slot of `None` was never declared.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: Arc<str>,
    pub(crate) slot: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: Pos,
    pub(crate) args: Vec<Expr>,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Bool(Pos, bool),
    Dot(Pos),
    Nil(Pos),
    /// A number, and how it was written.
    Number(Pos, Range, Box<Number>),
    /// A text, and how it was written.
    Str(Pos, Range, Constant),
    Field(Pos, Vec<Arc<str>>),
    Variable(Pos, Variable, Vec<Arc<str>>),
    Chain(Pos, Box<Expr>, Vec<Arc<str>>),
    Function(Pos, Call),
    Pipe(Box<Pipe>),
}

/// A string constant.
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
    pub(crate) fn pos(&self) -> Pos {
        match self {
            Self::Bool(pos, _)
            | Self::Dot(pos)
            | Self::Nil(pos)
            | Self::Number(pos, ..)
            | Self::Str(pos, ..)
            | Self::Field(pos, _)
            | Self::Variable(pos, ..)
            | Self::Chain(pos, ..)
            | Self::Function(pos, _) => *pos,
            Self::Pipe(pipe) => pipe.pos,
        }
    }
}

/// Whether there is nothing but space: such a template does not replace another one.
pub(crate) fn is_empty(nodes: &[Node], text: &[u8]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Text(_, range) => Runes::new(slice(text, *range)).all(char::is_whitespace),
        _ => false,
    })
}

/// The text of a range.
pub(crate) fn slice(text: &[u8], range: Range) -> &[u8] {
    text.get(range.0 as usize..range.1 as usize).unwrap_or_default()
}

/// Writes a part of a tree back as text, as Go's errors quote it.
pub(crate) struct Shown<'t, T>(pub(crate) &'t [u8], pub(crate) &'t T);

impl Display for Shown<'_, Node> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0;
        match self.1 {
            Node::Text(_, range) => f.write_str(&String::from_utf8_lossy(slice(text, *range))),
            Node::Action(_, pipe) => write!(f, "{{{{{}}}}}", Shown(text, pipe)),
            Node::If(branches) => write_branches(f, text, "if", branches),
            Node::With(branches) => write_branches(f, text, "with", branches),
            Node::Range(_, it) => {
                write!(
                    f,
                    "{{{{range {}}}}}{}",
                    Shown(text, &it.pipe),
                    Shown(text, &it.body)
                )?;
                if let Some(otherwise) = &it.otherwise {
                    write!(f, "{{{{else}}}}{}", Shown(text, otherwise))?;
                }
                f.write_str("{{end}}")
            }
            Node::Template(_, name, pipe) => {
                let mut quoted = Vec::new();
                quote(&mut quoted, name.as_bytes());
                write!(f, "{{{{template {}", String::from_utf8_lossy(&quoted))?;
                if let Some(pipe) = pipe {
                    write!(f, " {}", Shown(text, pipe))?;
                }
                f.write_str("}}")
            }
            Node::Break(_) => f.write_str("{{break}}"),
            Node::Continue(_) => f.write_str("{{continue}}"),
        }
    }
}

impl Display for Shown<'_, Vec<Node>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.iter().try_for_each(|node| Shown(self.0, node).fmt(f))
    }
}

fn write_branches(f: &mut fmt::Formatter<'_>, text: &[u8], word: &str, branches: &Branches) -> fmt::Result {
    for (index, (_, pipe, body)) in branches.arms.iter().enumerate() {
        if index > 0 {
            f.write_str("{{else}}")?;
        }
        write!(f, "{{{{{word} {}}}}}{}", Shown(text, pipe), Shown(text, body))?;
    }
    if let Some(otherwise) = &branches.otherwise {
        write!(f, "{{{{else}}}}{}", Shown(text, otherwise))?;
    }
    branches.arms.iter().try_for_each(|_| f.write_str("{{end}}"))
}

impl Display for Shown<'_, Pipe> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.1.declares.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            f.write_str(&variable.name)?;
        }
        if !self.1.declares.is_empty() {
            f.write_str(if self.1.assign { " = " } else { " := " })?;
        }
        for (index, command) in self.1.commands.iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            Shown(self.0, command).fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Shown<'_, Command> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.1.args.iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            write_in_parens(f, self.0, arg)?;
        }
        Ok(())
    }
}

fn write_in_parens(f: &mut fmt::Formatter<'_>, text: &[u8], expr: &Expr) -> fmt::Result {
    match expr {
        Expr::Pipe(_) => write!(f, "({})", Shown(text, expr)),
        _ => Shown(text, expr).fmt(f),
    }
}

impl Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Expr::Bool(_, value) => write!(f, "{value}"),
            Expr::Dot(_) => f.write_char('.'),
            Expr::Nil(_) => f.write_str("nil"),
            Expr::Number(_, range, _) | Expr::Str(_, range, _) => {
                f.write_str(&String::from_utf8_lossy(slice(self.0, *range)))
            }
            Expr::Field(_, names) => write_names(f, names),
            Expr::Variable(_, variable, names) => {
                f.write_str(&variable.name)?;
                write_names(f, names)
            }
            Expr::Chain(_, inner, names) => {
                write_in_parens(f, self.0, inner)?;
                write_names(f, names)
            }
            Expr::Function(_, call) => f.write_str(call.function().name),
            Expr::Pipe(pipe) => Shown(self.0, pipe.as_ref()).fmt(f),
        }
    }
}

fn write_names(f: &mut fmt::Formatter<'_>, names: &[Arc<str>]) -> fmt::Result {
    names.iter().try_for_each(|name| write!(f, ".{name}"))
}
