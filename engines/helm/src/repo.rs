//! `index.yaml`: which charts a repository has.
//!
//! Indexes grow to tens of megabytes. [`read_index`] passes over one entry after the other and keeps none; what is made of an
//! entry is up to the caller. [`Index`] holds a whole one, to write, merge and sort it.

mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::BufRead;

use flux_semver::{Constraint, Version};
use serde::{Deserialize, Serialize};

use crate::chart::{Metadata, ValidationError};
use crate::log::{Level, Log};
use crate::package::to_yaml;
use crate::time::Time;
use crate::yaml::{self, DecodeError, Shape};

pub use scan::{Entry, read_index};

/// A version of a chart in a repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartVersion {
    /// What the chart says about itself.
    #[serde(flatten)]
    pub metadata: Metadata,
    /// Where its archive is; relative addresses belong to that of the repository.
    pub urls: Vec<String>,
    /// When it was added.
    pub created: Time,
    /// Whether it was taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// SHA-256 of the archive, in hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

/// A whole index.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// `v1`
    pub api_version: String,
    /// When it was made.
    pub generated: Time,
    /// The versions of each chart.
    pub entries: BTreeMap<String, Vec<ChartVersion>>,
}

/// Why a text is no index, or what is not in it; in the words of Helm.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Nothing.
    #[error("empty index.yaml file")]
    Empty,
    /// There is no `apiVersion`.
    #[error("no API version specified")]
    NoApiVersion,
    /// Not YAML, or not of the form.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It cannot be read.
    #[error("cannot read the index: {0}")]
    Read(#[from] std::io::Error),
    /// An entry that is larger than any chart's.
    #[error("an entry of the index is larger than {0} bytes")]
    EntryTooLarge(usize),
    /// There is no such chart.
    #[error("no chart name found")]
    NoChartName,
    /// The chart has no versions.
    #[error("no chart version found")]
    NoChartVersion,
    /// No version of the chart fits.
    #[error("no chart version found for {0}-{1}")]
    NoVersion(String, String),
    /// The range cannot be read.
    #[error("{0}")]
    Constraint(#[from] flux_semver::InvalidConstraint),
    /// The chart to be added breaks a rule.
    #[error("validate failed for {file}: {cause}")]
    Invalid {
        /// Its archive.
        file: String,
        /// Why.
        cause: ValidationError,
    },
}

const TEXT: Shape = Shape::Text;

/// Fields of an entry: those of `Chart.yaml` and its own.
fn decode_entry(text: &[u8]) -> Result<ChartVersion, DecodeError> {
    const ENTRY: Shape = Shape::Struct(
        "repo.ChartVersion",
        &[
            ("urls", Shape::List(&TEXT)),
            ("created", Shape::Time),
            ("removed", Shape::Bool),
            ("digest", TEXT),
        ],
    );
    let mut metadata = Metadata::from_yaml(text)?;
    let own = yaml::decode(text, ENTRY)?;
    let mut entry: ChartVersion = serde_json::from_value(serde_json::Value::Object(own))
        .map_err(|error| DecodeError::Shape(error.to_string()))?;
    if metadata.api_version.is_empty() {
        metadata.api_version = "v1".to_owned();
    }
    entry.metadata = metadata;
    Ok(entry)
}

/// Whether an entry is kept: what breaks a rule is passed over, except for dependencies of one name (some repositories drop
/// aliases).
fn check(entry: &mut ChartVersion) -> Result<(), ValidationError> {
    match entry.metadata.validate() {
        Err(error) if error.0.starts_with("more than one dependency with name or alias") => Ok(()),
        other => other,
    }
}

/// Finds the version of a chart that `wanted` asks for: that very version, else the newest in the range; the newest that is no
/// prerelease when nothing is wanted.
///
/// # Errors
/// No such chart or version, or no index.
pub fn find_in_index(
    index: impl BufRead,
    chart: &str,
    wanted: &str,
    log: &mut Log,
) -> Result<ChartVersion, IndexError> {
    let mut versions = Vec::new();
    let mut known = false;
    read_index(index, |entry| {
        if entry.chart() == chart {
            known = true;
            if let Some(version) = keep(entry, log) {
                versions.push(version);
            }
        }
        Ok(())
    })?;
    if !known {
        return Err(IndexError::NoChartName);
    }
    sort(&mut versions);
    pick(&versions, chart, wanted, log).cloned()
}

fn keep(entry: &Entry<'_>, log: &mut Log) -> Option<ChartVersion> {
    let mut version = match entry.decode() {
        Ok(version) => version,
        Err(error) => {
            skipped(log, entry.chart(), "", &error.to_string());
            return None;
        }
    };
    if let Err(error) = check(&mut version) {
        skipped(log, entry.chart(), &version.metadata.version, &error.to_string());
        return None;
    }
    Some(version)
}

fn skipped(log: &mut Log, chart: &str, version: &str, error: &str) {
    let attributes = vec![
        ("name", chart.to_owned()),
        ("version", version.to_owned()),
        ("error", error.to_owned()),
    ];
    log.add_with(
        Level::Warn,
        "skipping loading invalid entry for chart",
        attributes,
    );
}

/// Newest first; what has no readable version comes last.
fn sort(versions: &mut [ChartVersion]) {
    versions.sort_by_cached_key(|version| std::cmp::Reverse(Version::parse(&version.metadata.version).ok()));
}

fn pick<'v>(
    versions: &'v [ChartVersion],
    chart: &str,
    wanted: &str,
    log: &mut Log,
) -> Result<&'v ChartVersion, IndexError> {
    if versions.is_empty() {
        return Err(IndexError::NoChartVersion);
    }
    let constraint = Constraint::parse(if wanted.is_empty() { "*" } else { wanted })?;
    let exact = versions.iter().find(|version| version.metadata.version == wanted);
    if let (Some(exact), false) = (exact, wanted.is_empty()) {
        return Ok(exact);
    }
    let fits = |version: &&ChartVersion| {
        Version::parse(&version.metadata.version).is_ok_and(|version| constraint.matches(&version))
    };
    let found = versions.iter().find(fits);
    let found = found.ok_or_else(|| IndexError::NoVersion(chart.to_owned(), wanted.to_owned()))?;
    if !wanted.is_empty() && !is_range(wanted) {
        log.add_with(
            Level::Warn,
            "unable to find exact version requested; falling back to closest available version",
            vec![
                ("chart", chart.to_owned()),
                ("requested", wanted.to_owned()),
                ("selected", found.metadata.version.clone()),
            ],
        );
    }
    Ok(found)
}

