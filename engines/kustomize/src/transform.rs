//! The transformers, one module each, and the list of them in which a kustomization says its wishes.

pub(crate) mod affix;
mod candidates;
pub(crate) mod entries;
pub(crate) mod hash;
pub(crate) mod images;
pub(crate) mod json6902;
pub(crate) mod name_reference;
pub(crate) mod namespace;
pub(crate) mod patch;
pub(crate) mod replacement;
pub(crate) mod replicas;
pub(crate) mod sort;
pub(crate) mod value_add;
pub(crate) mod vars;

use std::collections::BTreeMap;

use crate::config::{Image, Patch, Replacement, Replica};
use crate::error::Error;
use crate::fieldspec::FieldSpec;
use crate::loader::Loader;
use crate::merge::Document;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// A transformer with its settings.
pub(crate) enum Transformer {
    StrategicMerge(Vec<Resource>),
    Patch(Box<patch::LoadedPatch>),
    Namespace(namespace::Namespace),
    /// Prefix, suffix, or one after the other.
    Affix(Vec<affix::Affix>),
    Entries {
        entries: BTreeMap<String, String>,
        specs: Vec<FieldSpec>,
    },
    Json6902(Box<Patch>),
    Replicas(Replica, Vec<FieldSpec>),
    Images(Image, Vec<FieldSpec>),
    Replacements(Vec<(String, Replacement)>),
    ValueAdd {
        value: String,
        targets: Vec<value_add::Target>,
    },
    Hash,
}

/// What a transformer works with beside the objects.
pub(crate) struct Surroundings<'a, 'f> {
    pub(crate) loader: &'a Loader<'f>,
    /// The kustomization file.
    pub(crate) file: &'a str,
    /// The OpenAPI document in force.
    pub(crate) openapi: Option<Document<'a>>,
}

impl Transformer {
    pub(crate) fn transform(&self, objects: &mut ResMap, around: &Surroundings<'_, '_>) -> Result<(), Error> {
        let file = around.file;
        match self {
            Transformer::StrategicMerge(patches) => patch::strategic_merge(patches, objects, around.openapi),
            Transformer::Patch(patch) => patch.transform(objects, around.openapi),
            Transformer::Namespace(namespace) => namespace.transform(objects),
            Transformer::Affix(ends) => ends.iter().try_for_each(|affix| affix.transform(objects)),
            Transformer::Entries { entries, specs } => entries::transform(entries, specs, objects),
            Transformer::Json6902(patch) => patch::json_targeted(patch, around.loader, file, objects),
            Transformer::Replicas(replica, specs) => {
                replicas::transform(replica, specs, objects).map_err(|error| replica.place.name(error, file))
            }
            Transformer::Images(image, specs) => images::transform(image, specs, objects),
            Transformer::Replacements(replacements) => replacement::transform(replacements, objects),
            Transformer::ValueAdd { value, targets } => value_add::transform(value, targets, objects),
            Transformer::Hash => hash::transform(objects),
        }
    }
}
