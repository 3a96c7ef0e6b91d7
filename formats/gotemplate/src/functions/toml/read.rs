//! Reading TOML, with BurntSushi's words for what is wrong.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::{dotted, scalar};
use crate::functions::time::zone::Zone;
use crate::{GoStr, List, Map, MapType, Ty, Value};

/// Tables and arrays within each other.
const MAX_DEPTH: usize = 128;

/// Reads a document: tables are `map[string]interface {}`, arrays of tables `[]map[string]interface {}`, integers
/// `int64`. `local` is the zone of the machine.
///
/// # Errors
/// `toml: line 1 (last key "a"): …`.
pub(crate) fn read(text: &str, local: &Zone) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root: Table = Table::default();
    let mut reader = Reader {
        text,
        at: 0,
        root: root.clone(),
        outside: Vec::new(),
        context: Vec::new(),
        key: String::new(),
        key_line: 1,
        implicit: HashSet::new(),
        depth: 0,
        local,
    };
    reader.document()?;
    Ok(finish(&root))
}

type Table = Rc<RefCell<BTreeMap<String, Item>>>;

#[derive(Clone)]
enum Item {
    Leaf(Value),
    Table(Table),
    Tables(Vec<Table>),
}

fn finish(table: &Table) -> Value {
    let entries = table
        .borrow()
        .iter()
        .map(|(key, item)| (GoStr::from(key.as_str()), finish_item(item)))
        .collect();
    Value::Map(Map::with_type(MapType::ANY, entries))
}

