//! The language of `--set`, `--set-string`, `--set-json`, `--set-file` and `--set-literal`: Helm's `strvals`.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use crate::log::quote;
use crate::value::{Table, Value};

/// The largest index of a list.
const MAX_INDEX: i64 = 65_536;
/// How many names may follow one another.
const MAX_NESTING: usize = 30;
/// How many indexes may follow one another, with names between them or without. Helm has no such limit, on a stack that grows.
const MAX_INDEXES: usize = 250;

/// Why a text is no assignment; in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetError(String);

/// What the text after `=` stands for.
pub enum Kind<'r> {
    /// Numbers, booleans and null are recognised (`--set`).
    Typed,
    /// Text (`--set-string`).
    Text,
    /// JSON (`--set-json`).
    Json,
    /// Text to the end, without escapes or lists (`--set-literal`).
    Literal,
    /// The name of a file, whose content is asked for (`--set-file`).
    File(&'r dyn Fn(&str) -> Result<Vec<u8>, String>),
}

/// Applies the assignments of `text` to `values`.
///
/// # Errors
/// The text is no list of assignments, or a value on the way is of another type.
pub fn set_values(text: &str, values: &mut Table, kind: &Kind<'_>) -> Result<(), SetError> {
    let mut parser = Parser {
        rest: text.chars().peekable(),
        kind,
        indexes: 0,
    };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Failed(message)) => return Err(SetError(message)),
        }
    }
}

/// Why parsing stopped.
enum Stop {
    /// The text is at its end.
    End,
    /// It is wrong.
    Failed(String),
}

fn fail<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(message.into()))
}

struct Parser<'t, 'r> {
    rest: Peekable<Chars<'t>>,
    kind: &'t Kind<'r>,
    /// In how many items of lists the parser is.
    indexes: usize,
}

