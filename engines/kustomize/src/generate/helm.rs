//! `helmCharts`, around the Helm that the caller brings.

use std::sync::Arc;

use flux_yaml::Node;
use flux_yaml::json::{Duplicates, from_json, json_to_yaml, to_json};
use flux_yaml::resolve::Dialect;

use crate::config::{HelmChart, HelmGlobals};
use crate::error::{Error, ErrorKind};
use crate::files::{FileKind, Files};
use crate::helm::{ChartRequest, ChartSource, HelmError, HelmOptions};
use crate::load;
use crate::loader::Loader;
use crate::merge;
use crate::resource::Resource;

const DEFAULT_HOME: &str = "charts";
const MERGES: [&str; 3] = ["merge", "override", "replace"];

/// Where a chart is.
enum Chart {
    /// In the tree of the kustomization, at this path from its root.
    Local(String),
    /// In a tree of its own.
    Pulled(Arc<dyn Files + Send>),
}

/// Renders a chart; gives its objects in the order that Helm prints them.
pub(crate) fn generate(
    chart: &HelmChart,
    globals: &HelmGlobals,
    options: Option<&HelmOptions>,
    loader: &Loader<'_>,
    file: &str,
) -> Result<Vec<Resource>, Error> {
    let options = options
        .ok_or_else(|| Error::unsupported("must specify --enable-helm; in a cluster, use a HelmRelease"))?;
    if chart.name.is_empty() {
        return Err(Error::invalid("chart name cannot be empty"));
    }
    let merge = match chart.values_merge.as_str() {
        "" => "override",
        given if MERGES.contains(&given) => given,
        _ => {
            return Err(Error::invalid(format!(
                "valuesMerge must be one of [{}]",
                MERGES.join(" ")
            )));
        }
    };
    let mut more = Vec::new();
    for path in &chart.additional_values_files {
        more.push(
            loader
                .load_text(path)
                .map_err(|error| told(error, "could not load additionalValuesFile"))?,
        );
    }
    let home = home(chart, globals);
    let found = find(chart, &home, options, loader)?;
    let own = own_values(chart, &home, &found, loader)?;
    let mut values = vec![match &chart.values_inline {
        Some(inline) if !inline.entries().is_empty() => merged(&own, inline, merge, file)?,
        _ => own,
    }];
    values.append(&mut more);
    let text = render(chart, &found, &values, options, loader)?;
    let mut objects = objects(&text, file, loader)?;
    for object in &mut objects {
        object.place.line = chart.place.line;
        object.memory.from_helm = true;
    }
    Ok(objects)
}

fn told(mut error: Error, what: &str) -> Error {
    error.message = format!("{what}: {}", error.message);
    error
}

fn helm_error(error: &HelmError) -> Error {
    let mut made = Error::new(ErrorKind::Helm, error.message.clone());
    made.transient = error.transient;
    made
}

/// The directory with the charts, relative to the kustomization.
fn home(chart: &HelmChart, globals: &HelmGlobals) -> String {
    let home = match globals.chart_home.as_str() {
        "" => DEFAULT_HOME,
        given => given.trim_end_matches('/'),
    };
    if chart.version.is_empty() || chart.repo.is_empty() {
        home.to_owned()
    } else {
        format!("{home}/{}-{}", chart.name, chart.version)
    }
}

fn find(chart: &HelmChart, home: &str, options: &HelmOptions, loader: &Loader<'_>) -> Result<Chart, Error> {
    let path = format!("{home}/{}", chart.name);
    let kind = loader.kind(&path);
    if kind == Some(FileKind::Directory) {
        return Ok(Chart::Local(loader.path_from_root(&path)?));
    }
    if chart.repo.is_empty() {
        let path = kind.map_or("", |_| path.as_str());
        return Err(Error::new(
            ErrorKind::File,
            format!("no repo specified for pull, no chart found at '{path}'"),
        ));
    }
    let source = ChartSource {
        name: chart.name.clone(),
        repo: chart.repo.clone(),
        version: chart.version.clone(),
        devel: chart.devel,
    };
    options
        .helm
        .pull(&source)
        .map(Chart::Pulled)
        .map_err(|error| helm_error(&error))
}

