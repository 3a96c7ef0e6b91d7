//! ConfigMaps: text goes to `data`, the rest to `binaryData`.

use flux_yaml::Node;

use crate::generate::pairs::Pairs;
use crate::generate::secret::encode;
use crate::generate::value_node;

pub(super) fn fill(node: &mut Node, pairs: &Pairs) {
    for (key, value) in pairs {
        let (field, text) = match std::str::from_utf8(value) {
            Ok(text) => ("data", text.to_owned()),
            Err(_) => ("binaryData", encode(value)),
        };
        node.ensure_path(&[field])
            .make_mapping()
            .set(key, value_node(text));
    }
}
