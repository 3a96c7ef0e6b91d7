//! Generators, transformers and validators of a kustomization, from its fields and from files, and how they are run.

use std::sync::Arc;

use super::steps::Step;
use super::{Accumulator, Shared, Target};
use crate::config::{FieldPlace, Text};
use crate::error::Error;
use crate::generate::{self, Kind, helm};
use crate::load;
use crate::origin::{ConfiguredBy, Origin};
use crate::plugin;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::touch::Touch;
use crate::transform::{Surroundings, Transformer};

/// A label that validators may leave.
const VALIDATED: &str = "validated-by";

impl Target<'_> {
    /// Adds what the generators make.
    pub(super) fn generators(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        self.maps(into, shared)?;
        self.charts(into, shared)?;
        for config in self.plugins(&self.kustomization.generators, shared)? {
            let origin = plugin_origin(&config);
            let around = plugin::Around {
                loader: &self.loader,
                warnings: &shared.warnings,
                helm: shared.options.helm.as_ref(),
            };
            let touch = || plugin_touch(&config);
            for mut object in plugin::generate(&config, &around)? {
                object.memory.origin.clone_from(&origin);
                made(&mut object, shared, touch);
                into.objects
                    .absorb(object)
                    .map_err(|error| error.at(&config.place.file, config.place.line))?;
            }
        }
        Ok(())
    }

    /// `configMapGenerator` and `secretGenerator`
    fn maps(&self, into: &mut Accumulator, shared: &Shared<'_>) -> Result<(), Error> {
        let made_here = &self.kustomization;
        let lists = [
            (Kind::ConfigMap, &made_here.config_map_generator),
            (Kind::Secret, &made_here.secret_generator),
        ];
        for (kind, list) in lists {
            let origin = self.field_origin(kind.plugin());
            for args in list {
                let options = args
                    .options
                    .clone()
                    .unwrap_or_default()
                    .with_global(&made_here.generator_options);
                let mut object = generate::generate(kind, args, &options, &self.loader, &self.file)?;
                object.memory.origin.clone_from(&origin);
                made(&mut object, shared, || self.touch(kind.plugin(), &args.place));
                into.objects
                    .absorb(object)
                    .map_err(|error| args.place.name(error, &self.file))?;
            }
        }
        Ok(())
    }

    /// `helmCharts`
    fn charts(&self, into: &mut Accumulator, shared: &Shared<'_>) -> Result<(), Error> {
        const PLUGIN: &str = "HelmChartInflationGenerator";
        let globals = self.kustomization.helm_globals.clone().unwrap_or_default();
        let origin = self.field_origin(PLUGIN);
        for chart in &self.kustomization.helm_charts {
            let named = |error: Error| {
                chart
                    .place
                    .name(error, &self.file)
                    .object(format!("chart {}", chart.name))
            };
            let mut chart = chart.clone();
            if chart.namespace.is_empty() {
                chart.namespace.clone_from(self.namespace_of_charts());
            }
            let helm = shared.options.helm.as_ref();
            let objects = helm::generate(&chart, &globals, helm, &self.loader, &self.file).map_err(named)?;
            for mut object in objects {
                object.memory.origin.clone_from(&origin);
                made(&mut object, shared, || self.touch(PLUGIN, &chart.place));
                into.objects.absorb(object).map_err(named)?;
            }
        }
        Ok(())
    }

    fn field_origin(&self, plugin: &str) -> Option<Origin> {
        self.origin
            .as_ref()
            .map(|origin| origin.of_field(self.file_name, plugin))
    }

    fn touch(&self, plugin: &str, place: &FieldPlace) -> Touch {
        Touch {
            by: plugin.to_owned(),
            file: self.file.clone(),
            line: place.line,
            field: place.field.clone(),
        }
    }

    /// The objects that configure generators, transformers or validators: inline, in files, or built by kustomizations.
    fn plugins(&self, entries: &[Text], shared: &mut Shared<'_>) -> Result<Vec<Resource>, Error> {
        let mut configs = Accumulator::default();
        let mut paths = Vec::new();
        for entry in entries {
            match load::resources(&entry.value, &self.file, &self.loader) {
                Ok(inline) => {
                    let origin = self.origin.as_ref().map(|origin| origin.append(self.file_name));
                    for mut config in inline {
                        config.place.line = entry.line;
                        config.memory.origin.clone_from(&origin);
                        configs
                            .objects
                            .append(config)
                            .map_err(|error| entry.name(error, &self.file))?;
                    }
                }
                Err(_) => paths.push(entry.clone()),
            }
        }
        self.resources(&mut configs, &paths, shared)?;
        Ok(configs.objects.into_vec())
    }

    /// Runs the transformers of the fields, then those of `transformers`.
    pub(super) fn transformers(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        let specs = into.specs.clone().unwrap_or_else(|| Arc::clone(&shared.builtin));
        let steps = self.steps(&specs, &shared.warnings)?;
        let configs = self.plugins(&self.kustomization.transformers, shared)?;
        let explain = shared.options.explain;
        let around = Surroundings {
            loader: &self.loader,
            file: &self.file,
            openapi: shared.openapi.document(),
        };
        for Step {
            plugin,
            transformer,
            place,
        } in steps
        {
            let origin = self.field_origin(plugin);
            let touch = explain.then(|| self.touch(plugin, &place));
            run(&transformer, origin.as_ref(), touch, &mut into.objects, &around)
                .map_err(|error| error.at(&self.file, 0))?;
        }
        let loaded: Vec<_> = configs
            .iter()
            .map(|config| {
                Ok((
                    config,
                    plugin::transformer(config, &self.loader, &shared.warnings)?,
                ))
            })
            .collect::<Result<_, Error>>()?;
        for (config, transformer) in loaded {
            let origin = plugin_origin(config);
            let touch = explain.then(|| plugin_touch(config));
            run(&transformer, origin.as_ref(), touch, &mut into.objects, &around)
                .map_err(|error| error.at(&config.place.file, config.place.line))?;
        }
        Ok(())
    }

    /// Validators are transformers that must not change anything.
    pub(super) fn validators(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        for config in self.plugins(&self.kustomization.validators, shared)? {
            let transformer = plugin::transformer(&config, &self.loader, &shared.warnings)?;
            let around = Surroundings {
                loader: &self.loader,
                file: &self.file,
                openapi: shared.openapi.document(),
            };
            let mut copy = into.objects.clone();
            transformer.transform(&mut copy, &around)?;
            for object in copy.list_mut() {
                if let Some(labels) = object.node.get_path_mut(&["metadata", "labels"]) {
                    labels.remove(VALIDATED);
                }
            }
            let same = copy.list().len() == into.objects.list().len()
                && copy
                    .iter()
                    .zip(into.objects.iter())
                    .all(|(after, before)| after.node == before.node);
            if !same {
                let message = format!("validator {} shouldn't modify the resource map", config.kind());
                return Err(Error::conflict(message).at(&config.place.file, config.place.line));
            }
        }
        Ok(())
    }
}

