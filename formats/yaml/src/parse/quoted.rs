//! Scalars in quotes.

use std::borrow::Cow;

use super::bytes::is_blank;
use super::scalars::Breaks;
use super::scan::Scanner;
use super::token::{Kind, Mark, Token};
use crate::error::Error;
use crate::node::ScalarStyle;

impl<'a> Scanner<'a> {
    pub(super) fn scan_single_quoted(&mut self) -> Result<Token<'a>, Error> {
        self.scan_quoted(b'\'', ScalarStyle::SingleQuoted)
    }

    pub(super) fn scan_double_quoted(&mut self) -> Result<Token<'a>, Error> {
        self.scan_quoted(b'"', ScalarStyle::DoubleQuoted)
    }

    fn scan_quoted(&mut self, quote: u8, style: ScalarStyle) -> Result<Token<'a>, Error> {
        let start = self.mark();
        self.skip();
        let text = match self.simple_quoted_end(quote) {
            Some(end) => Cow::Borrowed(self.take_to(end)),
            None => Cow::Owned(self.scan_quoted_lines(quote, start)?),
        };
        self.skip();
        Ok(Token {
            kind: Kind::Scalar { text, style },
            start,
            end: self.mark(),
        })
    }

    /// The closing quote, when everything up to it stands for itself.
    fn simple_quoted_end(&self, quote: u8) -> Option<usize> {
        let length = self
            .rest(0)
            .iter()
            .position(|byte| *byte == quote || matches!(byte, b'\\' | b'\n' | b'\r'))?;
        let inner = &self.rest(0)[..length];
        let simple = self.at(length) == quote
            && !(quote == b'\'' && self.at(length + 1) == quote)
            && !inner.iter().any(|byte| matches!(byte, 0xC2 | 0xE2));
        simple.then_some(self.pos + length)
    }

    fn scan_quoted_lines(&mut self, quote: u8, start: Mark) -> Result<String, Error> {
        let mut text = String::new();
        let mut breaks = Breaks::default();
        loop {
            if self.at_document_indicator() {
                return self.error(start, "found unexpected document indicator");
            }
            if self.is_end() {
                return self.error(start, "found unexpected end of stream");
            }
            let mut broken = self.scan_quoted_run(quote, &mut text, start)?;
            if self.at(0) == quote {
                return Ok(text);
            }
            let blanks = self.pos;
            let mut blanks_end = self.pos;
            while is_blank(self.at(0)) || self.is_break(0) {
                if !self.is_break(0) {
                    self.skip();
                    if !broken {
                        blanks_end = self.pos;
                    }
                } else if broken {
                    let text = self.take_break();
                    breaks.trailing.push_str(text);
                } else {
                    breaks.leading = self.take_break();
                    broken = true;
                }
            }
            if broken {
                breaks.fold_into_quoted(&mut text);
            } else {
                text.push_str(&self.src[blanks..blanks_end]);
            }
        }
    }

    /// Characters up to white space or the closing quote; true after an escaped line break.
    fn scan_quoted_run(&mut self, quote: u8, text: &mut String, start: Mark) -> Result<bool, Error> {
        while !self.is_blankz(0) {
            match self.at(0) {
                b'\'' if quote == b'\'' && self.at(1) == b'\'' => {
                    text.push('\'');
                    self.take_to(self.pos + 2);
                }
                byte if byte == quote => break,
                b'\\' if quote == b'"' && self.is_break(1) => {
                    self.skip();
                    self.take_break();
                    return Ok(true);
                }
                b'\\' if quote == b'"' => self.scan_escape(text, start)?,
                _ => {
                    let from = self.pos;
                    self.skip();
                    text.push_str(&self.src[from..self.pos]);
                }
            }
        }
        Ok(false)
    }

    fn scan_escape(&mut self, text: &mut String, start: Mark) -> Result<(), Error> {
        let digits = match self.at(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            escape => match simple_escape(escape) {
                Some(value) => {
                    text.push(value);
                    self.take_to(self.pos + 2);
                    return Ok(());
                }
                None => return self.error(self.mark(), "found unknown escape character"),
            },
        };
        let mut value = 0;
        for ahead in 2..2 + digits {
            match char::from(self.at(ahead)).to_digit(16) {
                Some(digit) => value = value << 4 | digit,
                None => return self.error(start, "did not find expected hexdecimal number"),
            }
        }
        match char::from_u32(value) {
            Some(value) => text.push(value),
            None => return self.error(start, "found invalid Unicode character escape code"),
        }
        self.take_to(self.pos + 2 + digits);
        Ok(())
    }
}

impl Breaks {
    /// As for plain scalars, but an escaped line break leaves nothing of itself.
    fn fold_into_quoted(&mut self, text: &mut String) {
        if self.leading.is_empty() {
            text.push_str(&self.trailing);
            self.trailing.clear();
        } else {
            self.fold_into(text);
        }
    }
}

fn simple_escape(escape: u8) -> Option<char> {
    Some(match escape {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0B',
        b'f' => '\x0C',
        b'r' => '\r',
        b'e' => '\x1B',
        b' ' => ' ',
        b'"' => '"',
        b'\'' => '\'',
        b'\\' => '\\',
        b'N' => '\u{85}',
        b'_' => '\u{A0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
