//! Which styles a text allows.

use crate::node::{Node, Value};

/// Longer keys are written after `? `.
const SIMPLE_KEY_MAX: usize = 128;

/// What a text allows.
#[derive(Clone, Copy, Default)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) flow_plain: bool,
    pub(super) block_plain: bool,
    pub(super) single_quoted: bool,
    /// Literal or folded.
    pub(super) block: bool,
}

/// What was seen in a text.
#[derive(Default)]
struct Seen {
    block_indicator: bool,
    flow_indicator: bool,
    line_break: bool,
    special: bool,
    tab: bool,
    space_at_edge: bool,
    break_at_edge: bool,
    trailing_space: bool,
    break_then_space: bool,
    space_then_break: bool,
}

impl Analysis {
    pub(super) fn of(text: &str, tabs_are_special: bool) -> Self {
        if text.is_empty() {
            return Analysis {
                block_plain: true,
                single_quoted: true,
                ..Analysis::default()
            };
        }
        let mut seen = Seen::look(text);
        if tabs_are_special {
            seen.special |= seen.tab;
        }
        let spoilt = seen.space_then_break || seen.special;
        let quoted_only = spoilt || seen.tab || seen.break_then_space;
        let plain = !(quoted_only || seen.space_at_edge || seen.break_at_edge || seen.line_break);
        Analysis {
            multiline: seen.line_break,
            flow_plain: plain && !seen.flow_indicator,
            block_plain: plain && !seen.block_indicator,
            single_quoted: !quoted_only,
            // go-yaml writes a leading tab in a block as well, and then cannot read it.
            block: !(seen.trailing_space || spoilt || text.starts_with('\t')),
        }
    }
}

/// ASCII characters that decide nothing wherever they stand; most texts are runs of them.
const ORDINARY: [bool; 256] = {
    let mut ordinary = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        ordinary[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'.' | b'/' | b'(' | b')' | b'=' | b'+' | b';');
        byte += 1;
    }
    ordinary
};

impl Seen {
    fn look(text: &str) -> Self {
        let mut seen = Seen::default();
        if text.starts_with("---") || text.starts_with("...") {
            seen.block_indicator = true;
            seen.flow_indicator = true;
        }
        let mut after_white = true;
        let (mut after_space, mut after_break) = (false, false);
        let (bytes, mut at) = (text.as_bytes(), 0);
        loop {
            let run = bytes[at..]
                .iter()
                .take_while(|byte| ORDINARY[usize::from(**byte)]);
            let run = run.count();
            if run > 0 {
                at += run;
                (after_space, after_break, after_white) = (false, false, false);
            }
            let Some(char) = text[at..].chars().next() else {
                break;
            };
            let end = at + char.len_utf8();
            let is_last = end == text.len();
            seen.indicator(char, at == 0, after_white, || {
                is_last || matches!(text.as_bytes()[end], b' ' | b'\t')
            });
            if char == '\t' {
                seen.tab = true;
            } else if !is_printable(char) {
                seen.special = true;
            }
            let broken = is_break(char);
            if char == ' ' {
                seen.space_at_edge |= at == 0 || is_last;
                seen.trailing_space |= is_last;
                seen.break_then_space |= after_break;
            } else if broken {
                seen.line_break = true;
                seen.break_at_edge |= at == 0 || is_last;
                seen.space_then_break |= after_space;
            }
            (after_space, after_break) = (char == ' ', broken);
            after_white = broken || matches!(char, ' ' | '\t');
            at = end;
        }
        seen
    }

    fn indicator(&mut self, char: char, first: bool, after_white: bool, before_white: impl Fn() -> bool) {
        let (flow, block) = match char {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`'
                if first =>
            {
                (true, true)
            }
            '?' if first => (true, before_white()),
            '-' if first && before_white() => (true, true),
            ',' | '?' | '[' | ']' | '{' | '}' => (true, false),
            ':' => (true, before_white()),
            '#' if after_white => (true, true),
            _ => return,
        };
        self.flow_indicator |= flow;
        self.block_indicator |= block;
    }
}

/// The characters that go-yaml writes as they are; those above U+FFFF are not among them.
pub(super) fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && char != '\u{FEFF}'
}

pub(super) fn is_break(char: char) -> bool {
    matches!(char, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a key is written without `?`.
pub(super) fn is_simple_key(key: &Node, analysis: &Analysis) -> bool {
    let own = match &key.value {
        Value::Alias(name) => return name.len() <= SIMPLE_KEY_MAX,
        Value::Scalar(_) if analysis.multiline => return false,
        Value::Scalar(scalar) => scalar.text.len(),
        Value::Sequence(sequence) if sequence.items.is_empty() => 0,
        Value::Mapping(mapping) if mapping.entries.is_empty() => 0,
        Value::Sequence(_) | Value::Mapping(_) => return false,
    };
    let properties = key.anchor().map_or(0, str::len) + key.explicit_tag().map_or(0, str::len);
    own + properties <= SIMPLE_KEY_MAX
}
