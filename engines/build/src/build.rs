//! The build as a whole: generate, build, label, substitute.

use std::collections::{BTreeMap, HashMap};

use flux_api::kustomization::KustomizationSpec;
use flux_envsubst::Mode;
use flux_kustomize::{FileKind, Files, Options, Place, Remote, Resource, Warning};
use flux_object::{ObjectId, marks, meta};
use flux_yaml::json::json_to_yaml;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, PostBuildCause};
use crate::generate::generate;
use crate::overlay::OverlayFiles;
use crate::paths;
use crate::record;
use crate::substitute::{Variables, is_disabled, post_build_error};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The spec of the Kustomization.
    pub spec: &'a KustomizationSpec,
    /// Name and namespace of the Kustomization, for the owner labels; none leaves the labels out.
    pub owner: Option<(&'a str, &'a str)>,
    /// The data of the objects in `spec.postBuild.substituteFrom`, in that order.
    pub substitute_from: &'a [BTreeMap<String, String>],
    /// Whether an unset variable without a default is an error.
    pub strict: bool,
}

/// One object to apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The object.
    pub value: Value,
    /// Where it came from.
    pub place: Place,
}

/// What a build gives.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The objects, in kustomize's order.
    pub objects: Vec<Object>,
    /// `sha256:` digest of the manifests as YAML, after substitution and before labels: what upstream keeps in
    /// `status.history`.
    pub digest: String,
    /// Deprecated fields and the like.
    pub warnings: Vec<Warning>,
}

/// Builds a Kustomization from a tree of files.
///
/// The objects carry the owner labels and the common metadata of the spec. Lists are taken apart. The namespace of
/// objects that have none is left to whoever applies them.
pub fn build(files: &dyn Files, input: &Input<'_>, remote: &dyn Remote) -> Result<Output, Error> {
    let dir = paths::clean(&input.spec.path);
    if files.kind(&dir) != Some(FileKind::Directory) {
        return Err(Error::PathNotFound { path: dir });
    }
    let generated = generate(files, &dir, input.spec)?;
    let options = Options::flux();
    let built = match &generated {
        Some(file) => {
            let overlay = OverlayFiles::new(files, &file.file, file.text.as_bytes());
            flux_kustomize::build(&overlay, &dir, &options, remote)?
        }
        None => flux_kustomize::build(files, &dir, &options, remote)?,
    };
    finish(built.objects, built.warnings, input)
}

fn finish(resources: Vec<Resource>, warnings: Vec<Warning>, input: &Input<'_>) -> Result<Output, Error> {
    let post_build = input.spec.post_build.as_ref();
    let mut variables = Variables::new();
    for values in input.substitute_from {
        variables.extend(values);
    }
    variables.extend(
        post_build
            .into_iter()
            .flat_map(|post_build| &post_build.substitute),
    );
    let always = post_build.is_some_and(|post_build| post_build.substitute_strategy == "Always");
    let substitutes = post_build.is_some() && (always || !variables.is_empty());
    let mode = if input.strict { Mode::Strict } else { Mode::Lenient };

    let mut hasher = Sha256::new();
    let mut objects = Vec::with_capacity(resources.len());
    let mut ids = HashMap::new();
    for (index, resource) in resources.into_iter().enumerate() {
        let place = resource.place().clone();
        let mut value = resource.to_json()?;
        let mut printed = json_to_yaml(&value);
        check_identity(&value, &printed, &place)?;
        if substitutes
            && !is_disabled(&value)
            && let Some(changed) = variables.apply(&value, &printed, mode, &place)?
        {
            printed = json_to_yaml(&changed);
            // Upstream drops an object whose name became `true` or a number without a word, and prunes it then.
            check_identity(&changed, &printed, &place)?;
            value = changed;
        }
        if substitutes && let Some(other) = ids.insert(ObjectId::of(&value), place.clone()) {
            let cause = PostBuildCause::Duplicate(other);
            return Err(Box::new(post_build_error(&value, String::new(), &place, cause)).into());
        }
        if index > 0 {
            hasher.update("---\n");
        }
        hasher.update(&printed);
        push(value, place, input, &mut objects)?;
    }
    Ok(Output {
        objects,
        digest: record::hex(&hasher.finalize()),
        warnings,
    })
}

fn has_identity(object: &Value) -> bool {
    ![meta::name(object), meta::kind(object), meta::api_version(object)].contains(&"")
}

fn check_identity(object: &Value, printed: &str, place: &Place) -> Result<(), Error> {
    if has_identity(object) {
        return Ok(());
    }
    let object = printed.chars().take(512).collect();
    Err(Error::Identity {
        object,
        place: place.clone(),
    })
}

/// Adds an object, or the items of a list, with the marks of the owner.
fn push(value: Value, place: Place, input: &Input<'_>, objects: &mut Vec<Object>) -> Result<(), Error> {
    let values = match value {
        Value::Object(mut fields) if fields.get("items").is_some_and(Value::is_array) => {
            match fields.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            }
        }
        value if has_identity(&value) && !is_kustomization_file(&value) => vec![value],
        _ => Vec::new(),
    };
    for mut value in values {
        if meta::kind(&value) == "Secret" && meta::api_version(&value) == "v1" && value.get("sops").is_some()
        {
            return Err(Error::Encrypted {
                object: ObjectId::of(&value).to_string(),
                place,
            });
        }
        mark(&mut value, input);
        objects.push(Object {
            value,
            place: place.clone(),
        });
    }
    Ok(())
}

fn is_kustomization_file(object: &Value) -> bool {
    meta::kind(object).eq_ignore_ascii_case("kustomization")
        && meta::api_version(object).starts_with("kustomize.config.k8s.io/")
}

/// Owner labels first: common labels may overwrite them, as upstream.
fn mark(object: &mut Value, input: &Input<'_>) {
    if let Some((name, namespace)) = input.owner {
        marks::set_owner(object, name, namespace);
    }
    let Some(common) = &input.spec.common_metadata else {
        return;
    };
    for (key, value) in &common.labels {
        meta::set_label(object, key, value);
    }
    for (key, value) in &common.annotations {
        meta::set_annotation(object, key, value);
    }
}
