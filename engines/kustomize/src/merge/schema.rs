//! What is known about the lists of a type.

use serde_json::Value as Json;

use super::facts::{DEFINITIONS, KINDS, SHAPES};

/// How a list of a built-in type is merged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Items {
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

/// An OpenAPI document that a kustomization brought.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'a> {
    pub(crate) root: &'a Json,
    /// Whether the built-in facts count as well, and then before those of the document.
    pub(crate) with_builtin: bool,
}

/// The schema of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Schema<'a> {
    /// An object of a built-in type.
    Shape(usize),
    /// A list in a built-in type.
    List(Items, Option<usize>),
    /// A schema of a document that the kustomization brought.
    Json {
        document: Document<'a>,
        schema: &'a Json,
    },
    /// Something of which nothing is known that matters here.
    Known,
}

impl<'a> Schema<'a> {
    /// The schema of a type: from the document when there is one, else from the built-in facts.
    pub(crate) fn of_kind(
        document: Option<Document<'a>>,
        api_version: &str,
        kind: &str,
    ) -> Option<Schema<'a>> {
        match document {
            None => builtin(api_version, kind),
            Some(document) => document
                .with_builtin
                .then(|| builtin(api_version, kind))
                .flatten()
                .or_else(|| {
                    in_document(document.root, api_version, kind)
                        .map(|schema| Schema::Json { document, schema })
                }),
        }
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
            Schema::Json { document, schema } => {
                let field = schema
                    .get("properties")
                    .and_then(|properties| properties.get(name))
                    .or_else(|| {
                        schema
                            .get("additionalProperties")
                            .filter(|extra| extra.is_object())
                    })?;
                resolve(document, field)
            }
            Schema::List(..) | Schema::Known => None,
        }
    }

    /// The schema of the items of a list.
    pub(super) fn elements(self) -> Option<Schema<'a>> {
        match self {
            Schema::List(_, shape) => shape.map(Schema::Shape),
            Schema::Json { document, schema } => {
                let is_list = schema.get("type").and_then(Json::as_str) == Some("array");
                let items = schema.get("items").filter(|_| is_list)?;
                resolve(document, items)
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

fn builtin<'a>(api_version: &str, kind: &str) -> Option<Schema<'a>> {
    let start = KINDS.partition_point(|(listed, _, _)| *listed < kind);
    KINDS[start..]
        .iter()
        .take_while(|(listed, _, _)| *listed == kind)
        .find(|(_, version, _)| *version == api_version)
        .map(|(_, _, shape)| Schema::Shape(*shape))
}

/// Whether a type is among the built-in ones.
pub(crate) fn is_builtin(api_version: &str, kind: &str) -> bool {
    builtin(api_version, kind).is_some()
}

/// Follows references, to a bounded depth.
fn resolve<'a>(document: Document<'a>, schema: &'a Json) -> Option<Schema<'a>> {
    let mut schema = schema;
    for _ in 0..32 {
        let Some(reference) = schema.get("$ref").and_then(Json::as_str) else {
            return Some(Schema::Json { document, schema });
        };
        let name = reference
            .strip_prefix("#/definitions/")
            .filter(|_| document.with_builtin);
        if let Some(known) =
            name.and_then(|name| DEFINITIONS.binary_search_by_key(&name, |(known, _)| *known).ok())
        {
            return Some(Schema::Shape(DEFINITIONS[known].1));
        }
        schema = document.root.pointer(reference.strip_prefix('#')?)?;
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