impl Parser<'_, '_> {
    fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Literal)
    }

    /// The text up to one of `stops`, and which one it was; none at the end.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            if stops.contains(&c) {
                return (text, Some(c));
            }
            if c != '\\' || self.is_literal() {
                text.push(c);
                continue;
            }
            match self.rest.next() {
                Some(next) => text.push(next),
                None => return (text, None),
            }
        }
        (text, None)
    }

    fn key(&mut self, values: &mut Table, nesting: usize) -> Result<(), Stop> {
        let stops: &[char] = if self.is_literal() {
            &['=', '[', '.']
        } else {
            &['=', '[', ',', '.']
        };
        let (key, last) = self.until(stops);
        match last {
            None if key.is_empty() => Err(Stop::End),
            None => fail(format!("key {} has no value", quote(&key))),
            Some('[') => self.indexed(values, &key, nesting),
            Some('=') => self.assign(values, &key),
            Some(',') => {
                put(values, &key, Value::from(""));
                fail(format!("key {} has no value (cannot end with ,)", quote(&key)))
            }
            Some(_) => self.nested(values, &key, nesting + 1),
        }
    }

    fn nested(&mut self, values: &mut Table, key: &str, nesting: usize) -> Result<(), Stop> {
        if nesting > MAX_NESTING {
            return fail(format!(
                "value name nested level is greater than maximum supported nested level of {MAX_NESTING}"
            ));
        }
        let mut inner = match values.get(key) {
            None => Arc::default(),
            Some(Value::Table(table)) => table.clone(),
            Some(other) => return wrong_type(other, "map[string]interface {}"),
        };
        let table = Arc::make_mut(&mut inner);
        let outcome = self.key(table, nesting);
        if outcome.is_ok() && table.is_empty() {
            return fail(format!("key map {} has no value", quote(key)));
        }
        if !table.is_empty() {
            put(values, key, Value::Table(inner));
        }
        outcome
    }

    fn indexed(&mut self, values: &mut Table, key: &str, nesting: usize) -> Result<(), Stop> {
        let index = self.index()?;
        let list = match values.get(key) {
            None => Vec::new(),
            Some(Value::List(items)) => items.to_vec(),
            Some(other) => return wrong_type(other, "[]interface {}"),
        };
        let mut list = list;
        let outcome = self.item(&mut list, index, nesting);
        put(values, key, Value::from(list));
        outcome
    }

    fn assign(&mut self, values: &mut Table, key: &str) -> Result<(), Stop> {
        let (value, ended) = match self.value()? {
            Read::Value(value) => (value, Ok(())),
            Read::Ended(value) => (value, Err(Stop::End)),
        };
        put(values, key, value);
        ended
    }

    /// What follows `=`.
    fn value(&mut self) -> Result<Read, Stop> {
        match self.kind {
            Kind::Json => self.json(),
            Kind::Literal => {
                let (text, _) = self.until(&[]);
                Ok(Read::Value(Value::from(text)))
            }
            _ => match self.rest.peek() {
                None => Ok(Read::Ended(Value::from(""))),
                Some('{') => {
                    self.rest.next();
                    self.list().map(Read::Value)
                }
                Some(_) => {
                    let (text, _) = self.until(&[',']);
                    self.scalar(&text).map(Read::Value)
                }
            },
        }
    }

    fn scalar(&self, text: &str) -> Result<Value, Stop> {
        match self.kind {
            Kind::Typed => Ok(typed(text)),
            Kind::File(read) => match read(text) {
                Ok(bytes) => Ok(match String::from_utf8(bytes) {
                    Ok(text) => Value::from(text),
                    Err(error) => Value::Raw(error.into_bytes().into()),
                }),
                Err(message) => fail(message),
            },
            Kind::Text | Kind::Json | Kind::Literal => Ok(Value::from(text)),
        }
    }

    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return fail("list must terminate with '}'");
            }
            items.push(self.scalar(&text)?);
            if last == Some('}') {
                self.rest.next_if_eq(&',');
                return Ok(Value::from(items));
            }
        }
    }

    fn json(&mut self) -> Result<Read, Stop> {
        if self.empty_value() {
            return Ok(Read::Value(Value::Null));
        }
        let rest: String = self.rest.clone().collect();
        let mut stream = serde_json::Deserializer::from_str(&rest).into_iter::<serde_json::Value>();
        let value = match stream.next() {
            Some(Ok(value)) => Value::from_json(&value),
            Some(Err(error)) => return fail(error.to_string()),
            None => return fail("unexpected end of JSON input"),
        };
        let read = rest.get(..stream.byte_offset()).unwrap_or(&rest);
        for _ in read.chars() {
            self.rest.next();
        }
        self.empty_value();
        Ok(Read::Value(value))
    }

    /// Skips blanks; whether nothing but a comma or the end follows them, which are skipped as well.
    fn empty_value(&mut self) -> bool {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().is_none() || self.rest.next_if_eq(&',').is_some()
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, last) = self.until(&[']']);
        if last.is_none() {
            return fail("error parsing index: EOF");
        }
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let kind = if number {
            "value out of range"
        } else {
            "invalid syntax"
        };
        match text.parse::<i64>() {
            Ok(index) if number => Ok(index),
            _ => fail(format!(
                "error parsing index: strconv.Atoi: parsing {}: {kind}",
                quote(&text)
            )),
        }
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, nesting: usize) -> Result<(), Stop> {
        if index < 0 {
            return fail(format!("negative {index} index not allowed"));
        }
        if self.indexes == MAX_INDEXES {
            return fail(format!("more than {MAX_INDEXES} indexes follow one another"));
        }
        self.indexes += 1;
        let outcome = self.within(list, index, nesting);
        self.indexes -= 1;
        outcome
    }

    /// What stands behind the index of an item.
    fn within(&mut self, list: &mut Vec<Value>, index: i64, nesting: usize) -> Result<(), Stop> {
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let runes: Vec<String> = text.chars().map(quote_rune).collect();
            let runes = runes.join(" ");
            return fail(format!("unexpected data at end of array index: [{runes}]"));
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        match last {
            None => Err(Stop::End),
            Some('=') => {
                let (Read::Value(value) | Read::Ended(value)) = self.value()?;
                put_at(list, index, value)
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Null) => Vec::new(),
                    Some(Value::List(items)) => items.to_vec(),
                    Some(other) => return wrong_type(other, "[]interface {}"),
                };
                self.item(&mut inner, next, nesting)?;
                put_at(list, index, Value::from(inner))
            }
            Some(_) => {
                let mut inner = match list.get(at) {
                    Some(Value::Table(table)) => table.clone(),
                    _ => Arc::default(),
                };
                let outcome = self.key(Arc::make_mut(&mut inner), nesting);
                if let Some(place) = list.get_mut(at) {
                    *place = Value::Table(inner.clone());
                }
                outcome?;
                put_at(list, index, Value::Table(inner))
            }
        }
    }
}

/// A value, and whether the text ended right before it.
enum Read {
    Value(Value),
    Ended(Value),
}

fn wrong_type<T>(found: &Value, want: &str) -> Result<T, Stop> {
    let found = found.go_type();
    fail(format!(
        "unable to parse key: interface conversion: interface {{}} is {found}, not {want}"
    ))
}

/// Go's `%q` of a rune.
fn quote_rune(c: char) -> String {
    match c {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => {
            let quoted = quote(other.encode_utf8(&mut [0; 4]));
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

fn put(values: &mut Table, key: &str, value: Value) {
    if !key.is_empty() {
        values.insert(key, value);
    }
}

fn put_at(list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), Stop> {
    if index > MAX_INDEX {
        return fail(format!(
            "index of {index} is greater than maximum supported index of {MAX_INDEX}"
        ));
    }
    let index = usize::try_from(index).unwrap_or(0);
    if list.len() <= index {
        list.resize(index + 1, Value::Null);
    }
    list[index] = value;
    Ok(())
}

/// What `--set` makes of a text.
fn typed(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    if text == "0" {
        return Value::Int(0);
    }
    if !text.starts_with('0')
        && let Ok(number) = text.parse::<i64>()
    {
        return Value::Int(number);
    }
    Value::from(text)
}
