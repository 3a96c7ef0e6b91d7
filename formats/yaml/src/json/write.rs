//! Writes JSON values as sigs.k8s.io/yaml does.

use serde_json::{Number, Value as Json};

use super::Dialect;
use super::numbers::{format_float_g, whole};
use super::order::{sort_entries, sort_keys};
use crate::node::{Mapping, Node, Value};

/// A tree of block style whose mappings are in the order of go-yaml's sorted keys.
pub fn from_json(value: &Json) -> Node {
    match value {
        Json::Null => Node::null(),
        Json::Bool(value) => Node::bool(*value),
        Json::Number(number) => Node::scalar(number_text(number)),
        Json::String(text) => Node::string(text.as_str()),
        Json::Array(items) => Node::sequence(items.iter().map(from_json)),
        Json::Object(map) => Node::mapping_of(
            sort_keys(
                map.iter().map(|(key, value)| (key.as_str(), value)).collect(),
                Dialect::V2,
            )
            .into_iter()
            .map(|(key, value)| (Node::string(key), from_json(value))),
        ),
    }
}

/// Puts the entries of a mapping in the order of go-yaml's sorted keys. Of entries with one key the last one stays, as in a JSON
/// object.
pub fn sort_mapping(mapping: &mut Mapping) {
    sort_entries(&mut mapping.entries, Dialect::V2);
    mapping.entries.dedup_by(|next, kept| {
        let same = next.0.text() == kept.0.text();
        if same {
            std::mem::swap(next, kept);
        }
        same
    });
}

fn number_text(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) => float_text(value),
        None => number.to_string(),
    }
}

/// The same bytes as [`json_to_yaml`], but for the order of the keys: that of their bytes.
pub fn json_to_yaml_in_byte_order(value: &Json) -> String {
    let mut root = from_json(value);
    sort_by_bytes(&mut root);
    crate::emit::to_string_v2(&root)
}

fn sort_by_bytes(node: &mut Node) {
    match &mut node.value {
        Value::Mapping(mapping) => {
            mapping
                .entries
                .sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
            mapping
                .entries
                .iter_mut()
                .for_each(|(_, value)| sort_by_bytes(value));
        }
        Value::Sequence(sequence) => sequence.items.iter_mut().for_each(sort_by_bytes),
        Value::Scalar(_) | Value::Alias(_) => {}
    }
}

fn float_text(value: f64) -> String {
    whole(value).map_or_else(|| format_float_g(value), |whole| whole.to_string())
}

/// A float as `yaml.Marshal` of sigs.k8s.io/yaml writes it: whole numbers without a point. `None` when it is not finite,
/// which JSON, and so that function, does not have.
pub fn json_number(value: f64) -> Option<String> {
    value.is_finite().then(|| float_text(value))
}

/// The bytes that `yaml.Marshal` of sigs.k8s.io/yaml would write for a tree: its quoting, its folding at 80 columns. The
/// tree has no comments or styles, and its keys are in order already (see [`sort_keys`]).
pub fn node_to_yaml(node: &Node) -> String {
    crate::emit::to_string_v2(node)
}

/// The bytes of `yaml.Marshal` of sigs.k8s.io/yaml: sorted keys, its quoting, its folding at 80 columns.
pub fn json_to_yaml(value: &Json) -> String {
    crate::emit::to_string_v2(&from_json(value))
}
