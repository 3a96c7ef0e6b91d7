//! One version of a custom resource, as its definition says. What few requests need is read from the definition when it
//! is needed first: most of the definitions of a cluster are never used in most of its life.

use std::sync::OnceLock;

use bytes::Bytes;
use flux_cel::Rules;
use flux_schema::{FieldError, Node, Structural};
use serde_json::Value;

use crate::table::CustomTable;

/// Where the scale subresource finds its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    pub(crate) spec: String,
    pub(crate) status: String,
    pub(crate) selector: Option<String>,
}

/// `spec.versions[]` of a definition.
#[derive(Debug)]
pub(crate) struct CustomVersion {
    /// The text of the definition, and which of its versions this is.
    definition: Bytes,
    index: usize,
    schema: OnceLock<Option<Compiled>>,
    pub(crate) table: CustomTable,
    /// Paths of selectable fields, without the leading dot.
    pub(crate) selectable: Vec<String>,
    pub(crate) scale: Option<ScalePaths>,
    /// Differs whenever the definition does.
    pub(crate) mark: String,
    /// The revision from which on it is served.
    pub(crate) since: u64,
    /// Whether the definition is being deleted: nothing is created any more.
    pub(crate) terminating: bool,
}

#[derive(Debug)]
struct Compiled {
    schema: Structural,
    rules: OnceLock<Rules>,
    has_defaults: bool,
}

impl CustomVersion {
    /// Read one entry of `spec.versions`; `text` is the definition that it stands in.
    pub(crate) fn new(definition: &Value, text: Bytes, index: usize, since: u64) -> Self {
        let version = &definition["spec"]["versions"][index];
        let columns = version["additionalPrinterColumns"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let scale = &version["subresources"]["scale"];
        let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &definition["metadata"];
        Self {
            definition: text,
            index,
            schema: OnceLock::new(),
            table: CustomTable::new(columns),
            selectable: version["selectableFields"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|field| Some(field["jsonPath"].as_str()?.trim_start_matches('.').to_owned()))
                .collect(),
            scale: scale.is_object().then(|| ScalePaths {
                spec: text_of(&scale["specReplicasPath"]),
                status: text_of(&scale["statusReplicasPath"]),
                selector: scale["labelSelectorPath"].as_str().map(str::to_owned),
            }),
            mark: format!("{} {}", metadata["uid"], metadata["generation"]),
            since,
            terminating: super::meta::is_deleting(definition),
        }
    }

    /// The schema as it was written, for OpenAPI.
    pub(crate) fn openapi(&self) -> Value {
        let mut definition: Value = serde_json::from_slice(&self.definition).unwrap_or_default();
        definition["spec"]["versions"][self.index]["schema"]["openAPIV3Schema"].take()
    }

    fn compiled(&self) -> Option<&Compiled> {
        let compile = || {
            let schema = Structural::from_openapi_v3(&self.openapi()).ok()?;
            Some(Compiled {
                has_defaults: has_defaults(&schema.root),
                schema,
                rules: OnceLock::new(),
            })
        };
        self.schema.get_or_init(compile).as_ref()
    }

    /// The schema; none when it cannot be used.
    pub(crate) fn schema(&self) -> Option<&Structural> {
        Some(&self.compiled()?.schema)
    }

    /// Whether reading fills in what was not there when an object was written.
    pub(crate) fn has_defaults(&self) -> bool {
        self.compiled().is_some_and(|compiled| compiled.has_defaults)
    }

    /// What is wrong with an object, and its change.
    pub(crate) fn validate(&self, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let Some(compiled) = self.compiled() else {
            return Vec::new();
        };
        let schema = &compiled.schema;
        let mut errors = schema.validate(object, old);
        // Rules are not evaluated on what does not have its shape.
        let blocked = errors.iter().any(|error| error.kind.blocks_rules());
        if !blocked && schema.root.has_rules() {
            let rules = compiled.rules.get_or_init(|| Rules::of(schema));
            errors.extend(rules.check(schema, object, old).errors);
        }
        errors
    }
}

fn has_defaults(node: &Node) -> bool {
    let values = match &node.additional {
        flux_schema::Additional::Schema(values) => has_defaults(values),
        _ => false,
    };
    node.default.is_some()
        || values
        || node.properties.values().any(has_defaults)
        || node.items.as_deref().is_some_and(has_defaults)
}