fn finish_item(item: &Item) -> Value {
    match item {
        Item::Leaf(value) => value.clone(),
        Item::Table(table) => finish(table),
        Item::Tables(tables) => Value::List(List::of(Ty::MAP, tables.iter().map(finish).collect())),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    root: Table,
    /// The key of the inline table that is being read.
    outside: Vec<String>,
    /// The table that keys go to.
    context: Vec<String>,
    /// The key whose value is being read.
    key: String,
    /// The line where it began.
    key_line: usize,
    /// Tables that were made for others within them only.
    implicit: HashSet<String>,
    depth: usize,
    local: &'t Zone,
}

fn shown(char: char) -> String {
    let mut out = Vec::new();
    crate::strconv::quote_rune(&mut out, i64::from(u32::from(char)), false);
    String::from_utf8_lossy(&out).into_owned()
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn line(&self) -> usize {
        1 + memchr::memchr_iter(b'\n', &self.text.as_bytes()[..self.at]).count()
    }

    fn error<T>(&self, message: impl AsRef<str>) -> Result<T, String> {
        let mut line = self.line();
        if self.at == self.text.len() && self.text.ends_with('\n') {
            line -= 1;
        }
        Err(self.error_at(line, message.as_ref()))
    }

    fn error_at(&self, line: usize, message: &str) -> String {
        let mut last = dotted(&[self.outside.as_slice(), &self.context].concat());
        if !self.key.is_empty() {
            last = if last.is_empty() {
                self.key.clone()
            } else {
                format!("{last}.{}", self.key)
            };
        }
        if last.is_empty() {
            format!("toml: line {line}: {message}")
        } else {
            format!(
                "toml: line {line} (last key {}): {message}",
                crate::functions::quote(last.as_bytes())
            )
        }
    }

    fn document(&mut self) -> Result<(), String> {
        loop {
            match self.peek() {
                None => return Ok(()),
                Some(' ' | '\t' | '\n' | '\r') => self.at += 1,
                Some('#') => self.comment()?,
                Some('[') => {
                    self.header()?;
                    self.end_of_line()?;
                }
                Some(_) => {
                    let outer = self.context.clone();
                    self.pair()?;
                    self.context = outer;
                    self.key.clear();
                    self.end_of_line()?;
                }
            }
        }
    }

    fn comment(&mut self) -> Result<(), String> {
        while let Some(char) = self.peek() {
            if char == '\n' || char == '\r' && self.text[self.at..].starts_with("\r\n") {
                break;
            }
            self.control(char)?;
            self.at += char.len_utf8();
        }
        Ok(())
    }

    fn control(&self, char: char) -> Result<(), String> {
        let crlf = char == '\r' && self.text[self.at..].starts_with("\r\n");
        if matches!(char, '\t' | '\n') || crlf || !matches!(char, '\0'..='\x1f' | '\x7f') {
            return Ok(());
        }
        self.error(format!(
            "TOML files cannot contain control characters: '0x{:02x}'",
            u32::from(char)
        ))
    }

    fn end_of_line(&mut self) -> Result<(), String> {
        self.skip_spaces();
        match self.peek() {
            None => Ok(()),
            Some('#') => self.comment(),
            Some('\n' | '\r') => {
                self.at += 1;
                Ok(())
            }
            Some(char) => self.error(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                shown(char)
            )),
        }
    }

    /// `[table]` and `[[table]]`.
    fn header(&mut self) -> Result<(), String> {
        self.at += 1;
        let array = self.peek() == Some('[');
        if array {
            self.at += 1;
        }
        self.key_line = self.line();
        let mut key = Vec::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                Some(']') | None => {
                    return self.error("unexpected end of table name (table names cannot be empty)");
                }
                Some('.') => return self.error("unexpected table separator (table names cannot be empty)"),
                Some(_) => key.push(self.name()?),
            }
            self.skip_spaces();
            match self.peek() {
                Some('.') => self.at += 1,
                Some(']') => break,
                char => {
                    let char = shown(char.unwrap_or('\0'));
                    return self.error(format!(
                        "expected '.' or ']' to end table name, but got {char} instead"
                    ));
                }
            }
        }
        self.at += 1;
        if array {
            match self.bump() {
                Some(']') => {}
                char => {
                    let char = shown(char.unwrap_or('\0'));
                    return self.error(format!(
                        "expected end of table array name delimiter ']', but got {char} instead"
                    ));
                }
            }
        }
        self.open(&key, array)
    }

    /// One part of a key.
    fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Some('"') => {
                self.at += 1;
                self.basic_string()
            }
            Some('\'') => {
                self.at += 1;
                self.raw_string()
            }
            _ => {
                let bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
                let rest = &self.text[self.at..];
                let length = rest.find(|char| !bare(char)).unwrap_or(rest.len());
                self.at += length;
                Ok(rest[..length].to_owned())
            }
        }
    }

    fn key(&mut self) -> Result<Vec<String>, String> {
        match self.peek() {
            Some('=') | None => return self.error("unexpected '=': key name appears blank"),
            Some('.') => return self.error("unexpected '.': keys cannot start with a '.'"),
            Some(_) => {}
        }
        self.key_line = self.line();
        let mut key = Vec::new();
        loop {
            self.skip_spaces();
            match self.peek() {
                Some('=') | None if !key.is_empty() => return self.error("unexpected '='"),
                Some('.') => return self.error("unexpected '.'"),
                _ => key.push(self.name()?),
            }
            self.skip_spaces();
            match self.peek() {
                Some('.') => self.at += 1,
                Some('=') => {
                    self.at += 1;
                    return Ok(key);
                }
                None => return self.error("unexpected EOF; expected key separator '='"),
                Some(char) => {
                    return self.error(format!("expected '.' or '=', but got {} instead", shown(char)));
                }
            }
        }
    }

    /// `key = value`, into the context.
    fn pair(&mut self) -> Result<(), String> {
        let mut key = self.key()?;
        let Some(last) = key.pop() else { return Ok(()) };
        self.key = last;
        for part in &key {
            let mut context = self.context.clone();
            context.push(part.clone());
            self.implicit.insert(dotted(&context));
            self.open(&context, false)?;
        }
        let value = self.value()?;
        let last = self.key.clone();
        self.set(&last, value)?;
        Ok(())
    }

    fn defined<T>(&self, key: &[String], message: &str) -> Result<T, String> {
        Err(self.error_at(self.key_line, &format!("Key '{}' {message}", dotted(key))))
    }

    /// Makes a table the context.
    fn open(&mut self, key: &[String], array: bool) -> Result<(), String> {
        if key.len() >= MAX_DEPTH {
            return Err(format!(
                "toml: line {}: exceeds maximum table depth of {MAX_DEPTH}",
                self.key_line
            ));
        }
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut table = self.root.clone();
        for (index, part) in parents.iter().enumerate() {
            let path = &key[..=index];
            if !table.borrow().contains_key(part) {
                self.implicit.insert(dotted(path));
                table
                    .borrow_mut()
                    .insert(part.clone(), Item::Table(Table::default()));
            }
            let next = match table.borrow().get(part) {
                Some(Item::Table(next)) => Some(next.clone()),
                Some(Item::Tables(tables)) => tables.last().cloned(),
                _ => None,
            };
            match next {
                Some(next) => table = next,
                None => return self.defined(path, "was already created as a hash."),
            }
        }
        self.context = parents.to_vec();
        if array {
            let mut entries = table.borrow_mut();
            match entries
                .entry(last.clone())
                .or_insert_with(|| Item::Tables(Vec::new()))
            {
                Item::Tables(tables) => tables.push(Table::default()),
                _ => {
                    drop(entries);
                    return self.defined(key, "was already created and cannot be used as an array.");
                }
            }
        } else {
            self.set(last, Item::Table(Table::default()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    fn set(&mut self, key: &str, item: Item) -> Result<(), String> {
        let mut table = self.root.clone();
        for (index, part) in self.context.iter().enumerate() {
            let next = match table.borrow().get(part) {
                Some(Item::Table(next)) => Some(next.clone()),
                Some(Item::Tables(tables)) => tables.last().cloned(),
                _ => None,
            };
            match next {
                Some(next) => table = next,
                None => return self.defined(&self.context[..=index], "has already been defined."),
            }
        }
        let mut path = self.context.clone();
        path.push(key.to_owned());
        if table.borrow().contains_key(key) {
            // A table that others made may be defined once.
            if self.implicit.remove(&dotted(&path)) {
                return Ok(());
            }
            return self.defined(&path, "has already been defined.");
        }
        table.borrow_mut().insert(key.to_owned(), item);
        Ok(())
    }

    fn value(&mut self) -> Result<Item, String> {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let Some(char) = self.peek() else {
            return self.error("unexpected EOF; expected value");
        };
        let text = |reader: Result<String, String>| reader.map(|text| Item::Leaf(Value::str(text)));
        match char {
            '[' => self.nested(Self::array),
            '{' => self.nested(Self::inline_table),
            '"' if rest.starts_with("\"\"\"") => text(self.multiline('"')),
            '\'' if rest.starts_with("'''") => text(self.multiline('\'')),
            '"' => {
                self.at += 1;
                text(self.basic_string())
            }
            '\'' => {
                self.at += 1;
                text(self.raw_string())
            }
            '.' => self.error("floats must start with a digit, not '.'"),
            '0'..='9' | '+' | '-' | 'i' | 'n' => self.number(char),
            _ if char.is_alphabetic() => self.boolean(),
            _ => self.error(format!("expected value but found {} instead", shown(char))),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Item, String>) -> Result<Item, String> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error_at(
                self.key_line,
                &format!("exceeds maximum array depth of {MAX_DEPTH}"),
            ));
        }
        self.at += 1;
        self.depth += 1;
        let item = read(self)?;
        self.depth -= 1;
        Ok(item)
    }

    fn boolean(&mut self) -> Result<Item, String> {
        let rest = &self.text[self.at..];
        let word = &rest[..rest
            .find(|char: char| !char.is_alphabetic())
            .unwrap_or(rest.len())];
        match word {
            "true" | "false" => {
                self.at += word.len();
                Ok(Item::Leaf(Value::Bool(word == "true")))
            }
            _ => self.error(format!(
                "expected value but found {} instead",
                crate::functions::quote(word.as_bytes())
            )),
        }
    }

    fn blank_in_collection(&mut self) -> Result<(), String> {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\n' | '\r') => self.at += 1,
                Some('#') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn array(&mut self) -> Result<Item, String> {
        let mut items = Vec::new();
        loop {
            self.blank_in_collection()?;
            match self.peek() {
                Some(',') => return self.error("unexpected comma"),
                Some(']') => break,
                _ => items.push(finish_item(&self.value()?)),
            }
            self.blank_in_collection()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => break,
                char => {
                    let char = char.map_or_else(|| "end of file".to_owned(), |char| format!("'{char}'"));
                    return self.error(format!(
                        "expected a comma (',') or array terminator (']'), but got {char}"
                    ));
                }
            }
        }
        self.at += 1;
        Ok(Item::Leaf(Value::list(items)))
    }

    fn inline_table(&mut self) -> Result<Item, String> {
        let (context, key, outside) = (self.context.clone(), self.key.clone(), self.outside.clone());
        let table = Table::default();
        self.outside.extend(std::mem::take(&mut self.context));
        self.outside.push(std::mem::take(&mut self.key));
        InlineKeys::new(self).read(&table)?;
        (self.context, self.key, self.outside) = (context, key, outside);
        Ok(Item::Table(table))
    }

    /// A number or date, by its first character.
    fn number(&mut self, first: char) -> Result<Item, String> {
        let rest = &self.text[self.at..];
        let signed = matches!(first, '+' | '-');
        let body = &rest[usize::from(signed)..];
        for word in ["inf", "nan"] {
            if body.starts_with(word) {
                let text = &rest[..usize::from(signed) + 3];
                self.at += text.len();
                return self.scalar(scalar::float(text));
            }
        }
        if matches!(first, 'i' | 'n') {
            return self.boolean();
        }
        if signed {
            match body.chars().next() {
                Some('.') => return self.error("floats must start with a digit, not '.'"),
                Some(char) if !char.is_ascii_digit() => {
                    return self.error(format!("expected a digit but got {}", shown(char)));
                }
                None => return self.error(format!("expected a digit but got {}", shown('\0'))),
                _ => {}
            }
            if let [b'0', base @ (b'b' | b'o' | b'x'), ..] = body.as_bytes() {
                let text = format!("{first}0{}", char::from(*base));
                return self.error(format!("cannot use sign with non-decimal numbers: '{text}'"));
            }
        }
        let length = |allowed: &dyn Fn(char) -> bool| rest.find(|char| !allowed(char)).unwrap_or(rest.len());
        let digits = length(&|char| char.is_ascii_digit());
        if !signed && rest[digits..].starts_with(['-', ':']) {
            let text = &rest[..length(&|char| char.is_ascii_digit() || "-:Tt .Zz+".contains(char))];
            self.at += text.len();
            let local = self.local;
            return self.scalar(scalar::datetime(text.trim_end(), local));
        }
        if let [b'0', b'b' | b'o' | b'x', ..] = rest.as_bytes() {
            let text = &rest[..2 + rest[2..]
                .find(|char: char| char != '_' && !char.is_ascii_hexdigit())
                .unwrap_or(rest.len() - 2)];
            self.at += text.len();
            return self.scalar(scalar::integer(text));
        }
        let text = &rest
            [..length(&|char| char.is_ascii_digit() || matches!(char, '_' | '.' | 'e' | 'E' | '+' | '-'))];
        let is_float = text.contains(['.', 'e', 'E']);
        self.at += text.len();
        self.scalar(if is_float {
            scalar::float(text)
        } else {
            scalar::integer(text)
        })
    }

    fn scalar(&self, value: Result<Value, String>) -> Result<Item, String> {
        value.map(Item::Leaf).or_else(|message| self.error(message))
    }

    fn basic_string(&mut self) -> Result<String, String> {
        let start = self.at;
        loop {
            match self.peek() {
                None => return self.error("unexpected EOF; expected '\"'"),
                Some('\n' | '\r') => return self.error("strings cannot contain newlines"),
                Some('"') => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return scalar::unescape(text).or_else(|message| self.error(message));
                }
                Some('\\') => self.escape()?,
                Some(char) => {
                    self.control(char)?;
                    self.at += char.len_utf8();
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        self.at += 1;
        let Some(char) = self.bump() else {
            return self.error("unexpected EOF; expected '\"'");
        };
        let (width, words) = match char {
            'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' | ' ' | '\t' => return Ok(()),
            'x' => (2, "two"),
            'u' => (4, "four"),
            'U' => (8, "eight"),
            _ => return self.error(format!("invalid escape in string '\\{char}'")),
        };
        for _ in 0..width {
            if !self.bump().is_some_and(|digit| digit.is_ascii_hexdigit()) {
                let seen = crate::functions::quote(&self.text.as_bytes()[..self.at]);
                return self.error(format!(
                    "expected {words} hexadecimal digits after '\\{char}', but got {seen} instead"
                ));
            }
        }
        Ok(())
    }

    fn raw_string(&mut self) -> Result<String, String> {
        let start = self.at;
        loop {
            match self.peek() {
                None => return self.error("unexpected EOF; expected \"'\""),
                Some('\n' | '\r') => return self.error("strings cannot contain newlines"),
                Some('\'') => {
                    let text = self.text[start..self.at].to_owned();
                    self.at += 1;
                    return Ok(text);
                }
                Some(char) => {
                    self.control(char)?;
                    self.at += char.len_utf8();
                }
            }
        }
    }

    /// Up to two quotes may stand right before the closing three.
    fn multiline(&mut self, quote: char) -> Result<String, String> {
        self.at += 3;
        let start = self.at;
        loop {
            match self.peek() {
                None => {
                    let shown = if quote == '"' { "'\"\"\"'" } else { "\"'''\"" };
                    return self.error(format!("unexpected EOF; expected {shown}"));
                }
                Some('\\') if quote == '"' => {
                    let after = &self.text[self.at + 1..];
                    if after.starts_with(['\n', '\r']) {
                        self.at += 2;
                    } else {
                        self.escape()?;
                    }
                }
                Some(char) if char == quote => {
                    let rest = &self.text[self.at..];
                    let run = rest.chars().take_while(|char| *char == quote).count();
                    if run < 3 {
                        self.at += run;
                        continue;
                    }
                    if run > 5 {
                        return self.error(format!("unexpected '{}'", quote.to_string().repeat(6)));
                    }
                    let text = &self.text[start..self.at + run - 3];
                    self.at += run;
                    let text = text
                        .strip_prefix("\r\n")
                        .or_else(|| text.strip_prefix('\n'))
                        .unwrap_or(text);
                    if quote == '\'' {
                        return Ok(text.to_owned());
                    }
                    return scalar::unescape(&scalar::join_lines(text))
                        .or_else(|message| self.error(message));
                }
                Some(char) => {
                    self.control(char)?;
                    self.at += char.len_utf8();
                }
            }
        }
    }
}

/// The entries of `{…}`: a little document of its own, so that its keys cannot meet those outside.
struct InlineKeys<'r, 't> {
    reader: &'r mut Reader<'t>,
    root: Table,
    implicit: HashSet<String>,
}

impl<'r, 't> InlineKeys<'r, 't> {
    fn new(reader: &'r mut Reader<'t>) -> Self {
        let root = std::mem::take(&mut reader.root);
        let implicit = std::mem::take(&mut reader.implicit);
        InlineKeys {
            reader,
            root,
            implicit,
        }
    }

    fn read(&mut self, table: &Table) -> Result<(), String> {
        self.reader.root = table.clone();
        loop {
            self.reader.blank_in_collection()?;
            match self.reader.peek() {
                Some(',') => return self.reader.error("unexpected comma"),
                Some('}') => break,
                _ => {
                    self.reader.context.clear();
                    self.reader.pair()?;
                }
            }
            self.reader.blank_in_collection()?;
            match self.reader.peek() {
                Some(',') => self.reader.at += 1,
                Some('}') => break,
                char => {
                    let char = char.map_or_else(|| "end of file".to_owned(), |char| format!("'{char}'"));
                    return self.reader.error(format!(
                        "expected a comma or an inline table terminator '}}', but got {char} instead"
                    ));
                }
            }
        }
        self.reader.at += 1;
        self.reader.root = std::mem::take(&mut self.root);
        self.reader.implicit = std::mem::take(&mut self.implicit);
        Ok(())
    }
}
