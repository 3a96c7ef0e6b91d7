//! Reading the body of a request.

use serde_json::Value;

use super::negotiate::MEDIA_TYPES;
use super::nesting;
use super::request::FieldValidation;
use super::{ApiRequest, Failure};

/// The limit for a body, as upstream's.
pub(crate) const MAX_BODY: usize = 3 << 20;
const WHAT: &str = "the object provided is unrecognized";

const NO_HEAD: &str = "couldn't get version/kind; json parse error: ";

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Json,
    Yaml,
    Protobuf,
}

/// The media type without its parameters.
pub(crate) fn media_type(request: &ApiRequest) -> &str {
    request
        .content_type
        .as_deref()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
}

/// The form of an object in the body.
pub(crate) fn format(request: &ApiRequest) -> Result<BodyFormat, Failure> {
    match media_type(request) {
        "application/json" | "" => Ok(BodyFormat::Json),
        "application/yaml" => Ok(BodyFormat::Yaml),
        flux_protobuf::MEDIA_TYPE => Ok(BodyFormat::Protobuf),
        _ => Err(Failure::unsupported_media_type(MEDIA_TYPES)),
    }
}

/// The object in the body. `kind` is what it must be, for messages.
pub(crate) fn object(
    request: &ApiRequest,
    kind: &str,
    validation: FieldValidation,
) -> Result<(Value, Vec<String>), Failure> {
    let format = format(request)?;
    let bytes = &request.body;
    if bytes.len() > MAX_BODY {
        return Err(Failure::too_large(&format!("limit is {MAX_BODY}")));
    }
    let unrecognized = |error: String| {
        Failure::bad_request(format!(
            "{WHAT} (must be of type {kind}): {error} ({})",
            hex_start(bytes)
        ))
    };
    let no_head = |error: String| {
        Failure::bad_request(format!(
            "{WHAT} (must be of type {kind}): {NO_HEAD}{error} ({})",
            start(bytes)
        ))
    };
    match format {
        BodyFormat::Json => {
            let duplicates = if validation == FieldValidation::Ignore {
                Vec::new()
            } else {
                duplicate_fields(&nesting::shorten(bytes))
                    .iter()
                    .map(|path| format!("duplicate field \"{path}\""))
                    .collect()
            };
            let value = json(bytes).and_then(|value| check_head(&value).map(|()| value));
            Ok((object_of(value.map_err(no_head)?), duplicates))
        }
        BodyFormat::Yaml => {
            let value = yaml(bytes).map_err(unrecognized)?;
            let problem = |why: String| unrecognized(format!("{NO_HEAD}{why}"));
            check_head(&value).map_err(problem)?;
            Ok((
                object_of(value),
                duplicate_key(bytes, validation).into_iter().collect(),
            ))
        }
        BodyFormat::Protobuf => Ok((protobuf(bytes).map_err(unrecognized)?, Vec::new())),
    }
}

/// Null is an object without any field.
fn object_of(value: Value) -> Value {
    match value {
        Value::Null => Value::Object(serde_json::Map::new()),
        other => other,
    }
}

/// What is in a body must not lack what was too deep to be read.
pub(crate) fn check_depth(request: &ApiRequest, object: &Value) -> Result<(), Failure> {
    if nesting::is_deep(&request.body) && nesting::is_cut(object) {
        return Err(Failure::bad_request(
            "the object is nested more deeply than this server keeps objects: use fewer than 126 levels",
        ));
    }
    Ok(())
}

/// The first document of YAML text as JSON.
pub(crate) fn yaml(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "yaml: invalid leading UTF-8 octet".to_owned())?;
    parse_yaml(text, flux_yaml::json::Duplicates::LastWins).map_err(|error| yaml_error(text, &error))
}

/// The value of YAML text that is JSON and means the same as such: most clients send that, and it is read much faster.
pub(crate) fn plain_json(bytes: &[u8]) -> Option<Value> {
    /// YAML finds no longer keys.
    const LONGEST_KEY: usize = 1_000;
    fn is_plain(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_i64(),
            Value::Array(items) => items.iter().all(is_plain),
            Value::Object(map) => map
                .iter()
                .all(|(key, value)| key.len() < LONGEST_KEY && is_plain(value)),
            _ => true,
        }
    }
    let is_json = bytes.trim_ascii_start().starts_with(b"{") && bytes.is_ascii() && !bytes.contains(&0x7f);
    if !is_json || nesting::is_deep(bytes) {
        return None;
    }
    let value = serde_json::from_slice(bytes).ok().filter(is_plain)?;
    duplicate_fields(bytes).is_empty().then_some(value)
}

/// What is wrong with YAML text, in the words of Go's library: an end that comes too soon is on the last line.
fn yaml_error(text: &str, error: &flux_yaml::Error) -> String {
    let message = &error.message;
    let of_all = ["found incompatible YAML document", "excessive aliasing"];
    if message.starts_with("exceeded max depth") && nesting::depth(text.as_bytes()) > nesting::READ {
        return format!("yaml: exceeded max depth of {}", nesting::READ);
    }
    if error.pos.line == 0 || of_all.iter().any(|words| message.contains(words)) {
        return format!("yaml: {message}");
    }
    let lines = text.lines().count().max(1);
    let line = usize::try_from(error.pos.line).unwrap_or(lines).min(lines);
    format!("yaml: line {line}: {message}")
}

