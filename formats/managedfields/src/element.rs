//! Elements of field paths.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

/// One step of a field path, held in its FieldsV1 form: `f:name`, `k:{"key":"value"}`, `v:"value"` or `i:0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathElement(Arc<str>);

impl PathElement {
    /// A named field or a key of a map.
    pub fn field(name: &str) -> PathElement {
        PathElement(format!("f:{name}").into())
    }

    /// An element of a list map, by its keys.
    pub fn key(keys: Map<String, Value>) -> PathElement {
        PathElement(format!("k:{}", canonical(Value::Object(keys))).into())
    }

    /// An element of a set, by its value.
    pub fn value(value: Value) -> PathElement {
        PathElement(format!("v:{}", canonical(value)).into())
    }

    /// An element of a list, by its place.
    pub fn index(index: u64) -> PathElement {
        PathElement(format!("i:{index}").into())
    }

    /// Reads the FieldsV1 form.
    pub fn parse(text: &str) -> Option<PathElement> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(PathElement(text.into())),
            "k" => match serde_json::from_str(rest).ok()? {
                Value::Object(keys) => Some(PathElement::key(keys)),
                _ => None,
            },
            "v" => Some(PathElement::value(serde_json::from_str(rest).ok()?)),
            "i" => Some(PathElement::index(rest.parse().ok()?)),
            _ => None,
        }
    }

    /// The FieldsV1 form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn shared(&self) -> Arc<str> {
        self.0.clone()
    }

    pub(crate) fn from_shared(text: Arc<str>) -> PathElement {
        PathElement(text)
    }
}

/// Prints a step as conflict messages do: `.name`, `[key="value"]`, `[="value"]`, `[0]`.
impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((kind, rest)) = self.0.split_once(':') else {
            return Ok(());
        };
        match kind {
            "f" => write!(f, ".{rest}"),
            "v" => write!(f, "[={rest}]"),
            "k" => {
                let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "[{}]", keys.join(","))
            }
            _ => write!(f, "[{rest}]"),
        }
    }
}

/// Numbers that are equal are one element, however they are written.
fn canonical(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(whole(&number).unwrap_or(number)),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, canonical(value)))
            .collect(),
        other => other,
    }
}

fn whole(number: &Number) -> Option<Number> {
    if !number.is_f64() {
        return None;
    }
    let float = number.as_f64()?;
    let fits = float.fract() == 0.0 && float.abs() < 9.0e15;
    // The range was checked, so the digits before the point are all there is.
    if fits {
        format!("{float:.0}").parse::<i64>().ok().map(Number::from)
    } else {
        None
    }
}
