//! The head of a manifest without building a tree of it.
//!
//! Nearly every manifest is plain block-style YAML. For those, one pass over the lines tells that the document is well-formed
//! and what its head says. Whatever this pass is not certain of (flow style, anchors, tags, texts over several lines, odd
//! indentation) it leaves to the YAML reader: it never guesses, and never calls a document wrong.

use flux_yaml::resolve::{Dialect, Resolved, resolve_value};

use crate::manifest::head::Head;
use crate::yaml::plain_text;

/// Reads the head, where that is certain.
pub(super) fn scan(document: &str) -> Option<Head> {
    let mut scanner = Scanner {
        levels: Vec::with_capacity(16),
        head: Head::default(),
        seen_metadata: false,
    };
    let mut lines = document.split('\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !is_clean(line) {
            return None;
        }
        let column = line.bytes().take_while(|byte| *byte == b' ').count();
        let text = &line[column..];
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if let Some(parent) = scanner.content(column, text)? {
            block_scalar(&mut lines, parent)?;
        }
    }
    // An empty document has no head at all.
    (!scanner.levels.is_empty()).then_some(scanner.head)
}

/// Whether a line has only characters that mean themselves: no tabs, no control characters, no other breaks.
fn is_clean(line: &str) -> bool {
    if line.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return true;
    }
    line.chars().all(|c| {
        matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
            && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Map,
    List,
}

/// Which part of the head a mapping is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Root,
    Metadata,
    Annotations,
    Other,
}

struct Level {
    column: usize,
    kind: Kind,
    part: Part,
    /// The last entry has no value so far.
    open: bool,
    /// What the value of the last key would be part of.
    next: Part,
}

struct Scanner {
    levels: Vec<Level>,
    head: Head,
    seen_metadata: bool,
}

/// A value that stands behind a key or dash.
enum Value<'t> {
    Nothing,
    Plain(&'t str),
    Quoted(String),
    Empty,
    Block,
}

impl Scanner {
    /// Takes what stands at a column. Gives the column that a following block text must exceed. Nothing: not certain.
    #[expect(
        clippy::option_option,
        reason = "the outer one is certainty, as everywhere here"
    )]
    fn content(&mut self, mut column: usize, mut text: &str) -> Option<Option<usize>> {
        let mut in_item = false;
        loop {
            if text == "-" || text.starts_with("- ") {
                self.dash(column, in_item)?;
                let rest = text[1..].trim_start_matches(' ');
                if rest.is_empty() || rest.starts_with('#') {
                    return Some(None);
                }
                column += text.len() - rest.len();
                text = rest;
                in_item = true;
                continue;
            }
            let Some((key, rest)) = key(text) else {
                return if in_item { self.item(text) } else { None };
            };
            self.key(column, in_item)?;
            let value = value(rest)?;
            let is_block = matches!(value, Value::Block);
            self.entry(&key, value)?;
            return Some(is_block.then_some(column));
        }
    }

    /// A plain item of a list.
    #[expect(
        clippy::option_option,
        reason = "the outer one is certainty, as everywhere here"
    )]
    fn item(&mut self, text: &str) -> Option<Option<usize>> {
        let level = self.levels.last_mut()?;
        level.open = false;
        let column = level.column;
        let is_block = matches!(value(text)?, Value::Block);
        Some(is_block.then_some(column))
    }

    /// Leaves levels further right; whether a new level may begin at this column.
    fn close(&mut self, column: usize) {
        while self.levels.last().is_some_and(|level| level.column > column) {
            self.levels.pop();
        }
    }

    /// Begins a level at a column, where one may begin.
    fn open(&mut self, column: usize, kind: Kind) -> Option<()> {
        let part = match self.levels.last_mut() {
            None => Part::Root,
            Some(parent) if parent.open => {
                parent.open = false;
                parent.next
            }
            Some(_) => return None,
        };
        if kind == Kind::List && part != Part::Other {
            return None;
        }
        self.levels.push(Level {
            column,
            kind,
            part,
            open: false,
            next: Part::Other,
        });
        Some(())
    }

    fn dash(&mut self, column: usize, in_item: bool) -> Option<()> {
        if !in_item {
            self.close(column);
        }
        match self.levels.last() {
            Some(level) if level.column == column && level.kind == Kind::List && !in_item => {}
            // A list may stand below its key without being indented.
            Some(level) if level.column == column && !level.open => return None,
            _ => self.open(column, Kind::List)?,
        }
        let level = self.levels.last_mut()?;
        level.open = true;
        level.next = Part::Other;
        Some(())
    }

    fn key(&mut self, column: usize, in_item: bool) -> Option<()> {
        if !in_item {
            self.close(column);
            let is_list = |level: &Level| level.column == column && level.kind == Kind::List;
            if self.levels.last().is_some_and(is_list) {
                self.levels.pop();
                if self.levels.last().is_none_or(|level| level.column != column) {
                    return None;
                }
            }
        }
        match self.levels.last() {
            Some(level) if level.column == column && level.kind == Kind::Map => Some(()),
            Some(level) if level.column >= column => None,
            _ => self.open(column, Kind::Map),
        }
    }

    fn entry(&mut self, key: &str, value: Value<'_>) -> Option<()> {
        let level = self.levels.last_mut()?;
        level.open = matches!(value, Value::Nothing);
        level.next = Part::Other;
        match level.part {
            Part::Other => {}
            Part::Root => match key {
                "apiVersion" => self.head.api_version = scalar(value)?,
                "kind" => self.head.kind = scalar(value)?,
                "metadata" => {
                    if self.seen_metadata || !matches!(value, Value::Nothing | Value::Empty) {
                        return None;
                    }
                    self.seen_metadata = true;
                    level.next = Part::Metadata;
                }
                other
                    if ["apiVersion", "kind", "metadata"]
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(other)) =>
                {
                    return None;
                }
                _ => {}
            },
            Part::Metadata => match key {
                "name" => self.head.name = scalar(value)?,
                "annotations" => {
                    if !matches!(value, Value::Nothing | Value::Empty) || !self.head.annotations.is_empty() {
                        return None;
                    }
                    level.next = Part::Annotations;
                }
                other if other.eq_ignore_ascii_case("name") || other.eq_ignore_ascii_case("annotations") => {
                    return None;
                }
                _ => {}
            },
            Part::Annotations => {
                // The content of block texts is not kept; only hooks are looked at, which are words.
                let text = match value {
                    Value::Block if !key.starts_with("helm.sh/") => String::new(),
                    Value::Nothing => {
                        level.open = false;
                        String::new()
                    }
                    value => scalar(value)?,
                };
                self.head.annotations.insert(key.to_owned(), text);
            }
        }
        Some(())
    }
}