fn is_range(wanted: &str) -> bool {
    let core = wanted.split(['-', '+']).next().unwrap_or(wanted);
    wanted.contains(['^', '~', '<', '>', '=', '!', '*'])
        || wanted.contains("||")
        || wanted.contains(" - ")
        || core.contains(['x', 'X'])
}

impl Index {
    /// An empty index.
    pub fn new(generated: Time) -> Self {
        Index {
            api_version: "v1".to_owned(),
            generated,
            entries: BTreeMap::new(),
        }
    }

    /// Reads a whole index, versions newest first. Entries that break a rule are passed over and logged.
    ///
    /// # Errors
    /// Not an index.
    pub fn read(index: impl BufRead, log: &mut Log) -> Result<Self, IndexError> {
        let mut entries: BTreeMap<String, Vec<ChartVersion>> = BTreeMap::new();
        let head = read_index(index, |entry| {
            let versions = entries.entry(entry.chart().to_owned()).or_default();
            versions.extend(keep(entry, log));
            Ok(())
        })?;
        entries.values_mut().for_each(|versions| sort(versions));
        Ok(Index {
            api_version: head.api_version,
            generated: head.generated,
            entries,
        })
    }

    /// Adds a chart's archive. `file` is its name, `base` the address of the repository (may be empty).
    ///
    /// # Errors
    /// The chart breaks a rule.
    pub fn add(
        &mut self,
        metadata: &Metadata,
        file: &str,
        base: &str,
        digest: &str,
        now: &Time,
    ) -> Result<(), IndexError> {
        let mut metadata = metadata.clone();
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".to_owned();
        }
        metadata.validate().map_err(|cause| IndexError::Invalid {
            file: file.to_owned(),
            cause,
        })?;
        let name = file.rsplit('/').next().unwrap_or(file);
        let url = if base.is_empty() {
            file.to_owned()
        } else {
            format!("{}/{name}", base.trim_end_matches('/'))
        };
        let versions = self.entries.entry(metadata.name.clone()).or_default();
        versions.push(ChartVersion {
            metadata,
            urls: vec![url],
            created: now.clone(),
            removed: false,
            digest: digest.to_owned(),
        });
        Ok(())
    }

    /// Adds what another index has and this one has not, by name and version.
    pub fn merge(&mut self, other: Index) {
        for (name, versions) in other.entries {
            let ours = self.entries.entry(name).or_default();
            for version in versions {
                if !ours
                    .iter()
                    .any(|known| known.metadata.version == version.metadata.version)
                {
                    ours.push(version);
                }
            }
        }
    }

    /// Puts the versions of each chart in order, newest first.
    pub fn sort(&mut self) {
        self.entries.values_mut().for_each(|versions| sort(versions));
    }

    /// The version of a chart; see [`find_in_index`].
    ///
    /// # Errors
    /// No such chart or version.
    pub fn get(&self, chart: &str, wanted: &str, log: &mut Log) -> Result<&ChartVersion, IndexError> {
        let versions = self.entries.get(chart).ok_or(IndexError::NoChartName)?;
        pick(versions, chart, wanted, log)
    }

    /// As Helm writes `index.yaml`.
    pub fn to_yaml(&self) -> String {
        to_yaml(self).unwrap_or_default()
    }
}
