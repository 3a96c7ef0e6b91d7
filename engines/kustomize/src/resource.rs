//! An object of a build: its tree, where it came from, and what the build remembers of it.

use std::collections::BTreeMap;

use flux_yaml::Node;
use serde_json::Value as Json;

use crate::error::Error;
use crate::id::{Gvk, ResId, split_api_version};
use crate::node_ext;
use crate::origin::Origin;
use crate::touch::Touch;

/// The place in the tree that an object came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file, relative to the root of the tree, or from `/` when the tree is a [whole file
    /// system](crate::Options::absolute_paths); for a generated object the kustomization file.
    pub file: String,
    /// The line its document starts on, from 1; 0 when the object was made by a generator.
    pub line: u32,
    /// The repository, for an object that came from a remote base; `file` is then relative to its root.
    pub repo: Option<String>,
}

/// What a generator wants to happen to an object of the same id that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Behavior {
    #[default]
    Create,
    Replace,
    Merge,
}

/// A name that the object had earlier in the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Previous {
    pub(crate) name: String,
    /// The effective namespace.
    pub(crate) namespace: String,
    pub(crate) kind: String,
}

/// What the build remembers of an object beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) previous: Vec<Previous>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) suffixes: Vec<String>,
    pub(crate) behavior: Behavior,
    pub(crate) needs_hash: bool,
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
    pub(crate) var_names: Vec<String>,
    pub(crate) origin: Option<Origin>,
    pub(crate) transformations: Vec<Origin>,
    /// Whether a chart made it: then the namespace is Helm's matter.
    pub(crate) from_helm: bool,
    /// What changed it, where the build is to be explained.
    pub(crate) touches: Vec<Touch>,
}

impl Memory {
    /// Whether kustomize would have left notes in the annotations of the object by now.
    pub(crate) fn has_notes(&self) -> bool {
        !self.previous.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.needs_hash
            || self.from_helm
            || self.origin.is_some()
    }
}

/// One object of a build.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(crate) node: Node,
    pub(crate) place: Place,
    pub(crate) memory: Memory,
}

impl Resource {
    /// The object as a tree.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The object as a tree, for the caller to keep.
    pub fn into_node(self) -> Node {
        self.node
    }

    /// Where the object came from.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What changed the object on its way, first to last; empty unless [`Options::explain`](crate::Options::explain) asks
    /// for it.
    pub fn touches(&self) -> &[Touch] {
        &self.memory.touches
    }

    /// `apiVersion`; empty when absent.
    pub fn api_version(&self) -> &str {
        self.node.text_at(&["apiVersion"]).unwrap_or_default()
    }

    /// `kind`; empty when absent.
    pub fn kind(&self) -> &str {
        self.node.text_at(&["kind"]).unwrap_or_default()
    }

    /// `metadata.name`; empty when absent.
    pub fn name(&self) -> &str {
        self.metadata_text("name")
    }

    /// `metadata.namespace`; empty when absent.
    pub fn namespace(&self) -> &str {
        self.metadata_text("namespace")
    }

    /// Whether kustomize takes the kind for one without namespaces.
    pub fn is_cluster_scoped(&self) -> bool {
        self.gvk().is_cluster_scoped()
    }

    /// The object as JSON.
    ///
    /// Fails only on numbers that JSON does not have, such as `.nan`.
    pub fn to_json(&self) -> Result<Json, Error> {
        node_ext::to_json(&self.node)
            .map_err(|error| error.at(&self.place.file, self.place.line).object(self.id()))
    }

    /// The object as `kubectl kustomize` prints it: keys sorted.
    ///
    /// Fails as [`Resource::to_json`].
    pub fn into_yaml(mut self) -> Result<String, Error> {
        self.print()
    }

    /// The same, for who leaves it to later to let go of the object: its keys are sorted then.
    ///
    /// Fails as [`Resource::to_json`].
    pub fn print(&mut self) -> Result<String, Error> {
        match node_ext::make_printable(&mut self.node) {
            Ok(()) => Ok(flux_yaml::json::node_to_yaml(&self.node)),
            Err(error) => Err(error.at(&self.place.file, self.place.line).object(self.id())),
        }
    }

    fn metadata_text(&self, key: &str) -> &str {
        match self.node.get_path(&["metadata", key]) {
            Some(node) if !node.is_null() => node.text().unwrap_or_default(),
            _ => "",
        }
    }
}

/// Inside the build.
impl Resource {
    pub(crate) fn new(node: Node, place: Place) -> Self {
        Resource {
            node,
            place,
            memory: Memory::default(),
        }
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::parse(self.api_version(), self.kind())
    }

    /// The id as of now.
    pub(crate) fn id(&self) -> ResId {
        ResId::new(self.gvk(), self.name(), self.namespace())
    }

    fn previous_id(&self, previous: &Previous) -> ResId {
        let (group, version) = split_api_version(self.api_version());
        ResId {
            gvk: Gvk::new(group, version, &previous.kind),
            name: previous.name.clone(),
            namespace: previous.namespace.clone(),
            cluster: false,
        }
    }

    /// The ids that the object had, oldest first.
    pub(crate) fn previous_ids(&self) -> impl Iterator<Item = ResId> {
        self.memory
            .previous
            .iter()
            .map(|previous| self.previous_id(previous))
    }

    /// The id that the object was loaded with.
    pub(crate) fn original_id(&self) -> ResId {
        self.memory
            .previous
            .first()
            .map_or_else(|| self.id(), |previous| self.previous_id(previous))
    }

    /// Remembers the id of now, before something changes it.
    pub(crate) fn store_id(&mut self) {
        let id = self.id();
        let namespace = id.effective_namespace().to_owned();
        self.memory.previous.push(Previous {
            name: id.name,
            namespace,
            kind: id.gvk.kind,
        });
    }

    pub(crate) fn set_name(&mut self, name: &str) {
        set_plain(self.node.ensure_path(&["metadata"]), "name", name);
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) {
        if !namespace.is_empty() {
            set_plain(self.node.ensure_path(&["metadata"]), "namespace", namespace);
        } else if let Some(metadata) = self.node.get_mut("metadata") {
            metadata.remove("namespace");
        }
    }

    pub(crate) fn set_kind(&mut self, kind: &str) {
        set_plain(&mut self.node, "kind", kind);
    }

    pub(crate) fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        node_ext::string_entries(self.node.get_path(&["metadata", "annotations"]))
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        node_ext::string_entries(self.node.get_path(&["metadata", "labels"]))
    }

    /// Writes `metadata.labels` or `metadata.annotations` anew; an empty map removes it.
    pub(crate) fn set_metadata_map(&mut self, field: &str, map: &BTreeMap<String, String>) {
        let metadata = self.node.ensure_path(&["metadata"]).make_mapping();
        metadata.remove(field);
        if !map.is_empty() {
            let entries = map
                .iter()
                .map(|(key, value)| (Node::string(key.as_str()), Node::string(value.as_str())));
            metadata.set(field, Node::mapping_of(entries));
        }
    }
}

fn set_plain(node: &mut Node, key: &str, text: &str) {
    // A mapping takes any entry, and an object is one.
    let _ = node_ext::set_name(node, key, text);
}
