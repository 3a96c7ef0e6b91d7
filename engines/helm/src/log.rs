//! What Helm would log: records in the form of Go's `log/slog` text handler.

use std::fmt;

/// How serious a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `INFO`
    Info,
    /// `WARN`
    Warn,
    /// `ERROR`
    Error,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How serious it is.
    pub level: Level,
    /// What it says.
    pub message: String,
    /// Further attributes in order: name and value.
    pub attributes: Vec<(&'static str, String)>,
}

/// What was logged, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Vec<Record>);

impl Log {
    /// An empty log.
    pub fn new() -> Self {
        Log::default()
    }

    /// The records, in order.
    pub fn records(&self) -> &[Record] {
        &self.0
    }

    /// Appends the records of `other`.
    pub fn extend(&mut self, other: Log) {
        self.0.extend(other.0);
    }

    /// Adds a record.
    pub fn push(&mut self, level: Level, message: &str, attributes: &[(&'static str, &str)]) {
        let attributes = attributes
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        self.add_with(level, message, attributes.collect());
    }

    pub(crate) fn add(&mut self, level: Level, message: impl Into<String>) {
        self.add_with(level, message, Vec::new());
    }

    pub(crate) fn add_with(
        &mut self,
        level: Level,
        message: impl Into<String>,
        attributes: Vec<(&'static str, String)>,
    ) {
        self.0.push(Record {
            level,
            message: message.into(),
            attributes,
        });
    }

    /// What Go's `log.Printf` gives: a record of level INFO.
    pub(crate) fn print(&mut self, message: impl Into<String>) {
        self.add(Level::Info, message);
    }
}

/// As Helm writes it to its standard error, without the end of the line.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        };
        write!(f, "level={level} msg={}", quoted_if_needed(&self.message))?;
        for (name, value) in &self.attributes {
            write!(f, " {name}={}", quoted_if_needed(value))?;
        }
        Ok(())
    }
}

fn quoted_if_needed(text: &str) -> String {
    let plain = |c: char| !c.is_control() && c != ' ' && c != '"' && c != '=' && c != '\u{fffd}';
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    quote(text)
}

/// Go's `strconv.Quote`.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if is_print(c) => out.push(c),
            c if (c as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push('"');
    out
}

/// Go's `unicode.IsPrint`, near enough: what is no control, format, surrogate or private character, and no space but the
/// ASCII one.
pub(crate) fn is_print(c: char) -> bool {
    if c == ' ' {
        return true;
    }
    if c.is_control() || c.is_whitespace() {
        return false;
    }
    !matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(record: Record, expect: &str) {
        assert_eq!(record.to_string(), expect);
    }

    #[test]
    fn written_as_slog_does() {
        let record = |message: &str, attributes| Record {
            level: Level::Warn,
            message: message.to_owned(),
            attributes,
        };
        check(
            record("this chart is deprecated", vec![]),
            r#"level=WARN msg="this chart is deprecated""#,
        );
        check(
            record(
                "x",
                vec![("path", "mysql.enabled".to_owned()), ("e", String::new())],
            ),
            r#"level=WARN msg=x path=mysql.enabled e="""#,
        );
        check(
            record("a\n\"b\"\u{1}\u{200b}", vec![]),
            r#"level=WARN msg="a\n\"b\"\x01\u200b""#,
        );
    }
}
