//! Tokens.

use crate::Runes;
use crate::strconv::{is_print, quote};

/// Where something starts, in bytes.
pub(crate) type Pos = u32;

/// A piece of the text: from, to.
pub(crate) type Range = (Pos, Pos);

/// Kinds of tokens. Keywords come after [`Kind::Variable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Kind {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    // Keywords.
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// A token: kind, place and text. Its line is counted when an error asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) pos: Pos,
    pub(super) text: &'t [u8],
}

impl Token<'_> {
    /// Where the text of the token stands.
    pub(super) fn range(&self) -> Range {
        (self.pos, self.pos + Pos::try_from(self.text.len()).unwrap_or(0))
    }
}

/// Reads tokens from a text. After an error there is only the end.
pub(super) struct Lexer<'t> {
    input: &'t [u8],
    pos: usize,
    start: usize,
    inside: bool,
    parens: u32,
    break_is_keyword: bool,
    continue_is_keyword: bool,
    /// What the error token says.
    pub(super) error: String,
}

const SPACES: &[u8] = b" \t\r\n";

impl<'t> Lexer<'t> {
    /// `break` and `continue` are names where functions of these names exist.
    pub(super) fn new(input: &'t [u8], break_is_keyword: bool, continue_is_keyword: bool) -> Self {
        Self {
            input,
            pos: 0,
            start: 0,
            inside: false,
            parens: 0,
            break_is_keyword,
            continue_is_keyword,
            error: String::new(),
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token<'t> {
        if self.inside {
            self.inside_action()
        } else {
            self.text()
        }
    }

    fn rest(&self) -> &'t [u8] {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        match self.input.get(self.pos) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => Runes::new(self.rest()).next(),
        }
    }

    fn advance(&mut self) -> Option<char> {
        if let Some(byte) = self.input.get(self.pos).filter(|byte| byte.is_ascii()) {
            self.pos += 1;
            return Some(char::from(*byte));
        }
        let mut runes = Runes::new(self.rest());
        let rune = runes.next();
        self.pos = self.input.len() - runes.rest().len();
        rune
    }

    fn emit(&mut self, kind: Kind) -> Token<'t> {
        let pos = Pos::try_from(self.start).unwrap_or(Pos::MAX);
        let token = Token {
            kind,
            pos,
            text: &self.input[self.start..self.pos],
        };
        self.start = self.pos;
        token
    }

    /// Skips to a place further on without giving a token.
    fn skip_to(&mut self, pos: usize) {
        self.pos = pos;
        self.start = pos;
    }

    fn fail(&mut self, message: impl Into<String>) -> Token<'t> {
        self.error = message.into();
        let pos = Pos::try_from(self.start).unwrap_or(Pos::MAX);
        // What follows is the end, and stands where the error does.
        self.input = &self.input[..self.start];
        self.pos = self.start;
        self.inside = false;
        Token {
            kind: Kind::Error,
            pos,
            text: &[],
        }
    }

    fn text(&mut self) -> Token<'t> {
        loop {
            let rest = self.rest();
            let Some(text) = find(rest, b"{{") else {
                self.pos = self.input.len();
                let kind = if self.pos > self.start {
                    Kind::Text
                } else {
                    Kind::Eof
                };
                return self.emit(kind);
            };
            if text > 0 {
                let delim = self.pos + text;
                let mut end = delim;
                if trims_left(&self.input[delim + 2..]) {
                    end = self.pos + rest[..text].trim_ascii_end_of(SPACES);
                }
                self.pos = end;
                let token = self.emit(Kind::Text);
                self.skip_to(delim);
                if !token.text.is_empty() {
                    return token;
                }
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    /// At `{{`: an action begins, or a comment is skipped.
    fn left_delim(&mut self) -> Option<Token<'t>> {
        self.pos += 2;
        let marker = if trims_left(self.rest()) { 2 } else { 0 };
        if self.rest()[marker..].starts_with(b"/*") {
            self.skip_to(self.pos + marker);
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.inside = true;
        self.skip_to(self.pos + marker);
        self.parens = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token<'t>> {
        let Some(end) = find(&self.rest()[2..], b"*/") else {
            return Some(self.fail("unclosed comment"));
        };
        let end = self.pos + 2 + end + 2;
        let (delim, trims) = right_delim(&self.input[end..]);
        if !delim {
            return Some(self.fail("comment ends before closing delimiter"));
        }
        let mut after = end + 2 + if trims { 2 } else { 0 };
        if trims {
            after += spaces(&self.input[after..]);
        }
        self.skip_to(after);
        None
    }

    fn right_delim(&mut self, trims: bool) -> Token<'t> {
        if trims {
            self.skip_to(self.pos + 2);
        }
        self.pos += 2;
        let token = self.emit(Kind::RightDelim);
        if trims {
            self.skip_to(self.pos + spaces(self.rest()));
        }
        self.inside = false;
        token
    }

    fn inside_action(&mut self) -> Token<'t> {
        let (delim, trims) = right_delim(self.rest());
        if delim {
            return if self.parens == 0 {
                self.right_delim(trims)
            } else {
                self.fail("unclosed left paren")
            };
        }
        let Some(rune) = self.peek() else {
            return self.fail("unclosed action");
        };
        match rune {
            ' ' | '\t' | '\r' | '\n' => self.space(),
            '=' => self.one(Kind::Assign),
            ':' => {
                self.advance();
                if self.advance() == Some('=') {
                    self.emit(Kind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.one(Kind::Pipe),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => self.raw_string(),
            '$' => {
                self.advance();
                self.field_or_variable(Kind::Variable)
            }
            '.' if !self.rest().get(1).is_some_and(u8::is_ascii_digit) && self.rest().len() > 1 => {
                self.advance();
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parens += 1;
                self.one(Kind::LeftParen)
            }
            ')' if self.parens == 0 => {
                self.advance();
                self.fail("unexpected right paren")
            }
            ')' => {
                self.parens -= 1;
                self.one(Kind::RightParen)
            }
            _ if is_alphanumeric(rune) => self.identifier(),
            ' '..='~' => self.one(Kind::Char),
            _ => self.fail(format!("unrecognized character in action: {}", code_point(rune))),
        }
    }

    fn one(&mut self, kind: Kind) -> Token<'t> {
        self.advance();
        self.emit(kind)
    }

    fn space(&mut self) -> Token<'t> {
        let count = spaces(self.rest());
        self.pos += count;
        // The last space may belong to ` -}}`.
        if right_delim(&self.input[self.pos - 1..]) == (true, true) {
            self.pos -= 1;
            if count == 1 {
                return self.right_delim(true);
            }
        }
        self.emit(Kind::Space)
    }

    fn identifier(&mut self) -> Token<'t> {
        self.alphanumerics();
        if let Some(bad) = self.bad_terminator() {
            return bad;
        }
        let kind = match &self.input[self.start..self.pos] {
            b"block" => Kind::Block,
            b"break" if self.break_is_keyword => Kind::Break,
            b"continue" if self.continue_is_keyword => Kind::Continue,
            b"define" => Kind::Define,
            b"else" => Kind::Else,
            b"end" => Kind::End,
            b"if" => Kind::If,
            b"nil" => Kind::Nil,
            b"range" => Kind::Range,
            b"template" => Kind::Template,
            b"with" => Kind::With,
            b"true" | b"false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    fn field_or_variable(&mut self, kind: Kind) -> Token<'t> {
        if self.at_terminator() {
            return self.emit(if kind == Kind::Variable { kind } else { Kind::Dot });
        }
        self.alphanumerics();
        self.bad_terminator().unwrap_or_else(|| self.emit(kind))
    }

    fn alphanumerics(&mut self) {
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|byte| !IS_WORD[usize::from(*byte)]);
            self.pos += plain.unwrap_or(rest.len());
            let is_ascii = self.input.get(self.pos).is_none_or(u8::is_ascii);
            if is_ascii || !self.peek().is_some_and(is_alphanumeric) {
                return;
            }
            self.advance();
        }
    }

    fn at_terminator(&self) -> bool {
        match self.rest() {
            [] | [b'}', b'}', ..] => true,
            [byte, ..] => SPACES.contains(byte) || b".,|:)(".contains(byte),
        }
    }

    fn bad_terminator(&mut self) -> Option<Token<'t>> {
        let rune = self.peek().filter(|_| !self.at_terminator())?;
        Some(self.fail(format!("bad character {}", code_point(rune))))
    }

    fn quoted(&mut self, mark: char, kind: Kind, unterminated: &str) -> Token<'t> {
        self.advance();
        loop {
            let plain =
                |byte: &&u8| byte.is_ascii() && **byte as char != mark && !matches!(**byte, b'\\' | b'\n');
            self.pos += self.rest().iter().take_while(plain).count();
            match self.advance() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.advance();
                }
                None | Some('\n' | '\\') => return self.fail(unterminated),
                Some(rune) if rune == mark => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token<'t> {
        self.advance();
        let rest = self.rest();
        let Some(end) = memchr::memchr(b'`', rest) else {
            return self.fail("unterminated raw quoted string");
        };
        self.pos += end + 1;
        self.emit(Kind::RawString)
    }

    fn number(&mut self) -> Token<'t> {
        let mut kind = Kind::Number;
        let mut good = self.scan_number();
        if good && matches!(self.peek(), Some('+' | '-')) {
            kind = Kind::Complex;
            good = self.scan_number() && self.input[self.pos - 1] == b'i';
        }
        if good {
            return self.emit(kind);
        }
        let mut message = b"bad number syntax: ".to_vec();
        quote(&mut message, &self.input[self.start..self.pos]);
        self.fail(String::from_utf8_lossy(&message))
    }

    /// A number, roughly: what is wrong with it is noticed later.
    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if (digits.len() == 11 && self.accept(b"eE")) || (digits.len() == 23 && self.accept(b"pP")) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.advance();
            return false;
        }
        true
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let accepted = self.rest().first().is_some_and(|byte| set.contains(byte));
        self.pos += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, set: &[u8]) {
        while self.accept(set) {}
    }
}

