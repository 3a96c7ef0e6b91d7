//! Aliases, merge keys, duplicate keys.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, ErrorKind};
use crate::node::{Mapping, Node, Pos, Value};
use crate::resolve::ScalarTag;

/// Aliases can nest what the text does not nest; beyond this the expansion is refused.
pub(crate) const MAX_DEPTH: usize = 250;

/// go-yaml's guard against documents that are small as text and huge when expanded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    nodes: usize,
    from_aliases: usize,
}

impl Budget {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;

    /// Counts nodes; those that come from an alias may only be a part of all.
    pub(crate) fn spend(&mut self, nodes: usize, from_alias: bool, pos: Pos) -> Result<(), Error> {
        self.nodes += nodes;
        if from_alias {
            self.from_aliases += nodes;
        }
        let all = self.nodes as f64;
        let allowed = match all {
            all if all <= Self::LOW => 0.99,
            all if all >= Self::HIGH => 0.10,
            all => 0.99 - 0.89 * (all - Self::LOW) / (Self::HIGH - Self::LOW),
        };
        if self.from_aliases > 100 && self.nodes > 1000 && self.from_aliases as f64 / all > allowed {
            return Err(Error::new(
                ErrorKind::Alias,
                pos,
                "document contains excessive aliasing",
            ));
        }
        Ok(())
    }
}

/// Whether a key is `<<`, unquoted.
pub(crate) fn is_merge(key: &Node) -> bool {
    match key.explicit_tag() {
        Some(tag) => tag == "!!merge",
        None => key
            .as_scalar()
            .is_some_and(|scalar| scalar.tag == ScalarTag::Merge),
    }
}

/// Replaces aliases by copies of what they stand for, folds merge keys (`<<`) in, and drops anchors, as kustomize does
/// on reading a resource: keys that the mapping has itself win and keep their place, merged ones follow.
///
/// Fails on an anchor that contains itself, on a merge of something that is no mapping, on a second merge key in one
/// mapping, and on expansions beyond go-yaml's ratio.
pub fn expand_aliases(root: &mut Node) -> Result<(), Error> {
    let mut wanted = HashSet::new();
    let mut has_merge = false;
    survey(root, &mut wanted, &mut has_merge);
    if wanted.is_empty() && !has_merge {
        drop_anchors(root);
        return Ok(());
    }
    let mut expansion = Expansion {
        wanted,
        open: Vec::new(),
        anchors: HashMap::new(),
        budget: Budget::default(),
    };
    expansion.node(root, 0).map(drop)
}

fn survey(node: &Node, wanted: &mut HashSet<Box<str>>, has_merge: &mut bool) {
    match &node.value {
        Value::Alias(name) => {
            wanted.insert(name.clone());
        }
        Value::Mapping(mapping) => {
            for (key, value) in &mapping.entries {
                *has_merge |= is_merge(key);
                survey(key, wanted, has_merge);
                survey(value, wanted, has_merge);
            }
        }
        Value::Sequence(sequence) => sequence
            .items
            .iter()
            .for_each(|item| survey(item, wanted, has_merge)),
        Value::Scalar(_) => {}
    }
}

fn drop_anchors(node: &mut Node) {
    node.set_anchor(None);
    match &mut node.value {
        Value::Mapping(mapping) => {
            for (key, value) in &mut mapping.entries {
                drop_anchors(key);
                drop_anchors(value);
            }
        }
        Value::Sequence(sequence) => sequence.items.iter_mut().for_each(drop_anchors),
        Value::Scalar(_) | Value::Alias(_) => {}
    }
}

/// How large an expanded node is.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    depth: usize,
}

impl Size {
    fn add(&mut self, child: Size) {
        self.nodes += child.nodes;
        self.depth = self.depth.max(child.depth + 1);
    }
}

struct Expansion {
    /// Anchors that some alias names; others are not kept.
    wanted: HashSet<Box<str>>,
    /// Anchors whose node is being expanded.
    open: Vec<Box<str>>,
    anchors: HashMap<Box<str>, (Node, Size)>,
    budget: Budget,
}

impl Expansion {
    fn node(&mut self, node: &mut Node, depth: usize) -> Result<Size, Error> {
        if let Value::Alias(name) = &node.value {
            let (copy, size) = self.resolve(name, node.pos, depth)?;
            *node = copy;
            return Ok(size);
        }
        self.budget.spend(1, false, node.pos)?;
        let anchor: Option<Box<str>> = node
            .anchor()
            .filter(|name| self.wanted.contains(*name))
            .map(Into::into);
        node.set_anchor(None);
        self.open.extend(anchor.clone());
        let mut size = Size { nodes: 1, depth: 0 };
        match &mut node.value {
            Value::Mapping(mapping) => {
                for (key, value) in &mut mapping.entries {
                    let is_merge_of_alias = is_merge(key).then_some(value.pos).filter(|_| holds_alias(value));
                    size.add(self.node(key, depth + 1)?);
                    size.add(self.node(value, depth + 1)?);
                    if let Some(pos) = is_merge_of_alias
                        && !value.is_mapping()
                        && !value.is_sequence()
                    {
                        let message = "invalid map merge: received alias for a non-map value";
                        return Err(Error::new(ErrorKind::Alias, pos, message));
                    }
                }
                merge_keys(mapping)?;
            }
            Value::Sequence(sequence) => {
                for item in &mut sequence.items {
                    size.add(self.node(item, depth + 1)?);
                }
            }
            Value::Scalar(_) | Value::Alias(_) => {}
        }
        if let Some(name) = anchor {
            self.open.pop();
            self.anchors.insert(name, (node.clone(), size));
        }
        Ok(size)
    }

