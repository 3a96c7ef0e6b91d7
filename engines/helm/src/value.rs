//! Chart values: an immutable tree that is shared instead of copied.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

/// A value as Helm's templates see it: what Go's JSON decoder makes of YAML (every number a `float64`), and the
/// `int64` of `--set`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number given with `--set`.
    Int(i64),
    /// Any number that came from YAML or JSON.
    Float(f64),
    /// Text.
    Str(Arc<str>),
    /// Text that is not UTF-8, from `--set-file`.
    Raw(Arc<[u8]>),
    /// A list.
    List(Arc<[Value]>),
    /// A table.
    Table(Arc<Table>),
}

/// A table of values, ordered by key (Helm's order is that of the keys everywhere).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    entries: BTreeMap<Arc<str>, Value>,
    aliased: bool,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Table::default()
    }

    /// Whether Go holds one map in several places here: what a template changes in one of them is changed in all.
    pub fn is_aliased(&self) -> bool {
        self.aliased
    }

    pub(crate) fn aliased(entries: BTreeMap<Arc<str>, Value>) -> Self {
        Table {
            entries,
            aliased: true,
        }
    }

    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// The value at `key`, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.get_mut(key)
    }

    /// Sets `key`.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: impl Into<Value>) {
        self.entries.insert(key.into(), value.into());
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.entries.remove(key)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter()
    }

    /// The table below the dotted `path`, as Helm's `Values.Table`.
    pub fn table(&self, path: &str) -> Option<&Table> {
        path.split('.')
            .try_fold(self, |table, name| match table.get(name) {
                Some(Value::Table(inner)) => Some(&**inner),
                _ => None,
            })
    }

    /// Reads YAML documents, each merged over those before it: a values file. See [`crate::values::load_values`].
    ///
    /// # Errors
    /// The text is no YAML, or a document of it no table.
    pub fn from_yaml(text: &[u8]) -> Result<Self, crate::values::ValuesError> {
        crate::values::load_values(text)
    }

    /// The table in an object of JSON; anything else gives nothing.
    pub fn from_json(json: &Json) -> Option<Self> {
        match Value::from_json(json) {
            Value::Table(table) => Some(Arc::unwrap_or_clone(table)),
            _ => None,
        }
    }

    /// As JSON; whole numbers come without a fraction.
    pub fn to_json(&self) -> Json {
        Json::Object(
            self.entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_json()))
                .collect(),
        )
    }
}

impl From<BTreeMap<Arc<str>, Value>> for Table {
    fn from(entries: BTreeMap<Arc<str>, Value>) -> Self {
        Table {
            entries,
            aliased: false,
        }
    }
}

impl FromIterator<(Arc<str>, Value)> for Table {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Value)>>(entries: I) -> Self {
        Table::from(BTreeMap::from_iter(entries))
    }
}

impl Value {
    /// From JSON, as Go's decoder gives it: every number a float.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()),
            Json::String(text) => Value::Str(text.as_str().into()),
            Json::Array(items) => Value::List(items.iter().map(Value::from_json).collect()),
            Json::Object(map) => Value::Table(Arc::new(
                map.iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), Value::from_json(value)))
                    .collect(),
            )),
        }
    }

    /// As JSON; whole numbers come without a fraction, as Go writes them. Bytes that are no UTF-8 become U+FFFD.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) => float_to_json(*value),
            Value::Str(text) => Json::String(text.to_string()),
            Value::Raw(bytes) => Json::String(String::from_utf8_lossy(bytes).into_owned()),
            Value::List(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Table(table) => table.to_json(),
        }
    }

    /// An empty table.
    pub fn empty_table() -> Self {
        Value::Table(Arc::default())
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Go's name of the type.
    pub fn go_type(&self) -> &'static str {
        match self {
            Value::Null => "nil",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int64",
            Value::Float(_) => "float64",
            Value::Str(_) | Value::Raw(_) => "string",
            Value::List(_) => "[]interface {}",
            Value::Table(_) => "map[string]interface {}",
        }
    }
}

fn float_to_json(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Json::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number)
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Float(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<Table> for Value {
    fn from(table: Table) -> Self {
        Value::Table(Arc::new(table))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Value::List(items.into())
    }
}

/// As Go's `%v` prints it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("<nil>"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => f.write_str(&go_float(*value)),
            Value::Str(text) => f.write_str(text),
            Value::Raw(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Value::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(f, "{space}{item}")?;
                }
                f.write_str("]")
            }
            Value::Table(table) => {
                f.write_str("map[")?;
                for (index, (key, value)) in table.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(f, "{space}{key}:{value}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Go's `%v` of a float: the shortest digits, with an exponent from a million on and below 1e-4.
pub(crate) fn go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expect: &str) {
        let json: Json = serde_json::from_str(json).unwrap();
        assert_eq!(Value::from_json(&json).to_string(), expect);
    }

    #[test]
    fn printed_as_go_does() {
        check("null", "<nil>");
        check("[1,2.5,\"a b\"]", "[1 2.5 a b]");
        check(r#"{"b":{"x":true},"a":""}"#, "map[a: b:map[x:true]]");
        check("1e21", "1e+21");
        check("1000000", "1e+06");
        check("12345678901", "1.2345678901e+10");
        check("123456", "123456");
        check("0.00001", "1e-05");
        check("-0.25", "-0.25");
    }

    #[test]
    fn json_and_back() {
        let json: Json = serde_json::from_str(r#"{"a":[1,1.5,"x",null,true],"b":{}}"#).unwrap();
        assert_eq!(Value::from_json(&json).to_json(), json);
    }

    #[test]
    fn tables_by_path() {
        let json: Json = serde_json::from_str(r#"{"a":{"b":{"c":1}}}"#).unwrap();
        let table = Table::from_json(&json).unwrap();
        assert!(table.table("a.b").is_some_and(|inner| inner.len() == 1));
        assert!(table.table("a.b.c").is_none() && table.table("").is_none());
    }
}