fn scalar(value: Value<'_>) -> Option<String> {
    match value {
        Value::Plain(text) => plain_text(text),
        Value::Quoted(text) => Some(text),
        Value::Nothing | Value::Empty | Value::Block => None,
    }
}

/// A key with its colon, and what stands behind.
fn key(text: &str) -> Option<(String, &str)> {
    let first = *text.as_bytes().first()?;
    let (key, rest) = if first == b'"' || first == b'\'' {
        let (key, rest) = quoted(text)?;
        (key, rest.strip_prefix(':')?)
    } else {
        if !first.is_ascii_alphanumeric() && !matches!(first, b'_' | b'/' | b'.' | b'$') {
            return None;
        }
        let allowed =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'$');
        let length = text.bytes().take_while(|byte| allowed(byte)).count();
        let rest = text[length..].strip_prefix(':')?;
        let key = &text[..length];
        // Keys that are no text, or no key at all.
        match resolve_value(key, Dialect::V2) {
            Resolved::Str => {}
            Resolved::Int(_) | Resolved::Bool(_) => return Some((plain_text(key)?, checked(rest)?)),
            _ => return None,
        }
        (key.to_owned(), rest)
    };
    Some((key, checked(rest)?))
}

fn checked(rest: &str) -> Option<&str> {
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

/// What stands behind a key or dash.
fn value(text: &str) -> Option<Value<'_>> {
    let text = text.trim_start_matches(' ');
    let Some(first) = text.bytes().next() else {
        return Some(Value::Nothing);
    };
    match first {
        b'#' => Some(Value::Nothing),
        b'"' | b'\'' => {
            let (text, rest) = quoted(text)?;
            is_end(rest).then_some(Value::Quoted(text))
        }
        b'|' | b'>' => {
            let rest = text[1..].strip_prefix(['+', '-']).unwrap_or(&text[1..]);
            is_end(rest).then_some(Value::Block)
        }
        b'{' => is_end(text.strip_prefix("{}")?).then_some(Value::Empty),
        b'[' => is_end(text.strip_prefix("[]")?).then_some(Value::Plain("[]")),
        _ => plain(text),
    }
}

/// Whether nothing follows but a comment.
fn is_end(rest: &str) -> bool {
    let trimmed = rest.trim_start_matches(' ');
    trimmed.is_empty() || (trimmed.starts_with('#') && trimmed.len() < rest.len())
}

