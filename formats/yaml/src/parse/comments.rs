//! Which token a comment belongs to, by go-yaml v3's rules.
//!
//! A comment on the line of a token is its line comment. A block of comment lines right below a token, followed by an
//! empty line, is that token's foot; any other block is the head of the token that follows.

use super::bytes::is_blank;
use super::scan::{COMMENT_LOOKAHEAD, Pending, Scanner};
use super::token::{Comment, Kind, Mark, Placement};

impl Pending {
    /// Takes a comment in for the token at the head of the queue; false when it has to wait for the next one.
    pub(super) fn take(&mut self, comment: &mut Comment, token: &Kind<'_>) -> bool {
        let slot = match comment.placement {
            Placement::Head if *token == Kind::BlockEnd => return false,
            Placement::Head => &mut self.head,
            Placement::Line => &mut self.line,
            Placement::Foot => &mut self.foot,
        };
        if slot.is_empty() {
            *slot = std::mem::take(&mut comment.text);
        } else if !comment.text.is_empty() {
            slot.push('\n');
            slot.push_str(&std::mem::take(&mut comment.text));
        }
        true
    }
}

impl Scanner<'_> {
    /// A comment at the end of the current line belongs to the token that was just scanned.
    pub(super) fn scan_line_comment(&mut self, token: Mark) {
        if self.newlines > 0 {
            return;
        }
        let blanks = self
            .rest(0)
            .iter()
            .take(COMMENT_LOOKAHEAD)
            .take_while(|byte| is_blank(**byte))
            .count();
        if blanks == COMMENT_LOOKAHEAD || self.at(blanks) != b'#' {
            return;
        }
        self.take_to(self.pos + blanks);
        let start = self.mark();
        let text = self.take_to(self.line_end());
        if !self.with_comments {
            return;
        }
        let text = text.to_owned();
        self.comments.push(Comment {
            scan: Mark::default(),
            token,
            start,
            end: Mark::default(),
            placement: Placement::Line,
            text,
        });
    }

    /// In `key: # comment` over `- item`, the comment is the head of the item.
    pub(super) fn turn_line_comment_to_head(&mut self) {
        let count = self.tokens.len();
        if count < 2
            || self.tokens[count - 1].kind != Kind::BlockEntry
            || self.tokens[count - 2].kind != Kind::BlockSequenceStart
            || self.is_break(0)
        {
            return;
        }
        let mark = self.mark();
        if let Some(comment) = self.comments.last_mut()
            && comment.placement == Placement::Line
            && !comment.text.is_empty()
        {
            comment.placement = Placement::Head;
            if comment.start.line + 1 == mark.line {
                comment.token = mark;
            }
        }
    }

    /// Passes over comment lines, standing at the first `#`, as far as [`Scanner::scan_comments`] would read them.
    pub(super) fn pass_comments(&mut self) {
        loop {
            self.take_to(self.line_end());
            // The line break that ends the comment is not looked at.
            let ahead = (1..COMMENT_LOOKAHEAD).find(|ahead| {
                let byte = self.at(*ahead);
                !is_blank(byte) && !self.is_break(*ahead)
            });
            let Some(ahead) = ahead.filter(|ahead| self.at(*ahead) == b'#') else {
                return;
            };
            self.step_to(self.pos + ahead);
        }
    }

    /// Steps over blanks and line breaks.
    fn step_to(&mut self, end: usize) {
        while self.pos < end {
            if self.is_break(0) {
                self.take_break();
            } else {
                self.skip();
            }
        }
    }

    /// Reads comment lines, standing at the first `#`, and splits them into feet of what was and heads of what comes.
    pub(super) fn scan_comments(&mut self, scan: Mark) {
        let mut block = Block::new(self, scan);
        let mut ahead = 0;
        while ahead < COMMENT_LOOKAHEAD {
            block.column += 1;
            let byte = self.at(ahead);
            if is_blank(byte) {
                ahead += 1;
                continue;
            }
            let closes_flow = self.in_flow() && (byte == b']' || byte == b'}');
            if closes_flow || self.is_breakz(ahead) {
                let here = self.ahead_mark(ahead, &block);
                self.end_of_lines(&mut block, closes_flow, byte == 0, here);
                if !self.is_break(ahead) {
                    break;
                }
                block.first_empty = false;
                block.recent_empty = true;
                block.column = 0;
                block.line += 1;
                ahead += 1;
                continue;
            }
            let dedented =
                block.column - 1 < block.next_indent && block.column != i64::from(block.start.column);
            if !block.text.is_empty() && dedented {
                // It is below the data before it rather than above what comes.
                let here = self.ahead_mark(ahead, &block);
                block.foot(self, here);
            }
            if byte != b'#' {
                break;
            }
            if block.text.is_empty() {
                block.start = self.ahead_mark(ahead, &block);
            } else {
                block.text.push('\n');
            }
            block.recent_empty = false;
            self.take_comment_line(ahead, &mut block);
            // The line break that ends the comment is not an empty line.
            ahead = 1;
        }
        let mut end = self.ahead_mark(ahead, &block);
        end.index -= 1;
        block.head(self, end);
    }

    fn take_comment_line(&mut self, ahead: usize, block: &mut Block) {
        self.step_to(self.pos + ahead);
        let end = self.line_end();
        block.text.push_str(self.take_to(end));
        block.column = 0;
        block.line = i64::from(self.line);
        block.next_indent = self.indent.max(0);
    }

    /// An empty line, the end of a flow collection, or the end of the text.
    fn end_of_lines(&mut self, block: &mut Block, closes_flow: bool, at_end: bool, here: Mark) {
        if !closes_flow && block.recent_empty {
            return;
        }
        let start_column = i64::from(block.start.column) - 1;
        let below = i64::from(block.start.line) == block.foot_line && !block.after_value;
        if closes_flow || block.first_empty && (below || start_column < block.next_indent) {
            if !block.text.is_empty() {
                if start_column < block.next_indent {
                    // Dedented, so it has nothing to do with the token before.
                    block.token = block.start;
                }
                block.foot(self, here);
            }
        } else if !block.text.is_empty() && !at_end {
            block.text.push('\n');
        }
    }

    fn ahead_mark(&self, ahead: usize, block: &Block) -> Mark {
        Mark {
            index: (self.pos + ahead) as u32 + 1,
            line: block.line as u32,
            column: block.column as u32,
        }
    }
}

