//! From YAML nodes to typed settings, with the place of what is wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;

use flux_yaml::resolve::{Dialect, Resolved, resolve_value};
use flux_yaml::{Node, ScalarTag};

use crate::error::{Error, ErrorKind, Warning};
use crate::node_ext;

/// A value in a settings file, and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) node: &'a Node,
    path: String,
    file: &'a str,
    /// Where unknown fields are reported; without it they are errors.
    unknown: Option<&'a RefCell<Vec<Warning>>>,
}

impl<'a> Field<'a> {
    pub(crate) fn root(node: &'a Node, file: &'a str) -> Self {
        Field {
            node,
            path: String::new(),
            file,
            unknown: None,
        }
    }

    /// A file in which kustomize overlooks unknown fields: here they become warnings.
    pub(crate) fn lenient(node: &'a Node, file: &'a str, warnings: &'a RefCell<Vec<Warning>>) -> Self {
        Field {
            node,
            path: String::new(),
            file,
            unknown: Some(warnings),
        }
    }

    pub(crate) fn line(&self) -> u32 {
        self.node.pos.line
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Invalid, message)
            .at(self.file, self.node.pos.line)
            .field(self.path.clone())
    }

    fn wrong_kind(&self, expected: &str) -> Error {
        self.error(format!(
            "expected {expected}, found {}",
            node_ext::kind_word(self.node)
        ))
    }

    /// Gives each entry to `take`, with the key in its canonical spelling. Keys are compared as Go does: letter case
    /// does not matter. Null values count as absent.
    pub(crate) fn each(
        &self,
        known: &[&'static str],
        mut take: impl FnMut(&'static str, Field<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(mapping) = self.node.as_mapping() else {
            return Err(self.wrong_kind("a mapping"));
        };
        for (index, (key, value)) in mapping.entries.iter().enumerate() {
            // Of a key that stands twice the last one counts, as in kustomize.
            if mapping.entries[index + 1..]
                .iter()
                .any(|(later, _)| later.text() == key.text())
            {
                continue;
            }
            let text = key.text().unwrap_or_default();
            let path = if self.path.is_empty() {
                text.to_owned()
            } else {
                format!("{}.{text}", self.path)
            };
            let name = known
                .iter()
                .find(|name| **name == text)
                .or_else(|| known.iter().find(|name| name.eq_ignore_ascii_case(text)));
            let Some(name) = name else {
                self.unknown_field(text, known, key, path)?;
                continue;
            };
            if !value.is_null() {
                let field = Field {
                    node: value,
                    path,
                    ..self.clone()
                };
                take(name, field)?;
            }
        }
        Ok(())
    }

    fn unknown_field(
        &self,
        text: &str,
        known: &[&'static str],
        key: &Node,
        path: String,
    ) -> Result<(), Error> {
        let message = format!("unknown field \"{text}\"; known are {}", known.join(", "));
        let line = key.pos.line;
        match self.unknown {
            None => Err(Error::invalid(message).at(self.file, line).field(path)),
            Some(warnings) => {
                warnings.borrow_mut().push(Warning {
                    message,
                    file: self.file.to_owned(),
                    line,
                    deprecated: false,
                });
                Ok(())
            }
        }
    }

    /// A string; other scalars are refused as kustomize refuses them.
    pub(crate) fn string(&self) -> Result<String, Error> {
        let Some(scalar) = self.node.as_scalar() else {
            return Err(self.wrong_kind("a string"));
        };
        if self.unknown.is_some() {
            return Ok(lenient_text(scalar));
        }
        let found = match scalar.resolved_tag() {
            ScalarTag::Str | ScalarTag::Timestamp | ScalarTag::Merge => match plain_bool(scalar) {
                Some(_) => "a boolean",
                None => return Ok(scalar.text.to_string()),
            },
            ScalarTag::Null => return Ok(String::new()),
            ScalarTag::Bool => "a boolean",
            _ => "a number",
        };
        Err(self.error(format!(
            "expected a string, found {found} ({}); put it in quotes",
            scalar.text
        )))
    }

    pub(crate) fn boolean(&self) -> Result<bool, Error> {
        self.node
            .as_scalar()
            .and_then(plain_bool)
            .ok_or_else(|| self.wrong_kind("true or false"))
    }

    pub(crate) fn integer(&self) -> Result<i64, Error> {
        match self
            .node
            .as_scalar()
            .map(|scalar| (scalar.resolved_tag(), resolve_value(&scalar.text, Dialect::V2)))
        {
            Some((ScalarTag::Int | ScalarTag::Float, Resolved::Int(value))) => Ok(value),
            Some((ScalarTag::Float, Resolved::Float(value)))
                if value.fract() == 0.0 && value.abs() < 1e15 =>
            {
                Ok(value as i64)
            }
            _ => Err(self.wrong_kind("an integer")),
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Result<impl Iterator<Item = Field<'a>> + use<'a>, Error> {
        let Some(items) = self.node.as_sequence() else {
            return Err(self.wrong_kind("a list"));
        };
        let list = self.clone();
        Ok(items.iter().enumerate().map(move |(index, node)| Field {
            node,
            path: format!("{}[{index}]", list.path),
            ..list.clone()
        }))
    }

    pub(crate) fn list<T>(&self, read: impl Fn(&Field<'a>) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        self.items()?.map(|item| read(&item)).collect()
    }

    pub(crate) fn strings(&self) -> Result<Vec<String>, Error> {
        self.list(Field::string)
    }

    pub(crate) fn texts(&self) -> Result<Vec<Text>, Error> {
        self.list(|item| {
            Ok(Text {
                value: item.string()?,
                line: item.line(),
                field: item.path.clone(),
            })
        })
    }

    pub(crate) fn string_map(&self) -> Result<BTreeMap<String, String>, Error> {
        let Some(mapping) = self.node.as_mapping() else {
            return Err(self.wrong_kind("a mapping of strings"));
        };
        mapping
            .entries
            .iter()
            .map(|(key, node)| {
                let name = key.text().unwrap_or_default().to_owned();
                let field = Field {
                    node,
                    path: format!("{}.{name}", self.path),
                    ..self.clone()
                };
                Ok((name, field.string()?))
            })
            .collect()
    }

    pub(crate) fn place(&self) -> FieldPlace {
        FieldPlace {
            line: self.line(),
            field: self.path.clone(),
        }
    }
}

/// Any scalar as a string, in the way of files that are read straight into strings: numbers in their shortest form.
fn lenient_text(scalar: &flux_yaml::Scalar) -> String {
    if scalar.style != flux_yaml::ScalarStyle::Plain {
        return scalar.text.to_string();
    }
    match resolve_value(&scalar.text, Dialect::V3) {
        Resolved::Null => String::new(),
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(value) => value.to_string(),
        Resolved::Uint(value) => value.to_string(),
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        Resolved::Float(value) => flux_yaml::json::format_float_g(value),
        Resolved::Timestamp => {
            crate::timestamp::rfc3339(&scalar.text).unwrap_or_else(|| scalar.text.to_string())
        }
        Resolved::Str => scalar.text.to_string(),
    }
}

/// Booleans of YAML 1.1, which is what settings files are read as.
fn plain_bool(scalar: &flux_yaml::Scalar) -> Option<bool> {
    if scalar.style != flux_yaml::ScalarStyle::Plain {
        return None;
    }
    match resolve_value(&scalar.text, Dialect::V2) {
        Resolved::Bool(value) => Some(value),
        _ => None,
    }
}

/// A string of a settings file and where it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) line: u32,
    pub(crate) field: String,
}

/// The line and the field of a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldPlace {
    pub(crate) line: u32,
    pub(crate) field: String,
}

impl FieldPlace {
    /// Names this place in an error that has none.
    pub(crate) fn name(&self, error: Error, file: &str) -> Error {
        error.at(file, self.line).field(self.field.clone())
    }
}

impl Text {
    pub(crate) fn name(&self, error: Error, file: &str) -> Error {
        error.at(file, self.line).field(self.field.clone())
    }
}
