//! What a text is compiled to, in one piece: a list for each sort of part, and numbers that refer to them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range as Bounds;
use std::sync::Arc;

use bytes::Bytes;

use super::constant::Number;
use super::tree::{Arm, Command, Constant, Expr, Loop, Node, Pipe, Range, Variable};

/// A text, and all that it is made of.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// The name of the text while it is read.
    pub(crate) name: Arc<str>,
    pub(crate) text: Bytes,
    nodes: Vec<Node>,
    pipes: Vec<Pipe>,
    commands: Vec<Command>,
    exprs: Vec<Expr>,
    variables: Vec<Variable>,
    arms: Vec<Arm>,
    loops: Vec<Loop>,
    numbers: Vec<Number>,
    constants: Vec<Constant>,
    names: Vec<Arc<str>>,
}

/// A sort of part.
pub(crate) trait Part: Sized {
    /// All parts of the sort.
    fn all(source: &Source) -> &Vec<Self>;
    /// The same, to add to.
    fn all_mut(source: &mut Source) -> &mut Vec<Self>;
}

macro_rules! parts {
    ($($part:ty: $list:ident),* $(,)?) => {$(
        impl Part for $part {
            fn all(source: &Source) -> &Vec<Self> {
                &source.$list
            }

            fn all_mut(source: &mut Source) -> &mut Vec<Self> {
                &mut source.$list
            }
        }
    )*};
}

parts! {
    Node: nodes,
    Pipe: pipes,
    Command: commands,
    Expr: exprs,
    Variable: variables,
    Arm: arms,
    Loop: loops,
    Number: numbers,
    Constant: constants,
    Arc<str>: names,
}

/// The number of a part.
pub(crate) struct Id<T>(u32, PhantomData<fn() -> T>);

/// Parts that follow each other: from, to.
pub(crate) struct Span<T>(u32, u32, PhantomData<fn() -> T>);

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<T> Clone for Span<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Span<T> {}

impl<T> fmt::Debug for Span<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.0, self.1)
    }
}

impl<T> Span<T> {
    pub(crate) fn is_empty(self) -> bool {
        self.0 == self.1
    }

    fn bounds(self) -> Bounds<usize> {
        self.0 as usize..self.1 as usize
    }
}

/// There are fewer parts than bytes, and a text of more bytes is refused.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Source {
    /// A text of which nothing is read so far.
    pub(super) fn new(name: &Arc<str>, text: &Bytes) -> Self {
        Self {
            name: Arc::clone(name),
            text: text.clone(),
            ..Self::default()
        }
    }

    /// The part of a number.
    pub(crate) fn one<T: Part>(&self, id: Id<T>) -> &T {
        &T::all(self)[id.0 as usize]
    }

    /// Parts that follow each other.
    pub(crate) fn several<T: Part>(&self, span: Span<T>) -> &[T] {
        &T::all(self)[span.bounds()]
    }

    /// Adds a part.
    pub(super) fn add<T: Part>(&mut self, part: T) -> Id<T> {
        let all = T::all_mut(self);
        all.push(part);
        Id(number(all.len() - 1), PhantomData)
    }

    /// Adds parts that were collected behind a mark, which is where the list was that long.
    pub(super) fn add_behind<T: Part>(&mut self, collected: &mut Vec<T>, mark: usize) -> Span<T> {
        let all = T::all_mut(self);
        let start = all.len();
        all.extend(collected.drain(mark..));
        Span(number(start), number(all.len()), PhantomData)
    }

    /// A piece of the text.
    pub(crate) fn slice(&self, range: Range) -> &[u8] {
        slice(&self.text, range)
    }

    /// Nothing is added any more.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.pipes.shrink_to_fit();
        self.commands.shrink_to_fit();
        self.exprs.shrink_to_fit();
    }
}

/// The text of a range.
pub(crate) fn slice(text: &[u8], range: Range) -> &[u8] {
    text.get(range.0 as usize..range.1 as usize).unwrap_or_default()
}
