//! The parser's hands: tokens looked at ahead, variables in scope, errors.

use std::sync::Arc;

use bytes::Bytes;

use super::lexer::{Kind, Lexer, Range, Token};
use super::source::{Source, Span};
use super::tree::{self, Arm, Command, Expr, Node, Tree, Variable};
use crate::stack::Stack;
use crate::strconv::quote;
use crate::{Error, ErrorKind, Functions};

/// Stack that reading one text may use: it bounds how deep parentheses and blocks nest.
const STACK: usize = 640 << 10;

/// Reads one text: its main template and those that it defines.
pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    pub(super) functions: &'t Functions,
    pub(super) text: &'t [u8],
    pub(super) source: Source,
    templates: Vec<Template>,
    pub(super) open: Open,
    pub(super) stack: Stack,
    pub(super) state: State<'t>,
}

/// Parts of lists that have not ended yet, innermost last.
#[derive(Default)]
pub(super) struct Open {
    pub(super) nodes: Vec<Node>,
    pub(super) arms: Vec<Arm>,
    pub(super) commands: Vec<Command>,
    pub(super) args: Vec<Expr>,
}

/// A text that was read before its name is known; it may have several.
#[derive(Clone, Debug)]
pub(crate) struct Unnamed {
    source: Arc<Source>,
    templates: Vec<Template>,
    /// That of the text itself.
    main: Template,
}

/// A template that was read.
#[derive(Clone, Debug)]
struct Template {
    name: Arc<str>,
    root: Span<Node>,
    empty: bool,
    slots: usize,
}

/// What belongs to the template that is being read.
pub(super) struct State<'t> {
    tokens: [Token<'t>; 3],
    peeked: usize,
    /// Whether a token was read at all.
    begun: bool,
    /// Every name mentioned so far that is not yet out of the block: Go takes them for defined.
    names: Vec<&'t [u8]>,
    /// The variables that really are in scope.
    scope: Vec<&'t [u8]>,
    slots: usize,
    /// Where the action began that is being read.
    pub(super) action: Option<Token<'t>>,
    pub(super) range_depth: u32,
    pub(super) parens: u32,
}

/// How many variables there were at some point.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    names: usize,
    scope: usize,
}

impl State<'_> {
    pub(super) fn new() -> Self {
        let none = Token {
            kind: Kind::Eof,
            pos: 0,
            text: &[],
        };
        Self {
            tokens: [none; 3],
            peeked: 0,
            begun: false,
            names: vec![b"$"],
            scope: vec![b"$"],
            slots: 1,
            action: None,
            range_depth: 0,
            parens: 0,
        }
    }
}