/// Comment lines that are being read. Columns count from 1 here.
struct Block {
    scan: Mark,
    token: Mark,
    after_value: bool,
    start: Mark,
    text: String,
    line: i64,
    column: i64,
    next_indent: i64,
    recent_empty: bool,
    first_empty: bool,
    /// The line where a comment must start to be a foot of what was before.
    foot_line: i64,
}

impl Block {
    fn new(scanner: &Scanner<'_>, scan: Mark) -> Self {
        let count = scanner.tokens.len();
        let prior = match scanner.tokens.back() {
            Some(token) if token.kind == Kind::FlowEntry && count > 1 => Some(&scanner.tokens[count - 2]),
            token => token,
        };
        let mut foot_line = -1;
        if scan.line > 0 {
            foot_line = i64::from(scanner.line) - i64::from(scanner.newlines) + 1;
            if scanner.newlines == 0 && scanner.column > 1 {
                foot_line += 1;
            }
        }
        Block {
            scan,
            token: prior.map_or(Mark::default(), |token| token.start),
            after_value: prior.is_some_and(|token| token.kind == Kind::Value),
            start: Mark::default(),
            text: String::new(),
            line: i64::from(scanner.line),
            column: i64::from(scanner.column),
            next_indent: scanner.indent.max(0),
            recent_empty: false,
            first_empty: scanner.newlines <= 1,
            foot_line,
        }
    }

    fn head(self, scanner: &mut Scanner<'_>, end: Mark) {
        if !self.text.is_empty() {
            let Block {
                scan, start, text, ..
            } = self;
            let placement = Placement::Head;
            scanner.comments.push(Comment {
                scan,
                token: start,
                start,
                end,
                placement,
                text,
            });
        }
    }

    fn foot(&mut self, scanner: &mut Scanner<'_>, end: Mark) {
        scanner.comments.push(Comment {
            scan: self.scan,
            token: self.token,
            start: self.start,
            end,
            placement: Placement::Foot,
            text: std::mem::take(&mut self.text),
        });
        self.scan = end;
        self.token = end;
    }
}
