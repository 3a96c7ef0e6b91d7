//! Bodies against the schema: unknown fields, wrong types, empty values.

use flux_schema::{Facts, Shape, TypeRef};
use serde_json::Value;

use super::registry::Resource;
use super::{Failure, go};

/// The type of the objects of a resource.
pub(crate) fn type_of(resource: &Resource) -> TypeRef<'_> {
    match &resource.custom {
        Some(custom) => custom.schema.as_ref().map_or(TypeRef::Deduced, |schema| schema.type_ref()),
        None => Facts::builtin().type_of(&resource.group, &resource.version, &resource.kind).unwrap_or(TypeRef::Deduced),
    }
}

/// Make an object fit its type; gives the paths of unknown fields, which are dropped.
pub(crate) fn object(resource: &Resource, object: &mut Value) -> Result<Vec<String>, Failure> {
    let mut walk = Walk { unknown: Vec::new(), error: None };
    let meta = Facts::builtin().object_meta();
    walk.value(meta, &mut object["metadata"], "metadata", "ObjectMeta");
    if let Some(custom) = &resource.custom {
        if walk.error.is_none()
            && let Some(schema) = &custom.schema
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
        for (name, child) in map.iter_mut() {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match ty.field(name) {
                _ if path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") => {}
                Some(child_type) => {
                    self.value(child_type, child, &at, struct_name);
                    if child.is_null() {
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
    }

    fn value(&mut self, ty: TypeRef<'_>, value: &mut Value, path: &str, owner: &str) {
        if value.is_null() {
            return;
        }
        match (ty.shape(), &mut *value) {
            (Shape::Object, Value::Object(_)) => {
                let owner = struct_name(path);
                self.fields(ty, value, path, &owner);
            }
            (Shape::Map, Value::Object(map)) => {
                let Some(elem) = ty.elem() else { return };
                for (key, child) in map.iter_mut() {
                    self.value(elem, child, &format!("{path}.{key}"), owner);
                }
            }
            (Shape::List, Value::Array(items)) => {
                let Some(elem) = ty.elem() else { return };
                for (index, child) in items.iter_mut().enumerate() {
                    self.value(elem, child, &format!("{path}[{index}]"), owner);
                }
            }
            (Shape::String | Shape::Time | Shape::Bytes, Value::String(_))
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
            Shape::String | Shape::Bytes => "string",
            Shape::Map => "map[string]string",
            Shape::Number => "float64",
            _ => "string",
        };
        let found = go::json_type(value);
        self.error.get_or_insert_with(|| format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {wanted}"));
    }
}

fn struct_name(path: &str) -> String {
    let last = path.rsplit('.').next().unwrap_or(path);
    let last = last.split('[').next().unwrap_or(last);
    let mut chars = last.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
