//! Generators and transformers given as objects: kustomize's built-in plugins.

use std::cell::RefCell;

use flux_yaml::Node;

use crate::config::{
    Field, GeneratorArgs, HelmChart, Image, Replacement, Replica, field_specs, read_patch, selector,
};
use crate::error::{Error, ErrorKind, Warning};
use crate::fieldspec::FieldSpec;
use crate::generate::{self, Kind, helm};
use crate::helm::HelmOptions;
use crate::loader::Loader;
use crate::paths;
use crate::resource::{Place, Resource};
use crate::transform::affix::{Affix, End};
use crate::transform::namespace::{Namespace, Subjects};
use crate::transform::{Transformer, patch, replacement, value_add};

/// What a generator works with.
pub(crate) struct Around<'a, 'f> {
    pub(crate) loader: &'a Loader<'f>,
    pub(crate) warnings: Warnings<'a>,
    pub(crate) helm: Option<&'a HelmOptions>,
}

/// Where fields that a plugin does not have are reported; kustomize overlooks them.
pub(crate) type Warnings<'w> = &'w RefCell<Vec<Warning>>;

/// Keys that every object has.
const OBJECT: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn check_builtin(config: &Resource) -> Result<(), Error> {
    if config.api_version() == "builtin" {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "external plugin {}: plugins that run as a container, program or library are refused; only those with apiVersion \
         builtin are available",
        config.kind()
    )))
}

fn named(error: Error, config: &Resource) -> Error {
    error
        .at(&config.place.file, config.place.line)
        .object(config.id())
}

/// Runs a generator.
pub(crate) fn generate(config: &Resource, around: &Around<'_, '_>) -> Result<Vec<Resource>, Error> {
    let Around {
        loader,
        warnings,
        helm,
    } = *around;
    let file = &config.place.file;
    let run = || {
        check_builtin(config)?;
        let kind = match config.kind() {
            "ConfigMapGenerator" => Kind::ConfigMap,
            "SecretGenerator" => Kind::Secret,
            "IAMPolicyGenerator" => return Ok(vec![service_account(config)?]),
            "HelmChartInflationGenerator" => {
                let field = Field::lenient(&config.node, file, warnings);
                let (chart, globals) = HelmChart::read_plugin(&field, &OBJECT)?;
                return helm::generate(&chart, &globals, helm, loader, file);
            }
            other => {
                return Err(Error::unsupported(format!(
                    "unable to load builtin {other}; it is not a generator"
                )));
            }
        };
        let field = Field::lenient(&config.node, file, warnings);
        let mut args = GeneratorArgs::read(&field, &OBJECT, |_, _, _| Ok(()))?;
        if args.name.is_empty() {
            args.name = config.name().to_owned();
        }
        if args.namespace.is_empty() {
            args.namespace = config.namespace().to_owned();
        }
        let options = args.options.clone().unwrap_or_default();
        Ok(vec![generate::generate(kind, &args, &options, loader, file)?])
    };
    run().map_err(|error| named(error, config))
}

/// The Kubernetes service account bound to one of Google Cloud.
fn service_account(config: &Resource) -> Result<Resource, Error> {
    let text = |path: &[&str]| config.node.text_at(path).unwrap_or_default();
    let cloud = text(&["cloud"]);
    if cloud != "gke" {
        return Err(Error::unsupported(format!(
            "cloud provider {cloud} not supported yet"
        )));
    }
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        text(&["serviceAccount", "name"]),
        text(&["serviceAccount", "projectId"])
    );
    let mut node = Node::mapping();
    node.set("apiVersion", Node::string("v1"));
    node.set("kind", Node::string("ServiceAccount"));
    node.set_path(
        &["metadata", "annotations", "iam.gke.io/gcp-service-account"],
        Node::string(account),
    );
    node.set_path(
        &["metadata", "name"],
        Node::string(text(&["kubernetesService", "name"])),
    );
    let namespace = text(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        node.set_path(&["metadata", "namespace"], Node::string(namespace));
    }
    Ok(Resource::new(
        node,
        Place {
            line: 0,
            ..config.place.clone()
        },
    ))
}

/// Reads a transformer.
pub(crate) fn transformer(
    config: &Resource,
    loader: &Loader<'_>,
    warnings: Warnings<'_>,
) -> Result<Transformer, Error> {
    check_builtin(config)
        .and_then(|()| read(config, loader, warnings))
        .map_err(|error| named(error, config))
}

