//! Charts: what they are made of, and how they are loaded.

mod archive;
mod ignore;
mod load;
mod metadata;
mod prepare;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Time;
use crate::value::Table;

pub(crate) use archive::clean;
pub use archive::{ArchiveError, ChartLimits, read_archive};
pub use ignore::{IgnoreError, IgnoreRules, glob};
pub(crate) use load::extension;
pub use load::{
    LoadError, load_archive, load_archive_to_render, load_dir_files, load_files, load_files_to_render,
};
pub(crate) use metadata::FIELDS;
pub use metadata::{Dependency, Lock, Maintainer, Metadata, ValidationError};
pub use prepare::Prepared;

/// A file of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Path relative to the chart, with `/`.
    pub name: String,
    /// Content; shared, not copied.
    pub data: Bytes,
    /// When it was changed; zero when unknown.
    pub mod_time: Time,
}

impl File {
    /// A file whose time of change is not known.
    pub fn new(name: impl Into<String>, data: impl Into<Bytes>) -> Self {
        File {
            name: name.into(),
            data: data.into(),
            mod_time: Time::default(),
        }
    }
}

/// A chart with the charts that it contains.
///
/// Cheap to clone: contents and values are shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// `Chart.yaml`.
    pub metadata: Metadata,
    /// `Chart.lock`, or `requirements.lock`.
    pub lock: Option<Lock>,
    /// `templates/`.
    pub templates: Vec<File>,
    /// `values.yaml`.
    pub values: Option<Table>,
    /// `values.schema.json`.
    pub schema: Option<Bytes>,
    /// When the schema was changed.
    pub schema_mod_time: Time,
    /// Everything else, `crds/` included.
    pub files: Vec<File>,
    /// When `Chart.yaml` was changed.
    pub mod_time: Time,
    /// All files as they were.
    pub raw: Vec<File>,
    /// `charts/`.
    pub dependencies: Vec<Chart>,
}

/// A definition in `crds/`.
#[derive(Clone, Debug)]
pub struct Crd<'c> {
    /// Path with that of the chart: `parent/charts/child/crds/x.yaml`.
    pub path: String,
    /// The file.
    pub file: &'c File,
}

impl Chart {
    /// The name; under an alias, the alias.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The definitions in `crds/` of the chart and of its subcharts, in Helm's order.
    pub fn crds(&self) -> Vec<Crd<'_>> {
        let mut crds = Vec::new();
        self.collect_crds(self.name(), &mut crds);
        crds
    }

    fn collect_crds<'c>(&'c self, path: &str, crds: &mut Vec<Crd<'c>>) {
        let own = self.files.iter().filter(|file| file.name.starts_with("crds/"));
        for file in own.filter(|file| has_manifest_extension(&file.name)) {
            let path = clean([path, "/", &*file.name].concat());
            crds.push(Crd { path, file });
        }
        for dependency in &self.dependencies {
            dependency.collect_crds(&format!("{path}/charts/{}", dependency.name()), crds);
        }
    }

    /// Names of dependencies of `Chart.yaml` that are not in `charts/`.
    ///
    /// # Errors
    /// There are some.
    pub fn check_dependencies(&self) -> Result<(), MissingDependencies> {
        let there: HashSet<&str> = self.dependencies.iter().map(Chart::name).collect();
        let wanted = self.metadata.dependencies.iter().flatten();
        let missing = wanted.filter(|wanted| !there.contains(&*wanted.name));
        let missing: Vec<String> = missing.map(|missing| missing.name.clone()).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(MissingDependencies(missing))
        }
    }

    /// Sets all times of change, so that the archive is the same whenever it is made.
    pub fn stamp(&mut self, time: &Time) {
        self.mod_time = time.clone();
        if self.schema.is_some() {
            self.schema_mod_time = time.clone();
        }
        if let Some(lock) = &mut self.lock {
            lock.generated = time.clone();
        }
        let files = [&mut self.raw, &mut self.templates, &mut self.files];
        for file in files.into_iter().flatten() {
            file.mod_time = time.clone();
        }
        self.dependencies.iter_mut().for_each(|chart| chart.stamp(time));
    }
}

/// Dependencies of `Chart.yaml` that are not in `charts/`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
pub struct MissingDependencies(pub Vec<String>);

fn has_manifest_extension(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').is_some_and(|(_, extension)| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// As in the records of releases: the content in base64.
#[derive(Serialize, Deserialize)]
struct FileRecord {
    name: String,
    #[serde(default)]
    data: Option<String>,
    #[serde(default, skip_serializing_if = "Time::is_zero")]
    modtime: Time,
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FileRecord {
            name: self.name.clone(),
            data: Some(encode(&self.data)),
            modtime: self.mod_time.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = FileRecord::deserialize(deserializer)?;
        let data = decode(record.data.as_deref().unwrap_or_default()).map_err(serde::de::Error::custom)?;
        Ok(File {
            name: record.name,
            data,
            mod_time: record.modtime,
        })
    }
}

fn encode(data: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(data)
}

fn decode(text: &str) -> Result<Bytes, base64::DecodeError> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map(Bytes::from)
}

/// A chart as in the records of releases. Subcharts are not part of it.
#[derive(Serialize, Deserialize)]
struct ChartRecord {
    metadata: Option<Metadata>,
    lock: Option<Lock>,
    templates: Option<Vec<File>>,
    values: Option<serde_json::Value>,
    schema: Option<String>,
    #[serde(default)]
    schemamodtime: Time,
    files: Option<Vec<File>>,
    #[serde(default, skip_serializing_if = "Time::is_zero")]
    modtime: Time,
}

impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let list = |files: &[File]| (!files.is_empty()).then(|| files.to_vec());
        ChartRecord {
            metadata: Some(self.metadata.clone()),
            lock: self.lock.clone(),
            templates: list(&self.templates),
            values: self.values.as_ref().map(Table::to_json),
            schema: self.schema.as_deref().map(encode),
            schemamodtime: self.schema_mod_time.clone(),
            files: list(&self.files),
            modtime: self.mod_time.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Chart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = ChartRecord::deserialize(deserializer)?;
        let schema = record.schema.as_deref().map(decode).transpose();
        Ok(Chart {
            metadata: record.metadata.unwrap_or_default(),
            lock: record.lock,
            templates: record.templates.unwrap_or_default(),
            values: record.values.as_ref().and_then(Table::from_json),
            schema: schema.map_err(serde::de::Error::custom)?,
            schema_mod_time: record.schemamodtime,
            files: record.files.unwrap_or_default(),
            mod_time: record.modtime,
            raw: Vec::new(),
            dependencies: Vec::new(),
        })
    }
}
