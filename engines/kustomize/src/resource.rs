use flux_yaml::Node;
use flux_yaml::json::{self, Duplicates};
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind};

/// The place in the tree that an object came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file, relative to the root of the tree; for a generated object the kustomization file.
    pub file: String,
    /// The line its document starts on, from 1; 0 when the object was made by a generator.
    pub line: u32,
    /// The repository, for an object that came from a remote base; `file` is then relative to its root.
    pub repo: Option<String>,
}

/// One object of a build.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(crate) node: Node,
    pub(crate) place: Place,
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
        self.node.text_at(&["metadata", "name"]).unwrap_or_default()
    }

    /// `metadata.namespace`; empty when absent.
    pub fn namespace(&self) -> &str {
        self.node.text_at(&["metadata", "namespace"]).unwrap_or_default()
    }

    /// The object as JSON.
    pub fn to_json(&self) -> Result<Json, Error> {
        json::to_json(&self.node, Duplicates::LastWins).map_err(|error| {
            Error::new(ErrorKind::Syntax, error.to_string()).at(&self.place.file, error.pos.line)
        })
    }
}
