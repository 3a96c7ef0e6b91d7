//! The head of a manifest without building a tree of it.
//!
//! Nearly every manifest is plain block-style YAML. For those, one pass over the lines tells that the document is well-formed
//! and what its head says. Whatever this pass is not certain of (nested flow style, anchors, tags, plain texts over several lines, odd
//! indentation) it leaves to the YAML reader: it never guesses, and never calls a document wrong.

mod line;
#[cfg(test)]
mod tests;

use crate::manifest::head::Head;
use crate::yaml::plain_text;
use line::{Value, inside_quotes, is_end, key, value};

/// Reads the head, where that is certain.
pub(super) fn scan(document: &str) -> Option<Head> {
    let mut scanner = Scanner {
        levels: Vec::with_capacity(16),
        head: Head::default(),
        seen_metadata: false,
    };
    let mut lines = lines(document).peekable();
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
        match scanner.content(column, text)? {
            After::Nothing => {}
            After::Block(parent) => block_scalar(&mut lines, parent)?,
            After::Quoted(mark, parent) => rest_of_quoted(&mut lines, mark, parent)?,
        }
    }
    // An empty document has no head at all.
    (!scanner.levels.is_empty()).then_some(scanner.head)
}

/// The lines of a text; the last one ends with it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| &text[std::mem::replace(&mut start, end + 1)..end])
}

/// Whether a line has only characters that mean themselves: no tabs, no control characters, no other breaks.
fn is_clean(line: &str) -> bool {
    // Without an early end it takes many bytes at once.
    let is_odd = |byte: &u8| !(b' '..0x7f).contains(byte);
    if !line.as_bytes().iter().fold(false, |odd, byte| odd | is_odd(byte)) {
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

/// What the lines behind one belong to.
enum After {
    Nothing,
    /// A block text, to the right of a column.
    Block(usize),
    /// A quoted text, to the right of a column.
    Quoted(u8, usize),
}

impl Value<'_> {
    fn after(&self, column: usize) -> After {
        match self {
            Value::Block => After::Block(column),
            Value::Open(mark) => After::Quoted(*mark, column),
            _ => After::Nothing,
        }
    }
}

impl Scanner {
    /// Takes what stands at a column. Nothing: not certain.
    fn content(&mut self, mut column: usize, mut text: &str) -> Option<After> {
        let mut in_item = false;
        loop {
            if text == "-" || text.starts_with("- ") {
                self.dash(column, in_item)?;
                let rest = text[1..].trim_start_matches(' ');
                if rest.is_empty() || rest.starts_with('#') {
                    return Some(After::Nothing);
                }
                column += text.len() - rest.len();
                text = rest;
                in_item = true;
                continue;
            }
            let Some((key, rest)) = key(text) else {
                return if in_item {
                    self.item(text)
                } else {
                    self.below(column, text)
                };
            };
            self.key(column, in_item)?;
            let value = value(rest)?;
            let after = value.after(column);
            self.entry(&key, value)?;
            return Some(after);
        }
    }

    /// A plain item of a list.
    fn item(&mut self, text: &str) -> Option<After> {
        let level = self.levels.last_mut()?;
        level.open = false;
        let column = level.column;
        Some(value(text)?.after(column))
    }

    /// An empty collection that stands on a line of its own, below its key.
    fn below(&mut self, column: usize, text: &str) -> Option<After> {
        let level = self.levels.last_mut()?;
        let fits = match value(text)? {
            Value::Empty => true,
            Value::List => level.next == Part::Other,
            _ => false,
        };
        if !fits || !level.open || level.column >= column {
            return None;
        }
        level.open = false;
        Some(After::Nothing)
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
                    Value::Block | Value::Open(_) if !key.starts_with("helm.sh/") => String::new(),
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
        Value::Nothing | Value::Open(_) | Value::Empty | Value::List | Value::Block => None,
    }
}

/// Passes over the lines of a quoted text that began on the line before, right of `parent`.
fn rest_of_quoted<'l>(lines: &mut impl Iterator<Item = &'l str>, mark: u8, parent: usize) -> Option<()> {
    for line in lines {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let column = line.bytes().take_while(|byte| *byte == b' ').count();
        if column == line.len() {
            continue;
        }
        if column <= parent || !is_clean(line) {
            return None;
        }
        if let Some(end) = inside_quotes(line, mark)? {
            return is_end(&line[end + 1..]).then_some(());
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
    let text = &line[indent..];
    is_clean(text) || text.split('\t').all(is_clean)
}