/// The settings of a transformer: its own keys beside those of every object.
fn each<'a>(
    config: &'a Resource,
    warnings: &'a RefCell<Vec<Warning>>,
    own: &[&'static str],
    take: impl FnMut(&'static str, Field<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut take = take;
    let known: Vec<&'static str> = OBJECT.iter().chain(own).copied().collect();
    Field::lenient(&config.node, &config.place.file, warnings).each(&known, |key, field| {
        if OBJECT.contains(&key) {
            Ok(())
        } else {
            take(key, field)
        }
    })
}

/// Settings that are one value and `fieldSpecs`.
fn with_specs<T: Default>(
    config: &Resource,
    warnings: Warnings<'_>,
    key: &'static str,
    value: impl Fn(&Field<'_>) -> Result<T, Error>,
) -> Result<(T, Option<Vec<FieldSpec>>), Error> {
    let (mut found, mut specs) = (T::default(), None);
    each(config, warnings, &[key, "fieldSpecs"], |name, field| {
        if name == key {
            found = value(&field)?;
        } else {
            specs = Some(field_specs(&field)?);
        }
        Ok(())
    })?;
    Ok((found, specs))
}

fn read(config: &Resource, loader: &Loader<'_>, warnings: Warnings<'_>) -> Result<Transformer, Error> {
    let file = &config.place.file;
    match config.kind() {
        "PrefixTransformer" => affix(config, warnings, "prefix", End::Front),
        "SuffixTransformer" => affix(config, warnings, "suffix", End::Back),
        "PrefixSuffixTransformer" => prefix_and_suffix(config, warnings),
        "LabelTransformer" => entries(config, warnings, "labels"),
        "AnnotationsTransformer" => entries(config, warnings, "annotations"),
        "NamespaceTransformer" => namespace(config, warnings),
        "ImageTagTransformer" => {
            let (image, specs) = with_specs(config, warnings, "imageTag", Image::read)?;
            Ok(Transformer::Images(image, specs.unwrap_or_default()))
        }
        "ReplicaCountTransformer" => {
            let (replica, specs) = with_specs(config, warnings, "replica", Replica::read)?;
            Ok(Transformer::Replicas(replica, specs.unwrap_or_default()))
        }
        "PatchTransformer" => {
            let settings = without_object_keys(config);
            let settings = read_patch(&Field::lenient(&settings, file, warnings))?;
            Ok(Transformer::Patch(Box::new(patch::load(
                &settings, loader, file,
            )?)))
        }
        "PatchJson6902Transformer" => json6902(config, warnings),
        "PatchStrategicMergeTransformer" => strategic_merge(config, loader, warnings),
        "ReplacementTransformer" => {
            let mut list = Vec::new();
            each(config, warnings, &["replacements"], |_, field| {
                list = field.list(Replacement::read)?;
                Ok(())
            })?;
            Ok(Transformer::Replacements(replacement::load(
                &list, loader, file, warnings,
            )?))
        }
        "ValueAddTransformer" => value_add(config, loader, warnings),
        "HashTransformer" => Ok(Transformer::Hash),
        other => Err(Error::unsupported(format!(
            "unable to load builtin {other}; it is not a transformer"
        ))),
    }
}

fn without_object_keys(config: &Resource) -> Node {
    let mut node = config.node.clone();
    for key in OBJECT {
        node.remove(key);
    }
    node
}

fn affix(
    config: &Resource,
    warnings: Warnings<'_>,
    key: &'static str,
    end: End,
) -> Result<Transformer, Error> {
    let (text, specs) = with_specs(config, warnings, key, |field| field.string())?;
    let specs = specs.ok_or_else(|| Error::invalid("fieldSpecs is not expected to be nil"))?;
    Ok(Transformer::Affix(vec![Affix { end, text, specs }]))
}

fn prefix_and_suffix(config: &Resource, warnings: Warnings<'_>) -> Result<Transformer, Error> {
    let (mut prefix, mut suffix, mut specs) = (String::new(), String::new(), None);
    each(
        config,
        warnings,
        &["prefix", "suffix", "fieldSpecs"],
        |key, field| {
            match key {
                "prefix" => prefix = field.string()?,
                "suffix" => suffix = field.string()?,
                _ => specs = Some(field_specs(&field)?),
            }
            Ok(())
        },
    )?;
    let specs = specs.ok_or_else(|| Error::invalid("fieldSpecs is not expected to be nil"))?;
    let affix = |end, text| Affix {
        end,
        text,
        specs: specs.clone(),
    };
    Ok(Transformer::Affix(vec![
        affix(End::Front, prefix),
        affix(End::Back, suffix),
    ]))
}

fn entries(config: &Resource, warnings: Warnings<'_>, key: &'static str) -> Result<Transformer, Error> {
    let (entries, specs) = with_specs(config, warnings, key, |field| field.string_map())?;
    Ok(Transformer::Entries {
        entries,
        specs: specs.unwrap_or_default(),
    })
}

fn namespace(config: &Resource, warnings: Warnings<'_>) -> Result<Transformer, Error> {
    let mut made = Namespace {
        namespace: config.namespace().to_owned(),
        ..Namespace::default()
    };
    each(
        config,
        warnings,
        &["fieldSpecs", "unsetOnly", "setRoleBindingSubjects"],
        |key, field| {
            match key {
                "fieldSpecs" => made.specs = field_specs(&field)?,
                "unsetOnly" => made.unset_only = field.boolean()?,
                _ => {
                    made.subjects = match field.string()?.as_str() {
                        "" | "defaultOnly" => Subjects::DefaultOnly,
                        "allServiceAccounts" => Subjects::AllServiceAccounts,
                        "none" => Subjects::None,
                        other => {
                            let known = "\"defaultOnly\", \"none\" or \"allServiceAccounts\"";
                            return Err(
                                field.error(format!("invalid value {other:?}: must be one of {known}"))
                            );
                        }
                    };
                }
            }
            Ok(())
        },
    )?;
    Ok(Transformer::Namespace(made))
}

fn json6902(config: &Resource, warnings: Warnings<'_>) -> Result<Transformer, Error> {
    let mut made = crate::config::Patch::default();
    made.place.line = config.place.line;
    each(config, warnings, &["target", "path", "jsonOp"], |key, field| {
        match key {
            "target" => made.target = Some(selector(&field)?),
            "path" => made.path = field.string()?,
            _ => made.patch = field.string()?,
        }
        Ok(())
    })?;
    Ok(Transformer::Json6902(Box::new(made)))
}

fn strategic_merge(
    config: &Resource,
    loader: &Loader<'_>,
    warnings: Warnings<'_>,
) -> Result<Transformer, Error> {
    let file = &config.place.file;
    let (mut paths, mut inline) = (Vec::new(), String::new());
    each(config, warnings, &["paths", "patches"], |key, field| {
        match key {
            "paths" => paths = field.texts()?,
            _ => inline = field.string()?,
        }
        Ok(())
    })?;
    if paths.is_empty() && inline.is_empty() {
        return Err(Error::invalid("empty file path and empty patch content"));
    }
    let mut patches = patch::load_strategic_merge(&paths, loader, file)?;
    patches.extend(crate::load::resources(&inline, file, loader)?);
    if patches.is_empty() {
        return Err(Error::invalid("patch appears to be empty"));
    }
    Ok(Transformer::StrategicMerge(patches))
}

fn value_add(config: &Resource, loader: &Loader<'_>, warnings: Warnings<'_>) -> Result<Transformer, Error> {
    let (mut value, mut targets, mut path) = (String::new(), Vec::new(), String::new());
    each(
        config,
        warnings,
        &["value", "targets", "targetFilePath"],
        |key, field| {
            match key {
                "value" => value = field.string()?.trim().to_owned(),
                "targets" => targets = field.list(value_add_target)?,
                _ => path = field.string()?,
            }
            Ok(())
        },
    )?;
    if value.is_empty() {
        value = paths::base_name(loader.root()).to_owned();
    }
    if !path.is_empty() {
        let text = loader.load_text(&path)?;
        let file = loader.display(&path);
        let document = flux_yaml::parse_one(&text, &crate::limits::of_file())
            .map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()).at(&file, error.pos.line))?;
        let root = document.map_or_else(Node::mapping, |document| document.root);
        Field::lenient(&root, &file, warnings).each(&["targets"], |_, field| {
            targets.extend(field.list(value_add_target)?);
            Ok(())
        })?;
    }
    if targets.is_empty() {
        return Err(Error::invalid("must specify at least one target"));
    }
    Ok(Transformer::ValueAdd { value, targets })
}

fn value_add_target(field: &Field<'_>) -> Result<value_add::Target, Error> {
    let mut target = value_add::Target::default();
    field.each(&["selector", "fieldPath", "filePathPosition"], |key, field| {
        match key {
            "selector" => target.selector = Some(selector(&field)?),
            "fieldPath" => target.field_path = field.string()?,
            _ => {
                target.position = usize::try_from(field.integer()?)
                    .map_err(|_| field.error("value of FilePathPosition cannot be negative"))?;
            }
        }
        Ok(())
    })?;
    if target.field_path.is_empty() {
        return Err(field.error("fieldPath cannot be empty"));
    }
    Ok(target)
}
