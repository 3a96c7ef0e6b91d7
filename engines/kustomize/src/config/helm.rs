//! `helmCharts`, `helmGlobals`, and the older `helmChartInflationGenerator`.

use flux_yaml::Node;

use crate::config::decode::{Field, FieldPlace};
use crate::error::Error;

/// `helmGlobals`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HelmGlobals {
    pub(crate) chart_home: String,
    pub(crate) config_home: String,
}

/// An entry of `helmCharts`.
#[derive(Clone, Debug, Default)]
pub(crate) struct HelmChart {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) repo: String,
    pub(crate) release_name: String,
    pub(crate) namespace: String,
    pub(crate) additional_values_files: Vec<String>,
    pub(crate) values_file: String,
    pub(crate) values_inline: Option<Node>,
    pub(crate) values_merge: String,
    pub(crate) include_crds: bool,
    pub(crate) skip_hooks: bool,
    pub(crate) api_versions: Vec<String>,
    pub(crate) kube_version: String,
    pub(crate) name_template: String,
    pub(crate) skip_tests: bool,
    pub(crate) debug: bool,
    pub(crate) devel: bool,
    pub(crate) place: FieldPlace,
}

const CHART: [&str; 17] = [
    "name",
    "version",
    "repo",
    "releaseName",
    "namespace",
    "additionalValuesFiles",
    "valuesFile",
    "valuesInline",
    "valuesMerge",
    "includeCRDs",
    "skipHooks",
    "apiVersions",
    "kubeVersion",
    "nameTemplate",
    "skipTests",
    "debug",
    "devel",
];

const GLOBALS: [&str; 2] = ["chartHome", "configHome"];

/// A mapping that is taken as it stands.
fn mapping(field: &Field<'_>) -> Result<Option<Node>, Error> {
    if !field.node.is_mapping() {
        return Err(field.error("expected a mapping of values"));
    }
    Ok(Some(field.node.clone()))
}

impl HelmGlobals {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut globals = HelmGlobals::default();
        field.each(&GLOBALS, |key, field| globals.set(key, &field))?;
        Ok(globals)
    }

    fn set(&mut self, key: &str, field: &Field<'_>) -> Result<(), Error> {
        *match key {
            "chartHome" => &mut self.chart_home,
            _ => &mut self.config_home,
        } = field.string()?;
        Ok(())
    }
}

impl HelmChart {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut chart = HelmChart {
            place: field.place(),
            ..HelmChart::default()
        };
        field.each(&CHART, |key, field| chart.set(key, &field))?;
        Ok(chart)
    }

    /// A `HelmChartInflationGenerator`: a chart and the globals in one object. `own` are keys of the object itself.
    pub(crate) fn read_plugin(field: &Field<'_>, own: &[&'static str]) -> Result<(Self, HelmGlobals), Error> {
        let (mut chart, mut globals) = (HelmChart::default(), HelmGlobals::default());
        chart.place = field.place();
        let known: Vec<&'static str> = CHART.iter().chain(&GLOBALS).chain(own).copied().collect();
        field.each(&known, |key, field| match key {
            key if own.contains(&key) => Ok(()),
            key if GLOBALS.contains(&key) => globals.set(key, &field),
            key => chart.set(key, &field),
        })?;
        Ok((chart, globals))
    }

    fn set(&mut self, key: &str, field: &Field<'_>) -> Result<(), Error> {
        match key {
            "additionalValuesFiles" => self.additional_values_files = field.strings()?,
            "apiVersions" => self.api_versions = field.strings()?,
            "valuesInline" => self.values_inline = mapping(field)?,
            "includeCRDs" => self.include_crds = field.boolean()?,
            "skipHooks" => self.skip_hooks = field.boolean()?,
            "skipTests" => self.skip_tests = field.boolean()?,
            "debug" => self.debug = field.boolean()?,
            "devel" => self.devel = field.boolean()?,
            key => *self.text(key) = field.string()?,
        }
        Ok(())
    }

    fn text(&mut self, key: &str) -> &mut String {
        match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "repo" => &mut self.repo,
            "releaseName" => &mut self.release_name,
            "namespace" => &mut self.namespace,
            "valuesFile" => &mut self.values_file,
            "valuesMerge" => &mut self.values_merge,
            "kubeVersion" => &mut self.kube_version,
            _ => &mut self.name_template,
        }
    }

    /// An entry of `helmChartInflationGenerator`, with the globals that it carries.
    pub(crate) fn read_old(field: &Field<'_>) -> Result<(Self, HelmGlobals), Error> {
        let (mut chart, mut globals) = (HelmChart::default(), HelmGlobals::default());
        chart.place = field.place();
        let known = [
            "chartName",
            "chartVersion",
            "chartRepoUrl",
            "chartHome",
            "chartRepoName",
            "helmBin",
            "helmHome",
            "values",
            "valuesLocal",
            "valuesMerge",
            "releaseName",
            "releaseNamespace",
            "extraArgs",
        ];
        field.each(&known, |key, field| {
            match key {
                "valuesLocal" => chart.values_inline = mapping(&field)?,
                // kustomize reads these and does nothing with them.
                "extraArgs" => drop(field.strings()?),
                "chartRepoName" | "helmBin" | "releaseNamespace" => drop(field.string()?),
                "chartHome" => globals.chart_home = field.string()?,
                "helmHome" => globals.config_home = field.string()?,
                "chartName" => chart.name = field.string()?,
                "chartVersion" => chart.version = field.string()?,
                "chartRepoUrl" => chart.repo = field.string()?,
                "values" => chart.values_file = field.string()?,
                key => *chart.text(key) = field.string()?,
            }
            Ok(())
        })?;
        Ok((chart, globals))
    }
}
