//! OpenAPI documents for clients that validate and explain.

use std::collections::HashSet;

use flux_schema::{Facts, ListKind, MapKind, Shape, TypeRef};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};

use super::core::Core;
use super::registry::{GroupVersion, Resource, Served, api_version};
use super::{ApiRequest, ApiResponse, Failure};

fn path_of(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

/// The list of documents, each with a hash of its content.
pub(crate) fn index(served: &Served) -> Value {
    let mut paths = Map::new();
    for group in &served.groups {
        for version in &group.versions {
            let path = path_of(&group.name, &version.version);
            let hash = hash(&group.name, version);
            paths.insert(
                path.clone(),
                json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}),
            );
        }
    }
    json!({"paths": paths})
}

fn hash(group: &str, version: &GroupVersion) -> String {
    let mut digest = Sha512::new();
    digest.update(api_version(group, &version.version));
    for resource in version.resources.values() {
        digest.update(&resource.kind);
        if let Some(custom) = &resource.custom {
            digest.update(custom.openapi.to_string());
        }
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect()
}

/// OpenAPI version 2 is not served: clients of today ask for version 3.
pub(crate) fn v2(_core: &Core, _request: &ApiRequest) -> Result<ApiResponse, Failure> {
    Err(Failure::no_page())
}

/// The document of one group and version.
pub(crate) fn document(
    served: &Served,
    _request: &ApiRequest,
    segments: &[&str],
) -> Result<ApiResponse, Failure> {
    let (group, version) = match segments {
        ["api", version] => ("", *version),
        ["apis", group, version] => (*group, *version),
        _ => return Err(Failure::no_page()),
    };
    let found = served.version(group, version).ok_or_else(Failure::no_page)?;
    let (mut schemas, mut paths) = (Map::new(), Map::new());
    let mut definitions = Definitions::default();
    for resource in found.resources.values() {
        let name = schema_name(resource);
        schemas.insert(name.clone(), schema(resource, &mut definitions));
        let root = format!("/{}", path_of(group, version));
        let base = if resource.namespaced {
            format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
        } else {
            format!("{root}/{}", resource.plural)
        };
        paths.insert(base.clone(), operations(resource, &name, &["get", "post"]));
        paths.insert(
            format!("{base}/{{name}}"),
            operations(resource, &name, &["get", "put", "patch", "delete"]),
        );
    }
    while let Some((name, ty)) = definitions.todo.pop() {
        let body = definitions.body(ty);
        schemas.entry(name).or_insert(body);
    }
    let document = json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": paths,
        "components": {"schemas": schemas},
    });
    let mut response = ApiResponse::value(200, &document, super::negotiate::Format::Json);
    response
        .headers
        .push(("etag", format!("\"{}\"", hash(group, found))));
    Ok(response)
}

/// The name of a kind's schema in its document.
fn schema_name(resource: &Resource) -> String {
    if resource.custom.is_none()
        && let Some(TypeRef::Builtin(builtin)) =
            Facts::builtin().type_of(&resource.group, &resource.version, &resource.kind)
        && let Some(name) = builtin.definition_name()
    {
        return name.to_owned();
    }
    let group: Vec<&str> = resource
        .group
        .split('.')
        .rev()
        .filter(|part| !part.is_empty())
        .collect();
    match resource.custom {
        Some(_) => format!("{}.{}.{}", group.join("."), resource.version, resource.kind),
        None if group.is_empty() => format!("io.k8s.api.core.{}.{}", resource.version, resource.kind),
        None => format!(
            "io.k8s.api.{}.{}.{}",
            resource.group.split('.').next().unwrap_or_default(),
            resource.version,
            resource.kind
        ),
    }
}

fn operations(resource: &Resource, name: &str, methods: &[&str]) -> Value {
    let gvk = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let body = json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
    let mut item = Map::new();
    for method in methods {
        let action = match *method {
            "get" => "get",
            "post" => "post",
            "put" => "put",
            "patch" => "patch",
            _ => "delete",
        };
        let mut operation = json!({
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk,
            "responses": {"200": {"description": "OK", "content": body["content"]}},
        });
        if matches!(*method, "post" | "put") {
            operation["requestBody"] = body.clone();
        }
        operation["parameters"] = ["dryRun", "fieldManager", "fieldValidation"]
            .map(|parameter| json!({"name": parameter, "in": "query", "schema": {"type": "string", "uniqueItems": true}}))
            .to_vec()
            .into();
        item.insert((*method).to_owned(), operation);
    }
    Value::Object(item)
}

fn schema(resource: &Resource, definitions: &mut Definitions) -> Value {
    let mut schema = match &resource.custom {
        Some(custom) if custom.openapi.is_object() => custom.openapi.clone(),
        Some(_) => json!({"type": "object"}),
        None => {
            let ty = Facts::builtin()
                .type_of(&resource.group, &resource.version, &resource.kind)
                .unwrap_or(TypeRef::Deduced);
            definitions.body(ty)
        }
    };
    if resource.custom.is_some() {
        if !schema["properties"].is_object() {
            schema["properties"] = json!({});
        }
        schema["properties"]["apiVersion"] = json!({"type": "string"});
        schema["properties"]["kind"] = json!({"type": "string"});
        schema["properties"]["metadata"] =
            json!({"allOf": [definitions.reference(Facts::builtin().object_meta())]});
    }
    schema["x-kubernetes-group-version-kind"] =
        json!([{"group": resource.group, "version": resource.version, "kind": resource.kind}]);
    schema
}

/// The definitions that a document needs besides its kinds.
#[derive(Default)]
struct Definitions {
    /// Those that are written, or about to be.
    known: HashSet<&'static str>,
    todo: Vec<(&'static str, TypeRef<'static>)>,
}

impl Definitions {
    /// Where a type stands that has a name; its schema otherwise.
    fn reference(&mut self, ty: TypeRef<'static>) -> Value {
        let name = match ty {
            TypeRef::Builtin(builtin) if ty.shape() == Shape::Object => builtin.definition_name(),
            _ => None,
        };
        let Some(name) = name else { return self.body(ty) };
        if self.known.insert(name) {
            self.todo.push((name, ty));
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// The schema of a type, with references to the types in it.
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
            Shape::IntOrString => {
                json!({"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"})
            }
            Shape::Quantity => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            Shape::Raw => json!({}),
            Shape::List => self.list(ty),
            Shape::Map => match ty.elem() {
                Some(elem) => json!({"type": "object", "additionalProperties": self.reference(elem)}),
                None => text("object"),
            },
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
            let mut schema = match field.shape() {
                Shape::Object => match self.reference(field) {
                    reference if reference.get("$ref").is_some() => json!({"allOf": [reference]}),
                    inline => inline,
                },
                _ => self.reference(field),
            };
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
            properties.insert(name.to_owned(), schema);
        }
        let mut schema = json!({"type": "object", "properties": properties});
        let required = ty.required();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if ty.map_kind() == MapKind::Atomic {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        schema
    }
}