/// The first key of YAML text that occurs twice in its map, as `line 4: key "a" already set in map`.
pub(crate) fn duplicate_key(bytes: &[u8], validation: FieldValidation) -> Option<String> {
    if validation == FieldValidation::Ignore {
        return None;
    }
    match parse_yaml(
        std::str::from_utf8(bytes).ok()?,
        flux_yaml::json::Duplicates::Error,
    ) {
        Err(error) if error.message.contains("already set in map") => {
            Some(format!("line {}: {}", error.pos.line, error.message))
        }
        _ => None,
    }
}

fn parse_yaml(text: &str, duplicates: flux_yaml::json::Duplicates) -> Result<Value, flux_yaml::Error> {
    let limits = flux_yaml::Limits {
        max_depth: 100,
        max_bytes: MAX_BODY,
        max_nodes: 1_000_000,
    };
    flux_yaml::json::parse_json(text, duplicates, &limits)
}

/// An object in protobuf as JSON.
pub(crate) fn protobuf(bytes: &[u8]) -> Result<Value, String> {
    flux_protobuf::decode(bytes, &flux_protobuf::Limits::default()).map_err(|error| {
        let text = error.to_string();
        let wire_type = text
            .strip_prefix("malformed protobuf: wire type ")
            .and_then(|rest| rest.strip_suffix(" does not exist"));
        wire_type.map_or(text.clone(), |number| format!("proto: illegal wireType {number}"))
    })
}

fn hex_start(bytes: &[u8]) -> String {
    let text: String = bytes.iter().take(30).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > 30 {
        format!("{text} ...")
    } else {
        text
    }
}

/// A decoder error in the words that Go clients know.
pub(crate) fn json_error(bytes: &[u8], error: &serde_json::Error) -> String {
    super::json::syntax_error(bytes).unwrap_or_else(|| error.to_string())
}

/// The value of JSON text. Bytes that are no UTF-8 become replacement characters, as Go's decoder makes them; levels
/// that are too deep are [cut off](nesting).
pub(crate) fn json(bytes: &[u8]) -> Result<Value, String> {
    let short = nesting::shorten(bytes);
    if matches!(short, std::borrow::Cow::Owned(_))
        && let Some(error) = super::json::syntax_error(bytes)
    {
        return Err(error);
    }
    let text = String::from_utf8_lossy(&short);
    serde_json::from_str(&text)
        .or_else(|error| {
            // Go reads half of a pair of surrogates as a replacement character.
            match whole_surrogates(&text) {
                Some(text) => serde_json::from_str(&text),
                None => Err(error),
            }
        })
        .map_err(|error| json_error(bytes, &error))
}

/// The text with its lone `\\ud800` to `\\udfff` replaced; none where there are none.
fn whole_surrogates(text: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let (mut at, mut changed) = (0, false);
    while let Some(c) = text[at..].chars().next() {
        if c != '\\' {
            out.push(c);
            at += c.len_utf8();
            continue;
        }
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push('\u{fffd}');
                changed = true;
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
        out.push_str(&text[at..at + length]);
        at += length;
    }
    changed.then_some(out)
}

/// What must be there before the version and kind of a body can be read.
fn check_head(value: &Value) -> Result<(), String> {
    match value {
        Value::Object(map) => {
            for field in ["apiVersion", "kind"] {
                match map.get(field) {
                    None | Some(Value::String(_) | Value::Null) => {}
                    Some(other) => {
                        let found = super::go::json_type(other);
                        return Err(format!(
                            "json: cannot unmarshal {found} into Go struct field .{field} of type string"
                        ));
                    }
                }
            }
            Ok(())
        }
        Value::Null => Ok(()),
        other => Err(format!(
            "json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            super::go::json_type(other)
        )),
    }
}

/// The start of a body for messages: text that looks like a JSON object as it is, anything else in hexadecimal.
fn start(bytes: &[u8]) -> String {
    let trimmed = bytes.trim_ascii_start();
    if bytes.is_empty() {
        return "<empty>".into();
    }
    if trimmed.first() != Some(&b'{') {
        return hex_start(bytes);
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned();
    if bytes.len() > 30 {
        format!("{text} ...")
    } else {
        text
    }
}

/// Paths of fields that occur twice in the same object.
pub(crate) fn duplicate_fields(bytes: &[u8]) -> Vec<String> {
    use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

    struct Walk<'a> {
        path: String,
        found: &'a mut Vec<String>,
    }
    impl<'de> DeserializeSeed<'de> for Walk<'_> {
        type Value = ();
        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_any(self)
        }
    }
    impl<'de> Visitor<'de> for Walk<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_bool<E>(self, _: bool) -> Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> Result<(), E> {
            Ok(())
        }
        fn visit_str<E>(self, _: &str) -> Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
            let mut index = 0;
            while items
                .next_element_seed(Walk {
                    path: format!("{}[{index}]", self.path),
                    found: &mut *self.found,
                })?
                .is_some()
            {
                index += 1;
            }
            Ok(())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut seen = std::collections::HashSet::new();
            while let Some(key) = map.next_key::<String>()? {
                let path = if self.path.is_empty() {
                    key.clone()
                } else {
                    format!("{}.{key}", self.path)
                };
                if !seen.insert(key) {
                    self.found.push(path.clone());
                }
                map.next_value_seed(Walk {
                    path,
                    found: &mut *self.found,
                })?;
            }
            Ok(())
        }
    }
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // What cannot be read is reported when it is read for real.
    let _ = Walk {
        path: String::new(),
        found: &mut found,
    }
    .deserialize(&mut deserializer);
    found
}
