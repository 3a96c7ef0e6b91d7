//! The kinds, and the door to the types.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::parse;
use super::types::{BuiltinType, TypeNode};
use crate::type_ref::TypeRef;

/// A subresource of a kind, as discovery lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubresourceFacts {
    /// Its name: `status`, `scale`, `eviction`.
    pub name: &'static str,
    /// The group of the objects it takes; empty with an empty version where discovery leaves both out.
    pub group: &'static str,
    /// Their version.
    pub version: &'static str,
    /// Their kind.
    pub kind: &'static str,
    /// What can be done, sorted.
    pub verbs: Vec<&'static str>,
}

/// A built-in kind, as discovery of a Kubernetes 1.36 server with default settings lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindFacts {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// API version.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// The resource name in paths.
    pub plural: &'static str,
    /// The singular name.
    pub singular: &'static str,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// What can be done, sorted.
    pub verbs: Vec<&'static str>,
    /// Short names, for example `deploy`.
    pub short_names: Vec<&'static str>,
    /// Categories, for example `all`.
    pub categories: Vec<&'static str>,
    /// Subresources, sorted by name.
    pub subresources: Vec<SubresourceFacts>,
}

impl KindFacts {
    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// A subresource by name.
    pub fn subresource(&self, name: &str) -> Option<&SubresourceFacts> {
        self.subresources.iter().find(|sub| sub.name == name)
    }

    /// The type of the objects of this kind.
    pub fn type_ref(&self) -> TypeRef<'static> {
        Facts::builtin()
            .type_of(self.group, self.version, self.kind)
            .unwrap_or(TypeRef::Deduced)
    }
}

/// Everything known about built-in kinds.
#[derive(Debug)]
pub struct Facts {
    kinds: Vec<KindFacts>,
    by_kind: HashMap<(&'static str, &'static str, &'static str), usize>,
    by_resource: HashMap<(&'static str, &'static str, &'static str), usize>,
    pub(super) types: Vec<TypeNode>,
    type_by_kind: HashMap<(&'static str, &'static str, &'static str), u32>,
    type_by_name: HashMap<&'static str, u32>,
}

impl Facts {
    /// The facts that are compiled in. Parsed at the first call (about a millisecond), then shared.
    pub fn builtin() -> &'static Facts {
        static FACTS: OnceLock<Facts> = OnceLock::new();
        FACTS.get_or_init(|| {
            Facts::new(
                parse::kinds(include_str!("kinds.txt")),
                parse::types(include_str!("types.txt")),
            )
        })
    }

    fn new(kinds: Vec<KindFacts>, types: parse::Types) -> Facts {
        let by = |key: fn(&KindFacts) -> &'static str| {
            kinds
                .iter()
                .enumerate()
                .map(|(i, k)| ((k.group, k.version, key(k)), i))
                .collect()
        };
        Facts {
            by_kind: by(|k| k.kind),
            by_resource: by(|k| k.plural),
            kinds,
            types: types.nodes,
            type_by_kind: types.by_kind,
            type_by_name: types.by_name,
        }
    }

    /// A kind that a server with default settings serves.
    pub fn kind(&self, group: &str, version: &str, kind: &str) -> Option<&KindFacts> {
        self.by_kind.get(&(group, version, kind)).map(|i| &self.kinds[*i])
    }

    /// A kind by the resource name in paths.
    pub fn by_resource(&self, group: &str, version: &str, plural: &str) -> Option<&KindFacts> {
        self.by_resource
            .get(&(group, version, plural))
            .map(|i| &self.kinds[*i])
    }

    /// All kinds in the order of discovery: the core group first, groups and versions by priority.
    pub fn kinds(&self) -> &[KindFacts] {
        &self.kinds
    }

    /// The names of all definitions, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.type_by_name.keys().copied().collect();
        names.sort_unstable();
        names
    }

    /// The type of a built-in kind, beta and alpha versions included.
    pub fn type_of(&'static self, group: &str, version: &str, kind: &str) -> Option<TypeRef<'static>> {
        let node = *self.type_by_kind.get(&(group, version, kind))?;
        Some(TypeRef::Builtin(BuiltinType { facts: self, node }))
    }

    /// A type by the name of its definition, for example `io.k8s.api.core.v1.PodSpec`.
    pub fn definition(&'static self, name: &str) -> Option<TypeRef<'static>> {
        let node = *self.type_by_name.get(name)?;
        Some(TypeRef::Builtin(BuiltinType { facts: self, node }))
    }

    /// The name of the definition at a node.
    pub(super) fn name_of(&self, node: u32) -> Option<&'static str> {
        self.type_by_name
            .iter()
            .find(|(_, at)| **at == node)
            .map(|(name, _)| *name)
    }

    /// The type of `metadata`.
    pub fn object_meta(&'static self) -> TypeRef<'static> {
        self.definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
            .unwrap_or(TypeRef::Deduced)
    }
}
