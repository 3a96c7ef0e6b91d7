//! `Chart.yaml`: what a chart says about itself.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::log::{is_print, quote};
use crate::time::Time;
use crate::yaml::{DecodeError, Shape, decode};

/// What a chart says about itself. Field names in JSON and YAML are Helm's; empty ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Name. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Home page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// Where the source code is.
    #[serde(skip_serializing_if = "none_or_empty", deserialize_with = "nullable")]
    pub sources: Option<Vec<String>>,
    /// Version by semver. Required.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// One sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Keywords.
    #[serde(skip_serializing_if = "none_or_empty", deserialize_with = "nullable")]
    pub keywords: Option<Vec<String>>,
    /// Who keeps it.
    #[serde(skip_serializing_if = "none_or_empty", deserialize_with = "nullable")]
    pub maintainers: Option<Vec<Maintainer>>,
    /// Address of an icon.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// `v1`, `v2` or `v3`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Kept from Helm 2; means nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Kept from Helm 2; means nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tags: String,
    /// Version of what the chart installs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether it is deprecated.
    #[serde(skip_serializing_if = "is_false")]
    pub deprecated: bool,
    /// For other programs.
    #[serde(skip_serializing_if = "no_annotations", deserialize_with = "nullable")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Range of Kubernetes versions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    /// Charts that this one needs. None and an empty list differ: Helm looks into the conditions of subcharts only when
    /// there is a list.
    #[serde(skip_serializing_if = "none_or_empty", deserialize_with = "nullable")]
    pub dependencies: Option<Vec<Dependency>>,
    /// `application` (or nothing) or `library`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// An entry of a list was null.
    #[serde(skip)]
    pub(crate) null_entry: Option<NullEntry>,
}

/// Which list had a null in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullEntry {
    Maintainer,
    Dependency,
}

/// Who keeps a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Mail address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Web address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that another one needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependency {
    /// Name of the chart.
    pub name: String,
    /// Range of versions; a single one in a lock file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Address of the repository; nothing for a chart in `charts/`.
    pub repository: String,
    /// Paths of booleans in the values, separated by commas, that switch it on or off.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Names in the table `tags` of the values that switch it on or off.
    #[serde(skip_serializing_if = "none_or_empty", deserialize_with = "nullable")]
    pub tags: Option<Vec<String>>,
    /// Whether it is on; set while dependencies are processed.
    #[serde(skip_serializing_if = "is_false")]
    pub enabled: bool,
    /// What of its values the parent takes over.
    #[serde(
        rename = "import-values",
        skip_serializing_if = "none_or_empty",
        deserialize_with = "nullable"
    )]
    pub import_values: Option<Vec<Json>>,
    /// The name it goes by in the parent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

/// `Chart.lock`: which versions were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lock {
    /// When.
    pub generated: Time,
    /// Digest of the dependencies, see [`crate::resolve::digest`].
    pub digest: String,
    /// Each with its version.
    #[serde(deserialize_with = "nullable")]
    pub dependencies: Option<Vec<Dependency>>,
}

fn nullable<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<T>::deserialize(deserializer)
}

fn none_or_empty<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

