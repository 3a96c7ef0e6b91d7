//! From text to trees.

mod block;
mod constant;
mod lexer;
mod parser;
mod pipeline;
mod tree;

pub(crate) use block::parse;
pub(crate) use constant::Number;
pub(crate) use tree::{
    Branches, Call, Command, Constant, Expr, Loop, Node, Pipe, Pos, Shown, Tree, Variable, slice,
};
