//! The structures inside a kustomization file.

use std::collections::BTreeMap;

use crate::config::decode::{Field, FieldPlace};
use crate::error::Error;
use crate::fieldspec::FieldSpec;
use crate::id::Gvk;
use crate::selector::Selector;

/// An entry of `labels`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelRule {
    pub(crate) pairs: BTreeMap<String, String>,
    pub(crate) include_selectors: bool,
    pub(crate) include_templates: bool,
    pub(crate) include_volume_claim_templates: bool,
    pub(crate) fields: Vec<FieldSpec>,
    pub(crate) place: FieldPlace,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) place: FieldPlace,
}

/// An entry of `images`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) tag_suffix: String,
    pub(crate) new_tag: String,
    pub(crate) digest: String,
    pub(crate) place: FieldPlace,
}

/// An entry of `replicas`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) count: i64,
    pub(crate) place: FieldPlace,
}

/// An entry of `vars`.
#[derive(Clone, Debug, Default)]
pub(crate) struct VarRule {
    pub(crate) name: String,
    pub(crate) gvk: Gvk,
    pub(crate) object_name: String,
    pub(crate) object_namespace: String,
    pub(crate) field_path: String,
    pub(crate) place: FieldPlace,
}

/// `sortOptions`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SortOptions {
    pub(crate) order: String,
    pub(crate) legacy: Option<(Vec<String>, Vec<String>)>,
}

/// `generatorOptions`, and `options` of a generator.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorArgs {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) behavior: String,
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) options: Option<GeneratorOptions>,
    /// The type of a Secret.
    pub(crate) secret_type: String,
    pub(crate) place: FieldPlace,
}

/// `options` of a replacement's source or target.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    pub(crate) create: bool,
}

/// Where a replacement takes its value from.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementSource {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) field_path: String,
    pub(crate) options: Option<FieldOptions>,
}

/// Where a replacement puts its value.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementTarget {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: Option<FieldOptions>,
}

/// An entry of `replacements`: a file, or source and targets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) path: String,
    pub(crate) source: Option<ReplacementSource>,
    pub(crate) source_value: Option<String>,
    pub(crate) targets: Option<Vec<ReplacementTarget>>,
    pub(crate) place: FieldPlace,
}

/// A selector of patches and replacements.
pub(crate) fn selector(field: &Field<'_>) -> Result<Selector, Error> {
    let mut selector = Selector::default();
    let known = [
        "group",
        "version",
        "kind",
        "name",
        "namespace",
        "annotationSelector",
        "labelSelector",
    ];
    field.each(&known, |key, field| {
        *match key {
            "group" => &mut selector.gvk.group,
            "version" => &mut selector.gvk.version,
            "kind" => &mut selector.gvk.kind,
            "name" => &mut selector.name,
            "namespace" => &mut selector.namespace,
            "annotationSelector" => &mut selector.annotations,
            _ => &mut selector.labels,
        } = field.string()?;
        Ok(())
    })?;
    Ok(selector)
}

fn field_spec(field: &Field<'_>) -> Result<FieldSpec, Error> {
    let (mut gvk, mut path, mut create) = (Gvk::default(), String::new(), false);
    field.each(&["group", "version", "kind", "path", "create"], |key, field| {
        match key {
            "group" => gvk.group = field.string()?,
            "version" => gvk.version = field.string()?,
            "kind" => gvk.kind = field.string()?,
            "path" => path = field.string()?,
            _ => create = field.boolean()?,
        }
        Ok(())
    })?;
    Ok(FieldSpec::new(gvk, &path, create))
}

pub(crate) fn field_specs(field: &Field<'_>) -> Result<Vec<FieldSpec>, Error> {
    field.list(field_spec)
}

pub(crate) fn read_labels_rule(field: &Field<'_>) -> Result<LabelRule, Error> {
    let mut rule = LabelRule {
        place: field.place(),
        ..LabelRule::default()
    };
    let known = [
        "pairs",
        "includeSelectors",
        "includeTemplates",
        "includeVolumeClaimTemplates",
        "fields",
    ];
    field.each(&known, |key, field| {
        match key {
            "pairs" => rule.pairs = field.string_map()?,
            "includeSelectors" => rule.include_selectors = field.boolean()?,
            "includeTemplates" => rule.include_templates = field.boolean()?,
            "includeVolumeClaimTemplates" => rule.include_volume_claim_templates = field.boolean()?,
            _ => rule.fields = field_specs(&field)?,
        }
        Ok(())
    })?;
    Ok(rule)
}

