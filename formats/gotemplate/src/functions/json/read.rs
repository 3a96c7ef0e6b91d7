//! Reading JSON with the errors of Go's encoding/json.

use crate::{GoStr, List, Map, Value};

/// Go goes to 10000, on a stack that grows.
const MAX_DEPTH: usize = 500;

/// What a text must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// `interface {}`: anything.
    Anything,
    /// `map[string]interface {}` or null.
    Object,
    /// `[]interface {}` or null.
    Array,
}

/// Reads a value: objects become `map[string]interface {}`, numbers `float64`.
///
/// # Errors
/// Go's words.
pub(crate) fn read(text: &[u8], wanted: Wanted) -> Result<Value, Fault> {
    let mut reader = Reader {
        text,
        at: 0,
        path: Vec::new(),
        overflow: None,
    };
    reader.space();
    let value = reader.value()?;
    reader.space();
    if let Some(byte) = reader.peek() {
        return Err(unexpected(byte, "after top-level value").into());
    }
    if let Some(misfit) = misfit(&value, wanted) {
        return Err(misfit.into());
    }
    match reader.overflow {
        None => Ok(value),
        Some(text) => Err(Fault {
            text,
            read: Some(value),
        }),
    }
}

/// Why a text could not be read.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Go's words.
    pub(crate) text: String,
    /// What Go has read all the same: all of it, with zeros for numbers that no float holds.
    pub(crate) read: Option<Value>,
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault { text, read: None }
    }
}

/// The error for a value of another type than what is wanted.
pub(crate) fn misfit(value: &Value, wanted: Wanted) -> Option<String> {
    let goal = match (wanted, value) {
        (Wanted::Anything, _) | (_, Value::Nil) => return None,
        (Wanted::Object, Value::Map(_)) | (Wanted::Array, Value::List(_)) => return None,
        (Wanted::Object, _) => "map[string]interface {}",
        (Wanted::Array, _) => "[]interface {}",
    };
    let found = match value {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Str(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    Some(format!(
        "json: cannot unmarshal {found} into Go value of type {goal}"
    ))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the value is that is read: keys and indexes.
    path: Vec<Step>,
    /// The first number that no float holds: Go goes on, and says so at the end.
    overflow: Option<String>,
}

enum Step {
    Key(GoStr),
    Index(usize),
}

const END: &str = "unexpected end of JSON input";

fn unexpected(byte: u8, place: &str) -> String {
    let shown = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = super::quote(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    };
    format!("invalid character {shown} {place}")
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let byte = self.peek().ok_or(END)?;
        match byte {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.string().map(Value::Str),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Nil),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(unexpected(byte, "looking for beginning of value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, String>) -> Result<Value, String> {
        if self.path.len() >= MAX_DEPTH {
            return Err("exceeded max depth".into());
        }
        self.at += 1;
        self.space();
        read(self)
    }

    fn object(&mut self) -> Result<Value, String> {
        let map = Map::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(map));
        }
        loop {
            match self.peek().ok_or(END)? {
                b'"' => {}
                byte => return Err(unexpected(byte, "looking for beginning of object key string")),
            }
            let key = self.string()?;
            self.space();
            match self.peek().ok_or(END)? {
                b':' => self.at += 1,
                byte => return Err(unexpected(byte, "after object key")),
            }
            self.space();
            self.path.push(Step::Key(key.clone()));
            let value = self.value()?;
            self.path.pop();
            map.insert(key, value);
            self.space();
            match self.peek().ok_or(END)? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(Value::Map(map));
                }
                byte => return Err(unexpected(byte, "after object key:value pair")),
            }
            self.space();
        }
    }

    fn array(&mut self) -> Result<Value, String> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(List::new(items)));
        }
        loop {
            self.path.push(Step::Index(items.len()));
            items.push(self.value()?);
            self.path.pop();
            self.space();
            match self.peek().ok_or(END)? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(Value::List(List::new(items)));
                }
                byte => return Err(unexpected(byte, "after array element")),
            }
            self.space();
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for expected in word.bytes() {
            match self.peek().ok_or(END)? {
                byte if byte == expected => self.at += 1,
                byte => {
                    let place = format!("in literal {word} (expecting '{}')", char::from(expected));
                    return Err(unexpected(byte, &place));
                }
            }
        }
        Ok(value)
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        match self.peek().ok_or(END)? {
            b'0'..=b'9' => {}
            byte => return Err(unexpected(byte, place)),
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        let number: f64 = text.parse().unwrap_or(f64::NAN);
        if number.is_finite() {
            return Ok(Value::float(number));
        }
        if self.overflow.is_none() {
            let place = self.place();
            self.overflow = Some(format!(
                "json: cannot unmarshal number {text} into {place}type float64"
            ));
        }
        Ok(Value::float(0.0))
    }

    /// Where a value is, as Go's complaint names it: with the parts of a JSON pointer.
    fn place(&self) -> String {
        let mut place = match self.path.last() {
            None => return "Go value of ".into(),
            Some(Step::Key(_)) => String::from("Go struct field "),
            Some(Step::Index(_)) => String::new(),
        };
        for step in &self.path {
            place.push('.');
            match step {
                Step::Key(key) => {
                    let key = key.to_text().replace('~', "~0");
                    place.push_str(&key.replace('/', "~1"));
                }
                Step::Index(index) => place.push_str(&index.to_string()),
            }
        }
        place.push_str(" of ");
        place
    }

    fn string(&mut self) -> Result<GoStr, String> {
        self.at += 1;
        let start = self.at;
        let plain = self.text[start..]
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))
            .ok_or(END)?;
        let bytes = &self.text[start..start + plain];
        if self.text[start + plain] == b'"'
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            self.at = start + plain + 1;
            return Ok(GoStr::from(text));
        }
        let mut out = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek().ok_or(END)?, b'"' | b'\\' | ..b' ') {
                self.at += 1;
            }
            out.extend(crate::Runes::new(&self.text[from..self.at]));
            let byte = self.text[self.at];
            self.at += 1;
            match byte {
                b'"' => return Ok(GoStr::from(out)),
                b'\\' => self.escape(&mut out)?,
                _ => return Err(unexpected(byte, "in string")),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        let byte = self.peek().ok_or(END)?;
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hexadecimal()?;
                self.code_point(unit)?
            }
            _ => return Err(self.bad_escape(2)),
        });
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or(END)?;
            let digit = char::from(byte).to_digit(16).ok_or_else(|| self.bad_escape(6))?;
            unit = unit << 4 | digit;
            self.at += 1;
        }
        Ok(unit)
    }

    /// The error for an escape of so many bytes at most; it began with the last backslash.
    fn bad_escape(&self, length: usize) -> String {
        let start = self.text[..self.at]
            .iter()
            .rposition(|byte| *byte == b'\\')
            .unwrap_or(0);
        let end = self.text.len().min(start + length);
        format!(
            "invalid escape sequence `{}` in string",
            String::from_utf8_lossy(&self.text[start..end])
        )
    }

    /// Joins surrogates; half of one is U+FFFD.
    fn code_point(&mut self, unit: u32) -> Result<char, String> {
        if (0xD800..0xDC00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&low) {
                let code = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
