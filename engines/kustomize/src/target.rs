//! One kustomization directory: its resources, bases and components gathered, generated and transformed.

mod plugins;
mod steps;

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::config::{Kustomization, Text};
use crate::error::{Error, ErrorKind, Warning};
use crate::files::FileKind;
use crate::load;
use crate::loader::Loader;
use crate::merge::{self, Document};
use crate::options::Options;
use crate::origin::Origin;
use crate::paths;
use crate::repo_url;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::specs::{self, Specs};
use crate::transform::vars;
pub(crate) use plugins::explained;

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
    /// The namespace of the nearest kustomization above that has one.
    outer_namespace: String,
}

impl<'f> Target<'f> {
    /// Reads the kustomization file of a directory.
    pub(crate) fn load(loader: Loader<'f>, shared: &mut Shared<'_>) -> Result<Self, Error> {
        let found: Vec<&'static str> = FILE_NAMES
            .into_iter()
            .filter(|name| loader.kind(name) == Some(FileKind::File))
            .collect();
        let shown = loader.shown(loader.root());
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
        let file = loader.shown(&paths::join(loader.root(), file_name));
        let text = loader.load_text(file_name)?;
        let kustomization = Kustomization::parse(&text, &file, shared.warnings.get_mut())?;
        Ok(Target {
            kustomization,
            loader,
            file,
            file_name,
            origin: None,
            outer_namespace: String::new(),
        })
    }

    /// Names this file and one of its fields in an error that has no place.
    pub(crate) fn named(&self, error: Error, field: &'static str) -> Error {
        match self.kustomization.places.get(field) {
            Some(place) => place.name(error, &self.file),
            None => error.at(&self.file, 0),
        }
    }

    /// The namespace of charts that name none: this kustomization's, or the nearest one above.
    fn namespace_of_charts(&self) -> &String {
        if self.kustomization.namespace.is_empty() {
            &self.outer_namespace
        } else {
            &self.kustomization.namespace
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
            // As with a base, what a component gathered is merged into nothing.
            if let Some(specs) = into.specs.take() {
                into.merge_specs(&specs, &shared.builtin)?;
            }
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
            self.resource(into, entry, shared)
                .map_err(|error| entry.name(error, &self.file))?;
        }
        Ok(())
    }

    /// A file, a base of this tree, or something remote. What stands behind a URL shows only when it is asked for: a
    /// manifest or a repository, the likelier one first.
    fn resource(&self, into: &mut Accumulator, entry: &Text, shared: &mut Shared<'_>) -> Result<(), Error> {
        let path = entry.value.as_str();
        let local = self.loader.kind(path);
        let is_repository = local.is_none() && repo_url::parse(path).is_some();
        let either = is_repository && repo_url::is_http(path);
        if local == Some(FileKind::Directory) || (is_repository && !(either && is_file_name(path))) {
            match self.loader.enter(path) {
                Ok(loader) => self.base(into, loader, entry, shared),
                Err(error) if either && error.kind == ErrorKind::Remote => {
                    self.manifest(into, path, shared).map_err(|_| error)
                }
                Err(error) => Err(error),
            }
        } else {
            match self.objects(path) {
                Ok(objects) => self.add(into, path, objects, shared),
                Err(error) if either => match self.loader.enter(path) {
                    Ok(loader) => self.base(into, loader, entry, shared),
                    Err(_) => Err(error),
                },
                Err(error) => Err(error),
            }
            .map_err(|error| prefixed("accumulating resources", error))
        }
    }

    fn base(
        &self,
        into: &mut Accumulator,
        loader: Loader<'f>,
        entry: &Text,
        shared: &mut Shared<'_>,
    ) -> Result<(), Error> {
        let base = self.directory(Accumulator::default(), loader, entry, false, shared)?;
        into.merge(base, &shared.builtin)
    }

    fn objects(&self, path: &str) -> Result<Vec<Resource>, Error> {
        let text = self.loader.load_text(path)?;
        load::resources(&text, &self.loader.display(path), &self.loader)
    }

    fn manifest(&self, into: &mut Accumulator, path: &str, shared: &mut Shared<'_>) -> Result<(), Error> {
        self.add(into, path, self.objects(path)?, shared)
    }

    fn add(
        &self,
        into: &mut Accumulator,
        path: &str,
        mut objects: Vec<Resource>,
        shared: &mut Shared<'_>,
    ) -> Result<(), Error> {
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
        target.outer_namespace.clone_from(self.namespace_of_charts());
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
}

fn prefixed(what: &str, mut error: Error) -> Error {
    error.message = format!("{what}: {}", error.message);
    error
}

/// Whether a URL looks like that of a manifest.
fn is_file_name(url: &str) -> bool {
    let location = url.split('?').next().unwrap_or(url);
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| location.ends_with(end))
}
