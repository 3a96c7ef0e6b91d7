//! Messages to JSON, by the table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::envelope::{self, text};
use crate::table::{Field, Kind, Message, Special, Table, Wrap, Zero};
use crate::wire::{Reader, Wire};
use crate::{Error, Limits, MAGIC, special};

type Object = Map<String, Value>;

/// Decodes one body; keeps count of what it makes.
pub(crate) struct Decoder<'a> {
    table: &'static Table,
    limits: &'a Limits,
    values: usize,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(table: &'static Table, limits: &'a Limits) -> Self {
        Self {
            table,
            limits,
            values: 0,
        }
    }

    /// A message in the form that it has in JSON.
    pub(crate) fn message(&mut self, bytes: &[u8], message: &Message, depth: usize) -> Result<Value, Error> {
        let mut object = Object::new();
        self.fields(bytes, message, &mut object, depth)?;
        self.finish(message, &mut object, depth)?;
        self.value(message, object, depth)
    }

    /// The message as a value, once all of its fields are known.
    fn value(&mut self, message: &Message, object: Object, depth: usize) -> Result<Value, Error> {
        match message.special {
            None => Ok(Value::Object(object)),
            Some(Special::Raw) => self.raw(&object, depth),
            Some(special) => special::value(special, object),
        }
    }

    fn fields(
        &mut self,
        bytes: &[u8],
        message: &Message,
        object: &mut Object,
        depth: usize,
    ) -> Result<(), Error> {
        self.deeper(depth)?;
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.tag()? {
            match message.field(number) {
                None => reader.skip(number, wire)?,
                Some(field) => self
                    .field(&mut reader, wire, field, object, depth)
                    .map_err(|error| error.within(field.name))?,
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        reader: &mut Reader<'_>,
        wire: Wire,
        field: &Field,
        object: &mut Object,
        depth: usize,
    ) -> Result<(), Error> {
        match field.wrap {
            Wrap::List => {
                let items = object
                    .entry(field.name)
                    .or_insert_with(|| Value::Array(Vec::new()));
                let Value::Array(items) = items else { return Ok(()) };
                self.items(reader, wire, field.kind, items, depth)
            }
            Wrap::Map => {
                let (key, value) = self.entry(reader, wire, field.kind, depth)?;
                let entries = object
                    .entry(field.name)
                    .or_insert_with(|| Value::Object(Object::new()));
                if let Value::Object(entries) = entries {
                    entries.insert(key, value);
                }
                Ok(())
            }
            Wrap::One => match field.kind {
                Kind::Message(index) => self.one_message(bytes(reader, wire)?, index, field, object, depth),
                kind => {
                    let value = self.scalar(reader, wire, kind)?;
                    object.insert(field.name.into(), value);
                    Ok(())
                }
            },
        }
    }

    /// A message that stands once; when it comes in pieces, they are merged.
    fn one_message(
        &mut self,
        bytes: &[u8],
        index: usize,
        field: &Field,
        object: &mut Object,
        depth: usize,
    ) -> Result<(), Error> {
        let Some(message) = self.table.message(index) else {
            return Ok(());
        };
        if field.name == "." {
            return self.fields(bytes, message, object, depth + 1);
        }
        if message.special.is_some() {
            let value = self.message(bytes, message, depth + 1)?;
            object.insert(field.name.into(), value);
            return Ok(());
        }
        let mut inner = match object.remove(field.name) {
            Some(Value::Object(inner)) => inner,
            _ => Object::new(),
        };
        self.fields(bytes, message, &mut inner, depth + 1)?;
        self.finish(message, &mut inner, depth + 1)?;
        self.count()?;
        object.insert(field.name.into(), Value::Object(inner));
        Ok(())
    }

    fn items(
        &mut self,
        reader: &mut Reader<'_>,
        wire: Wire,
        kind: Kind,
        items: &mut Vec<Value>,
        depth: usize,
    ) -> Result<(), Error> {
        if let Kind::Message(index) = kind {
            let Some(message) = self.table.message(index) else {
                return Ok(());
            };
            let bytes = bytes(reader, wire)?;
            self.count()?;
            let at = items.len();
            let item = self.message(bytes, message, depth + 1);
            items.push(item.map_err(|error| error.within(&format!("[{at}]")))?);
            return Ok(());
        }
        // Numbers may come packed, as one run of bytes.
        if wire == Wire::Bytes && matches!(kind, Kind::Bool | Kind::Int | Kind::Number) {
            let mut packed = Reader::new(reader.bytes()?);
            let wire = if kind == Kind::Number {
                Wire::Fixed64
            } else {
                Wire::Varint
            };
            while !packed.is_empty() {
                items.push(self.scalar(&mut packed, wire, kind)?);
            }
            return Ok(());
        }
        items.push(self.scalar(reader, wire, kind)?);
        Ok(())
    }

    /// An entry of a map: a message with the key in field 1 and the value in field 2.
    fn entry(
        &mut self,
        reader: &mut Reader<'_>,
        wire: Wire,
        kind: Kind,
        depth: usize,
    ) -> Result<(String, Value), Error> {
        self.deeper(depth)?;
        let mut entry = Reader::new(bytes(reader, wire)?);
        let (mut key, mut value) = (String::new(), None);
        while let Some((number, wire)) = entry.tag()? {
            match (number, kind) {
                (1, _) => key = text(bytes(&mut entry, wire)?),
                (2, Kind::Message(index)) => {
                    let bytes = bytes(&mut entry, wire)?;
                    let Some(message) = self.table.message(index) else {
                        continue;
                    };
                    value = Some(
                        self.message(bytes, message, depth + 1)
                            .map_err(|error| error.within(&key))?,
                    );
                }
                (2, kind) => {
                    value = Some(
                        self.scalar(&mut entry, wire, kind)
                            .map_err(|error| error.within(&key))?,
                    )
                }
                _ => entry.skip(number, wire)?,
            }
        }
        self.count()?;
        let value = match (value, kind) {
            (Some(value), _) => value,
            (None, Kind::Message(index)) => match self.table.message(index) {
                Some(message) => self.message(&[], message, depth + 1)?,
                None => Value::Null,
            },
            (None, kind) => zero_scalar(kind),
        };
        Ok((key, value))
    }

    fn scalar(&mut self, reader: &mut Reader<'_>, wire: Wire, kind: Kind) -> Result<Value, Error> {
        self.count()?;
        Ok(match (kind, wire) {
            (Kind::String, Wire::Bytes) => text(reader.bytes()?).into(),
            (Kind::Bytes, Wire::Bytes) => STANDARD.encode(reader.bytes()?).into(),
            (Kind::Bool, Wire::Varint) => (reader.varint()? != 0).into(),
            // Negative numbers are written as the 64 bits that they have.
            (Kind::Int, Wire::Varint) => (reader.varint()? as i64).into(),
            (Kind::Number, Wire::Fixed64) => special::number(f64::from_bits(reader.fixed64()?))?,
            _ => {
                return Err(Error::malformed(format!(
                    "a value of wire type {wire:?} cannot be a {kind:?}"
                )));
            }
        })
    }

    /// Leaves out what is zero and optional, and adds what is absent and always written.
    fn finish(&mut self, message: &Message, object: &mut Object, depth: usize) -> Result<(), Error> {
        for field in &message.fields {
            if let (".", Kind::Message(index)) = (field.name, field.kind) {
                if let Some(inner) = self.table.message(index) {
                    self.finish(inner, object, depth)?;
                }
                continue;
            }
            let scalar = !matches!(field.kind, Kind::Message(_)) && field.wrap == Wrap::One;
            let vanishes = match object.get(field.name) {
                Some(Value::Null) => true,
                Some(value) => {
                    scalar && !field.pointer && field.zero.is_none() && *value == zero_scalar(field.kind)
                }
                None => false,
            };
            if vanishes {
                object.remove(field.name);
            }
            if let Some(zero) = field.zero
                && !object.contains_key(field.name)
            {
                self.count()?;
                let value = self
                    .zero(zero, field.kind, depth)
                    .map_err(|error| error.within(field.name))?;
                object.insert(field.name.into(), value);
            }
        }
        Ok(())
    }

    fn zero(&mut self, zero: Zero, kind: Kind, depth: usize) -> Result<Value, Error> {
        Ok(match (zero, kind) {
            (Zero::Object, Kind::Message(index)) => match self.table.message(index) {
                Some(message) => self.message(&[], message, depth + 1)?,
                None => Value::Null,
            },
            (Zero::Object, _) => Value::Object(Object::new()),
            (Zero::Null, _) => Value::Null,
            (Zero::Text(text), _) => text.into(),
            (Zero::Number, _) => 0.into(),
            (Zero::False, _) => false.into(),
        })
    }

    /// JSON in bytes; in places also an object with an envelope of its own.
    fn raw(&mut self, object: &Object, depth: usize) -> Result<Value, Error> {
        let Some(text) = object.get("raw").and_then(Value::as_str) else {
            return Ok(Value::Null);
        };
        let bytes = STANDARD.decode(text).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        if bytes.starts_with(MAGIC) {
            self.deeper(depth + 1)?;
            return envelope::object(self, &bytes, depth + 1);
        }
        serde_json::from_slice(&bytes).map_err(|error| Error::malformed(format!("not JSON: {error}")))
    }

    fn deeper(&self, depth: usize) -> Result<(), Error> {
        let limit = self.limits.max_depth;
        if depth < limit {
            Ok(())
        } else {
            Err(Error::TooDeep {
                path: String::new(),
                limit,
            })
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.values += 1;
        let limit = self.limits.max_values;
        if self.values <= limit {
            Ok(())
        } else {
            Err(Error::TooManyValues { limit })
        }
    }
}

fn bytes<'b>(reader: &mut Reader<'b>, wire: Wire) -> Result<&'b [u8], Error> {
    match wire {
        Wire::Bytes => reader.bytes(),
        wire => Err(Error::malformed(format!(
            "a value of wire type {wire:?} cannot be a message or text"
        ))),
    }
}

fn zero_scalar(kind: Kind) -> Value {
    match kind {
        Kind::String | Kind::Bytes => "".into(),
        Kind::Bool => false.into(),
        Kind::Int | Kind::Number => 0.into(),
        Kind::Message(_) => Value::Null,
    }
}
