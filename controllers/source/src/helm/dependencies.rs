//! The charts that a chart of a source needs and does not carry.

use flux_helm::chart::{Chart, ChartLimits, Dependency};
use flux_semver::{Constraint, Version};

use super::build::{Local, clean};

/// A dependency that is missing, under the name by which the chart knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Missing {
    pub(crate) name: String,
    pub(crate) dependency: Dependency,
}

/// What is missing, in the order of the chart. The lock file counts where there is one.
pub(crate) fn missing(chart: &Chart) -> Vec<Missing> {
    let locked = chart.lock.as_ref().and_then(|lock| lock.dependencies.as_ref());
    let wanted = locked.or(chart.metadata.dependencies.as_ref());
    let wanted: &[Dependency] = wanted.map_or(&[], Vec::as_slice);
    if wanted.len() == chart.dependencies.len() {
        return Vec::new();
    }
    let mut missing: Vec<Missing> = Vec::new();
    for dependency in wanted {
        let name = if dependency.alias.is_empty() {
            &dependency.name
        } else {
            &dependency.alias
        };
        let held = chart.dependencies.iter().any(|held| held.name() == name);
        if !held && !missing.iter().any(|one| one.name == *name) {
            missing.push(Missing {
                name: name.clone(),
                dependency: dependency.clone(),
            });
        }
    }
    missing
}

impl Missing {
    /// Whether it lies in the same source.
    pub(crate) fn is_local(&self) -> bool {
        let repository = &self.dependency.repository;
        repository.is_empty() || repository.starts_with("file://")
    }

    /// Takes it from the source of the chart at `parent`.
    pub(crate) fn load_local(&self, parent: &Local<'_>, limits: &ChartLimits) -> Result<Chart, String> {
        let failed = |cause: String| format!("failed to add local dependency '{}': {cause}", self.name);
        let repository = &self.dependency.repository;
        let below = match repository.strip_prefix("file://") {
            Some(path) => path.to_owned(),
            None => format!("charts/{}", self.dependency.name),
        };
        let place = Local {
            tree: parent.tree,
            path: clean(&format!("{}/{below}", parent.path)),
        };
        if place.tree.entry(&place.path).is_none() {
            let path = &place.path;
            return Err(failed(format!(
                "no chart found at '/{path}' (reference '{repository}')"
            )));
        }
        let wanted = &self.dependency.version;
        let range = Constraint::parse(wanted)
            .map_err(|error| failed(format!("invalid version/constraint format '{wanted}': {error}")))?;
        let mut chart = place.load(limits).map_err(|cause| {
            failed(format!(
                "failed to load chart from '/{}' (reference '{repository}'): {cause}",
                place.path
            ))
        })?;
        let version = Version::parse(&chart.metadata.version).map_err(|error| failed(error.to_string()))?;
        if !range.matches(&version) {
            return Err(failed(format!(
                "can't get a valid version for constraint '{wanted}'"
            )));
        }
        self.rename(&mut chart);
        Ok(chart)
    }

    /// Gives a chart the name by which the parent knows it.
    pub(crate) fn rename(&self, chart: &mut Chart) {
        if !self.dependency.alias.is_empty() {
            chart.metadata.name.clone_from(&self.dependency.alias);
        }
    }
}

#[cfg(test)]
mod tests {
    use flux_artifact::Tree;

    use super::*;

    const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n\
        - {name: db, version: ^1.0.0, repository: 'file://../db'}\n\
        - {name: db, version: '*', repository: 'https://example.com', alias: cache}\n";

    fn tree(db_version: &str) -> Tree {
        let mut tree = Tree::new();
        tree.insert("charts/web/Chart.yaml", CHART.as_bytes(), false)
            .unwrap();
        let db = format!("apiVersion: v2\nname: db\nversion: {db_version}\n");
        tree.insert("charts/db/Chart.yaml", db.as_bytes(), false).unwrap();
        tree
    }

    #[track_caller]
    fn check(db_version: &str, expect: Result<&str, &str>) {
        let tree = tree(db_version);
        let local = Local::new(&tree, "./charts/web").unwrap();
        let limits = ChartLimits::default();
        let chart = local.load(&limits).unwrap();
        let missing = missing(&chart);
        let names: Vec<_> = missing
            .iter()
            .map(|one| (one.name.as_str(), one.is_local()))
            .collect();
        assert_eq!(names, [("db", true), ("cache", false)]);
        let found = missing[0].load_local(&local, &limits);
        match (found, expect) {
            (Ok(chart), Ok(version)) => assert_eq!(chart.metadata.version, version),
            (Err(found), Err(expect)) => assert_eq!(found, expect),
            (found, expect) => panic!("{found:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn local_dependencies_lie_in_the_source() {
        check("1.2.3", Ok("1.2.3"));
        check(
            "2.0.0",
            Err("failed to add local dependency 'db': can't get a valid version for constraint '^1.0.0'"),
        );
    }
}