pub(crate) fn read_patch(field: &Field<'_>) -> Result<Patch, Error> {
    let mut patch = Patch {
        place: field.place(),
        ..Patch::default()
    };
    field.each(&["path", "patch", "target", "options"], |key, field| {
        match key {
            "path" => patch.path = field.string()?,
            "patch" => patch.patch = field.string()?,
            "target" => patch.target = Some(selector(&field)?),
            _ => field.each(&["allowNameChange", "allowKindChange"], |key, field| {
                match key {
                    "allowNameChange" => patch.allow_name_change = field.boolean()?,
                    _ => patch.allow_kind_change = field.boolean()?,
                }
                Ok(())
            })?,
        }
        Ok(())
    })?;
    Ok(patch)
}

impl Image {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut image = Image {
            place: field.place(),
            ..Image::default()
        };
        field.each(
            &["name", "newName", "tagSuffix", "newTag", "digest"],
            |key, field| {
                *match key {
                    "name" => &mut image.name,
                    "newName" => &mut image.new_name,
                    "tagSuffix" => &mut image.tag_suffix,
                    "newTag" => &mut image.new_tag,
                    _ => &mut image.digest,
                } = field.string()?;
                Ok(())
            },
        )?;
        Ok(image)
    }
}

impl Replica {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut replica = Replica {
            place: field.place(),
            ..Replica::default()
        };
        field.each(&["name", "count"], |key, field| {
            match key {
                "name" => replica.name = field.string()?,
                _ => replica.count = field.integer()?,
            }
            Ok(())
        })?;
        Ok(replica)
    }
}

impl VarRule {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut var = VarRule {
            place: field.place(),
            ..VarRule::default()
        };
        let mut api_version = String::new();
        field.each(&["name", "objref", "fieldref"], |key, field| {
            match key {
                "name" => var.name = field.string()?,
                "objref" => field.each(
                    &["apiVersion", "group", "version", "kind", "name", "namespace"],
                    |key, field| {
                        *match key {
                            "apiVersion" => &mut api_version,
                            "group" => &mut var.gvk.group,
                            "version" => &mut var.gvk.version,
                            "kind" => &mut var.gvk.kind,
                            "name" => &mut var.object_name,
                            _ => &mut var.object_namespace,
                        } = field.string()?;
                        Ok(())
                    },
                )?,
                _ => field.each(&["fieldPath"], |_, field| {
                    var.field_path = field.string()?;
                    Ok(())
                })?,
            }
            Ok(())
        })?;
        if !api_version.is_empty() {
            let (group, version) = crate::id::split_api_version(&api_version);
            if !group.is_empty() {
                var.gvk.group = group.to_owned();
            }
            var.gvk.version = version.to_owned();
        }
        if var.field_path.is_empty() {
            var.field_path = "metadata.name".to_owned();
        }
        Ok(var)
    }
}

impl SortOptions {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut options = SortOptions::default();
        field.each(&["order", "legacySortOptions"], |key, field| {
            match key {
                "order" => options.order = field.string()?,
                _ => {
                    let (mut first, mut last) = (Vec::new(), Vec::new());
                    field.each(&["orderFirst", "orderLast"], |key, field| {
                        *if key == "orderFirst" {
                            &mut first
                        } else {
                            &mut last
                        } = field.strings()?;
                        Ok(())
                    })?;
                    options.legacy = Some((first, last));
                }
            }
            Ok(())
        })?;
        Ok(options)
    }
}

