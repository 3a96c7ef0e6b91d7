//! Which resources are served.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::Failure;
use super::custom::CustomVersion;
use super::failure::Named;

/// One resource in one version.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) namespaced: bool,
    pub(crate) list_kind: String,
    /// In the order of discovery.
    pub(crate) verbs: Vec<String>,
    pub(crate) subresources: Vec<Subresource>,
    /// Under which name the objects are stored: the same for all versions of a resource.
    pub(crate) storage: Arc<str>,
    /// For custom resources.
    pub(crate) custom: Option<Arc<CustomVersion>>,
    /// The text of a `Warning` header for a deprecated version.
    pub(crate) deprecation: Option<String>,
}

/// A subresource as discovery lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subresource {
    pub(crate) name: String,
    /// Group of the kind in the body, where it differs from the resource's.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) verbs: Vec<String>,
}

impl Resource {
    /// `apps/v1` or `v1`.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// The resource as messages name it.
    pub(crate) fn named(&self) -> Named<'_> {
        Named {
            group: &self.group,
            resource: &self.plural,
        }
    }

    /// The kind as messages name it.
    pub(crate) fn kind_named(&self) -> Named<'_> {
        // Events of the newer API are validated in the form of the older one.
        let group = if self.custom.is_none() && self.group == "events.k8s.io" {
            ""
        } else {
            &self.group
        };
        Named {
            group,
            resource: &self.kind,
        }
    }

    /// The start of an object's JSON text.
    pub(crate) fn head(&self) -> String {
        format!(
            "{{\"kind\":\"{}\",\"apiVersion\":\"{}\"",
            self.kind,
            self.api_version()
        )
    }

    /// Whether it has a verb.
    pub(crate) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// The subresource of that name.
    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| sub.name == name)
    }

    /// Whether `status` is written apart from the rest.
    pub(crate) fn has_status(&self) -> bool {
        self.subresource("status").is_some()
    }

    /// The key of an object in the store.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> String {
        if self.namespaced {
            format!("{namespace}/{name}")
        } else {
            name.to_owned()
        }
    }

    /// Whether this is the resource of that group and name.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }
}

/// `group/version`, or only the version in the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// Group and version of an `apiVersion`.
pub(crate) fn split_api_version(text: &str) -> (&str, &str) {
    text.split_once('/').unwrap_or(("", text))
}

/// One version of a group.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupVersion {
    pub(crate) version: String,
    /// By plural name.
    pub(crate) resources: BTreeMap<String, Arc<Resource>>,
}

/// A group with its versions, the preferred one first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) versions: Vec<GroupVersion>,
    /// Made of custom resource definitions only.
    pub(crate) custom: bool,
}

/// Everything served at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Served {
    /// Core group first, then the built-in ones, then those of definitions by name.
    pub(crate) groups: Vec<Group>,
    /// Changes whenever the rest does.
    pub(crate) generation: u64,
    kinds: HashMap<(String, String), Arc<Resource>>,
    storage: HashMap<Arc<str>, Arc<Resource>>,
}

impl Served {
    pub(crate) fn new(groups: Vec<Group>, generation: u64) -> Self {
        let mut served = Self {
            groups,
            generation,
            ..Self::default()
        };
        for group in &served.groups {
            for version in &group.versions {
                for resource in version.resources.values() {
                    let key = (resource.group.clone(), resource.kind.clone());
                    served.kinds.entry(key).or_insert_with(|| resource.clone());
                    if resource.allows("get") {
                        served
                            .storage
                            .entry(resource.storage.clone())
                            .or_insert_with(|| resource.clone());
                    }
                }
            }
        }
        served
    }

    /// The group of that name.
    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The version of a group.
    pub(crate) fn version(&self, group: &str, version: &str) -> Option<&GroupVersion> {
        self.group(group)?
            .versions
            .iter()
            .find(|known| known.version == version)
    }

    /// The resource that a path names.
    pub(crate) fn resource(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Result<Arc<Resource>, Failure> {
        let Some(known) = self.group(group) else {
            return Err(Failure::no_page());
        };
        let found = self
            .version(group, version)
            .and_then(|version| version.resources.get(plural));
        match found {
            Some(resource) => Ok(resource.clone()),
            None if known.custom => Err(Failure::no_page()),
            None => Err(Failure::no_resource()),
        }
    }

    /// The resource of a kind, in its preferred version.
    pub(crate) fn kind(&self, group: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.kinds.get(&(group.to_owned(), kind.to_owned()))
    }

    /// The resource whose objects are stored under a name, in its preferred version.
    pub(crate) fn stored(&self, storage: &str) -> Option<&Arc<Resource>> {
        self.storage.get(storage)
    }
}

/// The current [`Served`].
#[derive(Debug)]
pub(crate) struct Registry {
    builtin: Vec<Group>,
    served: RwLock<Arc<Served>>,
}

impl Registry {
    pub(crate) fn new(builtin: Vec<Group>) -> Self {
        let served = RwLock::new(Arc::new(Served::new(builtin.clone(), 0)));
        Self { builtin, served }
    }

    /// What is served now.
    pub(crate) fn served(&self) -> Arc<Served> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replace the groups of custom resource definitions.
    pub(crate) fn set_custom(&self, custom: Vec<Group>) {
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let mut groups = self.builtin.clone();
        for group in custom {
            match groups.iter_mut().find(|known| known.name == group.name) {
                Some(known) => merge(known, group),
                None => groups.push(group),
            }
        }
        let generation = served.generation + 1;
        *served = Arc::new(Served::new(groups, generation));
    }
}

fn merge(known: &mut Group, more: Group) {
    for version in more.versions {
        match known
            .versions
            .iter_mut()
            .find(|old| old.version == version.version)
        {
            Some(old) => {
                for (plural, resource) in version.resources {
                    old.resources.entry(plural).or_insert(resource);
                }
            }
            None => known.versions.push(version),
        }
    }
}
