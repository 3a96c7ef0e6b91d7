//! How a chart becomes an artifact: which version, which values, packed how. Nothing here touches the world.

use bytes::Bytes;
use flux_api::helmchart::{HelmChart, STRATEGY_REVISION};
use flux_api::reason;
use flux_api::source::{BUILD_FAILED, FETCH_FAILED};
use flux_artifact::{Entry, Revision, Tree};
use flux_helm::Log;
use flux_helm::chart::{Chart, ChartLimits, File, Metadata, load_archive, load_dir_files};
use flux_helm::package::package;
use flux_helm::values::merge_maps;
use flux_helm::{Table, Time};
use flux_runtime::Error;
use flux_semver::Version;

use crate::failure;

/// What is built, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Values files that were merged.
    pub(crate) values_files: Vec<String>,
    /// It was changed on the way, not only fetched.
    pub(crate) packaged: bool,
}

impl Build {
    /// The sentence about it. `done`: the chart is there, not only to come.
    pub(crate) fn summary(&self, done: bool) -> String {
        let action = match (done, self.packaged) {
            (false, _) => "new",
            (true, false) => "pulled",
            (true, true) => "packaged",
        };
        let mut text = format!("{action} '{}' chart with version '{}'", self.name, self.version);
        if !self.values_files.is_empty() {
            text += &format!(" and merged values files [{}]", self.values_files.join(" "));
        }
        text
    }

    /// The reason of a chart that is there.
    pub(crate) fn reason(&self) -> &'static str {
        if self.packaged {
            reason::CHART_PACKAGE_SUCCEEDED
        } else {
            reason::CHART_PULL_SUCCEEDED
        }
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}.tgz", self.name, self.version)
    }
}

/// Why there is no chart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("invalid chart reference: {0}")]
    Reference(String),
    #[error("chart pull error: {0}")]
    Pull(String),
    #[error("chart metadata patch error: {0}")]
    Metadata(String),
    #[error("values files merge error: {0}")]
    Values(String),
    #[error("dependency build error: {0}")]
    Dependency(String),
    #[error("chart package error: {0}")]
    Package(String),
}

impl BuildError {
    fn reason(&self) -> &'static str {
        match self {
            BuildError::Reference(_) => "InvalidChartReference",
            BuildError::Pull(_) => "ChartPullError",
            BuildError::Metadata(_) => "MetadataPatchError",
            BuildError::Values(_) => "ValuesFilesError",
            BuildError::Dependency(_) => "DependencyBuildError",
            BuildError::Package(_) => "ChartPackageError",
        }
    }

    /// With its condition. What only another spec can help is given up.
    pub(crate) fn failure(&self) -> Error {
        let (reason, message) = (self.reason(), self.to_string());
        let error = match self {
            BuildError::Reference(_) | BuildError::Metadata(_) | BuildError::Values(_) => {
                Error::stalled(reason, message)
            }
            BuildError::Pull(_) | BuildError::Dependency(_) | BuildError::Package(_) => {
                Error::transient(reason, message)
            }
        };
        let condition = match self {
            BuildError::Reference(_) | BuildError::Pull(_) => FETCH_FAILED,
            _ => BUILD_FAILED,
        };
        failure::with(error, condition)
    }
}

/// Values files that change the chart: its own `values.yaml` alone does not.
pub(crate) fn values_files(object: &HelmChart) -> &[String] {
    match object.spec.values_files.as_slice() {
        [only] if clean(only) == "values.yaml" => &[],
        files => files,
    }
}

/// What is put behind `+` in the version: a part of the revision where every revision counts, and the generation where values
/// files are merged.
pub(crate) fn version_metadata(object: &HelmChart, source_revision: &str) -> String {
    let mut parts = Vec::new();
    let of_path = object.spec.source_ref.kind != flux_api::helmrepository::KIND;
    if of_path && object.spec.reconcile_strategy == STRATEGY_REVISION {
        let revision: Revision = match source_revision.parse() {
            Ok(revision) => revision,
            Err(never) => match never {},
        };
        parts.push(revision.hash().chars().take(12).collect::<String>());
    }
    if !values_files(object).is_empty() {
        parts.push(object.metadata.generation.to_string());
    }
    parts.join(".")
}

