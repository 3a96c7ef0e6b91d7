//! `labels`, `commonLabels` and `commonAnnotations`: entries set in mappings.

use std::collections::BTreeMap;

use flux_yaml::ScalarTag;

use crate::config::LabelRule;
use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec, merge_all, merge_one};
use crate::id::Gvk;
use crate::node_ext::set_entry;
use crate::resmap::ResMap;
use crate::specs::Specs;

/// Sets the entries in every mapping that the specs find.
pub(crate) fn transform(
    entries: &BTreeMap<String, String>,
    specs: &[FieldSpec],
    objects: &mut ResMap,
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    for object in objects.list_mut() {
        for spec in specs {
            spec.apply(&mut object.node, Create::Mapping, &mut |node| {
                entries
                    .iter()
                    .try_for_each(|(key, value)| set_entry(node, key, value, ScalarTag::Str))
            })
            .map_err(|error| {
                error
                    .at(&object.place.file, object.place.line)
                    .object(object.id())
            })?;
        }
    }
    Ok(())
}

/// The fields that an entry of `labels` asks for.
pub(crate) fn label_specs(rule: &LabelRule, specs: &Specs) -> Result<Vec<FieldSpec>, Error> {
    let mut fields = rule.fields.clone();
    merge_all(&mut fields, &specs.labels)?;
    if rule.include_selectors {
        merge_all(&mut fields, &specs.common_labels)?;
        return Ok(fields);
    }
    if rule.include_templates {
        merge_all(&mut fields, &specs.template_labels)?;
    }
    if rule.include_volume_claim_templates {
        merge_all(&mut fields, &specs.volume_claim_template_labels)?;
    }
    merge_one(
        &mut fields,
        &FieldSpec::new(Gvk::default(), "metadata/labels", true),
    )?;
    Ok(fields)
}
