//! One version of a custom resource, compiled from its definition.

use flux_schema::Structural;
use serde_json::Value;

use crate::table::CustomTable;

/// Where the scale subresource finds its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    pub(crate) spec: String,
    pub(crate) status: String,
    pub(crate) selector: Option<String>,
}

/// The compiled parts of `spec.versions[]`.
#[derive(Debug)]
pub(crate) struct CustomVersion {
    /// None with `preserveUnknownFields`, or when the schema cannot be used.
    pub(crate) schema: Option<Structural>,
    pub(crate) table: CustomTable,
    /// Paths of selectable fields, without the leading dot.
    pub(crate) selectable: Vec<String>,
    pub(crate) scale: Option<ScalePaths>,
    /// The text of the schema, for OpenAPI.
    pub(crate) openapi: Value,
    /// Whether the definition is being deleted: nothing is created any more.
    pub(crate) terminating: bool,
}

impl CustomVersion {
    /// Compile one entry of `spec.versions`.
    pub(crate) fn new(version: &Value, terminating: bool) -> Self {
        let openapi = version["schema"]["openAPIV3Schema"].clone();
        let columns = version["additionalPrinterColumns"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let scale = &version["subresources"]["scale"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            schema: Structural::from_openapi_v3(&openapi).ok(),
            table: CustomTable::new(columns),
            selectable: version["selectableFields"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|field| Some(field["jsonPath"].as_str()?.trim_start_matches('.').to_owned()))
                .collect(),
            scale: scale.is_object().then(|| ScalePaths {
                spec: text(&scale["specReplicasPath"]),
                status: text(&scale["statusReplicasPath"]),
                selector: scale["labelSelectorPath"].as_str().map(str::to_owned),
            }),
            openapi,
            terminating,
        }
    }
}
