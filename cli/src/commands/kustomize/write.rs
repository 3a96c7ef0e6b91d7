//! The objects of a build as text and as files.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flux_kustomize::Resource;

use super::Here;
use crate::error::Error;

/// One object as YAML. Where it is to be explained, comments in front say where it came from and what changed it.
pub(super) fn text(object: &mut Resource, explain: Option<&Here>) -> Result<String, Error> {
    let head = explain.map_or_else(String::new, |here| head(object, here));
    let yaml = object.print();
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

/// So many objects a thread takes at a time. Fewer are not worth another thread.
const PORTION: usize = 30;

/// All objects as text, in their order, written by as many threads as there are cores; the first error counts.
pub(super) fn texts(
    objects: &mut [Resource],
    text: &(impl Fn(&mut Resource) -> Result<String, Error> + Sync),
) -> Result<Vec<String>, Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let others = cores.min(objects.len() / PORTION).saturating_sub(1);
    let portions = Mutex::new(objects.chunks_mut(PORTION).enumerate());
    let written = Mutex::new(Vec::new());
    let write = || {
        loop {
            // A statement of its own, so that the lock is free while the portion is written.
            let next = locked(&portions).next();
            let Some((at, portion)) = next else { break };
            let texts: Result<Vec<String>, Error> = portion.iter_mut().map(text).collect();
            locked(&written).push((at, texts));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..others {
            // Without another thread this one does all of it.
            let _ = std::thread::Builder::new().spawn_scoped(scope, write);
        }
        write();
    });
    let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.sort_unstable_by_key(|(at, _)| *at);
    let portions: Result<Vec<Vec<String>>, Error> = written.into_iter().map(|(_, texts)| texts).collect();
    Ok(portions?.into_iter().flatten().collect())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a file.
pub(super) fn one(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|error| Error::message(format!("{}: {error}", path.display())))
}

/// Writes one file an object, named as kustomize names them.
pub(super) fn many(
    directory: &Path,
    objects: &mut [Resource],
    text: impl Fn(&mut Resource) -> Result<String, Error>,
) -> Result<(), Error> {
    let namespace = |object: &Resource| match object.namespace() {
        "" => "default".to_owned(),
        namespace => namespace.to_lowercase(),
    };
    let namespaced = |object: &&Resource| !object.is_cluster_scoped();
    let namespaces: BTreeSet<String> = objects.iter().filter(namespaced).map(namespace).collect();
    for object in objects {
        let mut name = file_name(object);
        if namespaces.len() > 1 && namespaced(&&*object) {
            name = format!("{}_{name}", namespace(object));
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
