//! One kustomization directory: its resources, bases and components gathered, generated and transformed.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::config::{Kustomization, Text};
use crate::error::{Error, ErrorKind, Warning};
use crate::files::FileKind;
use crate::generate::{self, Kind};
use crate::load;
use crate::loader::Loader;
use crate::merge::{self, Document};
use crate::options::Options;
use crate::origin::{ConfiguredBy, Origin};
use crate::paths;
use crate::plugin;
use crate::repo_url;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::specs::{self, Specs};
use crate::transform::affix::{Affix, End};
use crate::transform::namespace::Namespace;
use crate::transform::{Surroundings, Transformer, entries, patch, replacement, vars};

/// The names of kustomization files; a directory has exactly one of them.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What one build shares between its kustomizations.
pub(crate) struct Shared<'o> {
    pub(crate) options: &'o Options,
    pub(crate) warnings: RefCell<Vec<Warning>>,
    pub(crate) builtin: Arc<Specs>,
    pub(crate) openapi: OpenApi,
    /// Whether an object of a type that is not built in was read. kustomize then takes the built-in facts in, and keeps
    /// them when a base brings a document of its own later.
    pub(crate) saw_unknown_type: bool,
}

/// The type facts in force. The first kustomization that says something decides, the root before all others.
#[derive(Clone, Debug, Default)]
pub(crate) enum OpenApi {
    #[default]
    Unset,
    Builtin,
    Document {
        root: Arc<Json>,
        with_builtin: bool,
    },
}

impl OpenApi {
    fn document(&self) -> Option<Document<'_>> {
        match self {
            OpenApi::Document { root, with_builtin } => Some(Document {
                root,
                with_builtin: *with_builtin,
            }),
            _ => None,
        }
    }
}

/// What was gathered so far.
#[derive(Default)]
pub(crate) struct Accumulator {
    pub(crate) objects: ResMap,
    pub(crate) specs: Option<Arc<Specs>>,
    pub(crate) vars: vars::Vars,
}

impl Accumulator {
    fn merge_specs(&mut self, other: &Arc<Specs>, builtin: &Arc<Specs>) -> Result<(), Error> {
        match &mut self.specs {
            None if Arc::ptr_eq(other, builtin) => self.specs = Some(Arc::clone(other)),
            None => {
                // Merging into nothing lets specs of one type stand in for general ones that come behind them.
                let mut own = Specs::default();
                own.merge(other)?;
                self.specs = Some(Arc::new(own));
            }
            Some(own) if Arc::ptr_eq(own, other) => {}
            Some(own) => Arc::make_mut(own).merge(other)?,
        }
        Ok(())
    }

    /// Takes in what a base gathered.
    fn merge(&mut self, other: Accumulator, builtin: &Arc<Specs>) -> Result<(), Error> {
        self.objects.append_all(other.objects.into_vec())?;
        if let Some(specs) = &other.specs {
            self.merge_specs(specs, builtin)?;
        }
        vars::merge(&mut self.vars, other.vars)
    }
}

/// A kustomization that was read.
pub(crate) struct Target<'f> {
    pub(crate) kustomization: Kustomization,
    loader: Loader<'f>,
    /// The kustomization file, relative to the root of the tree.
    file: String,
    file_name: &'static str,
    /// Where this kustomization is as seen from the one that was asked for; kept only when the build records origins.
    origin: Option<Origin>,
}

impl<'f> Target<'f> {
    /// Reads the kustomization file of a directory.
    pub(crate) fn load(loader: Loader<'f>, shared: &mut Shared<'_>) -> Result<Self, Error> {
        let found: Vec<&'static str> = FILE_NAMES
            .into_iter()
            .filter(|name| loader.kind(name) == Some(FileKind::File))
            .collect();
        let shown = if loader.root().is_empty() {
            "."
        } else {
            loader.root()
        };
        let file_name = match found.as_slice() {
            [name] => *name,
            [] => {
                let names = FILE_NAMES.join("', '");
                let message = format!("unable to find one of '{names}' in directory '{shown}'");
                return Err(Error::new(ErrorKind::File, message));
            }
            several => {
                let message = format!(
                    "Found multiple kustomization files under: {shown}: {}",
                    several.join(", ")
                );
                return Err(Error::invalid(message));
            }
        };
        let file = paths::join(loader.root(), file_name);
        let text = loader.load_text(file_name)?;
        let kustomization = Kustomization::parse(&text, &file, shared.warnings.get_mut())?;
        Ok(Target {
            kustomization,
            loader,
            file,
            file_name,
            origin: None,
        })
    }

