//! Which columns a kind has.
use std::borrow::Cow;
use jiff::Timestamp;
use serde_json::Value;

/// One column definition of a table; serialize it as `{name, type, format, description, priority}`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Column {
    /// Heading, for example `Up-to-date`.
    pub name: Cow<'static, str>,
    /// OpenAPI type: `string`, `integer`, `number`, `boolean` or `date`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// OpenAPI format; `name` marks the column with the object's name.
    pub format: Cow<'static, str>,
    /// Always empty.
    pub description: Cow<'static, str>,
    /// Columns above 0 are only shown by `-o wide`.
    pub priority: i64,
}

/// The columns of a built-in kind.
pub fn columns(_group: &str, _kind: &str) -> Vec<Column> {
    Vec::new()
}

/// The cells of one object of a built-in kind, in the order of [`columns`].
pub fn cells(_object: &Value, _now: Timestamp) -> Vec<Value> {
    Vec::new()
}

/// The table of a custom resource, compiled from `additionalPrinterColumns` of a version.
#[derive(Debug, Clone)]
pub struct CustomTable {}

impl CustomTable {
    /// Compile the columns; without any there are `Name` and `Age`. Broken paths give empty cells, as upstream.
    pub fn new(_printer_columns: &[Value]) -> Self {
        Self {}
    }

    /// The columns.
    pub fn columns(&self) -> Vec<Column> {
        Vec::new()
    }

    /// The cells of one object.
    pub fn cells(&self, _object: &Value, _now: Timestamp) -> Vec<Value> {
        Vec::new()
    }
}
