//! RE2 as Go's regexp has it, rewritten for crate `regex`, with Go's words for what is wrong.
//!
//! One pass: every literal and every class is written in a form that both understand alike, so that nothing that only
//! one of them knows gets through.

use super::class;

/// Repetitions above this are refused by RE2.
const MAX_REPEAT: u32 = 1000;
/// Groups within groups above this are refused by RE2.
const MAX_DEPTH: usize = 1000;

/// `error parsing regexp: …` without these words.
pub(super) type Fault = String;

pub(super) fn fault(what: &str, at: &str) -> Fault {
    format!("{what}: `{at}`")
}

/// The expression for crate `regex`, and the names of its groups by number. Groups have no names in the expression: Go lets
/// several have the same.
pub(super) fn translate(pattern: &str) -> Result<(String, Vec<String>), Fault> {
    let mut translator = Translator {
        pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() * 2),
        ..Translator::default()
    };
    translator.names.push(String::new());
    while !translator.rest.is_empty() {
        translator.step()?;
    }
    if translator.depth > 0 {
        return Err(fault("missing closing )", pattern));
    }
    Ok((translator.out, translator.names))
}

#[derive(Default)]
struct Translator<'p> {
    pattern: &'p str,
    rest: &'p str,
    out: String,
    depth: usize,
    /// There is something that `*` could repeat.
    atom: bool,
    /// Where the repetition before began, when it came just now.
    repeat: Option<&'p str>,
    names: Vec<String>,
}

/// Writes a character so that it stands for itself.
pub(super) fn literal(out: &mut String, char: char) {
    if char.is_ascii_alphanumeric() || !char.is_ascii() {
        out.push(char);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(char)));
    }
}

impl<'p> Translator<'p> {
    fn step(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        let mut chars = start.chars();
        let Some(char) = chars.next() else { return Ok(()) };
        match char {
            '(' => return self.open(),
            ')' => {
                if self.depth == 0 {
                    return Err(fault("unexpected )", self.pattern));
                }
                self.depth -= 1;
                self.emit(")", 1, true);
            }
            '|' => self.emit("|", 1, false),
            '^' | '$' => self.emit(&char.to_string(), 1, true),
            '.' => self.emit(".", 1, true),
            '[' => {
                let (class, rest) = class::bracket(start)?;
                self.emit(&class, start.len() - rest.len(), true);
            }
            '*' | '+' | '?' => return self.repetition(&start[..1], 1),
            '{' => match counted(start) {
                Some((text, low, high)) => {
                    if low > MAX_REPEAT || high.is_some_and(|high| high > MAX_REPEAT || high < low) {
                        return Err(fault("invalid repeat count", text));
                    }
                    return self.repetition(text, text.len());
                }
                None => self.literal(char),
            },
            '\\' => return self.escape(),
            _ => self.literal(char),
        }
        Ok(())
    }

    fn literal(&mut self, char: char) {
        let mut text = String::new();
        literal(&mut text, char);
        self.emit(&text, char.len_utf8(), true);
    }

    fn emit(&mut self, text: &str, taken: usize, atom: bool) {
        self.out.push_str(text);
        self.rest = &self.rest[taken..];
        self.atom = atom;
        self.repeat = None;
    }

    fn repetition(&mut self, operator: &'p str, length: usize) -> Result<(), Fault> {
        let start = self.rest;
        let mut rest = &start[length..];
        let lazy = rest.starts_with('?');
        if lazy {
            rest = &rest[1..];
        }
        if let Some(before) = self.repeat {
            let stacked = &before[..before.len() - rest.len()];
            return Err(fault("invalid nested repetition operator", stacked));
        }
        if !self.atom {
            return Err(fault(
                "missing argument to repetition operator",
                &start[..start.len() - rest.len()],
            ));
        }
        self.out.push_str(operator);
        if lazy {
            self.out.push('?');
        }
        self.repeat = Some(start);
        self.rest = rest;
        Ok(())
    }

    fn open(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(fault("expression nests too deeply", self.pattern));
        }
        if !start.starts_with("(?") {
            self.names.push(String::new());
            self.emit("(", 1, false);
            return Ok(());
        }
        if start.starts_with("(?P<") || start.starts_with("(?<") {
            return self.named_group();
        }
        self.flags()
    }

    fn named_group(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        let begin = if start.starts_with("(?P<") { 4 } else { 3 };
        let invalid = |at| Err(fault("invalid named capture", at));
        let Some(end) = start.find('>') else {
            return invalid(start);
        };
        let name = &start[begin..end];
        let word = |char: char| char == '_' || char.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(word) {
            return invalid(&start[..=end]);
        }
        self.names.push(name.to_owned());
        self.emit("(", end + 1, false);
        Ok(())
    }

    /// `(?i)`, `(?s-m:`.
    fn flags(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        let (mut negative, mut seen) = (false, false);
        for (at, char) in start.char_indices().skip(2) {
            match char {
                'i' | 'm' | 's' | 'U' => seen = true,
                '-' if !negative => {
                    negative = true;
                    seen = false;
                }
                ':' | ')' if !negative || seen => {
                    let text = &start[..=at];
                    if char == ':' {
                        self.emit(text, at + 1, false);
                        return Ok(());
                    }
                    self.depth -= 1;
                    let atom = self.atom;
                    // Rust has no empty list of flags.
                    self.emit(if at == 2 { "(?:)" } else { text }, at + 1, atom);
                    return Ok(());
                }
                _ => {
                    let end = at + char.len_utf8();
                    return Err(fault("invalid or unsupported Perl syntax", &start[..end]));
                }
            }
        }
        Err(fault("missing closing )", self.pattern))
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let start = self.rest;
        let mut chars = start.chars();
        chars.next();
        match chars.next() {
            Some('A') => self.emit("\\A", 2, true),
            Some('b') => self.emit("(?-u:\\b)", 2, true),
            Some('B') => self.emit("(?-u:\\B)", 2, true),
            Some('z') => self.emit("\\z", 2, true),
            Some('C') => return Err(fault("invalid escape sequence", "\\C")),
            Some('Q') => self.quoted(),
            _ => {
                if let Some((class, rest)) = class::perl_or_unicode(start)? {
                    self.emit(&class, start.len() - rest.len(), true);
                    return Ok(());
                }
                let (char, rest) = class::escaped(start)?;
                let mut text = String::new();
                literal(&mut text, char);
                self.emit(&text, start.len() - rest.len(), true);
            }
        }
        Ok(())
    }

    /// `\Q…\E`; without `\E` up to the end.
    fn quoted(&mut self) {
        let text = &self.rest[2..];
        let (text, taken) = match text.find("\\E") {
            Some(end) => (&text[..end], 2 + end + 2),
            None => (text, self.rest.len()),
        };
        let mut out = String::new();
        text.chars().for_each(|char| literal(&mut out, char));
        let atom = self.atom || !text.is_empty();
        self.emit(&out, taken, atom);
    }
}

/// `{2}`, `{2,}`, `{2,3}` at the start; anything else in braces is text. Numbers too large count as one above the limit.
fn counted(text: &str) -> Option<(&str, u32, Option<u32>)> {
    let end = text.find('}')?;
    let number = |digits: &str| {
        let valid = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !(digits.len() > 1 && digits.starts_with('0'));
        valid.then(|| digits.parse().unwrap_or(MAX_REPEAT + 1))
    };
    let inside = &text[1..end];
    let (low, high) = match inside.split_once(',') {
        None => {
            let low = number(inside)?;
            (low, Some(low))
        }
        Some((low, "")) => (number(low)?, None),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    Some((&text[..=end], low, high))
}
