//! Paths and what can be done there.

use serde_json::{Map, Value, json};

use super::schemas::{Schemas, Version, list_suffix, meta, name_of, name_of_kind};
use crate::api::registry::Resource;

const JSON: &str = "application/json";

/// The paths of a group and version, filled resource by resource.
pub(super) struct Paths<'a> {
    pub(super) root: String,
    pub(super) version: Version,
    pub(super) schemas: &'a mut Schemas,
    pub(super) paths: Map<String, Value>,
}

/// What an operation does and says.
struct Operation<'a> {
    method: &'a str,
    action: &'a str,
    /// The schema of the body that is sent, and of the answer.
    body: Option<&'a str>,
    answer: &'a str,
}

impl Paths<'_> {
    pub(super) fn add(&mut self, resource: &Resource) {
        let (root, plural) = (self.root.clone(), &resource.plural);
        let name = name_of(resource);
        let list = format!("{name}{}", list_suffix(resource));
        let everywhere = format!("{root}/{plural}");
        let collection = match resource.namespaced {
            true => format!("{root}/namespaces/{{namespace}}/{plural}"),
            false => everywhere.clone(),
        };
        if resource.namespaced && resource.allows("list") {
            self.put(resource, &everywhere, &[read("list", &list)]);
        }
        let mut operations = Vec::new();
        if resource.allows("list") {
            operations.push(read("list", &list));
        }
        if resource.allows("create") {
            operations.push(write("post", "post", &name));
        }
        let status = meta("Status");
        if resource.allows("deletecollection") {
            operations.push(delete("deletecollection", &status));
        }
        self.put(resource, &collection, &operations);
        let item = format!("{collection}/{{name}}");
        let mut operations = Vec::new();
        for (verb, operation) in [
            ("get", read("get", &name)),
            ("update", write("put", "put", &name)),
            ("patch", write("patch", "patch", &name)),
            ("delete", delete("delete", &status)),
        ] {
            if resource.allows(verb) {
                operations.push(operation);
            }
        }
        self.put(resource, &item, &operations);
        self.subresources(resource, &item, &name);
        if resource.custom.is_none() && resource.allows("watch") {
            self.watches(resource);
        }
    }

    fn subresources(&mut self, resource: &Resource, item: &str, own: &str) {
        for sub in &resource.subresources {
            let name = match sub.version.as_str() {
                "" if sub.kind == resource.kind => own.to_owned(),
                "" => name_of_kind((&resource.group, &resource.version, &sub.kind)),
                version => name_of_kind((&sub.group, version, &sub.kind)),
            };
            self.schemas.need(&name);
            let operations: Vec<Operation<'_>> = sub
                .verbs
                .iter()
                .filter_map(|verb| match verb.as_str() {
                    "get" => Some(read("get", &name)),
                    "create" => Some(write("post", "post", &name)),
                    "update" => Some(write("put", "put", &name)),
                    "patch" => Some(write("patch", "patch", &name)),
                    _ => None,
                })
                .collect();
            self.put(resource, &format!("{item}/{}", sub.name), &operations);
        }
    }

    fn watches(&mut self, resource: &Resource) {
        let (event, plural) = (meta("WatchEvent"), &resource.plural);
        let watch = format!("{}/watch", self.root);
        self.put(
            resource,
            &format!("{watch}/{plural}"),
            &[read("watchlist", &event)],
        );
        let one = if resource.namespaced {
            let many = format!("{watch}/namespaces/{{namespace}}/{plural}");
            self.put(resource, &many, &[read("watchlist", &event)]);
            format!("{many}/{{name}}")
        } else {
            format!("{watch}/{plural}/{{name}}")
        };
        self.put(resource, &one, &[read("watch", &event)]);
    }

    /// The root of the group and version itself.
    pub(super) fn add_root(&mut self) {
        let answer = meta("APIResourceList");
        self.schemas.need(&answer);
        let response = self.response(&answer);
        self.paths.insert(
            format!("{}/", self.root),
            json!({"get": {"responses": {"200": response}}}),
        );
    }

    fn put(&mut self, resource: &Resource, path: &str, operations: &[Operation<'_>]) {
        if operations.is_empty() {
            return;
        }
        let gvk = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
        let mut item = Map::new();
        for operation in operations {
            self.schemas.need(operation.answer);
            let mut value = json!({
                "x-kubernetes-action": operation.action,
                "x-kubernetes-group-version-kind": gvk,
                "responses": {"200": self.response(operation.answer)},
            });
            if let Some(body) = operation.body {
                self.body(resource, operation, body, &mut value);
            }
            item.insert(operation.method.to_owned(), value);
        }
        let names = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = names.map(|name| self.parameter(name, "path")).collect();
        if !parameters.is_empty() {
            item.insert("parameters".into(), parameters.into());
        }
        self.paths.insert(path.to_owned(), Value::Object(item));
    }

    fn body(&mut self, resource: &Resource, operation: &Operation<'_>, body: &str, value: &mut Value) {
        self.schemas.need(body);
        let mut names = vec!["dryRun", "fieldManager", "fieldValidation"];
        if operation.method == "patch" {
            names.push("force");
        }
        if operation.method == "delete" {
            names = vec![
                "dryRun",
                "gracePeriodSeconds",
                "orphanDependents",
                "propagationPolicy",
            ];
        }
        let mut parameters: Vec<Value> = names.iter().map(|name| self.parameter(name, "query")).collect();
        let schema = self.schemas.refer(body);
        let types: &[&str] = match operation.method {
            "patch" if resource.custom.is_some() => &[
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/apply-patch+yaml",
            ],
            "patch" => &[
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ],
            _ => &["*/*"],
        };
        match self.version {
            Version::Two => {
                parameters.push(json!({"name": "body", "in": "body", "required": true, "schema": schema}));
                value["consumes"] = json!(types);
            }
            Version::Three => {
                let content: Map<String, Value> = types
                    .iter()
                    .map(|name| ((*name).to_owned(), json!({"schema": schema})))
                    .collect();
                value["requestBody"] = json!({"content": content});
            }
        }
        value["parameters"] = parameters.into();
    }

    fn parameter(&self, name: &str, place: &str) -> Value {
        let ty = match name {
            "gracePeriodSeconds" => "integer",
            "orphanDependents" | "force" => "boolean",
            _ => "string",
        };
        let mut parameter = json!({"name": name, "in": place});
        if place == "path" {
            parameter["required"] = true.into();
        }
        match self.version {
            Version::Two => {
                parameter["type"] = ty.into();
                parameter["uniqueItems"] = true.into();
            }
            Version::Three => parameter["schema"] = json!({"type": ty, "uniqueItems": true}),
        }
        parameter
    }

    fn response(&self, name: &str) -> Value {
        let schema = self.schemas.refer(name);
        match self.version {
            Version::Two => json!({"description": "OK", "schema": schema}),
            Version::Three => json!({"description": "OK", "content": {JSON: {"schema": schema}}}),
        }
    }
}

fn read<'a>(action: &'a str, answer: &'a str) -> Operation<'a> {
    Operation {
        method: "get",
        action,
        body: None,
        answer,
    }
}

fn write<'a>(method: &'a str, action: &'a str, name: &'a str) -> Operation<'a> {
    Operation {
        method,
        action,
        body: Some(if method == "patch" { PATCH } else { name }),
        answer: name,
    }
}

const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const DELETE: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

fn delete<'a>(action: &'a str, status: &'a str) -> Operation<'a> {
    Operation {
        method: "delete",
        action,
        body: Some(DELETE),
        answer: status,
    }
}
