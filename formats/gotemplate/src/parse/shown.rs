//! Parts of a tree as text again, as Go's errors quote them.

use std::fmt::{self, Display, Write as _};

use super::source::{Source, Span};
use super::tree::{Branches, Command, Expr, Names, Node, Pipe, Range};
use crate::strconv::quote;

/// Writes a part of a tree back as text.
pub(crate) struct Shown<'t, T>(pub(crate) &'t Source, pub(crate) &'t T);

impl Display for Shown<'_, Node> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.0;
        match self.1 {
            Node::Text(range) => write_text(f, source, *range),
            Node::Literal(range) => {
                f.write_str("{{")?;
                write_text(f, source, *range)?;
                f.write_str("}}")
            }
            Node::Action(pipe) => write!(f, "{{{{{}}}}}", Shown(source, source.one(*pipe))),
            Node::If(branches) => write_branches(f, source, "if", *branches),
            Node::With(branches) => write_branches(f, source, "with", *branches),
            Node::Range(it) => {
                let it = source.one(*it);
                let pipe = source.one(it.pipe);
                write!(f, "{{{{range {}}}}}", Shown(source, pipe))?;
                write_nodes(f, source, it.body)?;
                if let Some(otherwise) = it.otherwise {
                    f.write_str("{{else}}")?;
                    write_nodes(f, source, otherwise)?;
                }
                f.write_str("{{end}}")
            }
            Node::Template(_, name, pipe) => {
                let mut quoted = Vec::new();
                quote(&mut quoted, source.one(*name).as_bytes());
                write!(f, "{{{{template {}", String::from_utf8_lossy(&quoted))?;
                if let Some(pipe) = pipe {
                    write!(f, " {}", Shown(source, source.one(*pipe)))?;
                }
                f.write_str("}}")
            }
            Node::Break(_) => f.write_str("{{break}}"),
            Node::Continue(_) => f.write_str("{{continue}}"),
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, source: &Source, range: Range) -> fmt::Result {
    f.write_str(&String::from_utf8_lossy(source.slice(range)))
}

fn write_nodes(f: &mut fmt::Formatter<'_>, source: &Source, nodes: Span<Node>) -> fmt::Result {
    let mut nodes = source.several(nodes).iter();
    nodes.try_for_each(|node| Shown(source, node).fmt(f))
}

fn write_branches(
    f: &mut fmt::Formatter<'_>,
    source: &Source,
    word: &str,
    branches: Branches,
) -> fmt::Result {
    let arms = source.several(branches.arms);
    for (index, arm) in arms.iter().enumerate() {
        if index > 0 {
            f.write_str("{{else}}")?;
        }
        write!(f, "{{{{{word} {}}}}}", Shown(source, source.one(arm.pipe)))?;
        write_nodes(f, source, arm.body)?;
    }
    if let Some(otherwise) = branches.otherwise {
        f.write_str("{{else}}")?;
        write_nodes(f, source, otherwise)?;
    }
    arms.iter().try_for_each(|_| f.write_str("{{end}}"))
}

impl Display for Shown<'_, Pipe> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(source, pipe) = self;
        for (index, variable) in source.several(pipe.declares).iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            write_text(f, source, variable.name)?;
        }
        if !pipe.declares.is_empty() {
            f.write_str(if pipe.assign { " = " } else { " := " })?;
        }
        for (index, command) in source.several(pipe.commands).iter().enumerate() {
            f.write_str(if index > 0 { " | " } else { "" })?;
            Shown(source, command).fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Shown<'_, Command> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arg) in self.0.several(self.1.args).iter().enumerate() {
            if index > 0 {
                f.write_char(' ')?;
            }
            write_in_parens(f, self.0, arg)?;
        }
        Ok(())
    }
}

fn write_in_parens(f: &mut fmt::Formatter<'_>, source: &Source, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::Pipe(_) => write!(f, "({})", Shown(source, expr)),
        _ => Shown(source, expr).fmt(f),
    }
}

impl Display for Shown<'_, Expr> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.0;
        match self.1 {
            Expr::Bool(_, value) => write!(f, "{value}"),
            Expr::Dot(_) => f.write_char('.'),
            Expr::Nil(_) => f.write_str("nil"),
            Expr::Number(range, _) | Expr::Str(range, _) => write_text(f, source, *range),
            Expr::Field(_, names) => write_names(f, source, *names),
            Expr::Variable(_, variable, names) => {
                write_text(f, source, variable.name)?;
                write_names(f, source, *names)
            }
            Expr::Chain(_, inner, names) => {
                write_in_parens(f, source, source.one(*inner))?;
                write_names(f, source, *names)
            }
            Expr::Function(_, call) => f.write_str(call.function().name),
            Expr::Pipe(pipe) => Shown(source, source.one(*pipe)).fmt(f),
        }
    }
}

/// They stand in the text as they are shown, points included.
fn write_names(f: &mut fmt::Formatter<'_>, source: &Source, names: Names) -> fmt::Result {
    write_text(f, source, names)
}
