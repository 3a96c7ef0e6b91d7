//! Group, version and kind, and the ids that objects are told apart by.

use std::fmt;

use crate::scope;

/// The namespace that stands for "has none" in ids of cluster-scoped objects.
pub(crate) const NOT_NAMESPACED: &str = "_non_namespaceable_";

/// Group, version and kind. In a selector, an empty part matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

/// Splits `apps/v1` into group and version; a text without a slash is a version.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

fn matches(wanted: &str, text: &str) -> bool {
    wanted.is_empty() || wanted == text
}

impl Gvk {
    pub(crate) fn new(group: &str, version: &str, kind: &str) -> Self {
        Gvk {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
        }
    }

    pub(crate) fn parse(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Gvk::new(group, version, kind)
    }

    /// Whether the parts that are set in the selector are those of this type.
    pub(crate) fn is_selected(&self, selector: &Gvk) -> bool {
        selector.selects(&self.group, &self.version, &self.kind)
    }

    /// The same seen from the selector.
    pub(crate) fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        matches(&self.group, group) && matches(&self.version, version) && matches(&self.kind, kind)
    }

    pub(crate) fn is_cluster_scoped(&self) -> bool {
        scope::is_cluster_scoped(&self.group, &self.version, &self.kind)
    }

    /// The text that types of the same rank are ordered by.
    pub(crate) fn sort_text(&self) -> String {
        format!(
            "{}_{}_{}",
            or(&self.group, "~G"),
            or(&self.version, "~V"),
            or(&self.kind, "~K")
        )
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = or(&self.kind, "[noKind]");
        write!(
            f,
            "{kind}.{}.{}",
            or(&self.version, "[noVer]"),
            or(&self.group, "[noGrp]")
        )
    }
}

/// The id of an object, now or earlier in the build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResId {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    /// Known to be cluster-scoped. Earlier ids do not set it: their namespace says it.
    pub(crate) cluster: bool,
}

/// What makes two ids equal: the type, the name and the effective namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdKey {
    gvk: Gvk,
    name: String,
    namespace: String,
}

/// The namespace that an object without one is in.
pub(crate) fn effective_namespace(namespace: &str, cluster: bool) -> &str {
    if cluster {
        NOT_NAMESPACED
    } else {
        or(namespace, "default")
    }
}

impl ResId {
    pub(crate) fn new(gvk: Gvk, name: &str, namespace: &str) -> Self {
        let cluster = gvk.is_cluster_scoped();
        ResId {
            gvk,
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            cluster,
        }
    }

    pub(crate) fn effective_namespace(&self) -> &str {
        effective_namespace(&self.namespace, self.cluster)
    }

    pub(crate) fn key(&self) -> IdKey {
        IdKey {
            gvk: self.gvk.clone(),
            name: self.name.clone(),
            namespace: self.effective_namespace().to_owned(),
        }
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}.{}",
            self.gvk,
            or(&self.name, "[noName]"),
            or(&self.namespace, "[noNs]")
        )
    }
}
