//! Writing TOML.

use super::{basic, quoted};
use crate::functions::objects::{self, DurationObject, JsonForm, TimeObject};
use crate::functions::time::{RFC3339_NANO, duration};
use crate::{Error, List, Repr, Value};

/// Deeper than this is refused.
const MAX_DEPTH: usize = 200;

/// What went wrong.
pub(crate) enum Fault {
    /// The encoder's own error, which `toToml` gives as text.
    Encoding(String),
    /// A panic of the encoder.
    Panic(Error),
}

type Done = Result<(), Fault>;

/// The text of a value.
pub(crate) fn write(value: &Value) -> Result<String, Fault> {
    if value.is_nothing() {
        return Err(Fault::Panic(Error::new(
            "reflect: call of reflect.Value.Type on zero Value",
        )));
    }
    let mut writer = Writer {
        out: String::new(),
        key: Vec::new(),
    };
    writer.encode(value)?;
    Ok(writer.out)
}

fn fail<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Encoding(text.into()))
}

struct Writer {
    out: String,
    key: Vec<String>,
}

/// How the encoder sees a value.
enum Shape {
    Table,
    Tables,
    Other,
}

/// A struct as a map in the order of its fields.
fn fields(value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Map(map) => Some(
            map.entries()
                .into_iter()
                .map(|(key, value)| (key.to_string(), value))
                .collect(),
        ),
        Value::Object(object) => match object.repr() {
            Repr::Value(value) => fields(&value),
            Repr::Struct(fields) if is_plain(value) => {
                let exported = |name: &str| name.starts_with(|char: char| char.is_uppercase());
                let fields = fields.into_iter().filter(|(name, _)| exported(name));
                Some(fields.map(|(name, value)| (name.to_owned(), value)).collect())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an object has no text form of its own.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(object) => matches!(objects::json_form(&**object), JsonForm::Own),
        _ => true,
    }
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.is_nil(),
        Value::List(list) => list.is_nil(),
        _ => value.is_nothing() || matches!(value, Value::Bytes(None)),
    }
}

fn shape(value: &Value) -> Result<Shape, Fault> {
    if fields(value).is_some() {
        return Ok(if is_nil(value) { Shape::Other } else { Shape::Table });
    }
    match &*value.underlying() {
        Value::List(list) if !list.is_nil() => Ok(if is_table_array(list)? {
            Shape::Tables
        } else {
            Shape::Other
        }),
        Value::Complex(..) => fail("unsupported type: complex128"),
        _ => Ok(Shape::Other),
    }
}

fn is_table_array(list: &List) -> Result<bool, Fault> {
    let mut all = !list.is_empty();
    for item in list.items() {
        if is_nil(item) {
            return fail("toml: cannot encode array with nil element");
        }
        all &= matches!(shape(item)?, Shape::Table);
    }
    Ok(all)
}

