//! `helm lint`: whether a chart is well-formed, rule by rule.

mod deprecated;
mod names;

use flux_gotemplate::{Functions, Host};
use flux_semver::{Constraint, Version};
use serde_json::{Map, Value as Json};

use crate::capabilities::{Capabilities, KubeVersion};
use crate::chart::{Chart, ChartLimits, File, LoadError, Metadata, extension, load_dir_files};
use crate::dependencies::process_dependencies;
use crate::log::{Log, quote};
use crate::render::{EngineOptions, ReleaseOptions, render_templates};
use crate::schema::{validate_single, validate_values};
use crate::value::Table;
use crate::values::{coalesce, load_values};
use crate::yaml::{DecodeError, Shape, decode, decode_table};

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A recommendation.
    Info,
    /// A breach of convention.
    Warning,
    /// The chart cannot be installed.
    Error,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How serious it is.
    pub severity: Severity,
    /// Of which file.
    pub path: String,
    /// What.
    pub text: String,
}

impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        };
        write!(f, "[{severity}] {}: {}", self.path, self.text)
    }
}

/// Runs all rules on the files of a chart's directory.
#[expect(
    clippy::too_many_arguments,
    reason = "what the rules look at is given once, here"
)]
pub fn lint(
    files: &[File],
    values: &Table,
    namespace: &str,
    kube_version: Option<&KubeVersion>,
    skip_schema: bool,
    functions: &Functions,
    host: &(dyn Host + Sync),
    log: &mut Log,
) -> Vec<Message> {
    let mut linter = Linter {
        files,
        messages: Vec::new(),
    };
    linter.chart_yaml();
    linter.values(values, skip_schema, log);
    let chart = load_dir_files(files.to_vec(), &ChartLimits::default(), log);
    let rendering = Rendering {
        values,
        namespace,
        kube_version,
        skip_schema,
        functions,
        host,
    };
    linter.templates(&chart, &rendering, log);
    linter.dependencies(&chart);
    linter.crds(&chart);
    linter.messages
}

struct Rendering<'r> {
    values: &'r Table,
    namespace: &'r str,
    kube_version: Option<&'r KubeVersion>,
    skip_schema: bool,
    functions: &'r Functions,
    host: &'r (dyn Host + Sync),
}

struct Linter<'f> {
    files: &'f [File],
    messages: Vec<Message>,
}

type Loaded = Result<Chart, LoadError>;

