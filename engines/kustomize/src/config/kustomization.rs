//! The kustomization file.

use std::collections::BTreeMap;

use crate::config::decode::{Field, FieldPlace, Text};
use crate::config::helm::{HelmChart, HelmGlobals};
use crate::config::parts::{
    GeneratorArgs, GeneratorOptions, Image, LabelRule, Patch, Replacement, Replica, SortOptions, VarRule,
    read_labels_rule, read_patch,
};
use crate::error::{Error, ErrorKind, Warning};

/// The fields, in the order of the reference.
const FIELDS: [&str; 34] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// Fields that still work, and what to write instead.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

const KIND: &str = "Kustomization";
const COMPONENT: &str = "Component";
const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_API_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// A kustomization file as it is meant: deprecated fields are moved to where they belong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kustomization {
    pub(crate) is_component: bool,
    pub(crate) openapi: BTreeMap<String, String>,
    pub(crate) name_prefix: String,
    pub(crate) name_suffix: String,
    pub(crate) namespace: String,
    pub(crate) common_labels: BTreeMap<String, String>,
    pub(crate) labels: Vec<LabelRule>,
    pub(crate) common_annotations: BTreeMap<String, String>,
    pub(crate) patches_strategic_merge: Vec<Text>,
    pub(crate) patches_json6902: Vec<Patch>,
    pub(crate) patches: Vec<Patch>,
    pub(crate) images: Vec<Image>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) vars: Vec<VarRule>,
    pub(crate) sort_options: Option<SortOptions>,
    pub(crate) resources: Vec<Text>,
    pub(crate) components: Vec<Text>,
    pub(crate) crds: Vec<Text>,
    pub(crate) config_map_generator: Vec<GeneratorArgs>,
    pub(crate) secret_generator: Vec<GeneratorArgs>,
    pub(crate) generator_options: GeneratorOptions,
    pub(crate) helm_globals: Option<HelmGlobals>,
    pub(crate) helm_charts: Vec<HelmChart>,
    pub(crate) configurations: Vec<Text>,
    pub(crate) generators: Vec<Text>,
    pub(crate) transformers: Vec<Text>,
    pub(crate) validators: Vec<Text>,
    pub(crate) build_metadata: Vec<String>,
    /// Where each field stands, for messages about the field as a whole.
    pub(crate) places: BTreeMap<&'static str, FieldPlace>,
}

impl Kustomization {
    /// Reads a kustomization file; `file` is its name in messages.
    pub(crate) fn parse(text: &str, file: &str, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let syntax = |error: flux_yaml::Error| {
            Error::new(ErrorKind::Syntax, error.to_string()).at(file, error.pos.line)
        };
        let empty = || Error::invalid("kustomization.yaml is empty").at(file, 0);
        let mut document = flux_yaml::parse_one(text, &crate::limits::of_file())
            .map_err(syntax)?
            .ok_or_else(empty)?;
        if document.root.is_null() {
            return Err(empty());
        }
        flux_yaml::expand_aliases(&mut document.root).map_err(syntax)?;
        let mut made = Kustomization::default();
        let mut reader = Reader {
            made: &mut made,
            warnings,
            file,
            kind: String::new(),
            api_version: String::new(),
            bases: Vec::new(),
            image_tags: Vec::new(),
            old_charts: Vec::new(),
            seen: false,
        };
        Field::root(&document.root, file).each(&FIELDS, |name, field| {
            reader.made.places.insert(name, field.place());
            reader.field(name, &field)
        })?;
        reader.deprecated();
        reader.finish(file, empty)?;
        Ok(made)
    }
}

struct Reader<'m> {
    made: &'m mut Kustomization,
    warnings: &'m mut Vec<Warning>,
    file: &'m str,
    kind: String,
    api_version: String,
    bases: Vec<Text>,
    image_tags: Vec<Image>,
    old_charts: Vec<(HelmChart, HelmGlobals)>,
    /// Whether anything but kind and apiVersion was given.
    seen: bool,
}