impl<'t> Parser<'t> {
    pub(super) fn new(name: &Arc<str>, text: &'t Bytes, functions: &'t Functions) -> Self {
        let is_free = |name: &str| functions.get(name).is_none();
        Self {
            lexer: Lexer::new(text, is_free("break"), is_free("continue")),
            functions,
            text,
            source: Source::new(name, text),
            templates: Vec::new(),
            open: Open::default(),
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
            state.begun = true;
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
            state.begun = true;
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

    /// The line of a token.
    fn line(&self, token: Token<'_>) -> usize {
        let before = self.text.get(..token.pos as usize).unwrap_or(self.text);
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    /// `template: NAME:LINE: message`.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> Error {
        let line = if self.state.begun {
            self.line(self.state.tokens[0])
        } else {
            0
        };
        Error::new(format!("template: {}:{line}: {message}", self.source.name)).with_kind(ErrorKind::Parse)
    }

    pub(super) fn unexpected(&self, token: Token<'_>, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error(format_args!("unexpected {} in {context}", show(token)));
        }
        let message = &self.lexer.error;
        let started = self.state.action.map(|action| self.line(action));
        let Some(started) = started.filter(|started| *started != self.line(token)) else {
            return self.error(message);
        };
        let link = if message.ends_with(" action") {
            ""
        } else {
            " in action"
        };
        self.error(format_args!(
            "{message}{link} started at {}:{started}",
            self.source.name
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
    pub(super) fn mention(&mut self, name: &'t [u8]) {
        self.state.names.push(name);
    }

    /// A new variable.
    pub(super) fn declare(&mut self, token: Token<'t>) -> Variable {
        let state = &mut self.state;
        let slot = u32::try_from(state.scope.len()).ok();
        state.scope.push(token.text);
        state.slots = state.slots.max(state.scope.len());
        let name = token.range();
        Variable { name, slot }
    }

    /// A variable that is read.
    pub(super) fn use_variable(&mut self, token: Token<'t>) -> Result<Variable, Error> {
        if self.state.names.contains(&token.text) {
            Ok(self.resolve(token))
        } else {
            Err(self.error(format_args!("undefined variable {}", quoted(token.text))))
        }
    }

    /// The variable of a name, if there is one in scope.
    pub(super) fn resolve(&self, token: Token<'t>) -> Variable {
        let slot = self.state.scope.iter().rposition(|known| *known == token.text);
        Variable {
            name: token.range(),
            slot: slot.and_then(|slot| u32::try_from(slot).ok()),
        }
    }

    /// The nodes that were read since a mark, as a list.
    pub(super) fn close(&mut self, mark: usize) -> Span<Node> {
        self.source.add_behind(&mut self.open.nodes, mark)
    }

    /// Ends the template that is being read: it joins those of the text.
    pub(super) fn add(&mut self, name: Arc<str>, root: Span<Node>) -> Result<(), Error> {
        let known = self.templates.iter().position(|template| template.name == name);
        let template = self.read(name, root);
        match known {
            None => self.templates.push(template),
            Some(index) if self.templates[index].empty => self.templates[index] = template,
            Some(_) if template.empty => {}
            Some(_) => {
                let name = quoted(template.name.as_bytes());
                return Err(self.error(format_args!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    fn read(&self, name: Arc<str>, root: Span<Node>) -> Template {
        Template {
            name,
            empty: tree::is_empty(self.source.several(root), self.text),
            root,
            slots: self.state.slots,
        }
    }

    /// All that was read.
    pub(super) fn finish(mut self) -> Vec<Arc<Tree>> {
        self.source.shrink();
        let name = Arc::clone(&self.source.name);
        trees(&name, &Arc::new(self.source), self.templates)
    }

    /// All that was read; what the text itself is, is a template without a name.
    pub(super) fn finish_unnamed(mut self, root: Span<Node>) -> Unnamed {
        let main = self.read(Arc::default(), root);
        self.source.shrink();
        Unnamed {
            source: Arc::new(self.source),
            templates: self.templates,
            main,
        }
    }
}

impl Unnamed {
    /// The templates of the text under its name. Nothing where it defines one of that name itself: then the name has to be known
    /// while it is read.
    pub(crate) fn named(&self, name: &Arc<str>) -> Option<Vec<Arc<Tree>>> {
        if self.templates.iter().any(|template| template.name == *name) {
            return None;
        }
        let mut templates = self.templates.clone();
        templates.push(Template {
            name: Arc::clone(name),
            ..self.main.clone()
        });
        Some(trees(name, &self.source, templates))
    }

    /// The text.
    pub(crate) fn text(&self) -> &Bytes {
        &self.source.text
    }
}

/// `file` is the name of the text.
fn trees(file: &Arc<str>, source: &Arc<Source>, templates: Vec<Template>) -> Vec<Arc<Tree>> {
    let tree = |template: Template| Tree {
        name: template.name,
        file: Arc::clone(file),
        source: Arc::clone(source),
        root: template.root,
        empty: template.empty,
        slots: template.slots,
    };
    templates.into_iter().map(tree).map(Arc::new).collect()
}

/// The range of a field's name and of those that follow it without a gap.
pub(super) fn joined(first: Range, last: Range) -> Range {
    if first.0 == first.1 {
        last
    } else {
        (first.0, last.1)
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
