//! Pipelines, commands and operands.

use super::constant::Number;
use super::lexer::{Kind, Token};
use super::parser::{Parser, joined, quoted};
use super::shown::Shown;
use super::source::Span;
use super::tree::{Call, Command, Constant, Expr, Pipe, Variable};
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
        let mut assign = false;
        let names = self.declarations(&mut assign, context)?;
        let first = self.open.commands.len();
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
                    let command = self.command()?;
                    self.open.commands.push(command);
                    if self.open.commands.len() - first > COMMANDS {
                        return Err(self.error("pipeline too long"));
                    }
                }
                _ => return Err(self.unexpected(token, context)),
            }
        }
        self.check_pipeline(first, context)?;
        Ok(Pipe {
            pos,
            assign,
            commands: self.source.add_behind(&mut self.open.commands, first),
            declares: self.declared(names, assign),
        })
    }

    /// The variables of a pipeline that was read. Only now: in `$x := $x` the second one is the outer one.
    fn declared(&mut self, names: Vec<Token<'t>>, assign: bool) -> Span<Variable> {
        let name = |name| {
            if assign {
                self.resolve(name)
            } else {
                self.declare(name)
            }
        };
        let mut variables: Vec<Variable> = names.into_iter().map(name).collect();
        self.source.add_behind(&mut variables, 0)
    }

    /// Whether an action that begins with this text in quotes is nothing else, and prints just what is between them. Then it is passed;
    /// otherwise everything is put back.
    pub(super) fn is_literal(&mut self, text: Token<'t>) -> bool {
        if !means_itself(text.text) {
            self.backup();
            return false;
        }
        let space = (self.peek().kind == Kind::Space).then(|| self.next());
        if self.peek().kind == Kind::RightDelim {
            self.next();
            return true;
        }
        match space {
            Some(space) => self.backup3(text, space),
            None => self.backup2(text),
        }
        false
    }

    /// `$x :=`, `$x =`, and in a range `$i, $x :=`.
    fn declarations(&mut self, assign: &mut bool, context: &str) -> Result<Vec<Token<'t>>, Error> {
        let mut names = Vec::new();
        while self.peek_non_space().kind == Kind::Variable {
            let variable = self.next();
            // `$x foo` has to be told from `$x := foo`: the space between goes back as well.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_non_space();
                    *assign = next.kind == Kind::Assign;
                    self.mention(variable.text);
                    names.push(variable);
                    break;
                }
                Kind::Char if next.text == b"," => {
                    self.next_non_space();
                    self.mention(variable.text);
                    names.push(variable);
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

    fn check_pipeline(&self, first: usize, context: &str) -> Result<(), Error> {
        let commands = &self.open.commands[first..];
        if commands.is_empty() {
            return Err(self.error(format_args!("missing value for {context}")));
        }
        let constant = |command: &Command| {
            matches!(
                self.source.several(command.args).first(),
                Some(Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::Str(..))
            )
        };
        match commands.iter().skip(1).position(constant) {
            Some(index) => Err(self.error(format_args!(
                "non executable command in pipeline stage {}",
                index + 2
            ))),
            None => Ok(()),
        }
    }

    /// Operands up to a `|`, a `)` or the end of the action.
    fn command(&mut self) -> Result<Command, Error> {
        let pos = self.peek_non_space().pos;
        let first = self.open.args.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.open.args.push(operand);
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
        if self.open.args.len() == first {
            return Err(self.error("empty command"));
        }
        let args = self.source.add_behind(&mut self.open.args, first);
        Ok(Command { pos, args })
    }

    /// A term and its fields.
    fn operand(&mut self) -> Result<Option<Expr>, Error> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        // Go's place of the whole is that of the first field that was added.
        let pos = self.peek().pos;
        let mut names = (pos, pos);
        while self.peek().kind == Kind::Field {
            names.1 = self.next().range().1;
        }
        Ok(Some(match term {
            Expr::Field(_, first) => Expr::Field(pos, joined(first, names)),
            Expr::Variable(_, variable, first) => Expr::Variable(pos, variable, joined(first, names)),
            Expr::Function(..) | Expr::Pipe(_) | Expr::Chain(..) => {
                Expr::Chain(pos, self.source.add(term), names)
            }
            constant => {
                let shown = Shown(&self.source, &constant).to_string();
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
            Kind::Variable => Expr::Variable(pos, self.use_variable(token)?, (pos, pos)),
            Kind::Field => Expr::Field(pos, token.range()),
            Kind::Bool => Expr::Bool(pos, token.text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = Number::read(token.kind, token.text).map_err(|message| self.error(message))?;
                Expr::Number(token.range(), self.source.add(number))
            }
            Kind::LeftParen => {
                if self.state.parens >= PARENS {
                    return Err(self.error("max expression depth exceeded"));
                }
                self.state.parens += 1;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.state.parens -= 1;
                Expr::Pipe(self.source.add(pipe))
            }
            Kind::String | Kind::RawString => {
                let constant = if means_itself(token.text) {
                    None
                } else {
                    Some(self.source.add(self.constant(token)?))
                };
                Expr::Str(token.range(), constant)
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        }))
    }

    fn constant(&self, token: Token<'_>) -> Result<Constant, Error> {
        let text = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(match String::from_utf8(text) {
            Ok(text) => Constant::Text(text.into()),
            Err(error) => Constant::Bytes(error.into_bytes().into()),
        })
    }

    fn function(&self, token: Token<'_>) -> Result<Call, Error> {
        let name = String::from_utf8_lossy(token.text);
        let function = self.functions.get(&name);
        let function = function
            .ok_or_else(|| self.error(format_args!("function {} not defined", quoted(token.text))))?;
        let call = match name.as_ref() {
            "and" => Call::And,
            "or" => Call::Or,
            "call" => Call::Value,
            _ => return Ok(Call::Plain(function)),
        };
        let is_builtin = builtins::find(&name).is_some_and(|builtin| std::ptr::eq(builtin, function));
        Ok(if is_builtin {
            call(function)
        } else {
            Call::Plain(function)
        })
    }
}

/// Whether a text in quotes is what stands between them.
fn means_itself(quoted: &[u8]) -> bool {
    let [mark, inner @ .., last] = quoted else {
        return false;
    };
    let is_odd = match mark {
        b'`' => memchr::memchr2(b'\r', b'`', inner).is_some(),
        _ => memchr::memchr3(b'\\', b'"', b'\n', inner).is_some() || !inner.is_ascii(),
    };
    mark == last && !is_odd
}
