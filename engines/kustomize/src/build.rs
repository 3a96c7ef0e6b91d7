//! The build as a whole: gather, finish, and the result.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, Warning};
use crate::fieldspec::FieldSpec;
use crate::files::Files;
use crate::id::Gvk;
use crate::loader::Loader;
use crate::options::{Options, Reorder};
use crate::origin::{ORIGIN, Origin, TRANSFORMATIONS};
use crate::remote::Remote;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::specs::Specs;
use crate::target::{Accumulator, OpenApi, Shared, Target, explained};
use crate::touch::Touch;
use crate::transform::{entries, hash, name_reference, sort, vars};

/// The version of kustomize whose behaviour this is.
const VERSION: &str = "v5.8.1";

/// Objects with this annotation take part in the build and are not in its result.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Annotations that other tools of the family leave in files; they never appear in the result.
const TOOL_ANNOTATIONS: [&str; 3] = [
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

/// What a build gives.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The objects, in the order of the result.
    pub objects: Vec<Resource>,
    /// Deprecated fields and the like.
    pub warnings: Vec<Warning>,
}

impl Build {
    /// The objects as `kubectl kustomize` prints them: keys sorted, `---` between documents.
    ///
    /// Fails only on numbers that JSON does not have, such as `.nan`.
    pub fn to_yaml(&self) -> Result<String, Error> {
        joined(self.objects.iter().map(|object| object.clone().into_yaml()))
    }

    /// The same, for who needs the objects no more.
    pub fn into_yaml(self) -> Result<String, Error> {
        joined(self.objects.into_iter().map(Resource::into_yaml))
    }
}

fn joined(documents: impl Iterator<Item = Result<String, Error>>) -> Result<String, Error> {
    let mut out = String::new();
    for (index, document) in documents.enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        out.push_str(&document?);
    }
    Ok(out)
}

/// Builds the kustomization in a directory of a tree, as `kustomize build` does.
///
/// `path` is relative to the root of `files`; the empty string and `.` are the root itself. Errors name the file, line,
/// field and object concerned, as far as they are known.
pub fn build(files: &dyn Files, path: &str, options: &Options, remote: &dyn Remote) -> Result<Build, Error> {
    let mut shared = Shared {
        options,
        warnings: RefCell::default(),
        builtin: Arc::new(Specs::builtin()),
        openapi: OpenApi::Unset,
        saw_unknown_type: false,
    };
    let objects = run(files, path, remote, &mut shared);
    let warnings = shared.warnings.into_inner();
    match objects {
        Ok(objects) => Ok(Build { objects, warnings }),
        Err(mut error) => {
            error.warnings = warnings;
            Err(error)
        }
    }
}

fn run(
    files: &dyn Files,
    path: &str,
    remote: &dyn Remote,
    shared: &mut Shared<'_>,
) -> Result<Vec<Resource>, Error> {
    let loader = Loader::new(files, path, shared.options, remote)?;
    let mut target = Target::load(loader, shared)?;
    target.set_openapi(shared, true)?;
    if !target.kustomization.build_metadata.is_empty() {
        target.record_origins();
    }
    let gathered = target.accumulate(Accumulator::default(), shared)?;
    finish(gathered, &target, shared)
}

/// The steps that come once, at the end: names, references, order, and what the user is not to see.
fn finish(
    gathered: Accumulator,
    target: &Target<'_>,
    shared: &mut Shared<'_>,
) -> Result<Vec<Resource>, Error> {
    let Accumulator {
        mut objects,
        specs,
        vars,
    } = gathered;
    let specs = specs.unwrap_or_else(|| Arc::clone(&shared.builtin));
    let touch = |by: &str| {
        shared.options.explain.then(|| Touch {
            by: by.to_owned(),
            ..Touch::default()
        })
    };
    explained(touch("HashTransformer"), &mut objects, hash::transform)?;
    explained(touch("name references"), &mut objects, |objects| {
        name_reference::transform(&specs.name_reference, objects)
    })?;
    explained(touch("vars"), &mut objects, |objects| {
        vars::resolve(
            &vars,
            &specs.var_reference,
            objects,
            &mut shared.warnings.borrow_mut(),
        )
    })?;
    objects.edit().retain(|object| {
        object
            .annotation(LOCAL_CONFIG)
            .is_none_or(|value| value == "false")
    });
    let made = &target.kustomization;
    match (&made.sort_options, shared.options.reorder) {
        (Some(options), _) => {
            sort::with_options(options, objects.edit())
                .map_err(|error| target.named(error, "sortOptions"))?;
        }
        (None, Reorder::Legacy) => sort::legacy(objects.edit()),
        (None, Reorder::None) => {}
    }
    let wants = |option: &str| made.build_metadata.iter().any(|wanted| wanted == option);
    if shared.options.managed_by_label || wants("managedByLabel") {
        add_managed_by(&mut objects)?;
    }
    let (origins, transformations) = (wants("originAnnotations"), wants("transformerAnnotations"));
    let mut objects = objects.into_vec();
    objects
        .iter_mut()
        .for_each(|object| finish_annotations(object, origins, transformations));
    Ok(objects)
}

fn add_managed_by(objects: &mut ResMap) -> Result<(), Error> {
    let label = BTreeMap::from([(
        "app.kubernetes.io/managed-by".to_owned(),
        format!("kustomize-{VERSION}"),
    )]);
    entries::transform(
        &label,
        &[FieldSpec::new(Gvk::default(), "metadata/labels", true)],
        objects,
    )
}

/// Annotations are written anew at the end: all values are strings then, and an empty map is gone.
fn finish_annotations(object: &mut Resource, origins: bool, transformations: bool) {
    let mut annotations: BTreeMap<String, String> = object
        .annotations()
        .filter(|(key, _)| !TOOL_ANNOTATIONS.contains(key))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let memory = &object.memory;
    if !origins {
        annotations.remove(ORIGIN);
    } else if let Some(origin) = &memory.origin {
        annotations.insert(ORIGIN.to_owned(), origin.to_yaml());
    }
    if !transformations {
        annotations.remove(TRANSFORMATIONS);
    } else if !memory.transformations.is_empty() {
        annotations.insert(
            TRANSFORMATIONS.to_owned(),
            Origin::list_to_yaml(&memory.transformations),
        );
    }
    object.set_metadata_map("annotations", &annotations);
}
