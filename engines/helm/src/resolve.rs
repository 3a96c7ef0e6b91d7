//! Dependencies: which version of each, and the digest that ties `Chart.lock` to `Chart.yaml`.

use flux_semver::{Constraint, Version};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::chart::{Dependency, Lock};
use crate::log::quote;
use crate::time::Time;

/// Why dependencies cannot be resolved; in the words of Helm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The range cannot be read.
    #[error("dependency {} has an invalid version/constraint format: {cause}", quote(.name))]
    Constraint {
        /// Of which dependency.
        name: String,
        /// Why.
        cause: String,
    },
    /// No version fits.
    #[error(
        "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in the repo, or change the \
         version constraint in Chart.yaml",
        .0.len(),
        .0.join(", ")
    )]
    NoVersion(Vec<String>),
    /// The caller could not tell the versions.
    #[error("{0}")]
    Versions(String),
}

/// Where a dependency comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'d> {
    /// A chart in `charts/`.
    Local,
    /// A directory next to the chart: the path behind `file://`.
    Directory(&'d str),
    /// A registry: the address behind `oci://`.
    Registry(&'d str),
    /// A repository with an index, by address or by alias (`@name`, `alias:name`).
    Repository(&'d str),
}

impl Dependency {
    /// Where it comes from.
    pub fn source(&self) -> Source<'_> {
        if self.repository.is_empty() {
            Source::Local
        } else if let Some(path) = self.repository.strip_prefix("file://") {
            Source::Directory(path)
        } else if let Some(address) = self.repository.strip_prefix("oci://") {
            Source::Registry(address)
        } else {
            Source::Repository(&self.repository)
        }
    }
}

/// Picks a version for each dependency. `versions` tells those that there are, newest first; it is not asked for charts in
/// `charts/`.
///
/// # Errors
/// A range cannot be read, no version fits, or the versions are not known.
pub fn resolve(
    dependencies: &[Dependency],
    now: &Time,
    mut versions: impl FnMut(&Dependency) -> Result<Vec<String>, String>,
) -> Result<Lock, ResolveError> {
    let mut locked = Vec::with_capacity(dependencies.len());
    let mut missing = Vec::new();
    for dependency in dependencies {
        let constraint =
            Constraint::parse(&dependency.version).map_err(|error| ResolveError::Constraint {
                name: dependency.name.clone(),
                cause: error.to_string(),
            })?;
        let mut version = dependency.version.clone();
        if dependency.source() != Source::Local {
            let found = versions(dependency)
                .map_err(ResolveError::Versions)?
                .into_iter()
                .find(|candidate| {
                    Version::parse(candidate).is_ok_and(|candidate| constraint.matches(&candidate))
                });
            match found {
                Some(found) => version = found,
                None => missing.push(format!(
                    "{} (repository {}, version {})",
                    quote(&dependency.name),
                    quote(&dependency.repository),
                    quote(&dependency.version)
                )),
            }
        }
        locked.push(Dependency {
            name: dependency.name.clone(),
            repository: dependency.repository.clone(),
            version,
            ..Dependency::default()
        });
    }
    if !missing.is_empty() {
        return Err(ResolveError::NoVersion(missing));
    }
    Ok(Lock {
        generated: now.clone(),
        digest: digest(dependencies, &locked),
        dependencies: Some(locked),
    })
}

/// The digest in `Chart.lock`: SHA-256 over the dependencies of `Chart.yaml` and those of the lock.
pub fn digest(dependencies: &[Dependency], locked: &[Dependency]) -> String {
    sha256(&go_json(&[dependencies, locked]))
}

/// The digest that Helm 2 put into `requirements.lock`.
pub fn digest_v2(dependencies: &[Dependency]) -> String {
    /// The order of fields counts.
    #[derive(Serialize)]
    struct Requirements<'d> {
        dependencies: &'d [Dependency],
    }
    sha256(&go_json(&Requirements { dependencies }))
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// JSON as Go writes it: `<`, `>`, `&` and the two line separators of Unicode are escaped.
fn go_json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}
