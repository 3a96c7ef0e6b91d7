//! Text to tokens.
//!
//! The two hard parts are those of libyaml. A simple key (`key: value`) is recognised only at its colon, so the `Key`
//! token, and perhaps the start of a mapping, are inserted before tokens that are queued already. And a smaller
//! indentation closes collections, so `BlockEnd` tokens appear before the token that is smaller indented.

use std::collections::VecDeque;

use super::bytes::{is_blank, is_break, width};
use super::token::{Comment, Kind, Mark, Token};
use crate::error::{Error, ErrorKind};
use crate::node::Pos;

/// libyaml's rule: a simple key is on one line and at most this long.
const SIMPLE_KEY_MAX: u32 = 1024;

/// Beyond this the comment rules stop looking for the next token.
pub(super) const COMMENT_LOOKAHEAD: usize = 512;

#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    /// The place can hold nothing but a key: a block mapping is open at this column.
    required: bool,
    token: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    pub(super) src: &'a str,
    pub(super) text: &'a [u8],
    pub(super) pos: usize,
    pub(super) line: u32,
    pub(super) column: u32,
    /// Line breaks since the last character that is not blank.
    pub(super) newlines: u32,
    pub(super) tokens: VecDeque<Token<'a>>,
    tokens_parsed: usize,
    /// Nothing will be inserted before the next token any more, and two more are known.
    head_is_settled: bool,
    started: bool,
    /// Whether comments are kept; otherwise they are passed over, to the same places.
    pub(super) with_comments: bool,
    pub(super) comments: Vec<Comment>,
    comments_head: usize,
    /// One per flow level, and one for the block level.
    simple_keys: Vec<SimpleKey>,
    pub(super) simple_key_allowed: bool,
    pub(super) indent: i64,
    indents: Vec<i64>,
    max_depth: usize,
}