fn plain(text: &str) -> Option<Value<'_>> {
    let text = text
        .split_once(" #")
        .map_or(text, |(text, _)| text)
        .trim_end_matches(' ');
    let bytes = text.as_bytes();
    let starts = match bytes.first()? {
        b'-' | b'?' | b':' => bytes.get(1).is_some_and(|byte| *byte != b' '),
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
        | b'@' | b'`' => false,
        _ => true,
    };
    let is_infinite =
        matches!(resolve_value(text, Dialect::V2), Resolved::Float(number) if !number.is_finite());
    let certain = starts
        && !text.contains(": ")
        && !text.ends_with(':')
        && !is_infinite
        && text != "---"
        && text != "...";
    certain.then_some(Value::Plain(text))
}

/// A quoted text that ends on its line, and what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.char_indices().skip(1).peekable();
    let double = text.starts_with('"');
    let mut content = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if double => return Some((content, &text[at + 1..])),
            '\'' if !double => {
                if chars.next_if(|(_, next)| *next == '\'').is_none() {
                    return Some((content, &text[at + 1..]));
                }
                content.push('\'');
            }
            '\\' if double => content.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '"' => '"',
                '\\' => '\\',
                '/' => '/',
                _ => return None,
            }),
            other => content.push(other),
        }
    }
    None
}

/// Passes over the lines of a block text below `parent`.
fn block_scalar<'l>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'l str>>,
    parent: usize,
) -> Option<()> {
    let mut indent = None;
    let mut leading = 0;
    while let Some(line) = lines.peek() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = line.bytes().take_while(|byte| *byte == b' ').count();
        if column == line.len() {
            if indent.is_none() {
                leading = leading.max(column);
            }
            lines.next();
            continue;
        }
        if column <= parent {
            break;
        }
        let wanted = *indent.get_or_insert(column);
        if column < wanted || leading > wanted || !is_clean_text(line, column) {
            return None;
        }
        lines.next();
    }
    Some(())
}

/// Tabs may stand in a block text, behind its indentation.
fn is_clean_text(line: &str, indent: usize) -> bool {
    line[indent..].split('\t').all(is_clean)
}

/// For tests: what the reader of YAML makes of it.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::head::Head;

    /// What is certain agrees with the reader; whether it is certain.
    fn check(document: &str, certain: bool) {
        let scanned = scan(document);
        assert_eq!(scanned.is_some(), certain, "{document}");
        if let Some(scanned) = scanned {
            assert_eq!(scanned, Head::parse(document).unwrap(), "{document}");
        }
    }

    #[test]
    fn certain() {
        check(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: test\n    b: \"1\"\n    c:\n",
            true,
        );
        check(
            "# c\n\nkind: A # b\nspec:\n- a: 1\n  b:\n  - x\n  - y: z\n- - 1\n  - 2\nstatus: {}\n",
            true,
        );
        check(
            "kind: List\nitems:\n  - kind: A\n    metadata:\n      name: x\n",
            true,
        );
        check(
            "data:\n  a: |\n    x: [\n\n      y\n  b: >-\n    z\nkind: C\n",
            true,
        );
        check("kind: 5\nmetadata:\n  name: true\n  annotations: {}\n", true);
        check("kind: 'it''s'\nmetadata:\n  name: \"a\\nb\"\n", true);
        check("a: http://x:80/y?z=#1\nb: -1\nc: - x\n", false);
        check("\"a b\": 1\n'c': 2\n/d: 3\n1: 4\n", true);
        check("spec:\n  - |\n    a\n  - b\n", true);
        check("  kind: A\n  metadata:\n    name: x\n", true);
    }

    #[test]
    fn left_to_the_reader() {
        for document in [
            "",
            "text",
            "- a\n",
            "a: b: c\n",
            "a: b\n c: d\n",
            "a:\n  b: 1\n c: 2\n",
            "a: [b]\n",
            "a: &x b\nc: *x\n",
            "a: b\n  c\n",
            "kind: |\n  A\n",
            "Kind: A\n",
            "metadata:\n  annotations:\n    a: {}\n",
            "metadata: x\n",
            "a:\t1\n",
            "a: \"b\n  c\"\n",
            "a: !!str 1\n",
            "a: .inf\n",
            "? a\n",
            "a: 1\n- b\n",
            "a: |\n    x\n  y\n",
            "null: 1\n",
            "...\n",
        ] {
            check(document, false);
        }
    }
}
