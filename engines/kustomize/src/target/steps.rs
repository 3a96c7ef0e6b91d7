//! The transformers that the fields of a kustomization ask for, in kustomize's order.

use std::cell::RefCell;

use super::Target;
use crate::config::FieldPlace;
use crate::error::{Error, Warning};
use crate::specs::Specs;
use crate::transform::affix::{Affix, End};
use crate::transform::namespace::Namespace;
use crate::transform::{Transformer, entries, patch, replacement};

/// A transformer, the name of its plugin, and the place of the field that asks for it.
pub(super) struct Step {
    pub(super) plugin: &'static str,
    pub(super) transformer: Transformer,
    pub(super) place: FieldPlace,
}

/// The list in the making.
struct Steps<'t> {
    target: &'t Target<'t>,
    list: Vec<Step>,
}

impl Steps<'_> {
    fn push(&mut self, plugin: &'static str, place: FieldPlace, transformer: Transformer) {
        self.list.push(Step {
            plugin,
            transformer,
            place,
        });
    }

    /// A transformer for a field as a whole.
    fn field(&mut self, plugin: &'static str, field: &'static str, transformer: Transformer) {
        let place = self.target.kustomization.places.get(field).cloned();
        self.push(plugin, place.unwrap_or_default(), transformer);
    }

    fn patches(&mut self) -> Result<(), Error> {
        let (made, loader, file) = (&self.target.kustomization, &self.target.loader, &self.target.file);
        if !made.patches_strategic_merge.is_empty() {
            let patches = patch::load_strategic_merge(&made.patches_strategic_merge, loader, file)?;
            self.field(
                "PatchStrategicMergeTransformer",
                "patchesStrategicMerge",
                Transformer::StrategicMerge(patches),
            );
        }
        for one in &made.patches {
            let loaded = Box::new(patch::load(one, loader, file)?);
            self.push("PatchTransformer", one.place.clone(), Transformer::Patch(loaded));
        }
        Ok(())
    }

    fn names(&mut self, specs: &Specs) {
        let made = &self.target.kustomization;
        if !made.namespace.is_empty() {
            let namespace = Namespace {
                namespace: made.namespace.clone(),
                specs: specs.namespace.clone(),
                ..Namespace::default()
            };
            self.field(
                "NamespaceTransformer",
                "namespace",
                Transformer::Namespace(namespace),
            );
        }
        let affixes = [
            (
                "PrefixTransformer",
                "namePrefix",
                End::Front,
                &made.name_prefix,
                &specs.name_prefix,
            ),
            (
                "SuffixTransformer",
                "nameSuffix",
                End::Back,
                &made.name_suffix,
                &specs.name_suffix,
            ),
        ];
        for (plugin, field, end, text, specs) in affixes {
            if !text.is_empty() {
                let affix = Affix {
                    end,
                    text: text.clone(),
                    specs: specs.clone(),
                };
                self.field(plugin, field, Transformer::Affix(vec![affix]));
            }
        }
    }

    fn metadata(&mut self, specs: &Specs) -> Result<(), Error> {
        const LABELS: &str = "LabelTransformer";
        let made = &self.target.kustomization;
        for rule in &made.labels {
            let fields = entries::label_specs(rule, specs)
                .map_err(|error| rule.place.name(error, &self.target.file))?;
            let entries = Transformer::Entries {
                entries: rule.pairs.clone(),
                specs: fields,
            };
            self.push(LABELS, rule.place.clone(), entries);
        }
        if !made.labels.is_empty() || !made.common_labels.is_empty() {
            let entries = Transformer::Entries {
                entries: made.common_labels.clone(),
                specs: specs.common_labels.clone(),
            };
            self.field(LABELS, "commonLabels", entries);
        }
        if !made.common_annotations.is_empty() {
            let entries = Transformer::Entries {
                entries: made.common_annotations.clone(),
                specs: specs.common_annotations.clone(),
            };
            self.field("AnnotationsTransformer", "commonAnnotations", entries);
        }
        Ok(())
    }

    fn values(&mut self, specs: &Specs, warnings: &RefCell<Vec<Warning>>) -> Result<(), Error> {
        let made = &self.target.kustomization;
        for one in &made.patches_json6902 {
            let patch = Transformer::Json6902(Box::new(one.clone()));
            self.push("PatchJson6902Transformer", one.place.clone(), patch);
        }
        for one in &made.replicas {
            let replicas = Transformer::Replicas(one.clone(), specs.replicas.clone());
            self.push("ReplicaCountTransformer", one.place.clone(), replicas);
        }
        for one in &made.images {
            let images = Transformer::Images(one.clone(), specs.images.clone());
            self.push("ImageTagTransformer", one.place.clone(), images);
        }
        if !made.replacements.is_empty() {
            let (loader, file) = (&self.target.loader, &self.target.file);
            let loaded = replacement::load(&made.replacements, loader, file, warnings)?;
            self.field(
                "ReplacementTransformer",
                "replacements",
                Transformer::Replacements(loaded),
            );
        }
        Ok(())
    }
}

impl Target<'_> {
    pub(super) fn steps(&self, specs: &Specs, warnings: &RefCell<Vec<Warning>>) -> Result<Vec<Step>, Error> {
        let mut steps = Steps {
            target: self,
            list: Vec::new(),
        };
        steps.patches()?;
        steps.names(specs);
        steps.metadata(specs)?;
        steps.values(specs, warnings)?;
        Ok(steps.list)
    }
}
