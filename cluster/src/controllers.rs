//! Which of the controllers behind the API run.

use std::collections::BTreeSet;

use crate::simulate::ObjectRef;

/// The names of the controllers, as kube-controller-manager has them, with the kinds that each looks at. One without
/// kinds looks at every object.
const KNOWN: [(&str, &[(&str, &str)]); 20] = [
    (
        "clusterrole-aggregation-controller",
        &[("rbac.authorization.k8s.io", "ClusterRole")],
    ),
    ("cronjob-controller", &[("batch", "CronJob")]),
    ("daemonset-controller", &[("apps", "DaemonSet")]),
    ("deployment-controller", &[("apps", "Deployment")]),
    ("disruption-controller", &[("policy", "PodDisruptionBudget")]),
    ("endpointslice-controller", &[("", "Service")]),
    ("garbage-collector-controller", &[]),
    ("job-controller", &[("batch", "Job")]),
    ("namespace-controller", &[("", "Namespace")]),
    (
        "persistentvolume-binder-controller",
        &[("", "PersistentVolume"), ("", "PersistentVolumeClaim")],
    ),
    ("persistentvolume-protection-controller", &[]),
    ("persistentvolumeclaim-protection-controller", &[]),
    ("pod-garbage-collector-controller", &[]),
    ("replicaset-controller", &[("apps", "ReplicaSet")]),
    ("resourcequota-controller", &[("", "ResourceQuota")]),
    ("root-ca-certificate-publisher-controller", &[]),
    ("serviceaccount-controller", &[]),
    ("serviceaccount-token-controller", &[("", "Secret")]),
    ("statefulset-controller", &[("apps", "StatefulSet")]),
    ("ttl-after-finished-controller", &[]),
];

/// A choice of controllers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controllers(BTreeSet<&'static str>);

impl Default for Controllers {
    fn default() -> Self {
        Self::all()
    }
}

impl Controllers {
    /// All of them.
    pub fn all() -> Self {
        Self(KNOWN.iter().map(|(name, _)| *name).collect())
    }

    /// None: objects stay as clients leave them.
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// The choice of `--controllers`, in kube-controller-manager's words: `*` stands for all, `name` adds one and `-name`
    /// leaves one out. An empty list is none.
    ///
    /// # Errors
    /// A name that is not known, with those that are.
    pub fn parse<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let list: Vec<&str> = list.into_iter().filter(|name| !name.is_empty()).collect();
        let mut chosen = Self::none();
        if list.contains(&"*") {
            chosen = Self::all();
        }
        for word in list.into_iter().filter(|word| !matches!(*word, "*" | "-*")) {
            let name = word.strip_prefix('-').unwrap_or(word);
            let known = KNOWN.iter().map(|(known, _)| *known).find(|known| *known == name);
            let known = known.ok_or_else(|| {
                let all: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
                format!(
                    "{name:?} is not in the list of known controllers: {}",
                    all.join(", ")
                )
            })?;
            if word.starts_with('-') {
                chosen.0.remove(known);
            } else {
                chosen.0.insert(known);
            }
        }
        Ok(chosen)
    }

    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one runs.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether the controller for a kind runs, or the kind has none of its own.
    pub(crate) fn look_at(&self, target: &ObjectRef) -> bool {
        let own = |(_, kinds): &&(&str, &[(&str, &str)])| {
            kinds
                .iter()
                .any(|(group, kind)| *group == target.group && *kind == target.kind)
        };
        KNOWN.iter().find(own).is_none_or(|(name, _)| self.has(name)) && !self.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, name: &str, expect: bool) {
        let chosen = Controllers::parse(list.split(',')).unwrap();
        assert_eq!(chosen.has(name), expect, "{list} {name}");
    }

    #[test]
    fn lists_are_read_as_upstream_does() {
        check("*", "job-controller", true);
        check("*,-job-controller", "job-controller", false);
        check("*,-job-controller", "cronjob-controller", true);
        check("job-controller", "job-controller", true);
        check("job-controller", "cronjob-controller", false);
        check("", "job-controller", false);
        assert!(
            Controllers::parse(["nope"])
                .unwrap_err()
                .contains("not in the list")
        );
    }
}
