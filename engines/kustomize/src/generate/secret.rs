//! Secrets: everything goes to `data` in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flux_yaml::Node;

use crate::config::GeneratorArgs;
use crate::generate::pairs::Pairs;
use crate::generate::value_node;

pub(super) fn fill(node: &mut Node, args: &GeneratorArgs, pairs: &Pairs) {
    let kind = if args.secret_type.is_empty() {
        "Opaque"
    } else {
        &args.secret_type
    };
    node.set("type", Node::string(kind));
    let data = node.ensure_path(&["data"]).make_mapping();
    for (key, value) in pairs {
        data.set(key, value_node(encode(value)));
    }
}

/// Base64, in lines of 70 characters when it is longer than that.
pub(super) fn encode(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every index is a boundary.
        let (line, more) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}
