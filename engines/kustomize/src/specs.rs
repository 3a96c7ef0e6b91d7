//! Which fields the transformers work on: the built-in tables, and what `configurations` and `crds` add to them.

mod crds;
mod defaults;
mod file;
mod name_reference;
mod vars;

use crate::error::Error;
use crate::fieldspec::{FieldSpec, merge_all};
use crate::id::Gvk;

pub(crate) use crds::from_crds;
pub(crate) use file::from_file;

/// The types that refer to objects of one type by name, and the fields they do it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameReference {
    pub(crate) gvk: Gvk,
    pub(crate) referrers: Vec<FieldSpec>,
}

/// The fields of all transformers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Specs {
    pub(crate) name_prefix: Vec<FieldSpec>,
    pub(crate) name_suffix: Vec<FieldSpec>,
    pub(crate) namespace: Vec<FieldSpec>,
    pub(crate) common_labels: Vec<FieldSpec>,
    pub(crate) labels: Vec<FieldSpec>,
    pub(crate) template_labels: Vec<FieldSpec>,
    pub(crate) volume_claim_template_labels: Vec<FieldSpec>,
    pub(crate) common_annotations: Vec<FieldSpec>,
    pub(crate) name_reference: Vec<NameReference>,
    pub(crate) var_reference: Vec<FieldSpec>,
    pub(crate) images: Vec<FieldSpec>,
    pub(crate) replicas: Vec<FieldSpec>,
}

impl Specs {
    /// The built-in tables.
    pub(crate) fn builtin() -> Self {
        Specs {
            name_prefix: defaults::name(),
            name_suffix: defaults::name(),
            namespace: defaults::namespace(),
            common_labels: defaults::common_labels(),
            labels: Vec::new(),
            template_labels: defaults::metadata_labels(),
            volume_claim_template_labels: defaults::volume_claim_template_labels(),
            common_annotations: defaults::annotations(),
            name_reference: name_reference::builtin(),
            var_reference: vars::builtin(),
            images: defaults::images(),
            replicas: defaults::replicas(),
        }
    }

    /// By the rank and the name of the type: types with a name come before the general case.
    fn sort(&mut self) {
        let lists = [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.volume_claim_template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ];
        for list in lists {
            list.sort_by_cached_key(|spec| {
                (crate::transform::sort::rank(&spec.gvk.kind), spec.gvk.sort_text())
            });
        }
        let key = |reference: &NameReference| {
            (
                crate::transform::sort::rank(&reference.gvk.kind),
                reference.gvk.sort_text(),
            )
        };
        self.name_reference.sort_by_cached_key(key);
    }

    /// Adds the fields of another table.
    pub(crate) fn merge(&mut self, other: &Specs) -> Result<(), Error> {
        merge_all(&mut self.name_prefix, &other.name_prefix)?;
        merge_all(&mut self.name_suffix, &other.name_suffix)?;
        merge_all(&mut self.namespace, &other.namespace)?;
        merge_all(&mut self.common_labels, &other.common_labels)?;
        merge_all(&mut self.labels, &other.labels)?;
        merge_all(&mut self.template_labels, &other.template_labels)?;
        merge_all(
            &mut self.volume_claim_template_labels,
            &other.volume_claim_template_labels,
        )?;
        merge_all(&mut self.common_annotations, &other.common_annotations)?;
        merge_all(&mut self.var_reference, &other.var_reference)?;
        merge_all(&mut self.images, &other.images)?;
        merge_all(&mut self.replicas, &other.replicas)?;
        for reference in &other.name_reference {
            match self
                .name_reference
                .iter_mut()
                .find(|known| known.gvk == reference.gvk)
            {
                Some(known) => merge_all(&mut known.referrers, &reference.referrers)?,
                None => self.name_reference.push(reference.clone()),
            }
        }
        self.sort();
        Ok(())
    }
}
