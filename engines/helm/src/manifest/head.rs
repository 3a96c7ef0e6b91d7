//! The head of a manifest: what tells hooks from manifests, and where they go.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::manifest::scan::scan;
use crate::yaml::{DecodeError, Shape, decode};

/// Fields of a document that Helm looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) annotations: BTreeMap<String, String>,
}

const ANNOTATIONS: Shape = Shape::Map(&Shape::Text);
/// The inner struct has no name in Helm.
const METADATA: Shape = Shape::Struct("", &[("name", Shape::Text), ("annotations", ANNOTATIONS)]);
const HEAD: Shape = Shape::Struct(
    "util.SimpleHead",
    &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", METADATA),
    ],
);

impl Head {
    /// Reads the head; the whole document must be YAML.
    pub(crate) fn read(document: &str) -> Result<Self, DecodeError> {
        match scan(document) {
            Some(head) => Ok(head),
            None => Head::parse(document),
        }
    }

    /// The same through the reader of YAML.
    pub(super) fn parse(document: &str) -> Result<Self, DecodeError> {
        let fields = decode(document.as_bytes(), HEAD)?;
        let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
        let metadata = fields.get("metadata");
        let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
        let annotations = annotations.and_then(Json::as_object).into_iter().flatten();
        Ok(Head {
            api_version: text(fields.get("apiVersion")),
            kind: text(fields.get("kind")),
            name: text(metadata.and_then(|metadata| metadata.get("name"))),
            annotations: annotations
                .map(|(key, value)| (key.clone(), text(Some(value))))
                .collect(),
        })
    }
}