/// The values file: that of the kustomization, or the one of the chart.
fn own_values(chart: &HelmChart, home: &str, found: &Chart, loader: &Loader<'_>) -> Result<String, Error> {
    match (chart.values_file.as_str(), found) {
        ("", Chart::Pulled(files)) => {
            let bytes = files.read("values.yaml").map_err(|error| {
                Error::new(
                    ErrorKind::File,
                    format!("values.yaml of the chart {}: {error}", chart.name),
                )
            })?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        ("", Chart::Local(_)) => loader.load_text(&format!("{home}/{}/values.yaml", chart.name)),
        (path, _) => loader.load_text(path),
    }
}

/// The values with `valuesInline` merged over or under them.
fn merged(own: &str, inline: &Node, how: &str, file: &str) -> Result<String, Error> {
    let syntax = |error: flux_yaml::Error| {
        Error::new(
            ErrorKind::Syntax,
            format!("could not parse values file into rnode: {error}"),
        )
    };
    let inline_json = to_json(inline, Dialect::V2, Duplicates::LastWins)
        .map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()).at(file, error.pos.line))?;
    if how == "replace" {
        return Ok(json_to_yaml(&inline_json));
    }
    let inline = from_json(&inline_json);
    let document = flux_yaml::parse_one(own, &crate::limits::of_file()).map_err(syntax)?;
    let mut own = document.map_or_else(Node::mapping, |document| document.root);
    flux_yaml::expand_aliases(&mut own).map_err(syntax)?;
    let (target, patch) = if how == "merge" {
        (inline, own)
    } else {
        (own, inline)
    };
    let merged = merge::merge(target, &patch, None).map_err(|error| told(error, "could not merge values"))?;
    let merged = merged.unwrap_or_else(Node::mapping);
    Ok(json_to_yaml(&crate::node_ext::to_json(&merged)?))
}

fn render(
    chart: &HelmChart,
    found: &Chart,
    values: &[String],
    options: &HelmOptions,
    loader: &Loader<'_>,
) -> Result<String, Error> {
    let (files, directory): (&dyn Files, &str) = match found {
        Chart::Local(path) => (loader.files(), path),
        Chart::Pulled(files) => (files.as_ref(), ""),
    };
    // What the flags say is the default of what a chart does not say.
    let api_versions = match chart.api_versions.as_slice() {
        [] => &options.api_versions,
        own => own,
    };
    let kube_version = match chart.kube_version.as_str() {
        "" => &options.kube_version,
        own => own,
    };
    let request = ChartRequest {
        files,
        chart: directory,
        release_name: &chart.release_name,
        namespace: &chart.namespace,
        name_template: &chart.name_template,
        values,
        api_versions,
        kube_version,
        include_crds: chart.include_crds,
        skip_tests: chart.skip_tests,
        skip_hooks: chart.skip_hooks,
        debug: chart.debug || options.debug,
    };
    options
        .helm
        .template(&request)
        .map_err(|error| helm_error(&error))
}

/// The objects in what Helm printed; text before the first `---` may be messages.
fn objects(text: &str, file: &str, loader: &Loader<'_>) -> Result<Vec<Resource>, Error> {
    match load::resources(text, file, loader) {
        Ok(objects) => Ok(objects),
        Err(error) => {
            let rest = text
                .split_once("\n---\n")
                .map(|(_, rest)| rest)
                .ok_or_else(|| told(error.clone(), "could not parse what Helm printed"))?;
            load::resources(rest, file, loader).map_err(|_| told(error, "could not parse what Helm printed"))
        }
    }
}
