//! Evaluation: what a parsed expression becomes.

use crate::error::{Error, ErrorKind};
use crate::operators;

/// What an unset variable means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is empty.
    Lenient,
    /// It is an error, unless the expression gives a default.
    Strict,
}

/// Bounds on the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Expressions inside expressions.
    pub max_depth: usize,
    /// Size of the result in bytes.
    pub max_output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_depth: 50,
            max_output: 64 << 20,
        }
    }
}

/// Whether Flux takes this as the name of a variable: letters, digits and `_`, not starting with a digit.
pub fn is_valid_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Replaces the expressions in a text.
///
/// | expression | result |
/// |---|---|
/// | `${v}` | the value |
/// | `${v:-word}` `${v:=word}` `${v=word}` `${v:?word}` `${v:+word}` | the value, or the word when it is empty or unset |
/// | `${#v}` | length in bytes |
/// | `${v^}` `${v^^}` `${v,}` `${v,,}` | upper and lower case, of the first letter or all |
/// | `${v:pos}` `${v:pos:len}` | part of the value in bytes; a negative position counts from the end |
/// | `${v#p}` `${v##p}` `${v%p}` `${v%%p}` | without the shortest or longest start or end that matches the pattern |
/// | `${v/a/b}` `${v//a/b}` `${v/#a/b}` `${v/%a/b}` | replaced once, everywhere, at the start, at the end (plain text, no patterns) |
///
/// Words may hold expressions, which are evaluated even when the default is not needed. Outside of expressions `$$` is a
/// plain `$`. In `${v/a/b}`, `\/` and `\\` stand for `/` and `\`.
///
/// Fails on incomplete expressions, on unset variables in strict mode, and beyond the limits.
pub fn substitute<'v>(
    input: &str,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    mode: Mode,
    limits: &Limits,
) -> Result<String, Error> {
    let mut evaluator = Evaluator {
        input,
        pos: 0,
        lookup,
        mode,
        limits: *limits,
        depth: 0,
    };
    evaluator.text().map_err(|kind| evaluator.place(kind))
}

struct Evaluator<'i, 'l, 'v> {
    input: &'i str,
    pos: usize,
    lookup: &'l dyn Fn(&str) -> Option<&'v str>,
    mode: Mode,
    limits: Limits,
    depth: usize,
}

impl<'i> Evaluator<'i, '_, '_> {
    fn place(&self, kind: ErrorKind) -> Error {
        let before = &self.input[..self.pos];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Error {
            kind,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    fn rest(&self) -> &'i str {
        &self.input[self.pos..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.pos += wanted.len();
        }
        found
    }

    fn close(&mut self) -> Result<(), ErrorKind> {
        if self.eat("}") {
            Ok(())
        } else {
            Err(ErrorKind::BadSubstitution)
        }
    }

    /// Text up to the end, outside of expressions.
    fn text(&mut self) -> Result<String, ErrorKind> {
        let mut out = String::with_capacity(self.input.len());
        while let Some(at) = self.rest().find('$') {
            out.push_str(&self.rest()[..at]);
            self.pos += at;
            if self.eat("$$") {
                out.push('$');
            } else if self.eat("${") {
                out.push_str(&self.expression()?);
            } else {
                self.pos += 1;
                out.push('$');
            }
            self.check_size(&out)?;
        }
        out.push_str(self.rest());
        self.pos = self.input.len();
        self.check_size(&out)?;
        Ok(out)
    }

    fn check_size(&self, out: &str) -> Result<(), ErrorKind> {
        if out.len() > self.limits.max_output {
            return Err(ErrorKind::TooLarge(self.limits.max_output));
        }
        Ok(())
    }

    /// What stands after `${`, its brace included.
    fn expression(&mut self) -> Result<String, ErrorKind> {
        if self.depth == self.limits.max_depth {
            return Err(ErrorKind::TooDeep(self.limits.max_depth));
        }
        self.depth += 1;
        let start = self.pos;
        let value = self.expression_inside(start)?;
        self.depth -= 1;
        self.check_size(&value)?;
        Ok(value)
    }

    fn expression_inside(&mut self, start: usize) -> Result<String, ErrorKind> {
        if self.eat("#") {
            let name = self.name().ok_or(ErrorKind::BadSubstitution)?;
            self.close()?;
            return Ok(self.value(name, start)?.len().to_string());
        }
        let name = self.name().ok_or(ErrorKind::VariableName)?;
        match self.peek() {
            Some(':') => match self.rest()[1..].chars().next() {
                Some('=' | '-' | '?' | '+') => {
                    self.pos += 2;
                    self.default_of(name)
                }
                Some(_) => self.substring(name, start),
                None => Err(ErrorKind::BadSubstitution),
            },
            Some('=') => {
                self.pos += 1;
                self.default_of(name)
            }
            Some(',' | '^') => self.case(name, start),
            Some('/') => self.replacement(name, start),
            Some('#') => self.trim_of(name, start, '#'),
            Some('%') => self.trim_of(name, start, '%'),
            Some('}') => {
                self.pos += 1;
                self.value(name, start).map(str::to_owned)
            }
            _ => Err(ErrorKind::MissingClosingBrace),
        }
    }

    fn name(&mut self) -> Option<&'i str> {
        let rest = self.rest();
        let end = rest
            .find(|char: char| !(char.is_alphanumeric() || char == '_'))
            .unwrap_or(rest.len());
        self.pos += end;
        (end > 0).then(|| &rest[..end])
    }