    /// Names this file and one of its fields in an error that has no place.
    pub(crate) fn named(&self, error: Error, field: &'static str) -> Error {
        match self.kustomization.places.get(field) {
            Some(place) => place.name(error, &self.file),
            None => error.at(&self.file, 0),
        }
    }

    /// Starts to record origins, from here.
    pub(crate) fn record_origins(&mut self) {
        self.origin = Some(Origin::default());
    }

    /// Takes the OpenAPI settings of this kustomization, when none are in force or when this is the root.
    pub(crate) fn set_openapi(&self, shared: &mut Shared<'_>, root: bool) -> Result<(), Error> {
        let settings = &self.kustomization.openapi;
        let place = || {
            self.kustomization
                .places
                .get("openapi")
                .cloned()
                .unwrap_or_default()
        };
        let read = || match (
            settings.get("path"),
            settings.get("version").filter(|version| !version.is_empty()),
        ) {
            (Some(_), _) if settings.contains_key("version") => Err(Error::invalid(
                "builtin version and custom schema provided, cannot use both",
            )),
            (Some(path), _) => {
                let text = self.loader.load_text(path)?;
                let document = flux_yaml::json::parse_json(
                    &text,
                    flux_yaml::json::Duplicates::LastWins,
                    &crate::limits::of_file(),
                )
                .map_err(|error| {
                    Error::new(ErrorKind::Syntax, format!("invalid schema file: {error}"))
                        .at(&self.loader.display(path), error.pos.line)
                })?;
                Ok(OpenApi::Document {
                    root: Arc::new(document),
                    with_builtin: !root && shared.saw_unknown_type,
                })
            }
            (None, Some(version)) if version == "v1.21.2" => Ok(OpenApi::Builtin),
            (None, Some(version)) => Err(Error::invalid(format!(
                "the specified OpenAPI version {version} is not built in; v1.21.2 is"
            ))),
            (None, None) => Ok(OpenApi::Unset),
        };
        if root || matches!(shared.openapi, OpenApi::Unset) {
            let found = read().map_err(|error| place().name(error, &self.file))?;
            shared.openapi = found;
        }
        Ok(())
    }

    /// Gathers and transforms everything that this kustomization names.
    pub(crate) fn accumulate(
        &self,
        mut into: Accumulator,
        shared: &mut Shared<'_>,
    ) -> Result<Accumulator, Error> {
        let made = &self.kustomization;
        self.resources(&mut into, &made.resources, shared)?;
        let specs = self.specs(shared)?;
        into.merge_specs(&specs, &shared.builtin)?;
        self.generators(&mut into, shared)?;
        for component in &made.components {
            let enter = || self.loader.enter(&component.value);
            let loader = enter().map_err(|error| component.name(error, &self.file))?;
            into = self.directory(into, loader, component, true, shared)?;
        }
        self.transformers(&mut into, shared)?;
        self.validators(&mut into, shared)?;
        vars::declare(&made.vars, &self.file, &mut into.objects, &mut into.vars)?;
        Ok(into)
    }

    /// Files and bases.
    fn resources(
        &self,
        into: &mut Accumulator,
        entries: &[Text],
        shared: &mut Shared<'_>,
    ) -> Result<(), Error> {
        for entry in entries {
            let path = entry.value.as_str();
            let is_base = self.loader.kind(path) == Some(FileKind::Directory) || is_repository(path);
            let named = |error: Error| entry.name(error, &self.file);
            if is_base {
                let loader = self.loader.enter(path).map_err(named)?;
                let base = self.directory(Accumulator::default(), loader, entry, false, shared)?;
                into.merge(base, &shared.builtin).map_err(named)?;
            } else {
                self.manifest(into, path, shared)
                    .map_err(|error| prefixed("accumulating resources", error))
                    .map_err(named)?;
            }
        }
        Ok(())
    }

