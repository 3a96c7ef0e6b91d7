//! Plain and block scalars.

use std::borrow::Cow;

use super::bytes::{is_blank, is_break};
use super::scan::Scanner;
use super::token::{Kind, Mark, Token};
use crate::error::Error;
use crate::node::ScalarStyle;

/// What to do with the line breaks at the end of a block scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

/// A block scalar that is being read.
struct Block {
    start: Mark,
    end: Mark,
    literal: bool,
    /// Column of the text; 0 until it is known.
    indent: i64,
    breaks: Breaks,
}

/// Line breaks between two lines of a scalar that is folded.
#[derive(Default)]
pub(super) struct Breaks {
    pub(super) leading: &'static str,
    pub(super) trailing: String,
}

impl Breaks {
    /// One break is a space; more are one less; LS and PS stay.
    pub(super) fn fold_into(&mut self, text: &mut String) {
        if self.leading != "\n" {
            text.push_str(self.leading);
        } else if self.trailing.is_empty() {
            text.push(' ');
        }
        text.push_str(&self.trailing);
        self.leading = "";
        self.trailing.clear();
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>, Error> {
        let start = self.mark();
        let from = self.pos;
        let mut end = start;
        let mut text = Cow::Borrowed("");
        let mut breaks = Breaks::default();
        let mut broken = false;
        let mut blanks = self.pos;
        loop {
            if self.at_document_indicator() || self.at(0) == b'#' {
                break;
            }
            let run_end = self.plain_run_end();
            if run_end > self.pos {
                if broken {
                    breaks.fold_into(text.to_mut());
                    broken = false;
                    text.to_mut().push_str(&self.src[self.pos..run_end]);
                } else if let Cow::Owned(text) = &mut text {
                    text.push_str(&self.src[blanks..run_end]);
                } else {
                    text = Cow::Borrowed(&self.src[from..run_end]);
                }
                self.take_to(run_end);
                end = self.mark();
            }
            if !is_blank(self.at(0)) && !self.is_break(0) {
                break;
            }
            blanks = self.pos;
            self.plain_white_space(start, &mut breaks, &mut broken)?;
            if !self.in_flow() && i64::from(self.column) < self.indent + 1 {
                break;
            }
        }
        if broken {
            self.simple_key_allowed = true;
        }
        Ok(Token {
            kind: Kind::Scalar {
                text,
                style: ScalarStyle::Plain,
            },
            start,
            end,
        })
    }

    /// Where the characters end that are neither white space nor the end of the scalar.
    fn plain_run_end(&self) -> usize {
        let flow = self.in_flow();
        let mut end = self.pos;
        while let Some(&byte) = self.text.get(end) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => break,
                b':' if self.is_blankz(end + 1 - self.pos) => break,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if flow => break,
                0xC2 | 0xE2 if is_break(&self.text[end..]) => break,
                _ => end += 1,
            }
        }
        end
    }

    fn plain_white_space(
        &mut self,
        start: Mark,
        breaks: &mut Breaks,
        broken: &mut bool,
    ) -> Result<(), Error> {
        loop {
            if is_blank(self.at(0)) {
                if *broken && i64::from(self.column) < self.indent + 1 && self.at(0) == b'\t' {
                    return self.error(start, "found a tab character that violates indentation");
                }
                self.skip();
            } else if self.is_break(0) {
                if *broken {
                    let text = self.take_break();
                    breaks.trailing.push_str(text);
                } else {
                    breaks.leading = self.take_break();
                    *broken = true;
                }
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn scan_block_scalar(&mut self) -> Result<Token<'a>, Error> {
        let start = self.mark();
        let literal = self.at(0) == b'|';
        self.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut block = Block {
            start,
            end: self.mark(),
            literal,
            indent: 0,
            breaks: Breaks::default(),
        };
        if increment > 0 {
            block.indent = self.indent.max(0) + increment;
        }
        let mut text = self.scan_block_lines(&mut block)?;
        if chomping != Chomping::Strip {
            text.push_str(block.breaks.leading);
        }
        if chomping == Chomping::Keep {
            text.push_str(&block.breaks.trailing);
        }
        let style = if literal {
            ScalarStyle::Literal
        } else {
            ScalarStyle::Folded
        };
        Ok(Token {
            kind: Kind::Scalar {
                text: Cow::Owned(text),
                style,
            },
            start,
            end: block.end,
        })
    }

    /// The lines of a block scalar; the breaks after the last one are left in the block.
    fn scan_block_lines(&mut self, block: &mut Block) -> Result<String, Error> {
        let mut text = String::new();
        let mut after_blank = false;
        self.scan_block_breaks(block)?;
        while i64::from(self.column) == block.indent && !self.is_end() {
            let blank = is_blank(self.at(0));
            let Breaks { leading, trailing } = std::mem::take(&mut block.breaks);
            // Lines that start with white space are not folded into others.
            if !block.literal && !after_blank && !blank && leading == "\n" {
                if trailing.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading);
            }
            text.push_str(&trailing);
            after_blank = blank;
            text.push_str(self.take_to(self.line_end()));
            block.breaks.leading = self.take_break();
            self.scan_block_breaks(block)?;
        }
        Ok(text)
    }

    /// The rest of the line after `|` or `>`: chomping and indentation in either order, and a comment.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i64), Error> {
        let mut chomping = None;
        let mut increment = 0;
        loop {
            match self.at(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment == 0 => {
                    return self.error(start, "found an indentation indicator equal to 0");
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i64::from(digit - b'0'),
                _ => break,
            }
            self.skip();
        }
        self.skip_blanks();
        if self.at(0) == b'#' {
            self.scan_line_comment(start);
            self.take_to(self.line_end());
        }
        if !self.is_breakz(0) {
            return self.error(start, "did not find expected comment or line break");
        }
        self.take_break();
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    /// Empty lines and the indentation of the next line; finds the indentation out when it is not known (0).
    fn scan_block_breaks(&mut self, block: &mut Block) -> Result<(), Error> {
        block.end = self.mark();
        let mut widest = 0;
        let inside = |column: u32, indent: i64| indent == 0 || i64::from(column) < indent;
        loop {
            while inside(self.column, block.indent) && self.at(0) == b' ' {
                self.skip();
            }
            widest = widest.max(i64::from(self.column));
            if inside(self.column, block.indent) && self.at(0) == b'\t' {
                return self.error(
                    block.start,
                    "found a tab character where an indentation space is expected",
                );
            }
            if !self.is_break(0) {
                break;
            }
            block.breaks.trailing.push_str(self.take_break());
            block.end = self.mark();
        }
        if block.indent == 0 {
            block.indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
