//! Lists of nodes and the actions that enclose them.

use std::sync::Arc;

use bytes::Bytes;

use super::lexer::{Kind, Pos, Token};
use super::parser::{Parser, State, Unnamed};
use super::source::{Id, Span};
use super::tree::{Arm, Branches, Loop, Node, Pipe, Tree};
use crate::strconv::unquote;
use crate::{Error, Functions};

/// What ended a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn text(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

enum Part {
    Node(Node),
    Ending(Ending),
}

/// Reads a text: the template of its name, and those that it defines. Errors are Go's: `template: NAME:LINE: …`.
pub(crate) fn parse(name: &Arc<str>, text: &Bytes, functions: &Functions) -> Result<Vec<Arc<Tree>>, Error> {
    let mut parser = Parser::new(name, text, functions);
    let root = parser.text()?;
    parser.add(Arc::clone(name), root)?;
    Ok(parser.finish())
}

/// The same without the name of the text.
pub(crate) fn parse_unnamed(text: &Bytes, functions: &Functions) -> Result<Unnamed, Error> {
    let mut parser = Parser::new(&Arc::default(), text, functions);
    let root = parser.text()?;
    Ok(parser.finish_unnamed(root))
}

impl<'t> Parser<'t> {
    /// All of the text; what is outside of definitions.
    fn text(&mut self) -> Result<Span<Node>, Error> {
        if Pos::try_from(self.text.len()).is_err() {
            return Err(self.error("template is too big"));
        }
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_non_space().kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.backup2(delim);
            }
            match self.text_or_action()? {
                Part::Node(node) => self.open.nodes.push(node),
                Part::Ending(ending) => {
                    return Err(self.error(format_args!("unexpected {}", ending.text())));
                }
            }
        }
        Ok(self.close(0))
    }

    /// After `{{define`.
    fn definition(&mut self) -> Result<(), Error> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::replace(&mut self.state, State::new());
        let name = self.expect(&[Kind::String, Kind::RawString], CONTEXT)?;
        let name = self.name(name)?;
        self.expect(&[Kind::RightDelim], CONTEXT)?;
        let (root, ending) = self.list()?;
        if ending != Ending::End {
            return Err(self.error(format_args!("unexpected {} in {CONTEXT}", ending.text())));
        }
        self.add(name, root)?;
        self.state = outer;
        Ok(())
    }

    fn name(&self, token: Token<'_>) -> Result<Arc<str>, Error> {
        let name = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(String::from_utf8_lossy(&name).into())
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn list(&mut self) -> Result<(Span<Node>, Ending), Error> {
        self.check_stack()?;
        let mark = self.open.nodes.len();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Part::Node(node) => self.open.nodes.push(node),
                Part::Ending(ending) => return Ok((self.close(mark), ending)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Result<Part, Error> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Part::Node(Node::Text(token.range()))),
            Kind::LeftDelim => {
                self.state.action = Some(token);
                let part = self.action()?;
                self.state.action = None;
                Ok(part)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    /// After `{{`.
    fn action(&mut self) -> Result<Part, Error> {
        let token = self.next_non_space();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.leave_loop(token, "{{break}}")?,
            Kind::Continue => self.leave_loop(token, "{{continue}}")?,
            Kind::Else => return self.else_action(),
            Kind::End => {
                self.expect(&[Kind::RightDelim], "end")?;
                return Ok(Part::Ending(Ending::End));
            }
            Kind::If => Node::If(self.branches("if", Kind::If)?),
            Kind::With => Node::With(self.branches("with", Kind::With)?),
            Kind::Range => self.range()?,
            Kind::Template => self.template()?,
            Kind::String | Kind::RawString if self.is_literal(token) => Node::Literal(token.range()),
            Kind::String | Kind::RawString => self.command_action()?,
            _ => {
                self.backup();
                self.command_action()?
            }
        };
        Ok(Part::Node(node))
    }

    fn command_action(&mut self) -> Result<Node, Error> {
        let pipe = self.pipeline("command", Kind::RightDelim)?;
        Ok(Node::Action(self.source.add(pipe)))
    }

    fn leave_loop(&mut self, token: Token<'_>, what: &str) -> Result<Node, Error> {
        self.expect(&[Kind::RightDelim], what)?;
        if self.state.range_depth == 0 {
            return Err(self.error(format_args!("{what} outside {{{{range}}}}")));
        }
        Ok(if token.kind == Kind::Break {
            Node::Break(token.pos)
        } else {
            Node::Continue(token.pos)
        })
    }

    /// After `{{else`. An `if` or `with` that follows stays to be read.
    fn else_action(&mut self) -> Result<Part, Error> {
        if !matches!(self.peek_non_space().kind, Kind::If | Kind::With) {
            self.expect(&[Kind::RightDelim], "else")?;
        }
        Ok(Part::Ending(Ending::Else))
    }

    /// After `{{if` or `{{with`: its arms up to `{{end}}`.
    fn branches(&mut self, context: &str, keyword: Kind) -> Result<Branches, Error> {
        let start = self.mark();
        let first = self.open.arms.len();
        let mut otherwise = None;
        loop {
            let pipe = self.added_pipeline(context)?;
            let scope = self.mark();
            let (body, ending) = self.list()?;
            self.leave_scope(scope);
            self.open.arms.push(Arm { pipe, body });
            if ending == Ending::End {
                break;
            }
            if self.peek().kind == keyword {
                self.next();
                continue;
            }
            otherwise = Some(self.otherwise()?);
            break;
        }
        self.forget(start);
        let arms = self.source.add_behind(&mut self.open.arms, first);
        Ok(Branches { arms, otherwise })
    }

    /// A pipeline up to the end of the action.
    fn added_pipeline(&mut self, context: &str) -> Result<Id<Pipe>, Error> {
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        Ok(self.source.add(pipe))
    }

    fn otherwise(&mut self) -> Result<Span<Node>, Error> {
        match self.list()? {
            (nodes, Ending::End) => Ok(nodes),
            (_, ending) => Err(self.error(format_args!("expected end; found {}", ending.text()))),
        }
    }

    /// After `{{range`.
    fn range(&mut self) -> Result<Node, Error> {
        let start = self.mark();
        let pipe = self.added_pipeline("range")?;
        let scope = self.mark();
        self.state.range_depth += 1;
        let (body, ending) = self.list()?;
        self.state.range_depth -= 1;
        self.leave_scope(scope);
        let otherwise = if ending == Ending::Else {
            Some(self.otherwise()?)
        } else {
            None
        };
        self.forget(start);
        let it = Loop {
            pipe,
            body,
            otherwise,
        };
        Ok(Node::Range(self.source.add(it)))
    }

    /// After `{{template`.
    fn template(&mut self) -> Result<Node, Error> {
        let (pos, name) = self.template_name("template clause")?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.added_pipeline("template clause")?);
        }
        Ok(Node::Template(pos, self.source.add(name), pipe))
    }

    /// After `{{block`: a definition and its use.
    fn block(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "block clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let pipe = self.added_pipeline(CONTEXT)?;
        let outer = std::mem::replace(&mut self.state, State::new());
        let (root, ending) = self.list()?;
        if ending != Ending::End {
            self.state = outer;
            return Err(self.error(format_args!("unexpected {} in {CONTEXT}", ending.text())));
        }
        self.add(Arc::clone(&name), root)?;
        self.state = outer;
        Ok(Node::Template(pos, self.source.add(name), Some(pipe)))
    }

    fn template_name(&mut self, context: &str) -> Result<(Pos, Arc<str>), Error> {
        let token = self.expect(&[Kind::String, Kind::RawString], context)?;
        Ok((token.pos, self.name(token)?))
    }
}
