//! Which subcharts take part, under which name, and what of their values the parent imports.

use std::collections::{HashMap, HashSet};

use flux_semver::{Constraint, Version};
use serde_json::{Value as Json, json};

use crate::chart::{Chart, Dependency, Metadata};
use crate::log::{Level, Log, quote};
use crate::value::{Table, Value};
use crate::values::CoalesceError;
use crate::values::coalesce::{
    Node, Open, Trail, coalesce_values, freeze, merge_values, open_at, tables, thaw,
};

/// Works out the dependencies of a chart for these values: aliases, tags and conditions, then imports.
///
/// The chart comes out as Helm renders it and stores it: without the subcharts that are off, with imported values among its
/// own.
///
/// # Errors
/// The values for a subchart are no table.
pub fn process_dependencies(chart: &mut Chart, values: &Table, log: &mut Log) -> Result<(), CoalesceError> {
    enable(chart, values, "", log)?;
    import(chart, log)
}

/// Whether `version` is in the range `constraint`; not when one of them cannot be read.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Version::parse(version), Constraint::parse(constraint)) {
        (Ok(version), Ok(constraint)) => constraint.matches(&version),
        _ => false,
    }
}

/// Whether a text is a range of versions that can be read.
pub fn is_range(text: &str) -> bool {
    Constraint::parse(text).is_ok()
}

/// Whether a text is a version with three numbers.
pub fn is_strict_version(text: &str) -> bool {
    Version::parse_strict(text).is_ok()
}

/// Removes what is off.
fn enable(chart: &mut Chart, values: &Table, path: &str, log: &mut Log) -> Result<(), CoalesceError> {
    let Some(mut requirements) = chart.metadata.dependencies.take() else {
        return Ok(());
    };
    chart.dependencies = resolve_aliases(std::mem::take(&mut chart.dependencies), &mut requirements);
    for requirement in &mut requirements {
        requirement.enabled = true;
    }
    let values = coalesce_values(chart, values, log)?;
    apply_tags(&mut requirements, &values, log);
    apply_conditions(&mut requirements, &values, path, log);
    let off: HashSet<String> = requirements
        .iter()
        .filter(|requirement| !requirement.enabled)
        .map(|requirement| requirement.name.clone())
        .collect();
    chart
        .dependencies
        .retain(|subchart| !off.contains(subchart.name()));
    requirements.retain(|requirement| !off.contains(&requirement.name));
    for subchart in &mut chart.dependencies {
        let path = format!("{path}{}.", subchart.name());
        enable(subchart, &values, &path, log)?;
    }
    chart.metadata.dependencies = (!requirements.is_empty()).then_some(requirements);
    Ok(())
}

/// The subcharts that no requirement names, then one for each requirement, under its alias.
fn resolve_aliases(subcharts: Vec<Chart>, requirements: &mut [Dependency]) -> Vec<Chart> {
    let mut ranges = Ranges::default();
    let mut named = vec![false; subcharts.len()];
    let mut chosen: Vec<Option<usize>> = Vec::with_capacity(requirements.len());
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::with_capacity(subcharts.len());
    for (index, subchart) in subcharts.iter().enumerate() {
        by_name.entry(subchart.name()).or_default().push(index);
    }
    for requirement in &*requirements {
        let mut first = None;
        for &index in by_name.get(&*requirement.name).into_iter().flatten() {
            let subchart = &subcharts[index];
            if ranges.match_version(&requirement.version, &subchart.metadata.version) {
                named[index] = true;
                first.get_or_insert(index);
            }
        }
        chosen.push(first);
    }
    let mut left: Vec<Option<Chart>> = subcharts.into_iter().map(Some).collect();
    let unnamed = left.iter_mut().zip(named).filter(|(_, named)| !named);
    let mut resolved: Vec<Chart> = unnamed.filter_map(|(chart, _)| chart.take()).collect();
    for (at, requirement) in requirements.iter_mut().enumerate() {
        if let Some(index) = chosen[at] {
            let again = chosen[at + 1..].contains(&Some(index));
            let subchart = if again {
                left[index].clone()
            } else {
                left[index].take()
            };
            if let Some(mut subchart) = subchart {
                if !requirement.alias.is_empty() {
                    subchart.metadata.name.clone_from(&requirement.alias);
                }
                resolved.push(subchart);
            }
        }
        if !requirement.alias.is_empty() {
            requirement.name.clone_from(&requirement.alias);
        }
    }
    resolved
}

/// Ranges of versions that were read: the dependencies of a chart have few different ones.
#[derive(Default)]
struct Ranges(HashMap<String, Option<Constraint>>);

impl Ranges {
    fn match_version(&mut self, range: &str, version: &str) -> bool {
        if !self.0.contains_key(range) {
            self.0.insert(range.to_owned(), Constraint::parse(range).ok());
        }
        match (self.0.get(range), Version::parse(version)) {
            (Some(Some(range)), Ok(version)) => range.matches(&version),
            _ => false,
        }
    }
}

