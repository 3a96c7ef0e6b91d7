//! Indentation, indicators, tags and comments.

use super::analyze::is_break;
use super::{Emitter, Flavor};

const SPACES: &str = "                                ";

impl Emitter<'_> {
    pub(super) fn put(&mut self, char: char) {
        self.out.push(char);
        self.column += 1;
    }

    /// Writes text without line breaks.
    pub(super) fn put_str(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.bytes().filter(|byte| byte & 0xC0 != 0x80).count();
    }

    pub(super) fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    /// Writes a line break of a text: LF as one of ours, others as they are.
    pub(super) fn put_break_of(&mut self, char: char) {
        if char == '\n' {
            self.put_break();
        } else {
            self.out.push(char);
            self.column = 0;
            self.indention = true;
        }
    }

    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.max(0);
        let column = self.column as i32;
        if !self.indention || column > indent || column == indent && !self.whitespace {
            self.put_break();
        }
        if self.foot_indent == indent {
            self.put_break();
        }
        let mut missing = usize::try_from(indent).unwrap_or(0).saturating_sub(self.column);
        self.column += missing;
        while missing > 0 {
            let part = missing.min(SPACES.len());
            self.out.push_str(&SPACES[..part]);
            missing -= part;
        }
        self.whitespace = true;
        self.foot_indent = -1;
    }

    pub(super) fn write_indicator(
        &mut self,
        text: &str,
        needs_space: bool,
        is_space: bool,
        is_indention: bool,
    ) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        self.put_str(text);
        self.whitespace = is_space;
        self.indention &= is_indention;
    }

    /// The name after `&` or `*`.
    pub(super) fn write_word(&mut self, word: &str) {
        self.put_str(word);
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_tag(&mut self, tag: Option<&str>) {
        let Some(tag) = tag.filter(|tag| !tag.is_empty()) else {
            return;
        };
        if !self.whitespace {
            self.put(' ');
        }
        match tag
            .strip_prefix("!!")
            .map(|rest| ("!!", rest))
            .or_else(|| tag.strip_prefix('!').map(|rest| ("!", rest)))
        {
            Some((handle, suffix)) => {
                self.put_str(handle);
                self.put_uri(suffix);
            }
            None => {
                self.put_str("!<");
                self.put_uri(tag);
                self.put('>');
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn put_uri(&mut self, text: &str) {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-;/?:@&=+$,_.~*'()[]".contains(&byte) {
                self.put(char::from(byte));
            } else {
                self.put_str(&format!("%{byte:02X}"));
            }
        }
    }

    /// The foot of the entry before, then the comment above.
    pub(super) fn write_head_comment(&mut self) {
        let tail = std::mem::take(&mut self.waiting.tail);
        if !tail.is_empty() {
            self.write_indent();
            self.write_comment(tail);
            self.foot_indent = self.indent.max(0);
        }
        let head = std::mem::take(&mut self.waiting.head);
        if !head.is_empty() {
            self.write_indent();
            self.write_comment(head);
        }
    }

    /// The comment beside; true when there was one (it ends the line).
    pub(super) fn write_line_comment(&mut self) -> bool {
        let line = std::mem::take(&mut self.waiting.line);
        if line.is_empty() {
            return false;
        }
        if !self.whitespace {
            self.put(' ');
        }
        self.write_comment(line);
        true
    }

    /// After the header of a block scalar: its comment, and the end of the line in any case.
    pub(super) fn write_line_end(&mut self) {
        if self.flavor == Flavor::V2 || !self.write_line_comment() {
            self.put_break();
        }
    }

    pub(super) fn write_foot_comment(&mut self) {
        let foot = std::mem::take(&mut self.waiting.foot);
        if foot.is_empty() {
            return;
        }
        self.write_indent();
        self.write_comment(foot);
        self.foot_indent = self.indent.max(0);
    }

    fn write_comment(&mut self, comment: &str) {
        let mut after_break = false;
        let mut in_comment = false;
        for char in comment.chars() {
            if is_break(char) {
                self.put_break_of(char);
                after_break = true;
                in_comment = false;
                continue;
            }
            if after_break {
                self.write_indent();
                after_break = false;
            }
            if !in_comment {
                if char != '#' {
                    self.put_str("# ");
                }
                in_comment = true;
            }
            self.put(char);
            self.indention = false;
        }
        if !after_break {
            self.put_break();
        }
        self.whitespace = true;
    }
}