impl Linter<'_> {
    /// Notes what a rule found; whether it found nothing.
    fn rule(&mut self, severity: Severity, path: &str, outcome: Result<(), String>) -> bool {
        let Err(text) = outcome else { return true };
        self.messages.push(Message {
            severity,
            path: path.to_owned(),
            text,
        });
        false
    }

    fn file(&self, name: &str) -> Option<&[u8]> {
        self.files
            .iter()
            .find(|file| file.name == name)
            .map(|file| &*file.data)
    }

    fn has_dir(&self, dir: &str) -> bool {
        self.files.iter().any(|file| file.name.starts_with(dir))
    }

    fn chart_yaml(&mut self) {
        let path = "Chart.yaml";
        let text = self.file(path).unwrap_or_default().to_vec();
        let metadata = match Metadata::from_yaml(&text) {
            Ok(metadata) => metadata,
            Err(error) => {
                let outcome = Err(format!("unable to parse YAML\n\t{error}"));
                self.rule(Severity::Error, path, outcome);
                return;
            }
        };
        self.rule(Severity::Warning, path, strict(&text));
        let fields = decode_table(&text)
            .map(|table| table.to_json())
            .unwrap_or_default();
        let rules: [(Severity, Result<(), String>); 11] = [
            (Severity::Error, chart_name(&metadata)),
            (Severity::Error, api_version(&metadata)),
            (Severity::Error, is_text(&fields, "version")),
            (Severity::Error, version(&metadata)),
            (Severity::Error, is_text(&fields, "appVersion")),
            (Severity::Error, maintainers(&metadata)),
            (Severity::Error, sources(&metadata)),
            (
                Severity::Info,
                when(metadata.icon.is_empty(), || "icon is recommended".to_owned()),
            ),
            (
                Severity::Error,
                when(
                    !metadata.icon.is_empty() && !names::is_request_url(&metadata.icon),
                    || format!("invalid icon URL '{}'", metadata.icon),
                ),
            ),
            (Severity::Error, chart_type(&metadata)),
            (Severity::Error, dependencies_by_version(&metadata)),
        ];
        for (severity, outcome) in rules {
            self.rule(severity, path, outcome);
        }
        let strict = Version::parse_strict(&metadata.version).is_err();
        let outcome = when(strict, || {
            format!("version '{}' is not a valid SemVerV2", metadata.version)
        });
        self.rule(Severity::Warning, path, outcome);
    }

    fn values(&mut self, values: &Table, skip_schema: bool, log: &mut Log) {
        let path = "values.yaml";
        let Some(text) = self.file(path) else {
            self.rule(Severity::Info, path, Err("file does not exist".to_owned()));
            return;
        };
        let outcome = match decode_table(text) {
            Err(error) => Err(format!("unable to parse YAML: {error}")),
            Ok(defaults) => {
                let merged = coalesce::coalesce_tables(values, &defaults, log);
                match (merged, self.file("values.schema.json")) {
                    (Ok(merged), Some(schema)) if !schema.is_empty() && !skip_schema => {
                        validate_single(&merged, schema, log).map_err(|error| error.to_string())
                    }
                    (Err(error), _) => Err(error.to_string()),
                    _ => Ok(()),
                }
            }
        };
        self.rule(Severity::Error, path, outcome);
    }

    fn templates(&mut self, chart: &Loaded, rendering: &Rendering<'_>, log: &mut Log) {
        let dir = "templates/";
        if !self.has_dir(dir) {
            self.rule(Severity::Warning, dir, Err("directory does not exist".to_owned()));
            return;
        }
        let mut chart = match chart {
            Ok(chart) => chart.clone(),
            Err(error) => {
                self.rule(Severity::Error, dir, Err(error.to_string()));
                return;
            }
        };
        let rendered = match rendering.run(&mut chart, log) {
            None => return,
            Some(Err(error)) => {
                self.rule(Severity::Error, dir, Err(error));
                return;
            }
            Some(Ok(rendered)) => rendered,
        };
        for template in &chart.templates {
            self.rule(
                Severity::Error,
                &template.name,
                template_extension(&template.name),
            );
            let is_yaml = matches!(&*extension(&template.name).to_lowercase(), ".yaml" | ".yml");
            let text = rendered.get(&format!("{}/{}", chart.name(), template.name));
            let Some(text) = text.filter(|text| is_yaml && !text.trim().is_empty()) else {
                continue;
            };
            self.rule(Severity::Warning, &template.name, top_indent(text));
            if !self.objects(&template.name, text, rendering.kube_version) {
                return;
            }
        }
    }

    /// The documents of a rendered template; `false` when it is no YAML.
    fn objects(&mut self, path: &str, text: &str, kube_version: Option<&KubeVersion>) -> bool {
        for document in documents(text) {
            let object = match Object::read(&document) {
                Ok(object) => object,
                Err(error) => {
                    self.rule(
                        Severity::Error,
                        path,
                        Err(format!("unable to parse YAML: {error}")),
                    );
                    return false;
                }
            };
            let Some(object) = object else { continue };
            self.rule(Severity::Warning, path, names::check(&object.kind, &object.name));
            let outcome = deprecated::check(&object.api_version, &object.kind, kube_version);
            self.rule(Severity::Warning, path, outcome);
            self.rule(Severity::Error, path, has_selector(&object, text));
        }
        true
    }

    fn dependencies(&mut self, chart: &Loaded) {
        let chart = match chart {
            Ok(chart) => chart,
            Err(error) => {
                self.rule(
                    Severity::Error,
                    "",
                    Err(format!("unable to load chart\n\t{error}")),
                );
                return;
            }
        };
        let named: Vec<&str> = chart
            .metadata
            .dependencies
            .iter()
            .flatten()
            .map(|item| &*item.name)
            .collect();
        let there: Vec<&str> = chart.dependencies.iter().map(Chart::name).collect();
        let unnamed: Vec<&str> = there
            .iter()
            .filter(|name| !named.contains(name))
            .copied()
            .collect();
        let missing: Vec<&str> = named
            .iter()
            .filter(|name| !there.contains(name))
            .copied()
            .collect();
        let list = |what: &str, names: &[&str]| {
            when(!names.is_empty(), || {
                format!("{what} these dependencies: {}", names.join(","))
            })
        };
        // Helm shows the directory; messages here are about the chart as a whole.
        self.rule(Severity::Error, "", list("chart metadata is missing", &unnamed));
        self.rule(
            Severity::Warning,
            "",
            list("chart directory is missing", &missing),
        );
    }

    fn crds(&mut self, chart: &Loaded) {
        if !self.has_dir("crds/") {
            return;
        }
        let chart = match chart {
            Ok(chart) => chart,
            Err(error) => {
                self.rule(Severity::Error, "crds/", Err(error.to_string()));
                return;
            }
        };
        for crd in chart.crds() {
            let text = String::from_utf8_lossy(&crd.file.data).into_owned();
            for document in documents(&text) {
                let object = match Object::read(&document) {
                    Ok(object) => object,
                    Err(error) => {
                        let outcome = Err(format!("unable to parse YAML: {error}"));
                        self.rule(Severity::Error, &crd.file.name, outcome);
                        return;
                    }
                };
                let Some(object) = object else { continue };
                let group = when(!object.api_version.starts_with("apiextensions.k8s.io"), || {
                    "apiVersion is not in 'apiextensions.k8s.io'".to_owned()
                });
                self.rule(Severity::Error, &crd.file.name, group);
                let kind = when(object.kind != "CustomResourceDefinition", || {
                    "object kind is not 'CustomResourceDefinition'".to_owned()
                });
                self.rule(Severity::Error, &crd.file.name, kind);
            }
        }
    }
}