impl Writer {
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self) {
        let levels = self.key.len().saturating_sub(1);
        self.out.extend(std::iter::repeat_n("  ", levels));
    }

    fn encode(&mut self, value: &Value) -> Done {
        if self.key.len() > MAX_DEPTH {
            return fail("tables are nested too deeply");
        }
        match shape(value)? {
            Shape::Table => self.table(value),
            Shape::Tables => self.tables(value),
            Shape::Other if is_nil(value) => Ok(()),
            Shape::Other => self.key_value(value),
        }
    }

    fn key_value(&mut self, value: &Value) -> Done {
        if let Some(last) = self.key.last() {
            let last = quoted(last);
            self.indent();
            self.out.push_str(&last);
            self.out.push_str(" = ");
            self.element(value, 0)?;
            self.newline();
            return Ok(());
        }
        self.element(value, 0)
    }

    fn table(&mut self, value: &Value) -> Done {
        if self.key.len() == 1 {
            self.newline();
        }
        if !self.key.is_empty() {
            self.indent();
            let header = format!("[{}]", super::dotted(&self.key));
            self.out.push_str(&header);
            self.newline();
        }
        self.entries(value)
    }

    fn tables(&mut self, value: &Value) -> Done {
        if self.key.is_empty() {
            return fail("toml: top-level values must be Go maps or structs");
        }
        let Value::List(list) = &*value.underlying() else {
            return Ok(());
        };
        for item in list.items() {
            self.newline();
            self.indent();
            let header = format!("[[{}]]", super::dotted(&self.key));
            self.out.push_str(&header);
            self.newline();
            self.entries(item)?;
        }
        Ok(())
    }

    /// Plain entries first: what comes after a table's head belongs to that table.
    fn entries(&mut self, value: &Value) -> Done {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for (key, value) in fields(value).unwrap_or_default() {
            match shape(&value)? {
                Shape::Other => plain.push((key, value)),
                Shape::Table | Shape::Tables => tables.push((key, value)),
            }
        }
        for (key, value) in plain.into_iter().chain(tables) {
            if !is_nil(&value) {
                self.key.push(key);
                self.encode(&value)?;
                self.key.pop();
            }
        }
        Ok(())
    }

    fn element(&mut self, value: &Value, depth: usize) -> Done {
        if depth > MAX_DEPTH {
            return fail("arrays are nested too deeply");
        }
        if let Some(time) = objects::of_value::<TimeObject>(value) {
            self.out.push_str(&time.0.format(RFC3339_NANO));
            return Ok(());
        }
        if let Some(duration) = objects::of_value::<DurationObject>(value) {
            self.out.push_str(&basic(&duration::format(duration.0)));
            return Ok(());
        }
        if let Value::Object(object) = value
            && let JsonForm::Text(text) = objects::json_form(&**object)
        {
            self.out.push_str(&basic(&text.to_text()));
            return Ok(());
        }
        if let Some(fields) = fields(value) {
            return self.inline_table(&fields, depth);
        }
        match &*value.underlying() {
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Int(_, number) => self.out.push_str(&number.to_string()),
            Value::Uint(_, number) => self.out.push_str(&number.to_string()),
            Value::Float(_, number) => self.float(*number, value)?,
            Value::Str(text) => self.out.push_str(&basic(&text.to_text())),
            Value::Bytes(bytes) => {
                let bytes = bytes.as_deref().unwrap_or_default();
                let items: Vec<String> = bytes.iter().map(u8::to_string).collect();
                self.out.push_str(&format!("[{}]", items.join(", ")));
            }
            Value::List(list) => self.array(list, depth)?,
            _ => return fail(format!("unexpected type: {}", value.type_name())),
        }
        Ok(())
    }

    fn array(&mut self, list: &List, depth: usize) -> Done {
        self.out.push('[');
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.out.push_str(", ");
            }
            self.element(item, depth + 1)?;
        }
        self.out.push(']');
        Ok(())
    }

    /// A nil among the entries leaves its comma, as upstream has it.
    fn inline_table(&mut self, fields: &[(String, Value)], depth: usize) -> Done {
        let (mut plain, mut tables) = (Vec::new(), Vec::new());
        for (key, value) in fields {
            match shape(value)? {
                Shape::Other => plain.push((key, value)),
                Shape::Table | Shape::Tables => tables.push((key, value)),
            }
        }
        self.out.push('{');
        let more = !tables.is_empty();
        for (entries, trailing) in [(plain, more), (tables, false)] {
            let count = entries.len();
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if is_nil(value) {
                    continue;
                }
                self.out.push_str(&quoted(key));
                self.out.push_str(" = ");
                self.element(value, depth + 1)?;
                if trailing || index + 1 != count {
                    self.out.push_str(", ");
                }
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn float(&mut self, number: f64, value: &Value) -> Done {
        let text = if number.is_nan() {
            "nan".to_owned()
        } else if number.is_infinite() {
            if number > 0.0 {
                "inf".to_owned()
            } else {
                "-inf".to_owned()
            }
        } else {
            let value = value.underlying();
            let text = crate::fmt::sprint(std::slice::from_ref(&*value))
                .map_err(Fault::Panic)?
                .to_string();
            if text.contains(['e', '.']) {
                text
            } else {
                format!("{text}.0")
            }
        };
        self.out.push_str(&text);
        Ok(())
    }
}
