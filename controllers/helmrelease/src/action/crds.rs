//! Definitions in the chart's `crds/`, which are no part of the release.

use std::time::Duration;

use flux_api::helmrelease::FIELD_MANAGER;
use flux_kube::{Error, WriteOptions};
use flux_object::meta;
use flux_runtime::wait::{Goal, Subject};
use serde_json::Value;

use super::apply::documents;
use super::{Act, Patience, own};
use crate::post_render;

/// How long the server may take to take them up.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn is_definition(object: &Value) -> bool {
    meta::kind(object) == "CustomResourceDefinition"
        && meta::api_version(object).starts_with("apiextensions.k8s.io/")
}

impl Act {
    /// Applies the chart's definitions as the policy says: `Skip`, `Create` (or empty: those that do not exist) or `CreateReplace`.
    pub(super) async fn apply_definitions(&self, policy: &str) -> Result<(), String> {
        let failed = |cause: String| format!("failed to apply CustomResourceDefinitions: {cause}");
        if !matches!(policy, "" | "Skip" | "Create" | "CreateReplace") {
            return Err(format!(
                "invalid CRD upgrade policy '{policy}', valid values are 'Skip', 'Create' or 'CreateReplace'"
            ));
        }
        let definitions = self.definitions().map_err(failed)?;
        if policy == "Skip" || definitions.is_empty() {
            return Ok(());
        }
        let shown = if policy.is_empty() { "Create" } else { policy };
        self.lines.add(format!(
            "applying CustomResourceDefinition(s) with policy {shown}"
        ));
        let mut written = Vec::new();
        for definition in definitions {
            let live = self
                .apply_definition(&definition, policy == "CreateReplace")
                .await;
            written.extend(live.map_err(failed)?);
        }
        if written.is_empty() {
            return Ok(());
        }
        self.job.client.mapper().definitions_changed();
        let subjects = written.iter().filter_map(|live| Subject::of(live, false));
        let patience = Patience {
            timeout: PATIENCE,
            waits: true,
            for_jobs: true,
            hooks: false,
        };
        let waited = self
            .until(subjects.collect(), Goal::Healthy { fail_fast: true }, patience)
            .await;
        self.job.client.mapper().definitions_changed();
        waited.map_err(failed)
    }

    fn definitions(&self) -> Result<Vec<Value>, String> {
        let mut definitions = Vec::new();
        for crd in self.chart()?.crds() {
            let text = String::from_utf8_lossy(&crd.file.data);
            let objects = documents(&text).map_err(|cause| {
                format!(
                    "failed to parse CustomResourceDefinitions from {}: {cause}",
                    crd.path
                )
            })?;
            for mut object in objects {
                if !is_definition(&object) {
                    let name = meta::name(&object);
                    tracing::warn!(
                        chart_file = crd.path,
                        name,
                        "only definitions belong into crds/: passed over"
                    );
                    continue;
                }
                for (key, value) in post_render::origin(self.object()) {
                    own::set(&mut object, "labels", &key, &value);
                }
                definitions.push(object);
            }
        }
        Ok(definitions)
    }

    /// The live definition if it was written.
    async fn apply_definition(&self, definition: &Value, replace: bool) -> Result<Option<Value>, String> {
        let (client, name) = (&self.job.client, meta::name(definition));
        let write = WriteOptions::manager(FIELD_MANAGER);
        if replace {
            let applied = client.apply(definition, &write.force()).await;
            return applied
                .map(Some)
                .map_err(|error| format!("failed to update CustomResourceDefinition(s): {error}"));
        }
        let created = match client.get_opt(&flux_object::Gvk::of(definition), "", name).await {
            Ok(Some(_)) => return Ok(None),
            Ok(None) => client.apply(definition, &write.force()).await,
            Err(error) => Err(error),
        };
        match created {
            Ok(live) => Ok(Some(live)),
            Err(Error::AlreadyExists(_)) => Ok(None),
            Err(error) => Err(format!(
                "failed to create CustomResourceDefinition {name}: {error}"
            )),
        }
    }
}