    fn resolve(&mut self, name: &str, pos: Pos, depth: usize) -> Result<(Node, Size), Error> {
        let fail = |message| Err(Error::new(ErrorKind::Alias, pos, message));
        if self.open.iter().any(|open| **open == *name) {
            return fail(format!("anchor '{name}' value contains itself"));
        }
        let Some((node, size)) = self.anchors.get(name) else {
            return fail(format!("unknown anchor '{name}' referenced"));
        };
        if depth + size.depth > MAX_DEPTH {
            return fail(format!("anchor '{name}' nests more than {MAX_DEPTH} levels"));
        }
        self.budget.spend(size.nodes, true, pos)?;
        Ok((node.clone(), *size))
    }
}

fn holds_alias(node: &Node) -> bool {
    matches!(node.value, Value::Alias(_))
}

/// Folds `<<` into a mapping whose aliases are expanded.
fn merge_keys(mapping: &mut Mapping) -> Result<(), Error> {
    let Some(at) = mapping.entries.iter().position(|(key, _)| is_merge(key)) else {
        return Ok(());
    };
    let (key, value) = mapping.entries.remove(at);
    if let Some((second, _)) = mapping.entries.iter().find(|(key, _)| is_merge(key)) {
        return Err(Error::new(ErrorKind::Alias, second.pos, "duplicate merge key"));
    }
    let parts = match value.value {
        Value::Mapping(part) => vec![part],
        Value::Sequence(sequence) => sequence
            .items
            .into_iter()
            .rev()
            .map(|item| match item.value {
                Value::Mapping(part) => Ok(part),
                _ => Err(not_a_map(item.pos)),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(not_a_map(key.pos)),
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (index, (key, _)) in mapping.entries.iter().enumerate() {
        places
            .entry(key.text().unwrap_or_default().to_owned())
            .or_insert(index);
    }
    let own = mapping.entries.len();
    for (key, value) in parts.into_iter().flat_map(|part| part.entries) {
        let name = key.text().unwrap_or_default().to_owned();
        match places.get(&name) {
            Some(&place) if place < own => {}
            Some(&place) => mapping.entries[place].1 = value,
            None => {
                places.insert(name, mapping.entries.len());
                mapping.entries.push((key, value));
            }
        }
    }
    Ok(())
}

fn not_a_map(pos: Pos) -> Error {
    Error::new(
        ErrorKind::Alias,
        pos,
        "map merge requires map or sequence of maps as the value",
    )
}

/// Fails when a mapping anywhere in the tree has a key twice, as go-yaml v3 does on decoding.
pub fn check_duplicate_keys(root: &Node) -> Result<(), Error> {
    match &root.value {
        Value::Mapping(mapping) => {
            check_mapping(mapping)?;
            mapping.entries.iter().try_for_each(|(key, value)| {
                check_duplicate_keys(key)?;
                check_duplicate_keys(value)
            })
        }
        Value::Sequence(sequence) => sequence.items.iter().try_for_each(check_duplicate_keys),
        Value::Scalar(_) | Value::Alias(_) => Ok(()),
    }
}

/// Fails on a second occurrence of a key in this mapping.
pub(crate) fn check_mapping(mapping: &Mapping) -> Result<(), Error> {
    /// Up to here, comparing all with all is faster than a table.
    const FEW: usize = 8;
    let entries = &mapping.entries;
    let twice = |key: &Node, first: Pos| {
        let message = format!(
            "mapping key {:?} already defined at line {}",
            id(key).1,
            first.line
        );
        Err(Error::new(ErrorKind::DuplicateKey, key.pos, message))
    };
    if entries.len() <= FEW {
        for (at, (key, _)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries[..at].iter().find(|(first, _)| id(first) == id(key)) {
                return twice(key, first.pos);
            }
        }
        return Ok(());
    }
    let mut seen = HashMap::with_capacity(entries.len());
    for (key, _) in entries {
        if let Some(first) = seen.insert(id(key), key.pos) {
            return twice(key, first);
        }
    }
    Ok(())
}

/// What makes a key the same as another one.
fn id(key: &Node) -> (u8, &str) {
    match &key.value {
        Value::Scalar(scalar) => (0, scalar.text.as_str()),
        Value::Alias(name) => (1, &**name),
        Value::Mapping(_) => (2, ""),
        Value::Sequence(_) => (3, ""),
    }
}

#[cfg(test)]
mod tests;