    fn manifest(&self, into: &mut Accumulator, path: &str, shared: &mut Shared<'_>) -> Result<(), Error> {
        let text = self.loader.load_text(path)?;
        let mut objects = load::resources(&text, &self.loader.display(path), &self.loader)?;
        shared.saw_unknown_type |= objects.iter().any(|object| {
            !object.gvk().is_cluster_scoped() && !merge::is_builtin(object.api_version(), object.kind())
        });
        if let Some(origin) = &self.origin {
            let origin = origin.append(path);
            objects
                .iter_mut()
                .for_each(|object| object.memory.origin = Some(origin.clone()));
        }
        into.objects.append_all(objects)
    }

    /// A base, which gathers for itself, or a component, which works on what is there.
    fn directory(
        &self,
        into: Accumulator,
        loader: Loader<'f>,
        entry: &Text,
        component: bool,
        shared: &mut Shared<'_>,
    ) -> Result<Accumulator, Error> {
        let named = |error: Error| entry.name(error, &self.file);
        let mut target = Target::load(loader, shared).map_err(named)?;
        target.origin = self.origin.as_ref().map(|origin| origin.append(&entry.value));
        target.set_openapi(shared, false)?;
        match (component, target.kustomization.is_component) {
            (true, false) => {
                let message = format!(
                    "expected kind 'Component' for path '{}' but got 'Kustomization'",
                    target.file
                );
                return Err(named(Error::invalid(message)));
            }
            (false, true) => {
                return Err(named(Error::invalid(format!(
                    "expected kind != 'Component' for path '{}'",
                    target.file
                ))));
            }
            _ => {}
        }
        target.accumulate(into, shared)
    }

    /// The built-in field specs with those of `configurations` and `crds`.
    fn specs(&self, shared: &Shared<'_>) -> Result<Arc<Specs>, Error> {
        let mut specs = Arc::clone(&shared.builtin);
        let configurations = self
            .kustomization
            .configurations
            .iter()
            .map(|entry| (entry, true));
        for (entry, is_configuration) in
            configurations.chain(self.kustomization.crds.iter().map(|entry| (entry, false)))
        {
            let read = || {
                let text = self.loader.load_text(&entry.value)?;
                let file = self.loader.display(&entry.value);
                if is_configuration {
                    specs::from_file(&text, &file)
                } else {
                    specs::from_crds(&text, &file)
                }
            };
            let merged = read().and_then(|more| Arc::make_mut(&mut specs).merge(&more));
            merged.map_err(|error| entry.name(error, &self.file))?;
        }
        Ok(specs)
    }

    fn generators(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        let made = &self.kustomization;
        let lists = [
            (Kind::ConfigMap, &made.config_map_generator),
            (Kind::Secret, &made.secret_generator),
        ];
        for (kind, list) in lists {
            let origin = self
                .origin
                .as_ref()
                .map(|origin| origin.of_field(self.file_name, kind.plugin()));
            for args in list {
                let options = args
                    .options
                    .clone()
                    .unwrap_or_default()
                    .with_global(&made.generator_options);
                let mut object = generate::generate(kind, args, &options, &self.loader, &self.file)?;
                object.memory.origin.clone_from(&origin);
                into.objects
                    .absorb(object)
                    .map_err(|error| args.place.name(error, &self.file))?;
            }
        }
        for config in self.plugins(&made.generators, shared)? {
            let mut object = plugin::generate(&config, &self.loader, &shared.warnings)?;
            object.memory.origin = plugin_origin(&config);
            into.objects
                .absorb(object)
                .map_err(|error| error.at(&config.place.file, config.place.line))?;
        }
        Ok(())
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

    fn transformers(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        let specs = into.specs.clone().unwrap_or_else(|| Arc::clone(&shared.builtin));
        let list = self.builtin_transformers(&specs, &shared.warnings)?;
        let external = self.plugins(&self.kustomization.transformers, shared)?;
        let around = Surroundings {
            loader: &self.loader,
            file: &self.file,
            openapi: shared.openapi.document(),
        };
        for (name, transformer) in list {
            let origin = self
                .origin
                .as_ref()
                .map(|origin| origin.of_field(self.file_name, name));
            run(&transformer, origin.as_ref(), &mut into.objects, &around)
                .map_err(|error| error.at(&self.file, 0))?;
        }
        let loaded: Vec<_> = external
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
            run(&transformer, origin.as_ref(), &mut into.objects, &around)
                .map_err(|error| error.at(&config.place.file, config.place.line))?;
        }
        Ok(())
    }

