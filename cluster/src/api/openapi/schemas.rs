//! Schemas of types, with references to the types in them.

use std::collections::BTreeMap;

use flux_schema::{Facts, ListKind, MapKind, Shape, TypeRef};
use serde_json::{Map, Value, json};

use crate::api::registry::Resource;

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// The version of a document, which decides how schemas are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Three,
}

/// The schemas of a document.
pub(super) struct Schemas {
    version: Version,
    done: BTreeMap<String, Value>,
    todo: Vec<&'static str>,
}

/// The full name of a type of the meta group.
pub(super) fn meta(name: &str) -> String {
    format!("{META}.{name}")
}

/// The name of a kind's schema in its document.
pub(super) fn name_of(resource: &Resource) -> String {
    let kind = (
        resource.group.as_str(),
        resource.version.as_str(),
        resource.kind.as_str(),
    );
    if resource.custom.is_none() {
        return name_of_kind(kind);
    }
    let group: Vec<&str> = resource.group.split('.').rev().collect();
    format!("{}.{}.{}", group.join("."), resource.version, resource.kind)
}

/// The name of a built-in kind's schema.
pub(super) fn name_of_kind((group, version, kind): (&str, &str, &str)) -> String {
    if let Some(TypeRef::Builtin(builtin)) = Facts::builtin().type_of(group, version, kind)
        && let Some(name) = builtin.definition_name()
    {
        return name.to_owned();
    }
    let group = match group {
        "" => "core",
        group => group.split('.').next().unwrap_or(group),
    };
    format!("io.k8s.api.{group}.{version}.{kind}")
}