fn find(text: &[u8], two: &[u8; 2]) -> Option<usize> {
    let mut from = 0;
    loop {
        from += memchr::memchr(two[0], &text[from..])?;
        if text.get(from + 1) == Some(&two[1]) {
            return Some(from);
        }
        from += 1;
    }
}

/// Whether what follows `{{` trims the text before.
fn trims_left(after: &[u8]) -> bool {
    matches!(after, [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

/// Whether this is `}}`, be it behind a trim marker; and whether it is.
fn right_delim(text: &[u8]) -> (bool, bool) {
    match text {
        [b' ' | b'\t' | b'\r' | b'\n', b'-', b'}', b'}', ..] => (true, true),
        [b'}', b'}', ..] => (true, false),
        _ => (false, false),
    }
}

/// How much space there is in front.
fn spaces(text: &[u8]) -> usize {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    text.iter().take_while(is_space).count()
}

/// Bytes that names are made of, as far as they are ASCII.
const IS_WORD: [bool; 256] = {
    let mut is_word = [false; 256];
    let mut byte = 0u8;
    while byte < 0x80 {
        is_word[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    is_word
};

fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || rune.is_ascii_alphanumeric() || (!rune.is_ascii() && rune.is_alphanumeric())
}

/// Go's `%#U`.
fn code_point(rune: char) -> String {
    let number = rune as u32;
    if is_print(rune) {
        format!("U+{number:04X} '{rune}'")
    } else {
        format!("U+{number:04X}")
    }
}

trait TrimEnd {
    /// How much is left without the bytes of a set at the end.
    fn trim_ascii_end_of(&self, set: &[u8]) -> usize;
}

impl TrimEnd for [u8] {
    fn trim_ascii_end_of(&self, set: &[u8]) -> usize {
        self.iter()
            .rposition(|byte| !set.contains(byte))
            .map_or(0, |last| last + 1)
    }
}
