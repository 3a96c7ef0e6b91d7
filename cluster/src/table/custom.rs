//! Tables of custom resources.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::since;
use super::columns::Column;
use super::jsonpath::Path;
use super::read::{name, text};

/// The table of a custom resource, compiled from `additionalPrinterColumns` of a version.
#[derive(Debug, Clone)]
pub struct CustomTable {
    columns: Vec<(Column, Option<Path>)>,
}

impl CustomTable {
    /// Compile the columns; without any there are `Name` and `Age`. Broken paths give empty cells, as upstream.
    pub fn new(printer_columns: &[Value]) -> Self {
        let mut columns: Vec<(Column, Option<Path>)> = printer_columns.iter().map(column).collect();
        if columns.is_empty() {
            columns.push(column(
                &json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}),
            ));
        }
        Self { columns }
    }

    /// The columns.
    pub fn columns(&self) -> Vec<Column> {
        std::iter::once(Column::NAME)
            .chain(self.columns.iter().map(|(column, _)| column.clone()))
            .collect()
    }

    /// The cells of one object.
    pub fn cells(&self, object: &Value, now: Timestamp) -> Vec<Value> {
        let mut cells = vec![json!(name(object))];
        cells.extend(self.columns.iter().map(|(column, path)| {
            let found = path
                .as_ref()
                .and_then(|path| path.find(object).into_iter().next());
            found.map_or(Value::Null, |found| cell(&column.kind, found, now))
        }));
        cells
    }
}

fn column(definition: &Value) -> (Column, Option<Path>) {
    let owned = |field: &str| Cow::Owned(text(&definition[field]).to_owned());
    let column = Column {
        name: owned("name"),
        kind: owned("type"),
        format: owned("format"),
        description: Cow::Borrowed(""),
        priority: definition["priority"].as_i64().unwrap_or(0),
    };
    let path = text(&definition["jsonPath"]);
    (column, Path::parse(path))
}

/// A value in a column of some type; null where it does not fit.
fn cell(kind: &str, value: &Value, now: Timestamp) -> Value {
    match (kind, value) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("string", Value::Null) => json!("<nil>"),
        ("string", value) => json!(value.to_string()),
        ("integer", Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => json!(number),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "upstream cuts fractions off in integer columns"
            )]
            (None, Some(number)) => json!(number as i64),
            (None, None) => Value::Null,
        },
        ("number", Value::Number(_)) => value.clone(),
        ("date", Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(_) => json!(since(value, now)),
            Err(_) => json!("<invalid>"),
        },
        _ => Value::Null,
    }
}
