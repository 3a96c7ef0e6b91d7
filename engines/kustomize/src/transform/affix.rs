//! `namePrefix` and `nameSuffix`

use flux_yaml::ScalarTag;

use crate::error::Error;
use crate::fieldspec::{Create, FieldSpec};
use crate::id::Gvk;
use crate::node_ext::set_text;
use crate::resmap::ResMap;

/// Where the text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Front,
    Back,
}

/// The settings of both transformers.
#[derive(Clone, Debug)]
pub(crate) struct Affix {
    pub(crate) end: End,
    pub(crate) text: String,
    pub(crate) specs: Vec<FieldSpec>,
}

/// Objects whose names are not theirs to choose.
fn keeps_its_name(gvk: &Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

impl Affix {
    pub(crate) fn transform(&self, objects: &mut ResMap) -> Result<(), Error> {
        for object in objects.edit() {
            let original = object.original_id();
            if keeps_its_name(&original.gvk) {
                continue;
            }
            for spec in self
                .specs
                .iter()
                .filter(|spec| original.gvk.is_selected(&spec.gvk))
            {
                if spec.path == "metadata/name" && !self.text.is_empty() {
                    match self.end {
                        End::Front => object.memory.prefixes.push(self.text.clone()),
                        End::Back => object.memory.suffixes.push(self.text.clone()),
                    }
                    object.store_id();
                }
                spec.apply(&mut object.node, Create::Scalar(ScalarTag::Str), &mut |node| {
                    let name = node.text().unwrap_or_default();
                    let name = match self.end {
                        End::Front => format!("{}{name}", self.text),
                        End::Back => format!("{name}{}", self.text),
                    };
                    set_text(node, &name, ScalarTag::Auto)
                })
                .map_err(|error| {
                    error
                        .at(&object.place.file, object.place.line)
                        .object(original.clone())
                })?;
            }
        }
        Ok(())
    }
}
