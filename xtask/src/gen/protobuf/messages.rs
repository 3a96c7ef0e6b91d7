//! Reads the structures that a protobuf compiler wrote for Rust: one line per attribute, one or two per field.

use std::collections::BTreeMap;
use std::path::Path;

use crate::command::Error;

/// The messages by folded name: module path and name in lower case.
pub(super) type Messages = BTreeMap<String, Message>;

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Path and name as in the crate, joined by dots.
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
}

/// A field of a message.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) number: u32,
    /// In snake case.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) wrap: Wrap,
}

/// The type of a field.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// `string`, `bytes`, `bool`, `int32`, `int64` or `double`.
    Scalar(String),
    /// The folded name of a message.
    Message(String),
}

/// How often a field may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    One,
    List,
    Map,
}

/// A name in which only letters and digits count.
pub(super) fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Reads all modules below a folder.
pub(super) fn read(folder: &Path) -> Result<Messages, Error> {
    let mut found = Messages::new();
    read_folder(folder, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn read_folder(folder: &Path, path: &mut Vec<String>, found: &mut Messages) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let file = entry.path();
        if file.is_dir() {
            path.push(entry.file_name().to_string_lossy().replace('_', "-"));
            read_folder(&file, path, found)?;
            path.pop();
        } else if file.ends_with("mod.rs") {
            let text = std::fs::read_to_string(&file).map_err(Error::file(&file))?;
            read_module(&text, path, found);
        }
    }
    Ok(())
}

fn read_module(text: &str, path: &[String], found: &mut Messages) {
    let mut message: Option<Message> = None;
    let mut attribute = String::new();
    let mut declaration = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split([' ', '{']).next().unwrap_or_default();
            let name = format!("{}.{name}", path.join("."));
            message = Some(Message {
                name,
                fields: Vec::new(),
            });
            if line.ends_with("{}") {
                keep(&mut message, found);
            }
        } else if line == "}" {
            keep(&mut message, found);
        } else if line.starts_with("#[prost(") {
            attribute = line.to_owned();
        } else if !attribute.is_empty() && !line.starts_with("//") {
            declaration.push_str(line);
            if line.ends_with(',') && declaration.matches('<').count() == declaration.matches('>').count() {
                if let (Some(message), Some(field)) = (&mut message, field(&attribute, &declaration, path)) {
                    message.fields.push(field);
                }
                attribute.clear();
                declaration.clear();
            }
        }
    }
}

fn keep(message: &mut Option<Message>, found: &mut Messages) {
    if let Some(message) = message.take() {
        found.insert(fold(&message.name), message);
    }
}

/// Reads `#[prost(message, optional, tag = "2")]` with `pub name: ::core::option::Option<Type>,`.
fn field(attribute: &str, declaration: &str, path: &[String]) -> Option<Field> {
    let (name, ty) = declaration.strip_prefix("pub ")?.split_once(':')?;
    let number = attribute
        .split("tag = \"")
        .nth(1)?
        .split('"')
        .next()?
        .parse()
        .ok()?;
    let inner = attribute.strip_prefix("#[prost(")?;
    let (kind, wrap) = match inner.strip_prefix("btree_map = \"string, ") {
        Some(rest) => (rest.split('"').next()?, Wrap::Map),
        None if inner.contains(", repeated") => (inner.split([',', ' ']).next()?, Wrap::List),
        None => (inner.split([',', ' ']).next()?, Wrap::One),
    };
    let kind = match kind {
        "message" => Kind::Message(fold(&resolve(ty.trim(), path))),
        scalar => Kind::Scalar(scalar.to_owned()),
    };
    let name = name.trim_start_matches("r#").to_owned();
    Some(Field {
        number,
        name,
        kind,
        wrap,
    })
}

/// The full name of the innermost type of a declaration.
fn resolve(ty: &str, path: &[String]) -> String {
    let name = ty
        .rsplit(['<', '>', ',', ' '])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    let mut path = path.to_vec();
    let mut rest = name;
    while let Some(inner) = rest.strip_prefix("super::") {
        path.pop();
        rest = inner;
    }
    path.push(rest.replace("::", ".").replace('_', "-"));
    path.join(".")
}
