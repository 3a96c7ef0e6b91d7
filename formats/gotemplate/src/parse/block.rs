//! Lists of nodes and the actions that enclose them.

use std::sync::Arc;

use bytes::Bytes;

use super::lexer::{Kind, Pos, Token};
use super::parser::{Parser, State};
use super::tree::{Branches, Loop, Node, Pipe, Tree};
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
pub(crate) fn parse(name: &Arc<str>, text: &Bytes, functions: &Functions) -> Result<Vec<Tree>, Error> {
    let mut parser = Parser::new(name, text, functions);
    if Pos::try_from(text.len()).is_err() {
        return Err(parser.error("template is too big"));
    }
    let mut root = Vec::new();
    while parser.peek().kind != Kind::Eof {
        if parser.peek().kind == Kind::LeftDelim {
            let delim = parser.next();
            if parser.next_non_space().kind == Kind::Define {
                parser.definition()?;
                continue;
            }
            parser.backup2(delim);
        }
        match parser.text_or_action()? {
            Part::Node(node) => root.push(node),
            Part::Ending(ending) => return Err(parser.error(format_args!("unexpected {}", ending.text()))),
        }
    }
    parser.add(Arc::clone(name), root)?;
    Ok(parser.trees)
}

impl<'t> Parser<'t> {
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
    fn list(&mut self) -> Result<(Vec<Node>, Ending), Error> {
        self.check_stack()?;
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Part::Node(node) => nodes.push(node),
                Part::Ending(ending) => {
                    nodes.shrink_to_fit();
                    return Ok((nodes, ending));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Result<Part, Error> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => {
                let end = token.pos + Pos::try_from(token.text.len()).unwrap_or(0);
                Ok(Part::Node(Node::Text(token.pos, (token.pos, end))))
            }
            Kind::LeftDelim => {
                self.state.action_line = token.line;
                let part = self.action()?;
                self.state.action_line = 0;
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
            _ => {
                self.backup();
                let pos = self.peek().pos;
                Node::Action(pos, self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Part::Node(node))
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
        let mut arms = Vec::with_capacity(1);
        let mut otherwise = None;
        loop {
            let pipe = self.pipeline(context, Kind::RightDelim)?;
            let scope = self.mark();
            let (body, ending) = self.list()?;
            self.leave_scope(scope);
            arms.push((pipe.pos, pipe, body));
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
        Ok(Branches { arms, otherwise })
    }

    fn otherwise(&mut self) -> Result<Vec<Node>, Error> {
        match self.list()? {
            (nodes, Ending::End) => Ok(nodes),
            (_, ending) => Err(self.error(format_args!("expected end; found {}", ending.text()))),
        }
    }

    /// After `{{range`.
    fn range(&mut self) -> Result<Node, Error> {
        let start = self.mark();
        let pipe = self.pipeline("range", Kind::RightDelim)?;
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
        Ok(Node::Range(
            pipe.pos,
            Box::new(Loop {
                pipe,
                body,
                otherwise,
            }),
        ))
    }

    /// After `{{template`.
    fn template(&mut self) -> Result<Node, Error> {
        let (pos, name) = self.template_name("template clause")?;
        let mut pipe = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.backup();
            pipe = Some(self.pipeline("template clause", Kind::RightDelim)?);
        }
        Ok(Node::Template(pos, name, pipe))
    }

    /// After `{{block`: a definition and its use.
    fn block(&mut self) -> Result<Node, Error> {
        const CONTEXT: &str = "block clause";
        let (pos, name) = self.template_name(CONTEXT)?;
        let pipe: Pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::replace(&mut self.state, State::new());
        let (root, ending) = self.list()?;
        if ending != Ending::End {
            self.state = outer;
            return Err(self.error(format_args!("unexpected {} in {CONTEXT}", ending.text())));
        }
        self.add(Arc::clone(&name), root)?;
        self.state = outer;
        Ok(Node::Template(pos, name, Some(pipe)))
    }

    fn template_name(&mut self, context: &str) -> Result<(Pos, Arc<str>), Error> {
        let token = self.expect(&[Kind::String, Kind::RawString], context)?;
        Ok((token.pos, self.name(token)?))
    }
}
