//! One template being executed.

use std::fmt::Display;

use crate::parse::{Command, Expr, Node, Pipe, Pos, Shown, Source, Span, Tree};
use crate::strconv::quote;
use crate::{Error, ErrorKind, Value};

/// A value on its way, and whether Go still holds it as an `interface {}`: errors name that type then.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) value: Value,
    pub(super) boxed: bool,
}

impl Item {
    pub(super) fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }

    pub(super) fn boxed(value: Value) -> Self {
        Self { value, boxed: true }
    }

    /// What an `interface {}` holds.
    pub(super) fn unboxed(mut self) -> Self {
        if matches!(self.value, Value::Nil) {
            self.value = Value::Invalid;
        }
        self.boxed = false;
        self
    }
}

/// The node that is being executed, for errors.
#[derive(Clone, Copy)]
pub(super) enum At<'t> {
    Start,
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Expr(&'t Expr),
}

/// A template being executed: its tree, where its variables begin, and where it is.
pub(super) struct Frame<'t> {
    pub(super) tree: &'t Tree,
    pub(super) base: usize,
    pub(super) at: At<'t>,
}

impl<'t> Frame<'t> {
    /// What the template is made of.
    pub(super) fn source(&self) -> &'t Source {
        &self.tree.source
    }

    /// The arguments of a command.
    pub(super) fn args(&self, args: Span<Expr>) -> &'t [Expr] {
        self.source().several(args)
    }

    /// Go's error at the node that is being executed.
    pub(super) fn error(&self, message: impl Display) -> Error {
        Error::new(self.place(message)).with_kind(ErrorKind::Exec)
    }

    /// The same, wrapping another error.
    pub(super) fn wrap(&self, message: impl Display, source: Error) -> Error {
        Error::wrap(self.place(message), source).with_kind(ErrorKind::Exec)
    }

    /// A limit was met at the node that is being executed.
    pub(super) fn limit(&self, message: impl Display) -> Error {
        Error::new(self.place(message)).with_kind(ErrorKind::Limit)
    }

    fn place(&self, message: impl Display) -> String {
        let source: &Source = &self.tree.source;
        let text = &source.text;
        let (pos, context) = match self.at {
            At::Start => return format!("template: {}: {message}", self.tree.name),
            At::Node(node) => (node_pos(source, node), Shown(source, node).to_string()),
            At::Pipe(pipe) => (pipe.pos, Shown(source, pipe).to_string()),
            At::Command(command) => (command.pos, Shown(source, command).to_string()),
            At::Expr(expr) => (expr.pos(source), Shown(source, expr).to_string()),
        };
        let before = text.get(..pos as usize).unwrap_or(text);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        let mut name = Vec::new();
        quote(&mut name, self.tree.name.as_bytes());
        let name = String::from_utf8_lossy(&name);
        format!(
            "template: {}:{line}:{column}: executing {name} at <{context}>: {message}",
            self.tree.file
        )
    }
}

fn node_pos(source: &Source, node: &Node) -> Pos {
    match node {
        Node::Text((pos, _))
        | Node::Literal((pos, _))
        | Node::Template(pos, ..)
        | Node::Break(pos)
        | Node::Continue(pos) => *pos,
        Node::Action(pipe) => source.one(*pipe).pos,
        Node::Range(it) => source.one(source.one(*it).pipe).pos,
        Node::If(branches) | Node::With(branches) => {
            let first = source.several(branches.arms).first();
            first.map_or(0, |arm| source.one(arm.pipe).pos)
        }
    }
}