    /// The value for an operator that needs one. An error is reported at the start of the expression.
    fn value(&mut self, name: &str, start: usize) -> Result<&str, ErrorKind> {
        match (self.lookup)(name) {
            Some(value) => Ok(value),
            None if self.mode == Mode::Lenient => Ok(""),
            None => {
                self.pos = start;
                Err(ErrorKind::NotSet(name.to_owned()))
            }
        }
    }

    /// A word: an expression, or text up to what ends it or to an expression. With `escapes`, `$$`, `\/` and `\\` stand
    /// for one character.
    fn word(&mut self, ends: &[char], escapes: bool) -> Result<String, ErrorKind> {
        if self.eat("${") {
            return self.expression();
        }
        let mut word = String::new();
        while let Some(char) = self.peek() {
            let rest = self.rest();
            let escaped = escapes
                && ["$$", "\\/", "\\\\"]
                    .iter()
                    .any(|escape| rest.starts_with(escape));
            if escaped {
                word.push_str(&rest[1..2]);
                self.pos += 2;
                continue;
            }
            if ends.contains(&char) || rest.starts_with("${") {
                break;
            }
            word.push(char);
            self.pos += char.len_utf8();
        }
        if word.is_empty() {
            Err(ErrorKind::Word)
        } else {
            Ok(word)
        }
    }

    fn default_of(&mut self, name: &str) -> Result<String, ErrorKind> {
        let mut default = String::new();
        while !self.eat("}") {
            default.push_str(&self.word(&['}'], false)?);
            self.check_size(&default)?;
        }
        Ok((self.lookup)(name)
            .filter(|value| !value.is_empty())
            .map_or(default, str::to_owned))
    }

    fn substring(&mut self, name: &str, start: usize) -> Result<String, ErrorKind> {
        self.pos += 1;
        let offset = self.word(&[':', '}'], false)?;
        let mut length = None;
        if !self.eat("}") {
            if !self.eat(":") {
                return Err(ErrorKind::BadSubstitution);
            }
            while self.eat(":") {}
            length = Some(self.word(&['}'], false)?);
            self.close()?;
        }
        let value = self.value(name, start)?;
        operators::substring(name, value, &offset, length.as_deref())
    }

    fn case(&mut self, name: &str, start: usize) -> Result<String, ErrorKind> {
        let rest = self.rest();
        let length = rest
            .bytes()
            .take(2)
            .take_while(|byte| matches!(byte, b',' | b'^'))
            .count();
        self.pos += length;
        self.close()?;
        Ok(operators::change_case(self.value(name, start)?, &rest[..length]))
    }

    fn replacement(&mut self, name: &str, start: usize) -> Result<String, ErrorKind> {
        self.pos += 1;
        let place = self.peek().filter(|char| matches!(char, '/' | '#' | '%'));
        self.pos += usize::from(place.is_some());
        let old = self.word(&['/'], true)?;
        if !self.eat("/") {
            return Err(ErrorKind::BadSubstitution);
        }
        while self.eat("/") {}
        let new = if self.peek() == Some('}') {
            None
        } else {
            Some(self.word(&['}'], true)?)
        };
        self.close()?;
        let limit = self.limits.max_output;
        let value = self.value(name, start)?;
        operators::replace(value, place, &old, new.as_deref(), limit)
    }

    fn trim_of(&mut self, name: &str, start: usize, operator: char) -> Result<String, ErrorKind> {
        self.pos += 1;
        let longest = self.peek() == Some(operator);
        self.pos += usize::from(longest);
        let pattern = self.word(&['}'], false)?;
        self.close()?;
        let value = self.value(name, start)?;
        operators::trim(value, &pattern, operator == '#', longest)
            .ok_or_else(|| ErrorKind::PatternTooExpensive(name.to_owned()))
    }
}