impl Rendering<'_> {
    /// Renders leniently; nothing when the values cannot be worked out, which other rules tell.
    fn run(
        &self,
        chart: &mut Chart,
        log: &mut Log,
    ) -> Option<Result<std::collections::BTreeMap<String, String>, String>> {
        process_dependencies(chart, self.values, log).ok()?;
        let values = coalesce::coalesce_for_render(chart, self.values, log).ok()?;
        if !self.skip_schema
            && let Err(error) = validate_values(chart, &values, log)
        {
            return Some(Err(format!(
                "values don't meet the specifications of the schema(s) in the following chart(s):\n{error}"
            )));
        }
        let release = ReleaseOptions {
            name: "test-release".to_owned(),
            namespace: self.namespace.to_owned(),
            revision: 0,
            is_upgrade: false,
        };
        let mut capabilities = Capabilities::default();
        if let Some(version) = self.kube_version {
            capabilities.kube_version = version.clone();
        }
        let options = EngineOptions {
            lint: true,
            ..EngineOptions::default()
        };
        let rendered = render_templates(
            chart,
            &values,
            &release,
            &capabilities,
            self.functions,
            self.host,
            &options,
        );
        Some(rendered.map_err(|error| error.to_string()))
    }
}

fn when(broken: bool, text: impl FnOnce() -> String) -> Result<(), String> {
    if broken { Err(text()) } else { Ok(()) }
}

/// Unknown fields of `Chart.yaml`.
fn strict(text: &[u8]) -> Result<(), String> {
    let fields = decode_table(text).map_err(|error| error.to_string())?;
    for (name, _) in fields.iter() {
        if !crate::chart::FIELDS
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            return Err(format!(
                "failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: unknown field {}",
                quote(name)
            ));
        }
    }
    Ok(())
}

fn chart_name(metadata: &Metadata) -> Result<(), String> {
    when(metadata.name.is_empty(), || "name is required".to_owned())?;
    when(metadata.name.contains('/'), || {
        format!("chart name {} is invalid", quote(&metadata.name))
    })
}

fn api_version(metadata: &Metadata) -> Result<(), String> {
    match &*metadata.api_version {
        "v1" | "v2" => Ok(()),
        "" => Err("apiVersion is required. The value must be either \"v1\" or \"v2\"".to_owned()),
        other => Err(format!(
            "apiVersion '{other}' is not valid. The value must be either \"v1\" or \"v2\""
        )),
    }
}

fn is_text(fields: &Json, name: &str) -> Result<(), String> {
    let kind = match fields.get(name) {
        None | Some(Json::String(_)) => return Ok(()),
        Some(Json::Null) => "<nil>",
        Some(Json::Bool(_)) => "bool",
        Some(Json::Number(_)) => "float64",
        Some(Json::Array(_)) => "[]interface {}",
        Some(Json::Object(_)) => "map[string]interface {}",
    };
    Err(format!("{name} should be of type string but it's of type {kind}"))
}

