//! Bodies against the schema: unknown fields, wrong types, empty values.

use flux_schema::{Facts, Shape, TypeRef};
use serde_json::Value;

use super::registry::Resource;
use super::{Failure, go};

/// The type of the objects of a resource.
pub(crate) fn type_of(resource: &Resource) -> TypeRef<'_> {
    match &resource.custom {
        Some(custom) => custom
            .schema()
            .map_or(TypeRef::Deduced, |schema| schema.type_ref()),
        None => Facts::builtin()
            .type_of(&resource.group, &resource.version, &resource.kind)
            .unwrap_or(TypeRef::Deduced),
    }
}

/// Make an object fit its type; gives the paths of unknown fields, which are dropped.
pub(crate) fn object(resource: &Resource, object: &mut Value) -> Result<Vec<String>, Failure> {
    let mut walk = Walk {
        unknown: Vec::new(),
        error: None,
    };
    let meta = Facts::builtin().object_meta();
    walk.value(meta, &mut object["metadata"], "metadata", "ObjectMeta");
    if let Some(custom) = &resource.custom {
        // Upstream reads the metadata of custom resources on its own, so its paths begin there.
        walk.error = walk
            .error
            .map(|text| text.replacen("ObjectMeta.metadata.", "ObjectMeta.", 1));
        if walk.error.is_none()
            && let Some(schema) = custom.schema()
        {
            walk.unknown.extend(schema.prune(object));
        }
    } else {
        let ty = type_of(resource);
        walk.fields(ty, object, "", &resource.kind);
    }
    match walk.error {
        Some(error) => Err(Failure::bad_request(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: {error}",
            resource.kind, resource.version
        ))),
        None => Ok(walk.unknown),
    }
}

struct Walk {
    unknown: Vec<String>,
    error: Option<String>,
}

impl Walk {
    fn fields(&mut self, ty: TypeRef<'_>, value: &mut Value, path: &str, struct_name: &str) {
        let Some(map) = value.as_object_mut() else { return };
        let mut drop = Vec::new();
        // Upstream prints these even where nobody gave them. Elsewhere the defaults see to it.
        let printed = match path {
            "status" => ty.empty(),
            path if path.starts_with("status.") => ty.empty(),
            _ => Value::Null,
        };
        for (name, child) in map.iter_mut() {
            let at = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            match ty.field(name) {
                _ if path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") => {}
                Some(child_type) => {
                    self.value(child_type, child, &at, struct_name);
                    if child.is_null() && !(printed.as_object()).is_some_and(|map| map.contains_key(name)) {
                        drop.push(name.clone());
                    }
                }
                None => {
                    self.unknown.push(at);
                    drop.push(name.clone());
                }
            }
        }
        for name in drop {
            map.remove(&name);
        }
        if let Value::Object(printed) = printed {
            for (name, zero) in printed {
                map.entry(name).or_insert(zero);
            }
        }
    }

    fn value(&mut self, ty: TypeRef<'_>, value: &mut Value, path: &str, owner: &str) {
        if value.is_null() {
            return;
        }
        match (ty.shape(), &mut *value) {
            (Shape::Object, Value::Object(_)) => {
                let owner = struct_name(path, owner);
                self.fields(ty, value, path, &owner);
            }
            (Shape::Map, Value::Object(map)) => {
                let Some(elem) = ty.elem() else { return };
                for child in map.values_mut() {
                    if child.is_null() && elem.shape() == Shape::String {
                        *child = "".into();
                    }
                    // The path that Go reports ends at the map.
                    self.value(elem, child, path, owner);
                }
            }
            (Shape::List, Value::Array(items)) => {
                let Some(elem) = ty.elem() else { return };
                for (index, child) in items.iter_mut().enumerate() {
                    self.value(elem, child, &format!("{path}[{index}]"), owner);
                }
            }
            (Shape::Time, Value::String(text)) => {
                if text.parse::<jiff::Timestamp>().is_err() {
                    self.error.get_or_insert_with(|| time_error(text));
                }
            }
            (Shape::Bytes, Value::String(text)) => {
                if let Some(at) = bad_base64(text) {
                    self.error
                        .get_or_insert_with(|| format!("illegal base64 data at input byte {at}"));
                }
            }
            (Shape::Int | Shape::Long, Value::Number(number))
                if number.as_i64().is_none_or(|found| {
                    matches!(ty.shape(), Shape::Int) && i32::try_from(found).is_err()
                }) =>
            {
                let wanted = if matches!(ty.shape(), Shape::Int) {
                    "int32"
                } else {
                    "int64"
                };
                let text = format!(
                    "json: cannot unmarshal number {number} into Go struct field {owner}.{path} of type {wanted}"
                );
                self.error.get_or_insert(text);
            }
            (Shape::String, Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Int | Shape::Long | Shape::Number, Value::Number(_))
            | (Shape::IntOrString | Shape::Quantity, Value::Number(_) | Value::String(_))
            | (Shape::Raw, _) => {}
            (shape, value) => self.wrong(shape, value, path, owner),
        }
    }

    fn wrong(&mut self, shape: Shape, value: &Value, path: &str, owner: &str) {
        let wanted = match shape {
            Shape::Int => "int32",
            Shape::Long => "int64",
            Shape::Bool => "bool",
            Shape::String => "string",
            Shape::Bytes => "[]uint8",
            Shape::Map => "map[string]string",
            Shape::Number => "float64",
            Shape::List => "[]interface {}",
            Shape::Object => "struct",
            _ => "string",
        };
        let found = go::json_type(value);
        self.error.get_or_insert_with(|| {
            format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}")
        });
    }
}

fn time_error(text: &str) -> String {
    const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
    let text = go::quote(text);
    format!("parsing time {text} as \"{LAYOUT}\": cannot parse {text} as \"2006\"")
}

/// Where base64 text goes wrong, as Go's decoder counts.
fn bad_base64(text: &str) -> Option<usize> {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let clean: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    if engine.decode(&clean).is_ok() {
        return None;
    }
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let bytes = clean.as_bytes();
    let Some(at) = bytes.iter().position(|byte| !valid(*byte)) else {
        return Some(bytes.len() / 4 * 4);
    };
    // Padding is right after two or three of four characters, and at the end only.
    match (bytes[at], at % 4) {
        (b'=', 2) if bytes.get(at + 1) == Some(&b'=') => Some(at + 2),
        (b'=', 2) => Some(at + 1),
        (b'=', 3) => Some(at + 1),
        _ => Some(at),
    }
}

/// The name of the Go structure at a path.
fn struct_name(path: &str, kind: &str) -> String {
    match path {
        "spec" => return format!("{kind}Spec"),
        "status" => return format!("{kind}Status"),
        path if path == "metadata" || path.ends_with(".metadata") => return "ObjectMeta".into(),
        _ => {}
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    let last = last.split('[').next().unwrap_or(last);
    let mut chars = last.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}