/// Comments on their way from the scanner to the node that they belong to.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) head: String,
    pub(super) line: String,
    pub(super) foot: String,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(src: &'a str, max_depth: usize, with_comments: bool) -> Self {
        Scanner {
            src,
            text: src.as_bytes(),
            pos: 0,
            line: 0,
            column: 0,
            newlines: 0,
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            head_is_settled: false,
            started: false,
            with_comments,
            comments: Vec::new(),
            comments_head: 0,
            simple_keys: vec![SimpleKey::default()],
            simple_key_allowed: true,
            indent: -1,
            indents: Vec::new(),
            max_depth,
        }
    }

    // Characters.

    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.text.get(self.pos + ahead).copied().unwrap_or(0)
    }

    pub(super) fn rest(&self, ahead: usize) -> &'a [u8] {
        self.text.get(self.pos + ahead..).unwrap_or_default()
    }

    pub(super) fn is_break(&self, ahead: usize) -> bool {
        is_break(self.rest(ahead))
    }

    pub(super) fn is_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    pub(super) fn is_breakz(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.is_break(ahead)
    }

    pub(super) fn is_blankz(&self, ahead: usize) -> bool {
        is_blank(self.at(ahead)) || self.is_breakz(ahead)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            index: self.pos as u32 + 1,
            line: self.line,
            column: self.column,
        }
    }

    /// Steps over one character that is no line break.
    pub(super) fn skip(&mut self) {
        let byte = self.at(0);
        if !is_blank(byte) {
            self.newlines = 0;
        }
        self.column += 1;
        self.pos += width(byte);
    }

    /// Steps over everything up to a place on the same line and gives it.
    pub(super) fn take_to(&mut self, end: usize) -> &'a str {
        let taken = &self.src[self.pos..end];
        if taken.bytes().any(|byte| !is_blank(byte)) {
            self.newlines = 0;
        }
        self.column += taken.bytes().filter(|byte| byte & 0xC0 != 0x80).count() as u32;
        self.pos = end;
        taken
    }

    /// Steps over a line break and gives what it stands for in a scalar.
    pub(super) fn take_break(&mut self) -> &'static str {
        let (bytes, text) = match self.rest(0) {
            [b'\r', b'\n', ..] => (2, "\n"),
            [b'\r' | b'\n', ..] => (1, "\n"),
            [0xC2, 0x85, ..] => (2, "\n"),
            [0xE2, 0x80, 0xA8, ..] => (3, "\u{2028}"),
            [0xE2, 0x80, 0xA9, ..] => (3, "\u{2029}"),
            _ => return "",
        };
        self.pos += bytes;
        self.column = 0;
        self.line += 1;
        self.newlines += 1;
        text
    }

    pub(super) fn skip_blanks(&mut self) {
        while is_blank(self.at(0)) {
            self.skip();
        }
    }

    /// The end of the line that the scanner is on.
    pub(super) fn line_end(&self) -> usize {
        let mut end = self.pos;
        while let Some(byte) = self.text.get(end) {
            match byte {
                b'\n' | b'\r' => break,
                0xC2 | 0xE2 if is_break(&self.text[end..]) => break,
                _ => end += 1,
            }
        }
        end
    }

    /// Whether `---` or `...` stands here at the start of a line.
    pub(super) fn at_document_indicator(&self) -> bool {
        self.column == 0
            && matches!(self.rest(0), [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..])
            && self.is_blankz(3)
    }

    pub(super) fn error<T>(&self, mark: Mark, message: impl Into<String>) -> Result<T, Error> {
        let mut error = Error::new(ErrorKind::Syntax, mark.into(), message);
        error.noticed = Pos::from(self.mark()).line;
        Err(error)
    }

    // The token queue.

    /// The next token, with the comments up to it moved to `pending`.
    pub(super) fn peek(&mut self, pending: &mut Pending) -> Result<&Token<'a>, Error> {
        // Two tokens more than needed are fetched, because foot comments are known only by what follows them.
        if !self.head_is_settled {
            while self.tokens.len() <= 2 || self.head_may_be_key()? {
                self.fetch()?;
            }
            self.head_is_settled = true;
        }
        let head = &self.tokens[0];
        while let Some(comment) = self.comments.get_mut(self.comments_head) {
            if head.start.index < comment.token.index || !pending.take(comment, &head.kind) {
                break;
            }
            (comment.scan, comment.start, comment.end) = (Mark::default(), Mark::default(), Mark::default());
            self.comments_head += 1;
        }
        Ok(head)
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        self.tokens_parsed += 1;
        self.head_is_settled = false;
        let mark = self.mark();
        self.tokens.pop_front().unwrap_or(Token {
            kind: Kind::StreamEnd,
            start: mark,
            end: mark,
        })
    }

    fn head_may_be_key(&mut self) -> Result<bool, Error> {
        // Token numbers grow with the level, so the head can only be the first that is not below it.
        let level = self
            .simple_keys
            .partition_point(|key| key.token < self.tokens_parsed);
        match self.simple_keys.get(level) {
            Some(key) if key.possible && key.token == self.tokens_parsed => self.key_is_valid(level),
            _ => Ok(false),
        }
    }

    fn push(&mut self, kind: Kind<'a>, start: Mark) {
        let end = self.mark();
        self.tokens.push_back(Token { kind, start, end });
    }

    fn insert(&mut self, number: usize, kind: Kind<'a>, mark: Mark) {
        let index = number.saturating_sub(self.tokens_parsed).min(self.tokens.len());
        self.tokens.insert(
            index,
            Token {
                kind,
                start: mark,
                end: mark,
            },
        );
    }

    // Simple keys.

    fn flow_level(&self) -> usize {
        self.simple_keys.len() - 1
    }

    pub(super) fn in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    fn next_number(&self) -> usize {
        self.tokens_parsed + self.tokens.len()
    }

    fn key_is_valid(&mut self, level: usize) -> Result<bool, Error> {
        let key = self.simple_keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.line || key.mark.column + SIMPLE_KEY_MAX < self.column {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.simple_keys[level].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn save_key(&mut self) -> Result<(), Error> {
        if self.simple_key_allowed {
            let required = !self.in_flow() && self.indent == i64::from(self.column);
            let key = SimpleKey {
                possible: true,
                required,
                token: self.next_number(),
                mark: self.mark(),
            };
            self.remove_key()?;
            let level = self.flow_level();
            self.simple_keys[level] = key;
        }
        Ok(())
    }

    fn remove_key(&mut self) -> Result<(), Error> {
        let level = self.flow_level();
        let key = &mut self.simple_keys[level];
        if key.possible && key.required {
            let mark = key.mark;
            return self.error(mark, "could not find expected ':'");
        }
        key.possible = false;
        Ok(())
    }

    // Indentation.

    fn roll_indent(&mut self, number: Option<usize>, kind: Kind<'a>, mark: Mark) -> Result<(), Error> {
        let column = i64::from(mark.column);
        if self.in_flow() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > self.max_depth {
            return self.too_deep(mark);
        }
        self.insert(number.unwrap_or(usize::MAX), kind, mark);
        Ok(())
    }

    pub(super) fn too_deep<T>(&self, mark: Mark) -> Result<T, Error> {
        let message = format!("exceeded max depth of {}", self.max_depth);
        Err(Error::new(ErrorKind::Limit, mark.into(), message))
    }

    fn unroll_indent(&mut self, column: i64, scan: Mark) {
        if self.in_flow() {
            return;
        }
        let mut mark = scan;
        mark.index -= 1;
        while self.indent > column {
            mark = self.before_foot_comments(mark);
            self.tokens.push_back(Token {
                kind: Kind::BlockEnd,
                start: mark,
                end: mark,
            });
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// The end of a block goes before comments that stand at the indentation of the block that ends, so that they
    /// become its foot.
    fn before_foot_comments(&self, mut mark: Mark) -> Mark {
        let mut stop = mark.index;
        for comment in self.comments.iter().rev() {
            if comment.end.index < stop {
                break;
            }
            if i64::from(comment.start.column) == self.indent + 1 {
                mark = comment.start;
            }
            stop = comment.scan.index;
        }
        mark
    }

    // Tokens.

    fn fetch(&mut self) -> Result<(), Error> {
        let scan = self.mark();
        if !self.started {
            self.started = true;
            self.push(Kind::StreamStart, scan);
            return Ok(());
        }
        self.skip_to_token()?;
        self.unroll_indent(i64::from(self.column), scan);
        if self.is_end() {
            return self.fetch_stream_end();
        }
        if self.column == 0 && self.at(0) == b'%' {
            return self.fetch_directive();
        }
        if self.at_document_indicator() {
            let kind = if self.at(0) == b'-' {
                Kind::DocumentStart
            } else {
                Kind::DocumentEnd
            };
            return self.fetch_document_indicator(kind);
        }
        let after_prior = if self.in_flow() {
            self.at(0) == b','
        } else {
            self.at(0) == b':'
        };
        let comment_mark = match self.tokens.back() {
            Some(prior) if after_prior => prior.start,
            _ => self.mark(),
        };
        self.fetch_content()?;
        // A comment after "-" becomes the head of what follows.
        if self
            .tokens
            .back()
            .is_none_or(|token| !matches!(token.kind, Kind::BlockEntry))
        {
            self.scan_line_comment(comment_mark);
        }
        Ok(())
    }

    fn fetch_content(&mut self) -> Result<(), Error> {
        let blank_next = self.is_blankz(1);
        match self.at(0) {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => self.fetch_indicator(Kind::FlowEntry, true),
            b'-' if blank_next => self.fetch_block_entry(),
            b'?' if self.in_flow() || blank_next => self.fetch_key(),
            b':' if self.in_flow() || blank_next => self.fetch_value(),
            b'*' | b'&' => self.fetch_keylike(Self::scan_anchor),
            b'!' => self.fetch_keylike(Self::scan_tag),
            b'|' | b'>' if !self.in_flow() => {
                self.remove_key()?;
                // A key may follow a block scalar.
                self.simple_key_allowed = true;
                let token = self.scan_block_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            b'\'' => self.fetch_keylike(Self::scan_single_quoted),
            b'"' => self.fetch_keylike(Self::scan_double_quoted),
            byte if self.starts_plain(byte) => self.fetch_keylike(Self::scan_plain),
            _ => self.error(self.mark(), "found character that cannot start any token"),
        }
    }

    fn starts_plain(&self, byte: u8) -> bool {
        match byte {
            b'-' => !is_blank(self.at(1)),
            b'?' | b':' => !self.in_flow() && !self.is_blankz(1),
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
            | b'%' | b'@' | b'`' => false,
            _ => !self.is_blankz(0),
        }
    }

    /// White space and comments up to the next token.
    fn skip_to_token(&mut self) -> Result<(), Error> {
        let scan = self.mark();
        loop {
            // A tab may not indent in block context.
            while self.at(0) == b' ' || self.at(0) == b'\t' && (self.in_flow() || !self.simple_key_allowed) {
                self.skip();
            }
            self.turn_line_comment_to_head();
            if self.at(0) == b'#' {
                if self.with_comments {
                    self.scan_comments(scan);
                } else {
                    self.pass_comments();
                }
            }
            if !self.is_break(0) {
                return Ok(());
            }
            self.take_break();
            if !self.in_flow() {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), Error> {
        if self.column != 0 {
            self.column = 0;
            self.line += 1;
        }
        self.unroll_indent(-1, self.mark());
        self.remove_key()?;
        self.simple_key_allowed = false;
        self.push(Kind::StreamEnd, self.mark());
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Error> {
        self.unroll_indent(-1, self.mark());
        self.remove_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        let start = self.mark();
        self.unroll_indent(-1, start);
        self.remove_key()?;
        self.simple_key_allowed = false;
        self.take_to(self.pos + 3);
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        self.save_key()?;
        let start = self.mark();
        self.simple_keys.push(SimpleKey {
            token: self.next_number(),
            mark: start,
            ..SimpleKey::default()
        });
        if self.flow_level() > self.max_depth {
            return self.too_deep(start);
        }
        self.simple_key_allowed = true;
        self.skip();
        self.push(kind, start);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<(), Error> {
        self.remove_key()?;
        if self.in_flow() {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        let start = self.mark();
        self.skip();
        self.push(kind, start);
        Ok(())
    }

    fn fetch_indicator(&mut self, kind: Kind<'a>, key_may_follow: bool) -> Result<(), Error> {
        self.remove_key()?;
        self.simple_key_allowed = key_may_follow;
        let start = self.mark();
        self.skip();
        self.push(kind, start);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Error> {
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return self.error(
                    self.mark(),
                    "block sequence entries are not allowed in this context",
                );
            }
            self.roll_indent(None, Kind::BlockSequenceStart, self.mark())?;
        }
        self.fetch_indicator(Kind::BlockEntry, true)
    }

    fn fetch_key(&mut self) -> Result<(), Error> {
        if !self.in_flow() {
            if !self.simple_key_allowed {
                return self.error(self.mark(), "mapping keys are not allowed in this context");
            }
            self.roll_indent(None, Kind::BlockMappingStart, self.mark())?;
        }
        self.fetch_indicator(Kind::Key, !self.in_flow())
    }

    fn fetch_value(&mut self) -> Result<(), Error> {
        let level = self.flow_level();
        if self.key_is_valid(level)? {
            let key = self.simple_keys[level];
            self.insert(key.token, Kind::Key, key.mark);
            self.roll_indent(Some(key.token), Kind::BlockMappingStart, key.mark)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if !self.in_flow() {
                if !self.simple_key_allowed {
                    return self.error(self.mark(), "mapping values are not allowed in this context");
                }
                self.roll_indent(None, Kind::BlockMappingStart, self.mark())?;
            }
            self.simple_key_allowed = !self.in_flow();
        }
        let start = self.mark();
        self.skip();
        self.push(Kind::Value, start);
        Ok(())
    }

    /// What can be, or begin, a simple key.
    fn fetch_keylike(&mut self, scan: fn(&mut Self) -> Result<Token<'a>, Error>) -> Result<(), Error> {
        self.save_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }
}