fn no_annotations(annotations: &Option<BTreeMap<String, String>>) -> bool {
    annotations.as_ref().is_none_or(BTreeMap::is_empty)
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A chart's metadata break a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("validation: {0}")]
pub struct ValidationError(pub(crate) String);

const TEXT: Shape = Shape::Text;
const DEPENDENCY: Shape = Shape::Struct(
    "v2.Dependency",
    &[
        ("name", TEXT),
        ("version", TEXT),
        ("repository", TEXT),
        ("condition", TEXT),
        ("tags", Shape::List(&TEXT)),
        ("enabled", Shape::Bool),
        ("import-values", Shape::List(&Shape::Any)),
        ("alias", TEXT),
    ],
);
const MAINTAINER: Shape = Shape::Struct("v2.Maintainer", &[("name", TEXT), ("email", TEXT), ("url", TEXT)]);
/// The fields of `Chart.yaml`.
pub(crate) const FIELDS: &[(&str, Shape)] = &[
    ("name", TEXT),
    ("home", TEXT),
    ("sources", Shape::List(&TEXT)),
    ("version", TEXT),
    ("description", TEXT),
    ("keywords", Shape::List(&TEXT)),
    ("maintainers", Shape::List(&MAINTAINER)),
    ("icon", TEXT),
    ("apiVersion", TEXT),
    ("condition", TEXT),
    ("tags", TEXT),
    ("appVersion", TEXT),
    ("deprecated", Shape::Bool),
    ("annotations", Shape::Map(&TEXT)),
    ("kubeVersion", TEXT),
    ("dependencies", Shape::List(&DEPENDENCY)),
    ("type", TEXT),
];
const METADATA: Shape = Shape::Struct("v2.Metadata", FIELDS);
const LOCK: Shape = Shape::Struct(
    "v2.Lock",
    &[
        ("generated", Shape::Time),
        ("digest", TEXT),
        ("dependencies", Shape::List(&DEPENDENCY)),
    ],
);

impl Metadata {
    /// Reads `Chart.yaml`.
    ///
    /// # Errors
    /// No YAML, or a field of another type.
    pub fn from_yaml(text: &[u8]) -> Result<Self, DecodeError> {
        let mut metadata = Metadata::default();
        metadata.read(text)?;
        Ok(metadata)
    }

    /// Reads fields over those that are there, as `requirements.yaml` adds its dependencies.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        let fields = decode(text, METADATA)?;
        let mut null_entry = None;
        let has_null = |name: &str| {
            fields
                .get(name)
                .and_then(Json::as_array)
                .is_some_and(|list| list.contains(&Json::Null))
        };
        if has_null("maintainers") {
            null_entry = Some(NullEntry::Maintainer);
        } else if has_null("dependencies") {
            null_entry = Some(NullEntry::Dependency);
        }
        let before = (*self != Metadata::default()).then(|| serde_json::to_value(&*self));
        let mut merged = match before {
            Some(Ok(Json::Object(map))) => map,
            _ => serde_json::Map::new(),
        };
        for (name, value) in fields {
            merged.insert(name, without_null_entries(value));
        }
        let mut metadata: Metadata = serde_json::from_value(Json::Object(merged))
            .map_err(|error| DecodeError::Shape(error.to_string()))?;
        metadata.null_entry = null_entry;
        *self = metadata;
        Ok(())
    }

    /// Checks the rules of `Chart.yaml`, and cleans texts of control characters.
    ///
    /// # Errors
    /// The first rule that is broken, in Helm's words.
    pub fn validate(&mut self) -> Result<(), ValidationError> {
        self.sanitize();
        let fail = |text: String| Err(ValidationError(text));
        if self.api_version.is_empty() {
            return fail("chart.metadata.apiVersion is required".to_owned());
        }
        if self.name.is_empty() {
            return fail("chart.metadata.name is required".to_owned());
        }
        if self.name == "." || self.name == ".." {
            return fail(format!(
                "chart.metadata.name {} is not allowed",
                quote(&self.name)
            ));
        }
        if self.name.contains('/') {
            return fail(format!("chart.metadata.name {} is invalid", quote(&self.name)));
        }
        if self.version.is_empty() {
            return fail("chart.metadata.version is required".to_owned());
        }
        if flux_semver::Version::parse(&self.version).is_err() {
            return fail(format!(
                "chart.metadata.version {} is invalid",
                quote(&self.version)
            ));
        }
        if !matches!(&*self.kind, "" | "application" | "library") {
            return fail("chart.metadata.type must be application or library".to_owned());
        }
        if self.null_entry == Some(NullEntry::Maintainer) {
            return fail("maintainers must not contain empty or null nodes".to_owned());
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&self) -> Result<(), ValidationError> {
        let fail = |text: String| Err(ValidationError(text));
        let mut keys = HashSet::new();
        for dependency in self.dependencies.iter().flatten() {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !dependency.alias.chars().all(allowed) {
                let name = quote(&dependency.name);
                return fail(format!(
                    "dependency {name} has disallowed characters in the alias"
                ));
            }
            if !keys.insert(dependency.key()) {
                let key = quote(dependency.key());
                return fail(format!("more than one dependency with name or alias {key}"));
            }
        }
        if self.null_entry == Some(NullEntry::Dependency) {
            return fail("dependencies must not contain empty or null nodes".to_owned());
        }
        Ok(())
    }

    fn sanitize(&mut self) {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        texts.into_iter().for_each(sanitize);
        self.sources.iter_mut().flatten().for_each(sanitize);
        self.keywords.iter_mut().flatten().for_each(sanitize);
        for maintainer in self.maintainers.iter_mut().flatten() {
            sanitize(&mut maintainer.name);
            sanitize(&mut maintainer.email);
            sanitize(&mut maintainer.url);
        }
        for dependency in self.dependencies.iter_mut().flatten() {
            sanitize(&mut dependency.name);
            sanitize(&mut dependency.version);
            sanitize(&mut dependency.repository);
            sanitize(&mut dependency.condition);
            dependency.tags.iter_mut().flatten().for_each(sanitize);
        }
    }

    /// Whether it is a library: its templates are there for others.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }

    /// Whether Helm installs charts of this type.
    pub fn is_installable(&self) -> bool {
        matches!(&*self.kind, "" | "application")
    }
}

impl Dependency {
    /// The name it goes by in the parent.
    pub fn key(&self) -> &str {
        if self.alias.is_empty() {
            &self.name
        } else {
            &self.alias
        }
    }
}

impl Lock {
    /// Reads `Chart.lock`.
    ///
    /// # Errors
    /// No YAML, or a field of another type.
    pub fn from_yaml(text: &[u8]) -> Result<Self, DecodeError> {
        let fields = decode(text, LOCK)?;
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name, without_null_entries(value)));
        serde_json::from_value(Json::Object(fields.collect()))
            .map_err(|error| DecodeError::Shape(error.to_string()))
    }
}

fn without_null_entries(value: Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.into_iter().filter(|item| *item != Json::Null).collect()),
        other => other,
    }
}

/// Any blank becomes a space, what cannot be printed goes.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some(' '),
            c => is_print(c).then_some(c),
        })
        .collect();
}
