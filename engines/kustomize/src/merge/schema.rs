//! What is known about the lists of a type.

use serde_json::Value as Json;

use super::facts::{KINDS, SHAPES};

/// How a list of a built-in type is merged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Items {
    /// The field is no list.
    None,
    /// A list that a patch replaces.
    Plain,
    /// A list whose items are found by these keys; no keys for a list of scalars.
    Merged(&'static [&'static str]),
}

/// A field of a built-in type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) items: Items,
    /// The shape of the value, or of the items of a list.
    pub(super) shape: Option<usize>,
}

/// The schema of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Schema<'a> {
    /// An object of a built-in type.
    Shape(usize),
    /// A list in a built-in type.
    List(Items, Option<usize>),
    /// A schema of a document that the kustomization brought.
    Json { root: &'a Json, schema: &'a Json },
    /// Something of which nothing is known that matters here.
    Known,
}

impl<'a> Schema<'a> {
    /// The schema of a type: from the document when there is one, else from the built-in facts.
    pub(crate) fn of_kind(document: Option<&'a Json>, api_version: &str, kind: &str) -> Option<Schema<'a>> {
        if let Some(root) = document {
            return in_document(root, api_version, kind).map(|schema| Schema::Json { root, schema });
        }
        let start = KINDS.partition_point(|(listed, _, _)| *listed < kind);
        KINDS[start..]
            .iter()
            .take_while(|(listed, _, _)| *listed == kind)
            .find(|(_, version, _)| *version == api_version)
            .map(|(_, _, shape)| Schema::Shape(*shape))
    }

    /// The schema of a field of an object.
    pub(super) fn field(self, name: &str) -> Option<Schema<'a>> {
        match self {
            Schema::Shape(shape) => {
                let fields = SHAPES.get(shape)?;
                let field = fields
                    .binary_search_by_key(&name, |field| field.name)
                    .ok()
                    .map(|index| fields[index]);
                // Fields that are left out of the facts still have a schema upstream; it only says that lists are replaced.
                Some(match field {
                    None => Schema::Known,
                    Some(Field {
                        items: Items::None,
                        shape,
                        ..
                    }) => shape.map_or(Schema::Known, Schema::Shape),
                    Some(Field { items, shape, .. }) => Schema::List(items, shape),
                })
            }
            Schema::Json { root, schema } => {
                let field = schema
                    .get("properties")
                    .and_then(|properties| properties.get(name))
                    .or_else(|| {
                        schema
                            .get("additionalProperties")
                            .filter(|extra| extra.is_object())
                    })?;
                resolve(root, field).map(|schema| Schema::Json { root, schema })
            }
            Schema::List(..) | Schema::Known => None,
        }
    }

    /// The schema of the items of a list.
    pub(super) fn elements(self) -> Option<Schema<'a>> {
        match self {
            Schema::List(_, shape) => shape.map(Schema::Shape),
            Schema::Json { root, schema } => {
                let is_list = schema.get("type").and_then(Json::as_str) == Some("array");
                let items = schema.get("items").filter(|_| is_list)?;
                resolve(root, items).map(|schema| Schema::Json { root, schema })
            }
            Schema::Shape(_) | Schema::Known => None,
        }
    }

    /// The merge keys of a list whose items are merged; nothing for lists that are replaced.
    pub(super) fn merge_keys(self) -> Option<Vec<String>> {
        match self {
            Schema::List(Items::Merged(keys), _) => Some(keys.iter().map(|key| (*key).to_owned()).collect()),
            Schema::Json { schema, .. } => {
                let strategy = schema.get("x-kubernetes-patch-strategy")?.as_str()?;
                if !strategy.split(',').any(|part| part == "merge") {
                    return None;
                }
                let text = |value: &Json| value.as_str().map(str::to_owned);
                if let Some(keys) = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array) {
                    return Some(keys.iter().filter_map(text).collect());
                }
                Some(
                    schema
                        .get("x-kubernetes-patch-merge-key")
                        .and_then(text)
                        .into_iter()
                        .collect(),
                )
            }
            _ => None,
        }
    }
}

/// Follows references inside the document, to a bounded depth.
fn resolve<'a>(root: &'a Json, schema: &'a Json) -> Option<&'a Json> {
    let mut schema = schema;
    for _ in 0..32 {
        match schema.get("$ref").and_then(Json::as_str) {
            Some(reference) => schema = root.pointer(reference.strip_prefix('#')?)?,
            None => return Some(schema),
        }
    }
    None
}

fn in_document<'a>(root: &'a Json, api_version: &str, kind: &str) -> Option<&'a Json> {
    let (group, version) = crate::id::split_api_version(api_version);
    let is_wanted = |gvk: &Json| {
        let text = |key: &str| gvk.get(key).and_then(Json::as_str).unwrap_or_default();
        (text("group"), text("version"), text("kind")) == (group, version, kind)
    };
    root.get("definitions")?.as_object()?.values().find(|definition| {
        definition
            .get("x-kubernetes-group-version-kind")
            .and_then(Json::as_array)
            .is_some_and(|kinds| kinds.iter().any(is_wanted))
    })
}