impl Reader<'_> {
    /// Warns of deprecated fields.
    fn deprecated(&mut self) {
        for (old, new) in DEPRECATED {
            let Some(place) = self.made.places.get(old) else {
                continue;
            };
            let trial = if old == "vars" { "[EXPERIMENTAL] " } else { "" };
            let message = format!(
                "'{old}' is deprecated. Please use '{new}' instead. {trial}Run 'kustomize edit fix' to update your \
                 Kustomization automatically."
            );
            self.warnings.push(Warning {
                message,
                file: self.file.to_owned(),
                line: place.line,
                deprecated: true,
            });
        }
    }

    fn field(&mut self, name: &'static str, field: &Field<'_>) -> Result<(), Error> {
        let made = &mut *self.made;
        match name {
            "apiVersion" => self.api_version = field.string()?,
            "kind" => self.kind = field.string()?,
            "namePrefix" => made.name_prefix = field.string()?,
            "nameSuffix" => made.name_suffix = field.string()?,
            "namespace" => made.namespace = field.string()?,
            "metadata" => field.each(&["name", "namespace", "labels", "annotations"], |_, _| Ok(()))?,
            "openapi" => made.openapi = field.string_map()?,
            "commonLabels" => made.common_labels = field.string_map()?,
            "labels" => made.labels = field.list(read_labels_rule)?,
            "commonAnnotations" => made.common_annotations = field.string_map()?,
            "patchesStrategicMerge" => made.patches_strategic_merge = field.texts()?,
            "patchesJson6902" => made.patches_json6902 = field.list(read_patch)?,
            "patches" => made.patches = field.list(read_patch)?,
            "images" => made.images = field.list(Image::read)?,
            "imageTags" => self.image_tags = field.list(Image::read)?,
            "replacements" => made.replacements = field.list(Replacement::read)?,
            "replicas" => made.replicas = field.list(Replica::read)?,
            "vars" => made.vars = field.list(VarRule::read)?,
            "sortOptions" => made.sort_options = Some(SortOptions::read(field)?),
            name => return self.list_field(name, field),
        }
        self.seen |= match name {
            "apiVersion" | "kind" => false,
            "namePrefix" | "nameSuffix" | "namespace" => field.node.text() != Some(""),
            _ => true,
        };
        Ok(())
    }

    fn list_field(&mut self, name: &'static str, field: &Field<'_>) -> Result<(), Error> {
        let made = &mut *self.made;
        match name {
            "resources" => made.resources = field.texts()?,
            "components" => made.components = field.texts()?,
            "crds" => made.crds = field.texts()?,
            "bases" => self.bases = field.texts()?,
            "configMapGenerator" => made.config_map_generator = generators(field, false)?,
            "secretGenerator" => made.secret_generator = generators(field, true)?,
            "generatorOptions" => made.generator_options = GeneratorOptions::read(field)?,
            "configurations" => made.configurations = field.texts()?,
            "generators" => made.generators = field.texts()?,
            "transformers" => made.transformers = field.texts()?,
            "validators" => made.validators = field.texts()?,
            "buildMetadata" => made.build_metadata = build_metadata(field, self.warnings, self.file)?,
            "helmGlobals" => made.helm_globals = Some(HelmGlobals::read(field)?),
            "helmCharts" => made.helm_charts = field.list(HelmChart::read)?,
            // helmChartInflationGenerator
            _ => self.old_charts = field.list(HelmChart::read_old)?,
        }
        self.seen = true;
        Ok(())
    }

    fn finish(self, file: &str, empty: impl Fn() -> Error) -> Result<(), Error> {
        if !self.seen {
            return Err(empty());
        }
        self.made.resources.extend(self.bases);
        self.made.images.extend(self.image_tags);
        let mut globals = HelmGlobals::default();
        for (chart, old) in self.old_charts {
            self.made.helm_charts.push(chart);
            // The last one that says something counts.
            for (own, old) in [
                (&mut globals.chart_home, old.chart_home),
                (&mut globals.config_home, old.config_home),
            ] {
                if !old.is_empty() {
                    *own = old;
                }
            }
        }
        self.made.helm_globals.get_or_insert(globals);
        self.made.is_component = self.kind == COMPONENT;
        let wrong = |field: &'static str, message: String| {
            let place = self.made.places.get(field).cloned().unwrap_or_default();
            Err(place.name(Error::invalid(message), file))
        };
        if !matches!(self.kind.as_str(), "" | KIND | COMPONENT) {
            return wrong(
                "kind",
                format!("kind should be {KIND} or {COMPONENT}, not {}", self.kind),
            );
        }
        let wanted = if self.made.is_component {
            COMPONENT_API_VERSION
        } else {
            API_VERSION
        };
        if !self.api_version.is_empty() && self.api_version != wanted {
            let kind = if self.kind.is_empty() { KIND } else { &self.kind };
            return wrong(
                "apiVersion",
                format!(
                    "apiVersion for {kind} should be {wanted}, not {}",
                    self.api_version
                ),
            );
        }
        Ok(())
    }
}

fn generators(field: &Field<'_>, secret: bool) -> Result<Vec<GeneratorArgs>, Error> {
    field.list(|item| {
        let args = GeneratorArgs::read(item, &[], |_, _, _| Ok(()))?;
        if !secret && !args.secret_type.is_empty() {
            return Err(item.error("unknown field \"type\"; it belongs to secretGenerator"));
        }
        Ok(args)
    })
}

fn build_metadata(field: &Field<'_>, warnings: &mut Vec<Warning>, file: &str) -> Result<Vec<String>, Error> {
    const KNOWN: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
    let options = field.texts()?;
    for option in options
        .iter()
        .filter(|option| !KNOWN.contains(&option.value.as_str()))
    {
        warnings.push(Warning {
            message: format!(
                "unknown option {:?} in buildMetadata; known are {}",
                option.value,
                KNOWN.join(", ")
            ),
            file: file.to_owned(),
            line: option.line,
            deprecated: false,
        });
    }
    Ok(options.into_iter().map(|option| option.value).collect())
}