impl GeneratorOptions {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut options = GeneratorOptions::default();
        field.each(
            &["labels", "annotations", "disableNameSuffixHash", "immutable"],
            |key, field| {
                match key {
                    "labels" => options.labels = field.string_map()?,
                    "annotations" => options.annotations = field.string_map()?,
                    "disableNameSuffixHash" => options.disable_name_suffix_hash = field.boolean()?,
                    _ => options.immutable = field.boolean()?,
                }
                Ok(())
            },
        )?;
        Ok(options)
    }

    /// These options with those of the whole kustomization filled in.
    pub(crate) fn with_global(mut self, global: &GeneratorOptions) -> Self {
        for (key, value) in &global.labels {
            self.labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for (key, value) in &global.annotations {
            self.annotations
                .entry(key.clone())
                .or_insert_with(|| value.clone());
        }
        self.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        self.immutable |= global.immutable;
        self
    }
}

impl GeneratorArgs {
    /// `extra` are keys that belong to the object around the settings (`apiVersion`, `metadata`), given to `other`.
    pub(crate) fn read(
        field: &Field<'_>,
        extra: &[&'static str],
        mut other: impl FnMut(&'static str, Field<'_>, &mut GeneratorArgs) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut args = GeneratorArgs {
            place: field.place(),
            ..GeneratorArgs::default()
        };
        let mut env = String::new();
        let own = [
            "namespace",
            "name",
            "behavior",
            "literals",
            "files",
            "envs",
            "env",
            "options",
            "type",
        ];
        let known: Vec<&'static str> = own.iter().chain(extra).copied().collect();
        field.each(&known, |key, field| {
            match key {
                "namespace" => args.namespace = field.string()?,
                "name" => args.name = field.string()?,
                "behavior" => args.behavior = field.string()?,
                "literals" => args.literals = field.strings()?,
                "files" => args.files = field.strings()?,
                "envs" => args.envs = field.strings()?,
                "env" => env = field.string()?,
                "options" => args.options = Some(GeneratorOptions::read(&field)?),
                "type" => args.secret_type = field.string()?,
                key => other(key, field, &mut args)?,
            }
            Ok(())
        })?;
        if !env.is_empty() {
            args.envs.push(env);
        }
        Ok(args)
    }
}

impl FieldOptions {
    fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut options = FieldOptions::default();
        field.each(&["delimiter", "index", "encoding", "create"], |key, field| {
            match key {
                "delimiter" => options.delimiter = field.string()?,
                "index" => options.index = field.integer()?,
                // kustomize reads this setting and does nothing with it.
                "encoding" => drop(field.string()?),
                _ => options.create = field.boolean()?,
            }
            Ok(())
        })?;
        Ok(options)
    }
}

impl ReplacementSource {
    fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut source = ReplacementSource::default();
        field.each(
            &[
                "group",
                "version",
                "kind",
                "name",
                "namespace",
                "fieldPath",
                "options",
            ],
            |key, field| {
                match key {
                    "group" => source.gvk.group = field.string()?,
                    "version" => source.gvk.version = field.string()?,
                    "kind" => source.gvk.kind = field.string()?,
                    "name" => source.name = field.string()?,
                    "namespace" => source.namespace = field.string()?,
                    "fieldPath" => source.field_path = field.string()?,
                    _ => source.options = Some(FieldOptions::read(&field)?),
                }
                Ok(())
            },
        )?;
        Ok(source)
    }
}

impl ReplacementTarget {
    fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut target = ReplacementTarget::default();
        field.each(&["select", "reject", "fieldPaths", "options"], |key, field| {
            match key {
                "select" => target.select = Some(selector(&field)?),
                "reject" => target.reject = field.list(selector)?,
                "fieldPaths" => target.field_paths = field.strings()?,
                _ => target.options = Some(FieldOptions::read(&field)?),
            }
            Ok(())
        })?;
        Ok(target)
    }
}

impl Replacement {
    pub(crate) fn read(field: &Field<'_>) -> Result<Self, Error> {
        let mut replacement = Replacement {
            place: field.place(),
            ..Replacement::default()
        };
        field.each(&["path", "source", "sourceValue", "targets"], |key, field| {
            match key {
                "path" => replacement.path = field.string()?,
                "source" => replacement.source = Some(ReplacementSource::read(&field)?),
                "sourceValue" => replacement.source_value = Some(field.string()?),
                _ => replacement.targets = Some(field.list(ReplacementTarget::read)?),
            }
            Ok(())
        })?;
        Ok(replacement)
    }
}
