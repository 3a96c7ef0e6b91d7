//! Between YAML and JSON, as sigs.k8s.io/yaml does it.
use serde_json::Value as Json;

use crate::error::Error;
use crate::limits::Limits;
use crate::node::Node;

/// What a second occurrence of a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The last one wins (`yaml.Unmarshal`).
    LastWins,
    /// An error (`yaml.UnmarshalStrict`).
    Error,
}

/// The JSON form of a tree: aliases and merge keys expanded, scalars by YAML 1.1, keys made strings.
pub fn to_json(_root: &Node, _duplicates: Duplicates) -> Result<Json, Error> {
    Ok(Json::Null)
}

/// The JSON form of the first document of a text; null when there is none.
pub fn parse_json(_text: &str, _duplicates: Duplicates, _limits: &Limits) -> Result<Json, Error> {
    Ok(Json::Null)
}

/// A tree of block style whose mappings are in the order of go-yaml's sorted keys.
pub fn from_json(_value: &Json) -> Node {
    Node::null()
}

/// The bytes of `yaml.Marshal` of sigs.k8s.io/yaml: sorted keys, its quoting, its folding at 80 columns.
pub fn json_to_yaml(_value: &Json) -> String {
    String::new()
}
