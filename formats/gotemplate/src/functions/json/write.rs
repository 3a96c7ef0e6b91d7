//! Writing JSON as Go's encoding/json does.

use crate::functions::objects::{self, JsonForm};
use crate::{FloatKind, GoStr, Map, Object, Repr, Value};

/// Deeper than this is taken for a cycle.
const MAX_DEPTH: usize = 500;

/// How to write.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// `<`, `>` and `&` as escapes.
    pub(crate) html: bool,
    /// Two spaces for each level, one item on a line.
    pub(crate) pretty: bool,
}

/// The JSON text of a value.
///
/// # Errors
/// Infinities, NaN, cycles: `json: unsupported value: +Inf`.
pub(crate) fn write(value: &Value, style: Style) -> Result<String, String> {
    let mut writer = Writer {
        out: String::new(),
        style,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Invalid | Value::Nil | Value::Bytes(None) => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Int(_, number) => self.out.push_str(&number.to_string()),
            Value::Uint(_, number) => self.out.push_str(&number.to_string()),
            Value::Float(kind, number) => self.float(*kind, *number)?,
            Value::Complex(..) => return Err("json: unsupported type: complex128".into()),
            Value::Str(text) => self.string(text),
            Value::Bytes(Some(bytes)) => {
                let text = crate::functions::encoding::base64(bytes);
                self.out.push('"');
                self.out.push_str(&text);
                self.out.push('"');
            }
            Value::List(list) if list.is_nil() => self.out.push_str("null"),
            Value::List(list) => {
                let items = list.items();
                self.collection('[', ']', items.len(), |writer, index| writer.value(&items[index]))?;
            }
            Value::Map(map) => self.map(map)?,
            Value::Object(object) => self.object(&**object)?,
        }
        Ok(())
    }

    fn map(&mut self, map: &Map) -> Result<(), String> {
        if map.is_nil() {
            self.out.push_str("null");
            return Ok(());
        }
        let entries = map.entries();
        self.collection('{', '}', entries.len(), |writer, index| {
            let (key, value) = &entries[index];
            writer.string(key);
            writer.out.push_str(if writer.style.pretty { ": " } else { ":" });
            writer.value(value)
        })
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), String> {
        match objects::json_form(object) {
            JsonForm::Text(text) => {
                self.string(&text);
                Ok(())
            }
            JsonForm::Value(value) => self.value(&value),
            JsonForm::Own => match object.repr() {
                Repr::Value(value) => self.value(&value),
                Repr::Struct(fields) => self.fields(object, &fields),
                Repr::Opaque => {
                    self.out.push_str("{}");
                    Ok(())
                }
            },
        }
    }

    fn fields(&mut self, object: &dyn Object, fields: &[(&'static str, Value)]) -> Result<(), String> {
        let exported = |name: &str| name.starts_with(|char: char| char.is_uppercase());
        let fields: Vec<_> = fields.iter().filter(|(name, _)| exported(name)).collect();
        self.collection('{', '}', fields.len(), |writer, index| {
            let (name, value) = fields[index];
            writer.string(&GoStr::constant(object.json_name(name)));
            writer.out.push_str(if writer.style.pretty { ": " } else { ":" });
            writer.value(value)
        })
    }

    fn collection(
        &mut self,
        open: char,
        close: char,
        count: usize,
        mut item: impl FnMut(&mut Self, usize) -> Result<(), String>,
    ) -> Result<(), String> {
        self.out.push(open);
        if count > 0 {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("json: unsupported value: encountered a cycle".into());
            }
            for index in 0..count {
                if index > 0 {
                    self.out.push(',');
                }
                self.line();
                item(self, index)?;
            }
            self.depth -= 1;
            self.line();
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self) {
        if self.style.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn float(&mut self, kind: FloatKind, number: f64) -> Result<(), String> {
        if !number.is_finite() {
            let name = if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(format!("json: unsupported value: {name}"));
        }
        let text = match kind {
            FloatKind::Float64 => flux_yaml::json::format_json_float(number),
            FloatKind::Float32 => {
                flux_yaml::json::format_json_float(format!("{}", number as f32).parse().unwrap_or(number))
            }
        };
        self.out.push_str(&text);
        Ok(())
    }

    fn string(&mut self, text: &GoStr) {
        use std::fmt::Write as _;
        self.out.push('"');
        let html = self.style.html;
        let plain = |byte: u8| {
            byte.is_ascii()
                && byte >= b' '
                && !matches!(byte, b'"' | b'\\')
                && !(html && matches!(byte, b'<' | b'>' | b'&'))
        };
        match text.as_str() {
            Some(text) if text.bytes().all(plain) => self.out.push_str(text),
            _ => {
                for char in text.runes() {
                    match char {
                        '"' | '\\' => self.out.extend(['\\', char]),
                        '\x08' => self.out.push_str("\\b"),
                        '\x0c' => self.out.push_str("\\f"),
                        '\n' => self.out.push_str("\\n"),
                        '\r' => self.out.push_str("\\r"),
                        '\t' => self.out.push_str("\\t"),
                        ..' ' | '\u{2028}' | '\u{2029}' => {
                            // Writing to a string cannot fail.
                            let _ = write!(self.out, "\\u{:04x}", u32::from(char));
                        }
                        '<' | '>' | '&' if html => {
                            let _ = write!(self.out, "\\u{:04x}", u32::from(char));
                        }
                        _ => self.out.push(char),
                    }
                }
            }
        }
        self.out.push('"');
    }
}