fn apply_tags(requirements: &mut [Dependency], values: &Table, log: &mut Log) {
    let Some(tags) = values.table("tags") else { return };
    for requirement in requirements {
        let (mut on, mut off) = (false, false);
        for tag in requirement.tags.iter().flatten() {
            match tags.get(tag) {
                None => {}
                Some(Value::Bool(true)) => on = true,
                Some(Value::Bool(false)) => off = true,
                Some(_) => log.add_with(
                    Level::Warn,
                    "returned non-bool value",
                    vec![("tag", tag.clone()), ("chart", requirement.name.clone())],
                ),
            }
        }
        requirement.enabled = on || !off;
    }
}

fn apply_conditions(requirements: &mut [Dependency], values: &Table, path: &str, log: &mut Log) {
    for requirement in requirements {
        let conditions = requirement.condition.clone();
        for condition in conditions
            .trim()
            .split(',')
            .filter(|condition| !condition.is_empty())
        {
            match path_value(values, &format!("{path}{condition}")) {
                None => {}
                Some(Value::Bool(value)) => {
                    requirement.enabled = *value;
                    break;
                }
                Some(_) => log.add_with(
                    Level::Warn,
                    "returned non-bool value",
                    vec![
                        ("path", condition.to_owned()),
                        ("chart", requirement.name.clone()),
                    ],
                ),
            }
        }
    }
}

/// What is at the end of a dotted path, unless it is a table.
fn path_value<'v>(values: &'v Table, path: &str) -> Option<&'v Value> {
    let (table, key) = match path.rsplit_once('.') {
        Some((table, key)) => (values.table(table)?, key),
        None => (values, path),
    };
    table.get(key).filter(|value| !matches!(value, Value::Table(_)))
}

/// Imports values of subcharts into their parents, from the leaves up.
fn import(chart: &mut Chart, log: &mut Log) -> Result<(), CoalesceError> {
    for subchart in &mut chart.dependencies {
        import(subchart, log)?;
    }
    let Some(mut requirements) = chart.metadata.dependencies.take() else {
        return Ok(());
    };
    let outcome = import_into(chart, &mut requirements, log);
    chart.metadata.dependencies = Some(requirements);
    outcome
}

fn import_into(
    chart: &mut Chart,
    requirements: &mut [Dependency],
    log: &mut Log,
) -> Result<(), CoalesceError> {
    let values = merge_values(chart, &Table::new(), log)?;
    let imports = |requirement: &Dependency| {
        let imports = requirement.import_values.as_ref();
        imports.is_some_and(|imports| !imports.is_empty())
    };
    if !requirements.iter().any(imports) {
        requirements
            .iter_mut()
            .for_each(|requirement| requirement.import_values = None);
        chart.values = Some(freeze(&values));
        return Ok(());
    }
    let imported = Open::default();
    for requirement in requirements {
        let mut normal = Vec::new();
        for entry in requirement.import_values.iter().flatten() {
            let (child, parent) = match entry {
                Json::String(name) => (format!("exports.{name}"), ".".to_owned()),
                Json::Object(map) => {
                    let part = |name| map.get(name).map_or(Value::Null, Value::from_json).to_string();
                    (part("child"), part("parent"))
                }
                _ => continue,
            };
            normal.push(json!({ "child": child, "parent": parent }));
            let path = format!("{}.{child}", requirement.name);
            match open_path(&values, &path) {
                Ok(table) => {
                    let table = if matches!(entry, Json::String(_)) {
                        table
                    } else {
                        below(&parent, &table)
                    };
                    tables(log, &imported, &table, Trail::default(), true, 0)?;
                }
                Err(key) => missing_table(log, matches!(entry, Json::Object(_)), &requirement.name, key),
            }
        }
        requirement.import_values = (!normal.is_empty()).then_some(normal);
    }
    let values = thaw(&freeze(&values));
    tables(log, &values, &imported, Trail::default(), true, 0)?;
    chart.values = Some(freeze(&values));
    Ok(())
}

fn missing_table(log: &mut Log, pair: bool, chart: &str, key: &str) {
    let error = ("error", format!("{} is not a table", quote(key)));
    if pair {
        let attributes = vec![("chart", chart.to_owned()), error];
        log.add_with(Level::Warn, "ImportValues missing table from chart", attributes);
    } else {
        log.add_with(Level::Warn, "ImportValues missing table", vec![error]);
    }
}

/// The table at a dotted path; the name that is none otherwise.
fn open_path<'p>(values: &Open, path: &'p str) -> Result<Open, &'p str> {
    path.split('.')
        .try_fold(values.clone(), |table, name| open_at(&table, name).ok_or(name))
}

/// A table put at a dotted path.
fn below(path: &str, table: &Open) -> Open {
    if path == "." {
        return table.clone();
    }
    path.rsplit('.').fold(table.clone(), |inner, name| {
        let outer = Open::default();
        outer.borrow_mut().insert(name.into(), Node::Open(inner));
        outer
    })
}

impl Metadata {
    /// Whether the chart says that it works with this version of Kubernetes.
    pub fn accepts_kube_version(&self, version: &str) -> bool {
        self.kube_version.is_empty() || is_compatible(&self.kube_version, version)
    }
}
