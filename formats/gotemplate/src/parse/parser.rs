//! The parser's hands: tokens looked at ahead, variables in scope, errors.

use std::sync::Arc;

use bytes::Bytes;

use super::lexer::{Kind, Lexer, Token};
use super::tree::{self, Node, Tree, Variable};
use crate::stack::Stack;
use crate::strconv::quote;
use crate::{Error, ErrorKind, Functions};

/// Stack that reading one text may use: it bounds how deep parentheses and blocks nest.
const STACK: usize = 640 << 10;

/// Reads one text: its main template and those that it defines.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) functions: &'t Functions,
    pub(super) text: &'t Bytes,
    parse_name: &'t Arc<str>,
    pub(super) trees: Vec<Tree>,
    pub(super) stack: Stack,
    pub(super) state: State<'t>,
}

/// What belongs to the template that is being read.
pub(super) struct State<'t> {
    tokens: [Token<'t>; 3],
    peeked: usize,
    /// Every name mentioned so far that is not yet out of the block: Go takes them for defined.
    names: Vec<Arc<str>>,
    /// The variables that really are in scope.
    scope: Vec<Arc<str>>,
    slots: usize,
    pub(super) action_line: u32,
    pub(super) range_depth: u32,
    pub(super) parens: u32,
}

/// How many variables there were at some point.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    names: usize,
    scope: usize,
}

impl<'t> State<'t> {
    pub(super) fn new() -> Self {
        let none = Token {
            kind: Kind::Eof,
            pos: 0,
            line: 0,
            text: &[],
        };
        let dollar: Arc<str> = "$".into();
        Self {
            tokens: [none; 3],
            peeked: 0,
            names: vec![Arc::clone(&dollar)],
            scope: vec![dollar],
            slots: 1,
            action_line: 0,
            range_depth: 0,
            parens: 0,
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn new(parse_name: &'t Arc<str>, text: &'t Bytes, functions: &'t Functions) -> Self {
        let is_free = |name: &str| functions.get(name).is_none();
        Self {
            lexer: Lexer::new(text, is_free("break"), is_free("continue")),
            functions,
            text,
            parse_name,
            trees: Vec::new(),
            stack: Stack::new(STACK),
            state: State::new(),
        }
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        let state = &mut self.state;
        if state.peeked > 0 {
            state.peeked -= 1;
        } else {
            state.tokens[0] = self.lexer.next();
        }
        state.tokens[state.peeked]
    }

    pub(super) fn backup(&mut self) {
        self.state.peeked += 1;
    }

    /// Puts back a token before the last one that was read.
    pub(super) fn backup2(&mut self, before: Token<'t>) {
        self.state.tokens[1] = before;
        self.state.peeked = 2;
    }

    /// Puts back two tokens before the last one that was read.
    pub(super) fn backup3(&mut self, first: Token<'t>, second: Token<'t>) {
        self.state.tokens[1] = second;
        self.state.tokens[2] = first;
        self.state.peeked = 3;
    }

    pub(super) fn peek(&mut self) -> Token<'t> {
        let state = &mut self.state;
        if state.peeked == 0 {
            state.peeked = 1;
            state.tokens[0] = self.lexer.next();
        }
        state.tokens[state.peeked - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token<'t> {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub(super) fn expect(&mut self, kinds: &[Kind], context: &str) -> Result<Token<'t>, Error> {
        let token = self.next_non_space();
        if kinds.contains(&token.kind) {
            Ok(token)
        } else {
            Err(self.unexpected(token, context))
        }
    }

    /// `template: NAME:LINE: message`.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> Error {
        let line = self.state.tokens[0].line;
        Error::new(format!("template: {}:{line}: {message}", self.parse_name)).with_kind(ErrorKind::Parse)
    }

    pub(super) fn unexpected(&self, token: Token<'_>, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error(format_args!("unexpected {} in {context}", show(token)));
        }
        let message = &self.lexer.error;
        let started = self.state.action_line;
        if started == 0 || started == token.line {
            return self.error(message);
        }
        let link = if message.ends_with(" action") {
            ""
        } else {
            " in action"
        };
        self.error(format_args!(
            "{message}{link} started at {}:{started}",
            self.parse_name
        ))
    }

    pub(super) fn check_stack(&self) -> Result<(), Error> {
        if self.stack.is_used_up() {
            Err(self.error("max expression depth exceeded"))
        } else {
            Ok(())
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            names: self.state.names.len(),
            scope: self.state.scope.len(),
        }
    }

    /// Out of scope, as far as their values go.
    pub(super) fn leave_scope(&mut self, mark: Mark) {
        self.state.scope.truncate(mark.scope);
    }

    /// Out of scope, and forgotten.
    pub(super) fn forget(&mut self, mark: Mark) {
        self.leave_scope(mark);
        self.state.names.truncate(mark.names);
    }

    /// From here on Go takes the name for that of a variable.
    pub(super) fn mention(&mut self, name: &[u8]) {
        self.state.names.push(String::from_utf8_lossy(name).into());
    }

    /// A new variable.
    pub(super) fn declare(&mut self, name: &[u8]) -> Variable {
        let name: Arc<str> = String::from_utf8_lossy(name).into();
        let state = &mut self.state;
        let slot = u32::try_from(state.scope.len()).ok();
        state.scope.push(Arc::clone(&name));
        state.slots = state.slots.max(state.scope.len());
        Variable { name, slot }
    }

    /// A variable that is read.
    pub(super) fn use_variable(&mut self, name: &[u8]) -> Result<Variable, Error> {
        let known = self.state.names.iter().any(|known| known.as_bytes() == name);
        if known {
            Ok(self.resolve(name))
        } else {
            Err(self.error(format_args!("undefined variable {}", quoted(name))))
        }
    }

    /// The variable of a name, if there is one in scope.
    pub(super) fn resolve(&self, name: &[u8]) -> Variable {
        let scope = &self.state.scope;
        match scope.iter().rposition(|known| known.as_bytes() == name) {
            Some(slot) => Variable {
                name: Arc::clone(&scope[slot]),
                slot: u32::try_from(slot).ok(),
            },
            None => Variable {
                name: String::from_utf8_lossy(name).into(),
                slot: None,
            },
        }
    }

    /// Ends the template that is being read: it joins those of the text.
    pub(super) fn add(&mut self, name: Arc<str>, root: Vec<Node>) -> Result<(), Error> {
        let known = self.trees.iter().position(|tree| tree.name == name);
        let tree = Tree {
            name,
            empty: tree::is_empty(&root, self.text),
            parse_name: Arc::clone(self.parse_name),
            text: self.text.clone(),
            root,
            slots: self.state.slots,
        };
        match known {
            None => self.trees.push(tree),
            Some(index) if self.trees[index].empty => self.trees[index] = tree,
            Some(_) if tree.empty => {}
            Some(_) => {
                let name = quoted(tree.name.as_bytes());
                return Err(self.error(format_args!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }
}

/// Go's `%q`.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut quoted = Vec::new();
    quote(&mut quoted, text);
    String::from_utf8_lossy(&quoted).into_owned()
}

/// A token in an error.
fn show(token: Token<'_>) -> String {
    match token.kind {
        Kind::Eof => "EOF".to_owned(),
        kind if kind > Kind::Variable => format!("<{}>", String::from_utf8_lossy(token.text)),
        _ if token.text.len() > 10 => {
            let mut runes = crate::Runes::new(token.text);
            let _ = runes.by_ref().take(10).count();
            let head = &token.text[..token.text.len() - runes.rest().len()];
            format!("{}...", quoted(head))
        }
        _ => quoted(token.text),
    }
}
