//! Transformer configuration files (`configurations`).

use crate::config::{Field, field_specs};
use crate::error::{Error, ErrorKind};
use crate::specs::{NameReference, Specs};

const KNOWN: [&str; 12] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
];

/// Reads a configuration file; `file` is its name in messages.
pub(crate) fn from_file(text: &str, file: &str) -> Result<Specs, Error> {
    let syntax =
        |error: flux_yaml::Error| Error::new(ErrorKind::Syntax, error.to_string()).at(file, error.pos.line);
    let mut specs = Specs::default();
    let Some(mut document) = flux_yaml::parse_one(text, &crate::limits::of_file()).map_err(syntax)? else {
        return Ok(specs);
    };
    if document.root.is_null() {
        return Ok(specs);
    }
    flux_yaml::expand_aliases(&mut document.root).map_err(syntax)?;
    flux_yaml::check_duplicate_keys(&document.root).map_err(syntax)?;
    Field::root(&document.root, file).each(&KNOWN, |key, field| {
        let list = match key {
            "namePrefix" => &mut specs.name_prefix,
            "nameSuffix" => &mut specs.name_suffix,
            "namespace" => &mut specs.namespace,
            "commonLabels" => &mut specs.common_labels,
            "labels" => &mut specs.labels,
            "templateLabels" => &mut specs.template_labels,
            "volumeClaimTemplateLabels" => &mut specs.volume_claim_template_labels,
            "commonAnnotations" => &mut specs.common_annotations,
            "varReference" => &mut specs.var_reference,
            "images" => &mut specs.images,
            "replicas" => &mut specs.replicas,
            _ => {
                specs.name_reference = field.list(name_reference)?;
                return Ok(());
            }
        };
        *list = field_specs(&field)?;
        Ok(())
    })?;
    // Brings the lists in order.
    specs.merge(&Specs::default())?;
    Ok(specs)
}

fn name_reference(field: &Field<'_>) -> Result<NameReference, Error> {
    let mut reference = NameReference::default();
    field.each(&["group", "version", "kind", "fieldSpecs"], |key, field| {
        match key {
            "group" => reference.gvk.group = field.string()?,
            "version" => reference.gvk.version = field.string()?,
            "kind" => reference.gvk.kind = field.string()?,
            _ => reference.referrers = field_specs(&field)?,
        }
        Ok(())
    })?;
    Ok(reference)
}