impl Schemas {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            done: BTreeMap::new(),
            todo: Vec::new(),
        }
    }

    /// A reference to a schema, which may come later.
    pub(super) fn refer(&self, name: &str) -> Value {
        let root = match self.version {
            Version::Two => "#/definitions/",
            Version::Three => "#/components/schemas/",
        };
        json!({"$ref": format!("{root}{name}")})
    }

    /// Take a built-in definition in.
    pub(super) fn need(&mut self, name: &str) {
        if self.done.contains_key(name) {
            return;
        }
        if let Some(TypeRef::Builtin(builtin)) = Facts::builtin().definition(name)
            && let Some(name) = builtin.definition_name()
        {
            self.done.insert(name.to_owned(), Value::Null);
            self.todo.push(name);
        }
    }

    /// The schema of a resource and of its list.
    pub(super) fn add_resource(&mut self, resource: &Resource) {
        let name = name_of(resource);
        let gvk = |kind: &str| json!([{"group": resource.group, "version": resource.version, "kind": kind}]);
        let mut schema = match &resource.custom {
            Some(custom) => self.custom(&custom.openapi()),
            None => match Facts::builtin().type_of(&resource.group, &resource.version, &resource.kind) {
                Some(ty) => self.body(ty),
                None => json!({"type": "object"}),
            },
        };
        schema["x-kubernetes-group-version-kind"] = gvk(&resource.kind);
        self.done.insert(name.clone(), schema);
        if !resource.allows("list") {
            return;
        }
        let metadata = self.field_reference(&meta("ListMeta"));
        self.need(&meta("ListMeta"));
        let list = json!({
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": metadata,
                "items": {"type": "array", "items": self.refer(&name)},
            },
            "x-kubernetes-group-version-kind": gvk(&resource.list_kind),
        });
        self.done.insert(format!("{name}{}", list_suffix(resource)), list);
    }

    /// Everything that was taken in, with what that needs.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        while let Some(name) = self.todo.pop() {
            // What was taken in as a resource says more.
            if self.done.get(name).is_some_and(|schema| !schema.is_null()) {
                continue;
            }
            if let Some(ty) = Facts::builtin().definition(name) {
                let body = self.body(ty);
                self.done.insert(name.to_owned(), body);
            }
        }
        self.done.into_iter().collect()
    }

    fn custom(&mut self, schema: &Value) -> Value {
        let mut schema = match schema.is_object() {
            true => schema.clone(),
            false => json!({"type": "object"}),
        };
        int_or_string(&mut schema);
        if self.version == Version::Two {
            plain(&mut schema);
        }
        // A schema that says nothing of its fields stays as it is, but for what every object has.
        let metadata = self.field_reference(&meta("ObjectMeta"));
        self.need(&meta("ObjectMeta"));
        if !schema["properties"].is_object() {
            schema["properties"] = json!({});
        }
        schema["properties"]["apiVersion"] = json!({"type": "string"});
        schema["properties"]["kind"] = json!({"type": "string"});
        schema["properties"]["metadata"] = metadata;
        schema
    }

    /// A reference as the schema of a field.
    fn field_reference(&self, name: &str) -> Value {
        match self.version {
            Version::Two => self.refer(name),
            Version::Three => json!({"allOf": [self.refer(name)]}),
        }
    }

    /// Where a type stands that has a name; its schema otherwise.
    fn reference(&mut self, ty: TypeRef<'static>) -> Value {
        let name = match ty {
            TypeRef::Builtin(builtin) => builtin.definition_name(),
            _ => None,
        };
        match name {
            Some(name) => {
                self.need(name);
                self.refer(name)
            }
            None => self.body(ty),
        }
    }

    /// The schema of a type.
    fn body(&mut self, ty: TypeRef<'static>) -> Value {
        let text = |kind: &str| json!({"type": kind});
        match ty.shape() {
            Shape::String => text("string"),
            Shape::Bytes => json!({"type": "string", "format": "byte"}),
            Shape::Time => json!({"type": "string", "format": "date-time"}),
            Shape::Int => json!({"type": "integer", "format": "int32"}),
            Shape::Long => json!({"type": "integer", "format": "int64"}),
            Shape::Bool => text("boolean"),
            Shape::Number => text("number"),
            Shape::IntOrString if self.version == Version::Two => {
                json!({"type": "string", "format": "int-or-string"})
            }
            Shape::IntOrString => {
                json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"})
            }
            Shape::Quantity if self.version == Version::Two => text("string"),
            Shape::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            Shape::Raw => text("object"),
            Shape::List => self.list(ty),
            Shape::Map => {
                let mut schema = text("object");
                if let Some(elem) = ty.elem() {
                    schema["additionalProperties"] = self.reference(elem);
                }
                if ty.map_kind() == MapKind::Atomic {
                    schema["x-kubernetes-map-type"] = "atomic".into();
                }
                schema
            }
            Shape::Object => self.object(ty),
        }
    }

    fn list(&mut self, ty: TypeRef<'static>) -> Value {
        let mut schema = json!({"type": "array"});
        if let Some(elem) = ty.elem() {
            schema["items"] = self.reference(elem);
        }
        match ty.list_kind() {
            ListKind::Atomic => schema["x-kubernetes-list-type"] = "atomic".into(),
            ListKind::Set => schema["x-kubernetes-list-type"] = "set".into(),
            ListKind::Map(keys) => {
                schema["x-kubernetes-list-type"] = "map".into();
                schema["x-kubernetes-list-map-keys"] = json!(keys);
            }
        }
        if let Some(key) = ty.merge_key() {
            schema["x-kubernetes-patch-merge-key"] = key.into();
        }
        schema
    }

    fn object(&mut self, ty: TypeRef<'static>) -> Value {
        let mut properties = Map::new();
        for (name, field) in ty.fields() {
            properties.insert(name.to_owned(), self.field(field));
        }
        let mut schema = json!({"type": "object"});
        if !properties.is_empty() {
            schema["properties"] = Value::Object(properties);
        }
        let required = ty.required();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if ty.map_kind() == MapKind::Atomic {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        schema
    }

    fn field(&mut self, field: TypeRef<'static>) -> Value {
        let mut schema = self.reference(field);
        if self.version == Version::Three {
            if schema.get("$ref").is_some() {
                schema = json!({"allOf": [schema]});
            }
            if let TypeRef::Builtin(builtin) = field
                && let Some(default) = builtin.schema_default()
            {
                schema["default"] = default;
            }
        }
        let strategy = field.patch_strategy();
        let names: Vec<&str> = [
            (strategy.merge, "merge"),
            (strategy.retain_keys, "retainKeys"),
            (strategy.replace, "replace"),
        ]
        .into_iter()
        .filter_map(|(set, name)| set.then_some(name))
        .collect();
        if !names.is_empty() {
            schema["x-kubernetes-patch-strategy"] = names.join(",").into();
        }
        schema
    }
}

/// What the list's name has beyond the kind's: `List`, unless the definition says otherwise.
pub(super) fn list_suffix(resource: &Resource) -> String {
    resource
        .list_kind
        .strip_prefix(resource.kind.as_str())
        .unwrap_or("List")
        .to_owned()
}

/// Values that may be numbers or texts say so for readers that do not know the extension.
fn int_or_string(schema: &mut Value) {
    if let Value::Object(map) = schema {
        let marked = map.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true));
        if marked && !map.contains_key("anyOf") {
            map.insert("anyOf".into(), json!([{"type": "integer"}, {"type": "string"}]));
        }
        map.iter_mut()
            .filter(|(name, _)| *name != "default")
            .for_each(|(_, child)| int_or_string(child));
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(int_or_string);
    }
}

/// Version 2 has no words for alternatives, for null and for values that may have several types.
fn plain(schema: &mut Value) {
    if let Value::Object(map) = schema {
        for name in ["oneOf", "anyOf", "allOf", "not", "nullable", "default"] {
            // A field may have such a name; then its value is a schema with a type.
            if map.get(name).is_none_or(|value| value.get("type").is_none()) {
                map.remove(name);
            }
        }
        if map.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true)) {
            map.retain(|name, _| name.starts_with("x-kubernetes-") || name == "type");
        }
        map.values_mut().for_each(plain);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(plain);
    }
}
