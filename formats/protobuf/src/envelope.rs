//! The envelope around an object: the magic, its version and kind, its bytes.

use serde_json::Value;

use crate::Error;
use crate::decode::Decoder;
use crate::table::Table;
use crate::wire::{Reader, Wire};

/// The media type of bodies that are decoded here.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every body starts with.
pub const MAGIC: &[u8; 4] = b"k8s\0";

/// How much a body may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The length of the body in bytes.
    pub max_bytes: usize,
    /// Levels of messages inside messages.
    pub max_depth: usize,
    /// Values in the object, those that an absent field stands for included.
    pub max_values: usize,
}

impl Default for Limits {
    /// 3 MiB, which is what an API server takes; 100 levels; a million values.
    fn default() -> Self {
        Self {
            max_bytes: 3 << 20,
            max_depth: 100,
            max_values: 1_000_000,
        }
    }
}

/// Decodes a body into the JSON form of the object in it.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, Error> {
    if bytes.len() > limits.max_bytes {
        return Err(Error::TooLarge {
            found: bytes.len(),
            limit: limits.max_bytes,
        });
    }
    let mut decoder = Decoder::new(Table::builtin(), limits);
    object(&mut decoder, bytes, 0)
}

/// An object with its envelope, at some depth of another.
pub(crate) fn object(decoder: &mut Decoder<'_>, bytes: &[u8], depth: usize) -> Result<Value, Error> {
    let envelope = Envelope::read(bytes.strip_prefix(MAGIC).ok_or(Error::Magic)?)?;
    if !envelope.encoding.is_empty() {
        return Err(Error::Encoding {
            what: "contentEncoding",
            found: envelope.encoding,
        });
    }
    match envelope.content_type.as_str() {
        "" | MEDIA_TYPE => {}
        "application/json" => {
            return serde_json::from_slice(envelope.raw)
                .map_err(|error| Error::malformed(format!("the JSON in the envelope: {error}")));
        }
        _ => {
            return Err(Error::Encoding {
                what: "contentType",
                found: envelope.content_type,
            });
        }
    }
    for (missing, value) in [("kind", &envelope.kind), ("apiVersion", &envelope.api_version)] {
        if value.is_empty() {
            return Err(Error::NoKind { missing });
        }
    }
    let Some(message) = Table::builtin().kind(&envelope.api_version, &envelope.kind) else {
        return Err(Error::UnknownKind {
            api_version: envelope.api_version,
            kind: envelope.kind,
        });
    };
    let mut value = decoder.message(envelope.raw, message, depth)?;
    if let Value::Object(map) = &mut value {
        map.insert("apiVersion".into(), envelope.api_version.into());
        map.insert("kind".into(), envelope.kind.into());
    }
    Ok(value)
}

#[derive(Default)]
struct Envelope<'a> {
    api_version: String,
    kind: String,
    raw: &'a [u8],
    encoding: String,
    content_type: String,
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.tag()? {
            match (number, wire) {
                (1, Wire::Bytes) => found.type_meta(reader.bytes()?)?,
                (2, Wire::Bytes) => found.raw = reader.bytes()?,
                (3, Wire::Bytes) => found.encoding = text(reader.bytes()?),
                (4, Wire::Bytes) => found.content_type = text(reader.bytes()?),
                (1..=4, _) => {
                    return Err(Error::malformed(format!(
                        "field {number} of the envelope is not text"
                    )));
                }
                _ => reader.skip(number, wire)?,
            }
        }
        Ok(found)
    }

    fn type_meta(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut reader = Reader::new(bytes);
        while let Some((number, wire)) = reader.tag()? {
            match (number, wire) {
                (1, Wire::Bytes) => self.api_version = text(reader.bytes()?),
                (2, Wire::Bytes) => self.kind = text(reader.bytes()?),
                _ => reader.skip(number, wire)?,
            }
        }
        Ok(())
    }
}

/// Text as Go writes it to JSON: what is no UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
