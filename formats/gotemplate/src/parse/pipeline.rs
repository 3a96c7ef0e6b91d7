//! Pipelines, commands and operands.

use std::sync::Arc;

use super::constant::Number;
use super::lexer::{Kind, Pos, Token};
use super::parser::{Parser, quoted};
use super::tree::{Call, Command, Constant, Expr, Pipe, Range, Shown};
use crate::strconv::unquote;
use crate::{Error, builtins};

/// Go's limit of nested parentheses. Ours, which is a matter of stack, comes first.
const PARENS: u32 = 10_000;
/// Go's limit of commands in a pipeline.
const COMMANDS: usize = 100_000;

impl<'t> Parser<'t> {
    /// Declarations, if any, and commands up to `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, Error> {
        self.check_stack()?;
        let pos = self.peek_non_space().pos;
        let mut pipe = Pipe {
            pos,
            assign: false,
            declares: Vec::new(),
            commands: Vec::new(),
        };
        let names = self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    // Nearly all have one: a vector would begin with four.
                    pipe.commands.reserve_exact(usize::from(pipe.commands.is_empty()));
                    pipe.commands.push(self.command()?);
                    if pipe.commands.len() > COMMANDS {
                        return Err(self.error("pipeline too long"));
                    }
                }
                _ => return Err(self.unexpected(token, context)),
            }
        }
        self.check_pipeline(&pipe, context)?;
        // Only now: in `$x := $x` the second one is the outer one.
        for name in names {
            let variable = if pipe.assign {
                self.resolve(name)
            } else {
                self.declare(name)
            };
            pipe.declares.push(variable);
        }
        Ok(pipe)
    }

    /// `$x :=`, `$x =`, and in a range `$i, $x :=`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Result<Vec<&'t [u8]>, Error> {
        let mut names: Vec<&[u8]> = Vec::new();
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            // `$x foo` has to be told from `$x := foo`: the space between goes back as well.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_non_space();
                    pipe.assign = next.kind == Kind::Assign;
                    self.mention(variable.text);
                    names.push(variable.text);
                    break;
                }
                Kind::Char if next.text == b"," => {
                    self.next_non_space();
                    self.mention(variable.text);
                    names.push(variable.text);
                    if context != "range" || names.len() >= 2 {
                        return Err(self.error(format_args!("too many declarations in {context}")));
                    }
                    let kind = self.peek_non_space().kind;
                    if !matches!(kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.error("range can only initialize variables"));
                    }
                }
                _ => {
                    if after.kind == Kind::Space {
                        self.backup3(variable, after);
                    } else {
                        self.backup2(variable);
                    }
                    break;
                }
            }
        }
        Ok(names)
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<(), Error> {
        if pipe.commands.is_empty() {
            return Err(self.error(format_args!("missing value for {context}")));
        }
        let constant = |command: &Command| {
            matches!(
                command.args.first(),
                Some(Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::Str(..))
            )
        };
        match pipe.commands.iter().skip(1).position(constant) {
            Some(index) => Err(self.error(format_args!(
                "non executable command in pipeline stage {}",
                index + 2
            ))),
            None => Ok(()),
        }
    }

    /// Operands up to a `|`, a `)` or the end of the action.
    fn command(&mut self) -> Result<Command, Error> {
        let mut command = Command {
            pos: self.peek_non_space().pos,
            args: Vec::new(),
        };
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                command.args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => {
                    self.backup();
                    break;
                }
                Kind::Pipe => break,
                _ => return Err(self.unexpected(token, "operand")),
            }
        }
        if command.args.is_empty() {
            return Err(self.error("empty command"));
        }
        command.args.shrink_to_fit();
        Ok(command)
    }

    /// A term and its fields.
    fn operand(&mut self) -> Result<Option<Expr>, Error> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        // Go's place of the whole is that of the first field that was added.
        let pos = self.peek().pos;
        let mut names = Vec::new();
        while self.peek().kind == Kind::Field {
            names.push(field_name(self.next()));
        }
        Ok(Some(match term {
            Expr::Field(_, mut first) => {
                first.append(&mut names);
                Expr::Field(pos, first)
            }
            Expr::Variable(_, variable, mut first) => {
                first.append(&mut names);
                Expr::Variable(pos, variable, first)
            }
            Expr::Function(..) | Expr::Pipe(_) | Expr::Chain(..) => Expr::Chain(pos, Box::new(term), names),
            constant => {
                let shown = Shown(self.text, &constant).to_string();
                return Err(self.error(format_args!(
                    "unexpected . after term {}",
                    quoted(shown.as_bytes())
                )));
            }
        }))
    }

    fn term(&mut self) -> Result<Option<Expr>, Error> {
        let token = self.next_non_space();
        let pos = token.pos;
        Ok(Some(match token.kind {
            Kind::Identifier => Expr::Function(pos, self.function(token)?),
            Kind::Dot => Expr::Dot(pos),
            Kind::Nil => Expr::Nil(pos),
            Kind::Variable => Expr::Variable(pos, self.use_variable(token.text)?, Vec::new()),
            Kind::Field => Expr::Field(pos, vec![field_name(token)]),
            Kind::Bool => Expr::Bool(pos, token.text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = Number::read(token.kind, token.text).map_err(|message| self.error(message))?;
                Expr::Number(pos, range(token), Box::new(number))
            }
            Kind::LeftParen => {
                if self.state.parens >= PARENS {
                    return Err(self.error("max expression depth exceeded"));
                }
                self.state.parens += 1;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.state.parens -= 1;
                Expr::Pipe(Box::new(pipe))
            }
            Kind::String | Kind::RawString => {
                let text = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
                let constant = match String::from_utf8(text) {
                    Ok(text) => Constant::Text(text.into()),
                    Err(error) => Constant::Bytes(error.into_bytes().into()),
                };
                Expr::Str(pos, range(token), constant)
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }

    fn function(&self, token: Token<'_>) -> Result<Call, Error> {
        let name = String::from_utf8_lossy(token.text);
        let function = self.functions.get(&name);
        let function = function
            .ok_or_else(|| self.error(format_args!("function {} not defined", quoted(token.text))))?;
        let is_builtin = builtins::find(&name).is_some_and(|builtin| std::ptr::eq(builtin, function));
        Ok(match name.as_ref() {
            "and" if is_builtin => Call::And(function),
            "or" if is_builtin => Call::Or(function),
            "call" if is_builtin => Call::Value(function),
            _ => Call::Plain(function),
        })
    }
}

fn field_name(token: Token<'_>) -> Arc<str> {
    String::from_utf8_lossy(&token.text[1..]).into()
}

fn range(token: Token<'_>) -> Range {
    (
        token.pos,
        token.pos + Pos::try_from(token.text.len()).unwrap_or(0),
    )
}
