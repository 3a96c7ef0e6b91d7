//! Objects and lists in the form that the client asked for.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::core::Call;
use super::negotiate::{Accepted, Format, Offer, Shape, negotiate};
use super::registry::Resource;
use super::{ApiResponse, Failure};
use crate::store::{Entry, body_bytes};
use crate::table;

/// What of the object a table row carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Include {
    Metadata,
    Nothing,
    Object,
}

/// Position of a list: revision and where it goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListMeta {
    pub(crate) revision: u64,
    pub(crate) next: Option<String>,
    pub(crate) remaining: Option<usize>,
}

impl ListMeta {
    fn value(&self, custom: bool) -> Value {
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        match &self.next {
            Some(next) => metadata["continue"] = next.as_str().into(),
            None if custom => metadata["continue"] = "".into(),
            None => {}
        }
        if let Some(remaining) = self.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        metadata
    }
}

/// How one client wants the objects of one resource.
#[derive(Debug, Clone)]
pub(crate) struct Renderer {
    pub(crate) resource: std::sync::Arc<Resource>,
    pub(crate) accepted: Accepted,
    pub(crate) include: Include,
    pub(crate) now: Timestamp,
}

impl Call<'_> {
    /// What the client accepts, checked before anything is done.
    pub(crate) fn renderer(&self, offer: Offer) -> Result<Renderer, Failure> {
        let accepted = negotiate(&self.request.accept, offer)?;
        let include = match self.request.query.text("includeObject") {
            "" | "Metadata" => Include::Metadata,
            "None" => Include::Nothing,
            "Object" => Include::Object,
            other if accepted.shape == Shape::Table => {
                return Err(Failure::bad_request(format!(
                    "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', 'Object', 'None', or empty",
                    super::go::quote(other)
                )));
            }
            _ => Include::Metadata,
        };
        Ok(Renderer {
            resource: self.resource.clone(),
            accepted,
            include,
            now: self.now,
        })
    }

    /// Answer with an object that the store holds.
    pub(crate) fn object_response(&self, status: u16, entry: &Entry) -> Result<ApiResponse, Failure> {
        let renderer = self.renderer(Offer::Objects)?;
        Ok(renderer.object(status, &entry.body())?.after(entry.revision))
    }

    /// Answer with an object that is not (or not so) in the store.
    pub(crate) fn value_response(&self, status: u16, object: &Value) -> Result<ApiResponse, Failure> {
        self.renderer(Offer::Objects)?.object(status, &body_bytes(object))
    }

    /// The start of the JSON of an object.
    pub(crate) fn full(&self, entry: &Entry) -> Value {
        full(&self.resource, entry)
    }
}

/// The object of an entry, in the version of the resource.
pub(crate) fn full(resource: &Resource, entry: &Entry) -> Value {
    headed(resource, entry.value())
}

fn headed(resource: &Resource, mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.insert("kind".into(), resource.kind.as_str().into());
        map.insert("apiVersion".into(), resource.api_version().into());
    }
    super::convert::from_storage(resource, &mut value);
    super::types::on_read(resource, &mut value);
    value
}

impl Renderer {
    /// The JSON text of an object with its head.
    pub(crate) fn text(&self, body: &Bytes) -> Bytes {
        if super::convert::needed(&self.resource) || super::types::read_changes(&self.resource) {
            return Bytes::from(super::go::encode(&self.parse(body)));
        }
        let mut text = self.resource.head().into_bytes();
        push_body(&mut text, body);
        Bytes::from(text)
    }

    fn parse(&self, body: &Bytes) -> Value {
        // It was written by `body_bytes`.
        headed(
            &self.resource,
            serde_json::from_slice(body).unwrap_or(Value::Null),
        )
    }

    /// An answer with one object.
    pub(crate) fn object(&self, status: u16, body: &Bytes) -> Result<ApiResponse, Failure> {
        let format = self.accepted.format;
        match (self.accepted.shape, format) {
            (Shape::Object | Shape::Discovery, Format::Json) => {
                Ok(ApiResponse::whole(status, "application/json", self.text(body)))
            }
            (Shape::Object | Shape::Discovery, Format::Yaml) => {
                Ok(ApiResponse::value(status, &self.parse(body), format))
            }
            (Shape::Partial, _) => Ok(ApiResponse::value(status, &partial(&self.parse(body)), format)),
            (Shape::Table, _) => {
                let object = self.parse(body);
                let meta = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                Ok(ApiResponse::value(
                    status,
                    &self.table(&[object], meta, true),
                    format,
                ))
            }
            (Shape::PartialList, _) => Err(Failure::new(
                406,
                "NotAcceptable",
                format!(
                    "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
                    self.go_type("")
                ),
            )),
        }
    }

