//! The objects of a build as text and as files.

use std::collections::BTreeSet;
use std::path::Path;

use flux_kustomize::Resource;

use super::Here;
use crate::error::Error;

/// One object as YAML. Where it is to be explained, comments in front say where it came from and what changed it.
pub(super) fn text(object: Resource, explain: Option<&Here>) -> Result<String, Error> {
    let head = explain.map_or_else(String::new, |here| head(&object, here));
    let yaml = object.into_yaml();
    let yaml = yaml.map_err(|error| Error::message(error.to_string()))?;
    Ok(if head.is_empty() { yaml } else { head + &yaml })
}

fn head(object: &Resource, here: &Here) -> String {
    let place = object.place();
    let mut head = format!("# from {}", here.short(&place.file));
    if place.line > 0 {
        head.push_str(&format!(":{}", place.line));
    }
    if let Some(repo) = &place.repo {
        head.push_str(&format!(" in {repo}"));
    }
    head.push('\n');
    for touch in object.touches() {
        head.push_str(&format!("# changed by {}\n", here.short(&touch.to_string())));
    }
    head
}

/// Writes a file.
pub(super) fn one(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|error| Error::message(format!("{}: {error}", path.display())))
}

/// Writes one file an object, named as kustomize names them.
pub(super) fn many(
    directory: &Path,
    objects: Vec<Resource>,
    text: impl Fn(Resource) -> Result<String, Error>,
) -> Result<(), Error> {
    let namespace = |object: &Resource| match object.namespace() {
        "" => "default".to_owned(),
        namespace => namespace.to_lowercase(),
    };
    let namespaced = |object: &&Resource| !object.is_cluster_scoped();
    let namespaces: BTreeSet<String> = objects.iter().filter(namespaced).map(namespace).collect();
    for object in objects {
        let mut name = file_name(&object);
        if namespaces.len() > 1 && namespaced(&&object) {
            name = format!("{}_{name}", namespace(&object));
        }
        one(&directory.join(name), &text(object)?)?;
    }
    Ok(())
}

/// `<group>_<version>_<kind>_<name>.yaml`, in lower case. A name cannot lead to another directory.
fn file_name(object: &Resource) -> String {
    let name = format!("{}_{}_{}", object.api_version(), object.kind(), object.name());
    format!("{}.yaml", name.to_lowercase().replace('/', "_"))
}