/// A version with other metadata.
fn with_metadata(version: &str, metadata: &str) -> Result<String, BuildError> {
    if metadata.is_empty() {
        return Ok(version.into());
    }
    let parsed = Version::parse(version).map_err(|error| {
        BuildError::Metadata(format!(
            "failed to parse version from chart metadata as SemVer: {error}"
        ))
    })?;
    let (major, minor, patch) = (parsed.major(), parsed.minor(), parsed.patch());
    let prerelease = match parsed.prerelease() {
        "" => String::new(),
        prerelease => format!("-{prerelease}"),
    };
    Ok(format!("{major}.{minor}.{patch}{prerelease}+{metadata}"))
}

/// Whether what is stored is what would be built.
pub(crate) fn is_held(object: &HelmChart, build: &Build) -> bool {
    let status = &object.status;
    let held = status
        .artifact
        .as_ref()
        .map(|artifact| artifact.revision.as_str());
    let same_spec = object.metadata.generation == status.observed_generation;
    same_spec && status.observed_chart_name == build.name && held == Some(build.version.as_str())
}

/// Where a chart lies in a source.
pub(crate) struct Local<'a> {
    pub(crate) tree: &'a Tree,
    /// Without `..`; empty for the root.
    pub(crate) path: String,
}

impl<'a> Local<'a> {
    pub(crate) fn new(tree: &'a Tree, chart: &str) -> Result<Self, BuildError> {
        if chart.is_empty() {
            let cause = "no path set for local chart reference";
            return Err(BuildError::Reference(cause.into()));
        }
        if chart.starts_with('/') {
            let cause = "local chart reference path is expected to be relative";
            return Err(BuildError::Reference(cause.into()));
        }
        Ok(Local {
            tree,
            path: clean(chart),
        })
    }

    pub(crate) fn is_dir(&self) -> bool {
        matches!(self.tree.entry(&self.path), Some(Entry::Directory))
    }

    /// What is built from here.
    pub(crate) fn plan(
        &self,
        object: &HelmChart,
        revision: &str,
        limits: &ChartLimits,
    ) -> Result<Build, BuildError> {
        let invalid = |cause: String| BuildError::Reference(cause);
        let mut metadata = if self.is_dir() {
            let file = format!("{}/Chart.yaml", self.path);
            let file = self.tree.get(file.trim_start_matches('/'));
            let file = file.ok_or_else(|| invalid(format!("no Chart.yaml found in '{}'", self.shown())))?;
            Metadata::from_yaml(&file.bytes).map_err(|error| invalid(error.to_string()))?
        } else {
            self.archive(limits).map_err(invalid)?.metadata
        };
        metadata.validate().map_err(|error| invalid(error.to_string()))?;
        let suffix = version_metadata(object, revision);
        Ok(Build {
            version: with_metadata(&metadata.version, &suffix)?,
            name: metadata.name,
            values_files: values_files(object).to_vec(),
            packaged: self.is_dir() || !suffix.is_empty(),
        })
    }

    fn archive(&self, limits: &ChartLimits) -> Result<Chart, String> {
        let file = self.tree.get(&self.path);
        let file = file.ok_or_else(|| format!("no chart found at '{}'", self.shown()))?;
        load_archive(&file.bytes, limits, &mut Log::new()).map_err(|error| error.to_string())
    }

    /// The chart as it lies there, dependencies that it carries included.
    pub(crate) fn load(&self, limits: &ChartLimits) -> Result<Chart, String> {
        if !self.is_dir() {
            return self.archive(limits);
        }
        let below = self.tree.subtree(&self.path);
        let files = below
            .iter()
            .map(|(path, file)| File::new(path, file.bytes.to_vec()));
        load_dir_files(files.collect(), limits, &mut Log::new()).map_err(|error| error.to_string())
    }

    /// The archive as it is, where nothing has to be changed.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        self.tree.get(&self.path).map(|file| file.bytes.to_vec())
    }

    /// The merged values files of the spec (paths relative to the source), with those that exist.
    pub(crate) fn values(&self, object: &HelmChart) -> Result<(Table, Vec<String>), BuildError> {
        let read = |path: &str| {
            let file = self.tree.get(&clean(path));
            file.map(|file| Bytes::from(file.bytes.to_vec()))
        };
        let missing = |path: &str| {
            format!(
                "no values file found at path '/{}' (reference '{path}')",
                clean(path)
            )
        };
        merge_files(object, Table::new(), read, missing)
    }

    fn shown(&self) -> &str {
        if self.path.is_empty() { "." } else { &self.path }
    }
}

