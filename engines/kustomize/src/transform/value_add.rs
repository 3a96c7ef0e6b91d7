//! The `ValueAddTransformer` plugin: a value written into fields, or into a file path that a field holds.

use flux_yaml::{Node, Scalar, ScalarTag, Value};

use crate::error::Error;
use crate::node_ext::{kind_word, set_text, split_path};
use crate::resmap::ResMap;
use crate::selector::Selector;
use crate::transform::namespace::Namespace;
use crate::transform::patch::select;

/// A field that gets the value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) selector: Option<Selector>,
    pub(crate) field_path: String,
    /// Place among the parts of a file path, from 1; 0 replaces the whole value.
    pub(crate) position: usize,
}

/// Writes the value into all targets.
pub(crate) fn transform(value: &str, targets: &[Target], objects: &mut ResMap) -> Result<(), Error> {
    for target in targets {
        let selected: Vec<usize> = match &target.selector {
            Some(selector) => select(selector, objects)?,
            None => (0..objects.list().len()).collect(),
        };
        let list = objects.edit();
        for index in selected {
            let Some(object) = list.get_mut(index) else {
                continue;
            };
            let id = object.id();
            if target.field_path == "metadata/namespace" {
                let namespace = Namespace {
                    namespace: value.to_owned(),
                    ..Namespace::default()
                };
                namespace.set(object).map_err(|error| error.object(id))?;
                continue;
            }
            let parts = split_path(&target.field_path, '/');
            write(&mut object.node, &parts, value, target.position).map_err(|error| error.object(id))?;
        }
    }
    Ok(())
}

fn write(node: &mut Node, path: &[String], value: &str, position: usize) -> Result<(), Error> {
    let Some((first, rest)) = path.split_first() else {
        let new = match (node.text(), position) {
            (Some(old), 1..) => insert_part(old, position - 1, value),
            _ => value.to_owned(),
        };
        return set_text(node, &new, ScalarTag::Auto);
    };
    if !node.is_mapping() {
        return Err(Error::conflict(format!(
            "at {first:?}: expected a mapping, found {}",
            kind_word(node)
        )));
    }
    let mapping = node.make_mapping();
    if mapping.position(first).is_none() {
        let blank = if rest.is_empty() {
            Value::Scalar(Scalar::default()).into()
        } else {
            Node::mapping()
        };
        mapping.set(first, blank);
    }
    write(mapping.entry(first), rest, value, position)
}

/// Puts a part into a file path; a leading slash stays in front.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let (root, relative) = path.strip_prefix('/').map_or(("", path), |rest| ("/", rest));
    let mut parts: Vec<&str> = relative.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}
