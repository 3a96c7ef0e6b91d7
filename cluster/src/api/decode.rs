//! Bodies against the schema: unknown fields, wrong types, empty values.

use flux_schema::{Facts, Shape, TypeRef};
use serde_json::Value;

use super::registry::Resource;
use super::{Failure, go, gotime};

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
                let owner = go_name(ty).unwrap_or_else(|| struct_name(path, owner));
                self.fields(ty, value, path, &owner);
            }
            (Shape::Map, Value::Object(map)) => {
                let Some(elem) = ty.elem() else { return };
                for child in map.values_mut() {
                    match elem.shape() {
                        Shape::String if child.is_null() => *child = "".into(),
                        Shape::Quantity if child.is_null() => *child = "0".into(),
                        _ => {}
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
                let micro = definition(ty).is_some_and(|name| name.ends_with(".MicroTime"));
                let layout = if micro { gotime::MICROS } else { gotime::SECONDS };
                if self.error.is_none() {
                    self.error = gotime::error(text, layout);
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
                    "json: cannot unmarshal number {number} into Go struct field {owner}.{} of type {wanted}",
                    without_indexes(path)
                );
                self.error.get_or_insert(text);
            }
            (Shape::IntOrString, Value::Number(number))
                if number.as_i64().is_none_or(|found| i32::try_from(found).is_err()) =>
            {
                let text = format!(
                    "json: cannot unmarshal number {number} into Go struct field {owner}.{} of type int32",
                    without_indexes(path)
                );
                self.error.get_or_insert(text);
            }
            (Shape::Quantity, value) => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                if let Err(why) = crate::defaults::check_quantity(text.trim()) {
                    self.error.get_or_insert(why.to_owned());
                }
            }
            (Shape::String, Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Int | Shape::Long | Shape::Number, Value::Number(_))
            | (Shape::IntOrString, Value::Number(_) | Value::String(_))
            | (Shape::Raw, _) => {}
            (_, value) => self.wrong(ty, value, path, owner),
        }
    }

    fn wrong(&mut self, ty: TypeRef<'_>, value: &Value, path: &str, owner: &str) {
        let wanted = go_type(ty);
        let path = without_indexes(path);
        let found = go::json_type(value);
        self.error.get_or_insert_with(|| {
            format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}")
        });
    }
}

fn definition(ty: TypeRef<'_>) -> Option<&'static str> {
    match ty {
        TypeRef::Builtin(builtin) => builtin.definition_name(),
        _ => None,
    }
}

/// The name of the Go structure of a type, without its package.
fn go_name(ty: TypeRef<'_>) -> Option<String> {
    definition(ty)?.rsplit('.').next().map(str::to_owned)
}

/// A type as Go writes it: `[]v1.ServicePort`.
fn go_type(ty: TypeRef<'_>) -> String {
    let elem = || ty.elem().map_or("interface {}".to_owned(), go_type);
    match ty.shape() {
        Shape::Int | Shape::IntOrString => "int32".into(),
        Shape::Long => "int64".into(),
        Shape::Bool => "bool".into(),
        Shape::Bytes => "[]uint8".into(),
        Shape::Number => "float64".into(),
        Shape::Map => format!("map[string]{}", elem()),
        Shape::List => format!("[]{}", elem()),
        Shape::Object => {
            let mut parts = definition(ty).unwrap_or("struct").rsplit('.');
            match (parts.next(), parts.next()) {
                (Some(name), Some(version)) => format!("{version}.{name}"),
                (name, _) => name.unwrap_or("struct").into(),
            }
        }
        _ => "string".into(),
    }
}

/// A path as Go's decoder knows it: it does not count the elements of lists.
fn without_indexes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
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
