//! Whether a value fits its type at all, in the words of the API server.

use std::collections::HashSet;
use std::fmt;

use flux_schema::{ListKind, Shape, TypeRef};
use serde_json::Value;

use super::items::element_of;

/// A place of a value that does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedError {
    /// Where: `.spec.replicas`.
    pub path: String,
    /// What.
    pub message: String,
}

/// All places of a value that do not fit its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct TypedErrors(pub Vec<TypedError>);

impl fmt::Display for TypedErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |error: &TypedError| match error.path.as_str() {
            "" => error.message.clone(),
            path => format!("{path}: {}", error.message),
        };
        if let [only] = self.0.as_slice() {
            return f.write_str(&one(only));
        }
        f.write_str("errors:")?;
        self.0
            .iter()
            .try_for_each(|error| write!(f, "\n  {}", one(error)))
    }
}

/// Checks shapes, unknown fields and keys of list elements. With `duplicates`, elements may come twice: live objects may
/// have such lists, applied configurations may not.
pub fn validate(ty: TypeRef<'_>, value: &Value, duplicates: bool) -> Result<(), TypedErrors> {
    let mut checker = Checker {
        duplicates,
        path: String::new(),
        errors: Vec::new(),
    };
    checker.check(ty, value);
    if checker.errors.is_empty() {
        Ok(())
    } else {
        Err(TypedErrors(checker.errors))
    }
}

struct Checker {
    duplicates: bool,
    path: String,
    errors: Vec<TypedError>,
}

impl Checker {
    fn fail(&mut self, message: String) {
        self.errors.push(TypedError {
            path: self.path.clone(),
            message,
        });
    }

    fn below(&mut self, step: &str, with: impl FnOnce(&mut Checker)) {
        let length = self.path.len();
        self.path.push_str(step);
        with(self);
        self.path.truncate(length);
    }

    fn check(&mut self, ty: TypeRef<'_>, value: &Value) {
        if value.is_null() {
            return;
        }
        match (ty.shape(), value) {
            (Shape::Object | Shape::Map | Shape::Raw, Value::Object(map)) => {
                for (key, child) in map {
                    self.below(&format!(".{key}"), |checker| match ty.field(key) {
                        Some(child_type) => checker.check(child_type, child),
                        None => checker.fail("field not declared in schema".into()),
                    });
                }
            }
            (Shape::List | Shape::Raw, Value::Array(list)) => self.list(ty, list),
            (Shape::Object | Shape::Map, other) => self.fail(format!("expected map, got {}", shown(other))),
            (Shape::List, other) => self.fail(format!("expected list, got {}", shown(other))),
            (Shape::Raw, _) => {}
            (shape, other) => self.scalar(shape, other),
        }
    }

    fn scalar(&mut self, shape: Shape, value: &Value) {
        let is_scalar = !value.is_object() && !value.is_array();
        match shape {
            Shape::String | Shape::Bytes if !value.is_string() => {
                self.fail(format!("expected string, got {}", wrapped(value)));
            }
            Shape::Bool if !value.is_boolean() => {
                self.fail(format!("expected boolean, got {}", shown(value)))
            }
            Shape::Int | Shape::Long | Shape::Number if !value.is_number() => {
                self.fail(format!("expected numeric (int or float), got {}", go_type(value)));
            }
            Shape::IntOrString | Shape::Quantity | Shape::Time if !is_scalar => {
                self.fail(format!("expected any scalar, got {}", shown(value)));
            }
            _ => {}
        }
    }

    fn list(&mut self, ty: TypeRef<'_>, list: &[Value]) {
        let elem = ty.elem().unwrap_or(TypeRef::Deduced);
        let atomic = ty.list_kind() == ListKind::Atomic;
        let mut seen = HashSet::new();
        for (i, child) in list.iter().enumerate() {
            let step = if atomic {
                format!("[{i}]")
            } else {
                match element_of(ty, child) {
                    Err(why) => {
                        self.fail(format!("element {i}: {why}"));
                        return;
                    }
                    Ok(element) => {
                        let step = element.to_string();
                        if !seen.insert(element) && !self.duplicates {
                            self.fail(format!("duplicate entries for key {step}"));
                        }
                        step
                    }
                }
            };
            self.below(&step, |checker| checker.check(elem, child));
        }
    }
}

/// A value as Go prints it with `%v`.
fn shown(value: &Value) -> String {
    format!("&{{{}}}", plain(value))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", plain(value)))
                .collect();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}

fn wrapped(value: &Value) -> String {
    format!("&value.valueUnstructured{{Value:{}}}", go_literal(value))
}

fn go_literal(value: &Value) -> String {
    match value {
        Value::Array(list) => format!(
            "[]interface {{}}{{{}}}",
            list.iter().map(go_literal).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", go_literal(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
