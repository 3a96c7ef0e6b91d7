//! Whether what must be ready first is ready.

use std::collections::HashSet;

use flux_api::condition::READY;
use flux_api::helmrelease::HelmRelease;
use flux_kube::Key;

/// The objects that `object` depends on, in its order.
pub(crate) fn keys(object: &HelmRelease) -> impl Iterator<Item = Key> {
    object.spec.depends_on.iter().map(|reference| {
        let namespace = match reference.namespace.as_str() {
            "" => &object.metadata.namespace,
            namespace => namespace,
        };
        Key::new(namespace, &reference.name)
    })
}

/// Why `object` has to wait, if so. `find` looks HelmReleases up. A dependency is ready when it exists, its status speaks of its
/// present spec, and `Ready` is True.
pub(crate) fn obstacle(object: &HelmRelease, find: impl Fn(&Key) -> Option<HelmRelease>) -> Option<String> {
    let mut found = None;
    for key in keys(object) {
        let Some(dependency) = find(&key) else {
            let name = &key.name;
            found = Some(format!(
                "unable to get '{key}' dependency: helmreleases.helm.toolkit.fluxcd.io \"{name}\" not found"
            ));
            break;
        };
        let status = &dependency.status;
        let is_observed = dependency.metadata.generation == status.observed_generation;
        if !is_observed || !status.conditions.is_true(READY) {
            found = Some(format!("dependency '{key}' is not ready"));
            break;
        }
    }
    // A cycle would read as a dependency that is never ready.
    found.map(|obstacle| cycle(object, find).unwrap_or(obstacle))
}

/// The sentence about a cycle that `object` is part of.
fn cycle(object: &HelmRelease, find: impl Fn(&Key) -> Option<HelmRelease>) -> Option<String> {
    let start = Key::new(&object.metadata.namespace, &object.metadata.name);
    let mut seen = HashSet::new();
    let mut paths: Vec<Vec<Key>> = keys(object).map(|key| vec![start.clone(), key]).collect();
    while let Some(path) = paths.pop() {
        let last = path.last()?;
        if *last == start {
            let names: Vec<String> = path.iter().map(Key::to_string).collect();
            return Some(format!(
                "dependency cycle: {}; remove one of these dependencies",
                names.join(" -> ")
            ));
        }
        if seen.insert(last.clone())
            && let Some(next) = find(last)
        {
            paths.extend(keys(&next).map(|key| [path.as_slice(), &[key]].concat()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn release(name: &str, depends_on: &[&str], ready: &str, observed: i64) -> HelmRelease {
        let depends_on: Vec<_> = depends_on.iter().map(|name| json!({ "name": name })).collect();
        let object = json!({"metadata": {"name": name, "namespace": "ns", "generation": 1}, "spec": {"dependsOn": depends_on},
            "status": {"observedGeneration": observed, "conditions": [
                {"type": "Ready", "status": ready, "reason": "R", "message": "", "lastTransitionTime": "t"}]}});
        serde_json::from_value(object).unwrap()
    }

    #[track_caller]
    fn check(others: &[HelmRelease], expect: Option<&str>) {
        let object = release("a", &["b"], "False", 1);
        let find = |key: &Key| {
            let mut all = others.iter().chain([&object]);
            all.find(|other| other.metadata.name == key.name).cloned()
        };
        assert_eq!(obstacle(&object, find).as_deref(), expect);
    }

    #[test]
    fn a_dependency_has_to_be_ready() {
        check(&[release("b", &[], "True", 1)], None);
        check(
            &[release("b", &[], "False", 1)],
            Some("dependency 'ns/b' is not ready"),
        );
        check(
            &[release("b", &[], "True", 0)],
            Some("dependency 'ns/b' is not ready"),
        );
        check(
            &[],
            Some("unable to get 'ns/b' dependency: helmreleases.helm.toolkit.fluxcd.io \"b\" not found"),
        );
        check(
            &[release("b", &["c"], "False", 1), release("c", &["a"], "False", 1)],
            Some("dependency cycle: ns/a -> ns/b -> ns/c -> ns/a; remove one of these dependencies"),
        );
    }
}