fn merge_files(
    object: &HelmChart,
    mut merged: Table,
    read: impl Fn(&str) -> Option<Bytes>,
    missing: impl Fn(&str) -> String,
) -> Result<(Table, Vec<String>), BuildError> {
    let mut used = Vec::new();
    for path in &object.spec.values_files {
        let Some(text) = read(path) else {
            if object.spec.ignore_missing_values_files {
                continue;
            }
            return Err(BuildError::Values(missing(path)));
        };
        let values = Table::from_yaml(&text).map_err(|error| {
            BuildError::Values(format!("unmarshaling values from '{path}' failed: {error}"))
        })?;
        merge_maps(&mut merged, values);
        used.push(path.clone());
    }
    Ok((merged, used))
}

/// What is built of a chart of an index.
pub(crate) fn plan_remote(object: &HelmChart, name: &str, version: &str) -> Result<Build, BuildError> {
    let suffix = version_metadata(object, "");
    Ok(Build {
        name: name.into(),
        version: with_metadata(version, &suffix)?,
        values_files: values_files(object).to_vec(),
        packaged: !suffix.is_empty(),
    })
}

/// The archive of a chart that was fetched, changed where the plan says so.
pub(crate) fn pack_remote(
    object: &HelmChart,
    plan: Build,
    archive: Bytes,
    limits: &ChartLimits,
) -> Result<(Build, Vec<u8>), BuildError> {
    let loaded = load_archive(&archive, limits, &mut Log::new());
    if !plan.packaged {
        let mut chart = loaded.map_err(|error| {
            BuildError::Pull(format!(
                "failed to load chart metadata from written chart: {error}"
            ))
        })?;
        chart.metadata.validate().map_err(|error| {
            BuildError::Pull(format!("failed to validate metadata of written chart: {error}"))
        })?;
        return Ok((plan, archive.to_vec()));
    }
    let chart =
        loaded.map_err(|error| BuildError::Package(format!("failed to load downloaded chart: {error}")))?;
    let own = chart.values.clone().unwrap_or_default();
    let read = |path: &str| {
        let path = clean(path);
        if path == "values.yaml" {
            return chart
                .raw
                .iter()
                .find(|file| file.name == path)
                .map(|file| file.data.clone());
        }
        chart
            .files
            .iter()
            .find(|file| file.name == path)
            .map(|file| file.data.clone())
    };
    let missing = |path: &str| format!("failed to merge chart values: no values file found at path '{path}'");
    drop(own);
    let merged = merge_files(object, Table::new(), read, missing)?;
    pack(plan, chart, Some(merged))
}

/// Packs a chart under the version and with the values that it shall have.
pub(crate) fn pack(
    mut plan: Build,
    mut chart: Chart,
    values: Option<(Table, Vec<String>)>,
) -> Result<(Build, Vec<u8>), BuildError> {
    chart.metadata.version.clone_from(&plan.version);
    plan.values_files.clear();
    if let Some((merged, used)) = values
        && set_values(&mut chart, merged)
    {
        plan.values_files = used;
    }
    let packed = package(&chart, &Time::default())
        .map_err(|error| BuildError::Package(format!("failed to package chart: {error}")))?;
    Ok((plan, packed))
}

/// Makes other values the chart's own; whether that changes anything.
fn set_values(chart: &mut Chart, values: Table) -> bool {
    if chart.values.as_ref() == Some(&values) || values.is_empty() {
        return false;
    }
    let text = flux_yaml::json::json_to_yaml(&values.to_json());
    chart.values = Some(values);
    let file = File::new("values.yaml", text.into_bytes());
    match chart.raw.iter_mut().find(|held| held.name == "values.yaml") {
        Some(held) => *held = file,
        None => chart.raw.push(file),
    }
    true
}

/// A relative path without `.`, `..` and empty parts; what leads out of the root ends there.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
