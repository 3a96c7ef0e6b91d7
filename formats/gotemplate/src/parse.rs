//! From text to trees.

mod block;
mod constant;
mod lexer;
mod parser;
mod pipeline;
mod shown;
mod source;
mod tree;

pub(crate) use block::{parse, parse_unnamed};
pub(crate) use constant::Number;
pub(crate) use parser::Unnamed;
pub(crate) use shown::Shown;
pub(crate) use source::{Id, Source, Span};
pub(crate) use tree::{
    Branches, Call, Command, Constant, Expr, Loop, Names, Node, Pipe, Pos, Range, Tree, Variable,
};