/// Notes who made an object, where that is wanted.
fn made(object: &mut Resource, shared: &Shared<'_>, touch: impl FnOnce() -> Touch) {
    if shared.options.explain {
        object.memory.touches.push(touch());
    }
}

fn plugin_touch(config: &Resource) -> Touch {
    Touch {
        by: config.kind().to_owned(),
        file: config.place.file.clone(),
        line: config.place.line,
        field: String::new(),
    }
}

/// The origin of what a plugin makes.
fn plugin_origin(config: &Resource) -> Option<Origin> {
    let own = config.memory.origin.as_ref()?;
    Some(Origin {
        path: String::new(),
        repo: own.repo.clone(),
        reference: own.reference.clone(),
        configured_in: own.path.clone(),
        configured_by: Some(ConfiguredBy {
            api_version: config.api_version().to_owned(),
            kind: config.kind().to_owned(),
            name: config.name().to_owned(),
            namespace: config.namespace().to_owned(),
        }),
    })
}

fn run(
    transformer: &Transformer,
    origin: Option<&Origin>,
    touch: Option<Touch>,
    objects: &mut ResMap,
    around: &Surroundings<'_, '_>,
) -> Result<(), Error> {
    explained(touch, objects, |objects| transformer.transform(objects, around))?;
    if let Some(origin) = origin {
        for object in objects.list_mut() {
            match &object.memory.origin {
                None => object.memory.origin = Some(origin.clone()),
                Some(_) => object.memory.transformations.push(origin.clone()),
            }
        }
    }
    objects.drop_empty();
    Ok(())
}

/// Changes objects and notes on those that are not as before who did it. Every object keeps its place in the list.
pub(crate) fn explained(
    touch: Option<Touch>,
    objects: &mut ResMap,
    change: impl FnOnce(&mut ResMap) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(touch) = touch else {
        return change(objects);
    };
    let before: Vec<_> = objects.iter().map(|object| object.node.clone()).collect();
    change(objects)?;
    for (object, before) in objects.list_mut().iter_mut().zip(before) {
        if object.node != before {
            object.memory.touches.push(touch.clone());
        }
    }
    Ok(())
}