    /// The transformers that the fields of the kustomization ask for, in kustomize's order.
    fn builtin_transformers(
        &self,
        specs: &Specs,
        warnings: &RefCell<Vec<Warning>>,
    ) -> Result<Vec<(&'static str, Transformer)>, Error> {
        let made = &self.kustomization;
        let (loader, file) = (&self.loader, self.file.as_str());
        let mut list = Vec::new();
        if !made.patches_strategic_merge.is_empty() {
            let patches = patch::load_strategic_merge(&made.patches_strategic_merge, loader, file)?;
            list.push((
                "PatchStrategicMergeTransformer",
                Transformer::StrategicMerge(patches),
            ));
        }
        for one in &made.patches {
            list.push((
                "PatchTransformer",
                Transformer::Patch(Box::new(patch::load(one, loader, file)?)),
            ));
        }
        if !made.namespace.is_empty() {
            let namespace = Namespace {
                namespace: made.namespace.clone(),
                specs: specs.namespace.clone(),
                ..Namespace::default()
            };
            list.push(("NamespaceTransformer", Transformer::Namespace(namespace)));
        }
        let affixes = [
            (
                "PrefixTransformer",
                End::Front,
                &made.name_prefix,
                &specs.name_prefix,
            ),
            (
                "SuffixTransformer",
                End::Back,
                &made.name_suffix,
                &specs.name_suffix,
            ),
        ];
        for (name, end, text, specs) in affixes {
            if !text.is_empty() {
                list.push((
                    name,
                    Transformer::Affix(vec![Affix {
                        end,
                        text: text.clone(),
                        specs: specs.clone(),
                    }]),
                ));
            }
        }
        for rule in &made.labels {
            let fields = entries::label_specs(rule, specs).map_err(|error| rule.place.name(error, file))?;
            list.push((
                "LabelTransformer",
                Transformer::Entries {
                    entries: rule.pairs.clone(),
                    specs: fields,
                },
            ));
        }
        if !made.labels.is_empty() || !made.common_labels.is_empty() {
            let entries = made.common_labels.clone();
            list.push((
                "LabelTransformer",
                Transformer::Entries {
                    entries,
                    specs: specs.common_labels.clone(),
                },
            ));
        }
        if !made.common_annotations.is_empty() {
            let entries = made.common_annotations.clone();
            list.push((
                "AnnotationsTransformer",
                Transformer::Entries {
                    entries,
                    specs: specs.common_annotations.clone(),
                },
            ));
        }
        list.extend(made.patches_json6902.iter().map(|one| {
            (
                "PatchJson6902Transformer",
                Transformer::Json6902(Box::new(one.clone())),
            )
        }));
        list.extend(made.replicas.iter().map(|one| {
            (
                "ReplicaCountTransformer",
                Transformer::Replicas(one.clone(), specs.replicas.clone()),
            )
        }));
        list.extend(made.images.iter().map(|one| {
            (
                "ImageTagTransformer",
                Transformer::Images(one.clone(), specs.images.clone()),
            )
        }));
        if !made.replacements.is_empty() {
            let replacements = replacement::load(&made.replacements, loader, file, warnings)?;
            list.push(("ReplacementTransformer", Transformer::Replacements(replacements)));
        }
        Ok(list)
    }

    /// Validators are transformers that must not change anything.
    fn validators(&self, into: &mut Accumulator, shared: &mut Shared<'_>) -> Result<(), Error> {
        const VALIDATED: &str = "validated-by";
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

fn prefixed(what: &str, mut error: Error) -> Error {
    error.message = format!("{what}: {}", error.message);
    error
}

/// Whether a path names a repository rather than a plain file behind a URL.
fn is_repository(path: &str) -> bool {
    let location = path.split('?').next().unwrap_or(path);
    let is_file = [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| location.ends_with(end));
    repo_url::parse(path).is_some() && !(repo_url::is_http(path) && is_file)
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
    objects: &mut ResMap,
    around: &Surroundings<'_, '_>,
) -> Result<(), Error> {
    transformer.transform(objects, around)?;
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