fn version(metadata: &Metadata) -> Result<(), String> {
    let text = &metadata.version;
    when(text.is_empty(), || "version is required".to_owned())?;
    let version = Version::parse(text).map_err(|_| format!("version '{text}' is not a valid SemVer"))?;
    let above = Constraint::parse(">0.0.0-0").map_err(|error| error.to_string())?;
    match above.validate(&version) {
        Err(mismatches) if !mismatches.is_empty() => Err(format!("version {}", mismatches[0])),
        _ => Ok(()),
    }
}

fn maintainers(metadata: &Metadata) -> Result<(), String> {
    for maintainer in metadata.maintainers.iter().flatten() {
        let name = &maintainer.name;
        when(name.is_empty(), || "each maintainer requires a name".to_owned())?;
        when(
            !maintainer.email.is_empty() && !names::is_email(&maintainer.email),
            || format!("invalid email '{}' for maintainer '{name}'", maintainer.email),
        )?;
        when(
            !maintainer.url.is_empty() && !names::is_url(&maintainer.url),
            || format!("invalid url '{}' for maintainer '{name}'", maintainer.url),
        )?;
    }
    Ok(())
}

fn sources(metadata: &Metadata) -> Result<(), String> {
    let mut sources = metadata.sources.iter().flatten();
    match sources.find(|source| !names::is_request_url(source)) {
        Some(source) => Err(format!("invalid source URL '{source}'")),
        None => Ok(()),
    }
}

fn chart_type(metadata: &Metadata) -> Result<(), String> {
    when(!metadata.kind.is_empty() && metadata.api_version != "v2", || {
        format!(
            "chart type is not valid in apiVersion '{}'. It is valid in apiVersion 'v2'",
            metadata.api_version
        )
    })
}

fn dependencies_by_version(metadata: &Metadata) -> Result<(), String> {
    let any = metadata
        .dependencies
        .as_ref()
        .is_some_and(|list| !list.is_empty());
    when(any && metadata.api_version != "v2", || {
        format!(
            "dependencies are not valid in the Chart file with apiVersion '{}'. They are valid in apiVersion 'v2'",
            metadata.api_version
        )
    })
}

fn template_extension(name: &str) -> Result<(), String> {
    let extension = extension(name);
    when(!matches!(extension, ".yaml" | ".yml" | ".tpl" | ".txt"), || {
        format!("file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt")
    })
}

fn top_indent(text: &str) -> Result<(), String> {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    when(line.starts_with([' ', '\t']), || {
        format!(
            "document starts with an illegal indent: {}, which may cause parsing problems",
            quote(line)
        )
    })
}

fn has_selector(object: &Object, text: &str) -> Result<(), String> {
    let needs = matches!(
        &*object.kind,
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet"
    );
    when(
        needs && !text.contains("matchLabels") && !text.contains("matchExpressions"),
        || {
            format!(
                "a {} must contain matchLabels or matchExpressions, and {} does not",
                object.kind,
                quote(&object.name)
            )
        },
    )
}

/// The documents of a stream, as the decoder of Kubernetes splits it.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            documents.push(String::new());
        } else if let Some(document) = documents.last_mut() {
            document.push_str(line);
        }
    }
    documents
}

struct Object {
    api_version: String,
    kind: String,
    name: String,
}

impl Object {
    fn read(text: &str) -> Result<Option<Self>, DecodeError> {
        const METADATA: Shape = Shape::Struct(
            "rules.k8sYamlMetadata",
            &[("Namespace", Shape::Text), ("Name", Shape::Text)],
        );
        const OBJECT: Shape = Shape::Struct(
            "rules.k8sYamlStruct",
            &[
                ("apiVersion", Shape::Text),
                ("Kind", Shape::Text),
                ("Metadata", METADATA),
            ],
        );
        let fields = decode(text.as_bytes(), OBJECT)?;
        if fields.is_empty() && load_values(text.as_bytes()).is_ok_and(|values| values.is_empty()) {
            return Ok(None);
        }
        let text = |fields: &Map<String, Json>, name: &str| {
            fields
                .get(name)
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let metadata = fields
            .get("Metadata")
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        Ok(Some(Object {
            api_version: text(&fields, "apiVersion"),
            kind: text(&fields, "Kind"),
            name: text(&metadata, "Name"),
        }))
    }
}
