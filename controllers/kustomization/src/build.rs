//! Files become objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use flux_api::kustomization::Kustomization;
use flux_artifact::{Entry, Tree};

/// What a build gives.
pub(crate) struct Built {
    pub(crate) objects: Vec<Value>,
    /// `sha256:hex` of the manifests.
    pub(crate) digest: String,
    pub(crate) closure: Closure,
}

/// What a build read.
#[derive(Clone, Default)]
pub(crate) struct Closure(Arc<BTreeMap<String, Arc<[u8]>>>);

impl Closure {
    /// Whether all of it is the same in another tree.
    pub(crate) fn is_the_same_in(&self, _tree: &Tree) -> bool {
        false
    }
}

/// Path in the artifact: clean, and never above its root.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether the path is a directory of the artifact.
///
/// # Errors
/// A sentence that it is not.
pub(crate) fn check_path(tree: &Tree, path: &str) -> Result<(), String> {
    let clean = clean(path);
    match tree.entry(&clean) {
        Some(Entry::Directory) => Ok(()),
        Some(Entry::File(_)) => Err(format!(
            "kustomization path not found: {clean} is a file, not a directory"
        )),
        None => Err(format!(
            "kustomization path not found: stat {clean}: no such file or directory"
        )),
    }
}

/// Builds what the spec says.
///
/// # Errors
/// A sentence that names the cause and its place.
pub(crate) fn build(
    tree: &Tree,
    object: &Kustomization,
    _variables: &BTreeMap<String, String>,
    _strict: bool,
) -> Result<Built, String> {
    let prefix = clean(&object.spec.path);
    let mut objects = Vec::new();
    if object.spec.post_build.is_some() {
        return Err("kustomize build failed: variables are not supported yet".into());
    }
    for (path, file) in tree.iter() {
        let inside = prefix.is_empty() || path.starts_with(&format!("{prefix}/"));
        if !inside || !(path.ends_with(".yaml") || path.ends_with(".yml")) {
            continue;
        }
        if path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("kustomization.y"))
        {
            return Err(format!(
                "kustomize build failed: {path}: kustomization files are not supported yet"
            ));
        }
        let text = String::from_utf8_lossy(&file.bytes);
        for part in text.split("\n---\n") {
            let value = flux_yaml::json::parse_json(
                part,
                flux_yaml::json::Duplicates::LastWins,
                &flux_yaml::Limits::default(),
            )
            .map_err(|error| format!("kustomize build failed: {path}: {error}"))?;
            if !value.is_null() {
                objects.push(value);
            }
        }
    }
    let digest = flux_artifact::Algorithm::Sha256.digest(&serde_json::to_vec(&objects).unwrap_or_default());
    Ok(Built {
        objects,
        digest: digest.to_string(),
        closure: Closure::default(),
    })
}
