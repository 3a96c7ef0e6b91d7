//! Whether what must be ready first is ready.

use std::collections::HashSet;

use flux_api::condition::READY;
use flux_api::kustomization::Kustomization;
use flux_kube::Key;

use crate::source::{SourceKey, same_revision};

/// The objects that `object` depends on, in its order.
pub(crate) fn keys(object: &Kustomization) -> impl Iterator<Item = Key> {
    object.spec.depends_on.iter().map(|reference| {
        let own = &object.metadata.namespace;
        let namespace = if reference.namespace.is_empty() {
            own
        } else {
            &reference.namespace
        };
        Key::new(namespace, &reference.name)
    })
}

/// Why `object` has to wait, if so. `revision` is that of its source now; `find` looks Kustomizations up.
///
/// A dependency is ready when it exists, its status speaks of its present spec, `Ready` is True and, where both use the same
/// source, it has applied the revision at hand.
pub(crate) fn obstacle<T: AsRef<Kustomization>>(
    object: &Kustomization,
    revision: &str,
    find: impl Fn(&Key) -> Option<T>,
) -> Option<String> {
    let mut found = None;
    for key in keys(object) {
        let Some(dependency) = find(&key) else {
            let name = &key.name;
            found = Some(format!(
                "dependency '{key}' not found: kustomizations.kustomize.toolkit.fluxcd.io \"{name}\" not found"
            ));
            break;
        };
        if let Some(what) = shortfall(object, dependency.as_ref(), revision) {
            found = Some(format!("dependency '{key}' {what}"));
            break;
        }
    }
    // A cycle would read as a dependency that is never ready.
    found.map(|obstacle| cycle(object, find).unwrap_or(obstacle))
}

fn shortfall(object: &Kustomization, dependency: &Kustomization, revision: &str) -> Option<&'static str> {
    let status = &dependency.status;
    let is_observed = dependency.metadata.generation == status.observed_generation;
    if !is_observed || !status.conditions.is_true(READY) {
        return Some("is not ready");
    }
    let shares_source = SourceKey::of(dependency) == SourceKey::of(object);
    if shares_source && !same_revision(&status.last_applied_revision, revision) {
        return Some("revision is not up to date");
    }
    None
}

/// The sentence about a cycle that `object` is part of.
fn cycle<T: AsRef<Kustomization>>(
    object: &Kustomization,
    find: impl Fn(&Key) -> Option<T>,
) -> Option<String> {
    let start = Key::new(&object.metadata.namespace, &object.metadata.name);
    let mut seen = HashSet::new();
    let mut paths: Vec<Vec<Key>> = vec![vec![start.clone()]];
    while let Some(path) = paths.pop() {
        let last = path.last()?;
        let next: Vec<Key> = if path.len() == 1 {
            keys(object).collect()
        } else {
            find(last)
                .map(|found| keys(found.as_ref()).collect())
                .unwrap_or_default()
        };
        for key in next {
            let mut path = path.clone();
            let closes = key == start;
            if closes || seen.insert(key.clone()) {
                path.push(key);
                if closes {
                    return Some(told(&path));
                }
                paths.push(path);
            }
        }
    }
    None
}

fn told(path: &[Key]) -> String {
    let names: Vec<String> = path.iter().map(Key::to_string).collect();
    format!(
        "dependency cycle: {}; remove one of these dependencies",
        names.join(" -> ")
    )
}

#[cfg(test)]
mod tests;