    fn go_type(&self, suffix: &str) -> String {
        if self.resource.custom.is_some() {
            return format!("*unstructured.Unstructured{suffix}");
        }
        let package = match self.resource.group.as_str() {
            "" => "core",
            group => group.split('.').next().unwrap_or(group),
        };
        format!("*{package}.{}{suffix}", self.resource.kind)
    }

    /// An answer with a list.
    pub(crate) fn list(&self, entries: &[Entry], meta: &ListMeta) -> Result<ApiResponse, Failure> {
        let custom = self.resource.custom.is_some();
        let response = match self.accepted.shape {
            Shape::Object | Shape::Discovery => {
                let text = self.list_text(entries, meta);
                match self.accepted.format {
                    Format::Json => ApiResponse::whole(200, "application/json", text),
                    Format::Yaml => {
                        let value = serde_json::from_slice(&text).unwrap_or(Value::Null);
                        ApiResponse::value(200, &value, Format::Yaml)
                    }
                }
            }
            Shape::PartialList => {
                let items: Vec<Value> = entries
                    .iter()
                    .map(|entry| partial(&self.parse(&entry.body())))
                    .collect();
                let items = if items.is_empty() {
                    Value::Null
                } else {
                    Value::Array(items)
                };
                let list = json!({
                    "kind": "PartialObjectMetadataList",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": meta.value(custom && meta.next.is_some()),
                    "items": items,
                });
                ApiResponse::value(200, &list, self.accepted.format)
            }
            Shape::Partial => {
                return Err(Failure::new(
                    406,
                    "NotAcceptable",
                    format!(
                        "you requested PartialObjectMetadata, but the requested object is a list ({})",
                        self.go_type("List")
                    ),
                ));
            }
            Shape::Table => {
                let objects: Vec<Value> = entries.iter().map(|entry| self.parse(&entry.body())).collect();
                let meta = meta.value(false);
                ApiResponse::value(200, &self.table(&objects, meta, true), self.accepted.format)
            }
        };
        Ok(response.after(meta.revision))
    }

    fn list_text(&self, entries: &[Entry], meta: &ListMeta) -> Bytes {
        let custom = self.resource.custom.is_some();
        let parsed = super::convert::needed(&self.resource);
        let size = entries.iter().map(|entry| entry.text.len() + 64).sum::<usize>() + 256;
        let mut text = Vec::with_capacity(size);
        let head = format!(
            "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",\"metadata\":{},\"items\":[",
            self.resource.list_kind,
            self.resource.api_version(),
            meta.value(custom)
        );
        text.extend_from_slice(head.as_bytes());
        for (index, entry) in entries.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            if custom {
                text.extend_from_slice(&self.text(&entry.body()));
            } else if parsed {
                text.extend_from_slice(&body_bytes(&self.parse(&entry.body())));
            } else {
                text.extend_from_slice(&entry.body());
            }
        }
        text.extend_from_slice(b"]}");
        Bytes::from(text)
    }

    /// A table of objects; `columns` says whether the column definitions are in it.
    pub(crate) fn table(&self, objects: &[Value], metadata: Value, columns: bool) -> Value {
        let custom = self.resource.custom.as_ref().map(|custom| &custom.table);
        let definitions = match custom {
            Some(table) => table.columns(),
            None => table::columns(&self.resource.group, &self.resource.kind),
        };
        let rows: Vec<Value> = objects
            .iter()
            .map(|object| {
                let cells = match custom {
                    Some(table) => table.cells(object, self.now),
                    None => table::cells(object, self.now),
                };
                match self.include {
                    Include::Metadata => json!({"cells": cells, "object": partial(object)}),
                    Include::Object => json!({"cells": cells, "object": object}),
                    Include::Nothing => json!({"cells": cells, "object": null}),
                }
            })
            .collect();
        let has_default_columns = custom.is_none()
            && definitions
                .last()
                .is_some_and(|column| column.name == "Created At");
        let rows = if rows.is_empty() && has_default_columns {
            Value::Null
        } else {
            Value::Array(rows)
        };
        json!({
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": if columns { json!(definitions) } else { Value::Null },
            "rows": rows,
        })
    }

    /// What a watch event carries for an object.
    pub(crate) fn event_object(&self, body: &Bytes, first: bool) -> Bytes {
        match self.accepted.shape {
            Shape::Object | Shape::Discovery => self.text(body),
            Shape::Partial | Shape::PartialList => {
                Bytes::from(super::go::encode(&partial(&self.parse(body))))
            }
            Shape::Table => {
                let object = self.parse(body);
                let meta = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                Bytes::from(super::go::encode(&self.table(&[object], meta, first)))
            }
        }
    }
}

/// Append an object's stored text to its head.
pub(crate) fn push_body(text: &mut Vec<u8>, body: &[u8]) {
    match body.get(1..) {
        Some(rest) if rest.first() != Some(&b'}') => {
            text.push(b',');
            text.extend_from_slice(rest);
        }
        _ => text.push(b'}'),
    }
}

/// Only the metadata of an object.
pub(crate) fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}
