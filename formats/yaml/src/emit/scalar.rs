//! Writing the text of a scalar in its style.

use super::Emitter;
use super::analyze::{is_break, is_printable};
use crate::node::ScalarStyle;
use crate::resolve::{Dialect, Resolved, resolve_value};

/// Whether go-yaml v2 puts a string in quotes because it would read as something else.
pub(super) fn v2_must_quote(text: &str) -> bool {
    resolve_value(text, Dialect::V2) != Resolved::Str || is_base_60(text)
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: a number for YAML 1.1 readers.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') => {
            whole
        }
        Some(_) => return false,
        None => text,
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let starts_well = first.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut count = 0;
    let sixty = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [b'0'..=b'5', digit] => digit.is_ascii_digit(),
        _ => false,
    };
    starts_well && parts.inspect(|_| count += 1).all(sixty) && count > 0
}

impl Emitter<'_> {
    pub(super) fn write_scalar(&mut self, text: &str, style: ScalarStyle, may_break: bool) {
        match style {
            ScalarStyle::Plain => self.write_plain(text, may_break),
            ScalarStyle::SingleQuoted => self.write_single_quoted(text, may_break),
            ScalarStyle::DoubleQuoted => self.write_double_quoted(text, may_break),
            ScalarStyle::Literal => self.write_literal(text),
            ScalarStyle::Folded => self.write_folded(text),
        }
    }

    fn write_plain(&mut self, text: &str, may_break: bool) {
        if text.is_empty() {
            self.indention = false;
            return;
        }
        if !self.whitespace {
            self.put(' ');
        }
        // A plain text has no line breaks: the analysis sends such texts elsewhere.
        self.write_folding(text, may_break, 0, text.len());
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes text without line breaks, breaking the line at single spaces beyond the width. Spaces before `from` and
    /// from `to` on are not broken at.
    fn write_folding(&mut self, text: &str, may_break: bool, from: usize, to: usize) {
        if !may_break || self.column + text.len() <= self.best_width {
            self.put_str(text);
        } else {
            let bytes = text.as_bytes();
            let mut after_space = false;
            for (at, char) in text.char_indices() {
                if char != ' ' {
                    self.put(char);
                    self.indention = false;
                    after_space = false;
                    continue;
                }
                let single = !after_space && bytes.get(at + 1) != Some(&b' ');
                if single && self.column > self.best_width && at >= from && at < to {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                after_space = true;
            }
        }
        if !text.is_empty() {
            self.indention = false;
        }
    }

    fn write_single_quoted(&mut self, text: &str, may_break: bool) {
        self.write_indicator("'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        for (at, char) in text.char_indices() {
            if char == ' ' {
                let next_is_space = text.as_bytes().get(at + 1) == Some(&b' ');
                let inside = at > 0 && at + 1 < text.len();
                if may_break && !after_space && self.column > self.best_width && inside && !next_is_space {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else if is_break(char) {
                if !after_break && char == '\n' {
                    self.put_break();
                }
                self.put_break_of(char);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if char == '\'' {
                    self.put('\'');
                }
                self.put(char);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.write_indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_double_quoted(&mut self, text: &str, may_break: bool) {
        self.write_indicator("\"", true, false, false);
        // go-yaml takes a leading byte order mark as a reason to escape everything.
        let escape_all = text.starts_with('\u{FEFF}');
        let mut after_space = false;
        for (at, char) in text.char_indices() {
            if escape_all || !is_printable(char) || is_break(char) || char == '"' || char == '\\' {
                self.write_escape(char);
                after_space = false;
            } else if char == ' ' {
                let inside = at > 0 && at + 1 < text.len();
                if may_break && !after_space && self.column > self.best_width && inside {
                    self.write_indent();
                    if text.as_bytes().get(at + 1) == Some(&b' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(char);
                after_space = false;
            }
        }
        self.write_indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_escape(&mut self, char: char) {
        self.put('\\');
        let short = match char {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(char);
                let escaped = match code {
                    0..=0xFF => format!("x{code:02X}"),
                    0x100..=0xFFFF => format!("u{code:04X}"),
                    _ => format!("U{code:08X}"),
                };
                self.put_str(&escaped);
                return;
            }
        };
        self.put(short);
    }

    /// The indentation that a reader could not find out, and how the text ends.
    fn write_block_hints(&mut self, text: &str) {
        if text.starts_with(|char| char == ' ' || is_break(char)) {
            let digit = self.best_indent.to_string();
            self.write_indicator(&digit, false, false, false);
        }
        let mut ends = text.chars().rev();
        let hint = match (ends.next(), ends.next()) {
            (Some(last), _) if !is_break(last) => "-",
            (None, _) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            _ => return,
        };
        self.write_indicator(hint, false, false, false);
    }

    fn write_literal(&mut self, text: &str) {
        self.write_indicator("|", true, false, false);
        self.write_block_hints(text);
        self.write_line_end();
        self.whitespace = true;
        for line in text.split_inclusive(is_break) {
            let mut chars = line.chars();
            let broken = chars.next_back().filter(|char| is_break(*char));
            let content = if broken.is_some() { chars.as_str() } else { line };
            if !content.is_empty() {
                self.write_indent();
                self.put_str(content);
                self.indention = false;
            }
            if let Some(char) = broken {
                self.put_break_of(char);
            }
        }
    }

    fn write_folded(&mut self, text: &str) {
        self.write_indicator(">", true, false, false);
        self.write_block_hints(text);
        self.write_line_end();
        self.whitespace = true;
        let bytes = text.as_bytes();
        // go-yaml looks from the start of the text here, not from the break.
        let starts_blank = text
            .trim_start_matches(is_break)
            .chars()
            .next()
            .is_none_or(|char| matches!(char, ' ' | '\t'));
        let (mut after_break, mut leading_spaces) = (true, true);
        for (at, char) in text.char_indices() {
            if is_break(char) {
                if !after_break && !leading_spaces && char == '\n' && !starts_blank {
                    self.put_break();
                }
                self.put_break_of(char);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
                leading_spaces = matches!(char, ' ' | '\t');
            }
            let single = !after_break && char == ' ' && bytes.get(at + 1) != Some(&b' ');
            if single && self.column > self.best_width {
                self.write_indent();
            } else {
                self.put(char);
            }
            self.indention = false;
            after_break = false;
        }
    }
}
