//! Lists whose items are found by keys.

use flux_yaml::Node;

use super::{DIRECTIVE, Directive, Merger, Schema};
use crate::error::Error;
use crate::node_ext::is_empty_mapping;

/// An item of the list that is being built.
#[derive(Clone)]
enum Item {
    /// Stands for the item of the old list at this place, as merged.
    Old(usize),
    New(Box<Node>),
}

/// The old list; items are taken out when they are deleted.
type Old = Vec<Option<Node>>;

fn node_of<'n>(item: &'n Item, old: &'n Old) -> Option<&'n Node> {
    match item {
        Item::Old(index) => old.get(*index)?.as_ref(),
        Item::New(node) => Some(node),
    }
}

impl<'a> Merger<'a> {
    /// A list on either side, or both.
    pub(super) fn lists(
        &self,
        dest: Option<Node>,
        patch: Option<&Node>,
        keys: &[String],
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Node>, Error> {
        let Some(dest) = dest.filter(|dest| !dest.is_null()) else {
            return patch.map_or(Ok(None), |patch| self.added_list(patch, keys, schema));
        };
        let Some(patch) = patch else {
            return self.items(dest, &[], false, keys, schema);
        };
        if patch.is_null() {
            return Ok(None);
        }
        let (directive, items) = list_directive(patch.items())?;
        match directive {
            Directive::Delete => Ok(None),
            Directive::Replace => {
                let replacement = Node::sequence(items.into_iter().cloned()).at(patch.pos);
                self.items(replacement, &[], true, keys, schema)
            }
            Directive::Merge => self.items(dest, &items, false, keys, schema),
        }
    }

    /// A list that only the patch has.
    pub(super) fn added_list(
        &self,
        patch: &Node,
        keys: &[String],
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Node>, Error> {
        let (_, items) = list_directive(patch.items())?;
        self.items(
            Node::sequence(items.into_iter().cloned()).at(patch.pos),
            &[],
            true,
            keys,
            schema,
        )
    }

    /// `added` means that the list is the patch's own, so that nulls and directives in its items take effect.
    fn items(
        &self,
        mut dest: Node,
        patch: &[&Node],
        added: bool,
        keys: &[String],
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Node>, Error> {
        let mut old: Old = std::mem::take(dest.as_sequence_mut().unwrap_or(&mut Vec::new()))
            .into_iter()
            .map(Some)
            .collect();
        let scalars = keys.is_empty();
        let mut wanted = if scalars {
            scalar_values(patch, &old)
        } else {
            key_values(patch, &old, keys)
        };
        let keys: Vec<String> = if scalars {
            vec![String::new()]
        } else {
            keys.to_vec()
        };
        if keys.len() > 1 {
            unify(&mut wanted);
        }
        let mut made: Vec<Item> = Vec::new();
        let mut used = (Vec::new(), Vec::new());
        for values in wanted.clone() {
            used = valid(&wanted, &values, &keys);
            let (keys, values) = (&used.0, &used.1);
            let Some(item) = self.item(&mut old, patch, added, keys, values, schema)? else {
                delete(&mut old, keys, values);
                continue;
            };
            let key_fields = keys
                .iter()
                .zip(values)
                .filter(|(key, value)| !key.is_empty() && !value.is_empty());
            let item = match item {
                Item::Old(index) => {
                    if let Some(node) = old[index].as_mut() {
                        key_fields.for_each(|(key, value)| ensure_key(node, key, value));
                    }
                    Item::Old(index)
                }
                Item::New(mut node) => {
                    key_fields.for_each(|(key, value)| ensure_key(&mut node, key, value));
                    Item::New(node)
                }
            };
            put(&mut made, &old, item, keys, values);
        }
        if !wanted.is_empty() {
            append_old(&mut made, &old, &used.0);
            let nodes: Vec<Node> = made
                .into_iter()
                .filter_map(|item| match item {
                    Item::Old(index) => old[index].take(),
                    Item::New(node) => Some(*node),
                })
                .collect();
            old = nodes.into_iter().map(Some).collect();
        }
        if let Some(items) = dest.as_sequence_mut() {
            *items = old.into_iter().flatten().collect();
        }
        Ok(Some(dest))
    }

    /// The merged item with these key values; nothing when there is none, or when it was deleted or is empty.
    fn item(
        &self,
        old: &mut Old,
        patch: &[&Node],
        added: bool,
        keys: &[String],
        values: &[String],
        schema: Option<Schema<'a>>,
    ) -> Result<Option<Item>, Error> {
        let (keys, values) = valid(&[values.to_vec()], values, keys);
        let at = old
            .iter()
            .position(|node| node.as_ref().is_some_and(|node| has_values(node, &keys, &values)));
        let from_patch = patch
            .iter()
            .find(|node| has_values(node, &keys, &values))
            .copied();
        let Some(at) = at else {
            let node = self.walk(None, from_patch, schema)?;
            return Ok(node
                .filter(|node| !is_empty_mapping(node))
                .map(|node| Item::New(Box::new(node))));
        };
        let before = old[at].clone();
        let merged = match (&before, added) {
            (Some(node), true) => self.added(node, schema)?,
            _ => self.walk(old[at].take(), from_patch, schema)?,
        };
        let Some(node) = merged.filter(|node| !node.is_null() && !is_empty_mapping(node)) else {
            old[at] = before;
            return Ok(None);
        };
        let replaced =
            from_patch.is_some_and(|patch| matches!(Directive::of_mapping(patch), Ok(Directive::Replace)));
        if replaced && node.is_mapping() {
            old[at] = before;
            return Ok(Some(Item::New(Box::new(node))));
        }
        old[at] = Some(node);
        Ok(Some(Item::Old(at)))
    }
}

/// The directive of a list is an item that holds nothing else.
fn list_directive(items: &[Node]) -> Result<(Directive, Vec<&Node>), Error> {
    let all = || items.iter().collect();
    let Some(value) = items
        .iter()
        .find_map(|item| item.get(DIRECTIVE).map(|value| (item, value)))
    else {
        return Ok((Directive::Merge, all()));
    };
    let (item, value) = value;
    if item.entries().len() > 1 {
        return Ok((Directive::Merge, all()));
    }
    let text = value.text().unwrap_or_default();
    let directive = Directive::parse(text)?;
    let rest = items
        .iter()
        .filter(|item| {
            !item.is_null()
                && !is_empty_mapping(item)
                && item.get(DIRECTIVE).and_then(Node::text) != Some(text)
        })
        .collect();
    Ok((directive, rest))
}

fn value_of(node: &Node, key: &str) -> String {
    node.get(key)
        .filter(|value| !value.is_null())
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned()
}

/// The key values of all items, those of the patch first, each once.
fn key_values(patch: &[&Node], old: &Old, keys: &[String]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for node in patch.iter().copied().chain(old.iter().flatten()) {
        let values: Vec<String> = keys.iter().map(|key| value_of(node, key)).collect();
        if seen.insert(values.clone()) {
            all.push(values);
        }
    }
    all
}

fn scalar_values(patch: &[&Node], old: &Old) -> Vec<Vec<String>> {
    let mut seen = std::collections::HashSet::new();
    let texts = patch
        .iter()
        .copied()
        .chain(old.iter().flatten())
        .map(|node| node.text().unwrap_or_default());
    texts
        .filter(|text| seen.insert(text.to_string()))
        .map(|text| vec![text.to_owned()])
        .collect()
}

/// Fills in key values that one side leaves out: `[80, ""]` and `[80, TCP]` are the same item.
fn unify(all: &mut [Vec<String>]) {
    for i in 0..all.len() {
        for j in 0..all.len() {
            if let Some(values) = common(&all[i], &all[j]) {
                all[i].clone_from(&values);
                all[j] = values;
            }
        }
    }
}

fn common(a: &[String], b: &[String]) -> Option<Vec<String>> {
    let mut shared = false;
    let mut values = Vec::with_capacity(a.len());
    for (a, b) in a.iter().zip(b) {
        if a == b {
            shared = true;
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        }
        values.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    shared.then_some(values)
}

/// The keys that any item gives a value for, with this item's values.
fn valid(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let given: Vec<bool> = (0..keys.len())
        .map(|index| {
            all.iter()
                .any(|values| values.get(index).is_some_and(|v| !v.is_empty()))
        })
        .collect();
    if !given.contains(&true) {
        return (keys.to_vec(), values.to_vec());
    }
    let kept = |list: &[String]| {
        list.iter()
            .zip(&given)
            .filter(|(_, given)| **given)
            .map(|(text, _)| text.clone())
            .collect()
    };
    (kept(keys), kept(values))
}

fn has_values(node: &Node, keys: &[String], values: &[String]) -> bool {
    if keys.first().is_none_or(String::is_empty) {
        return node.text().unwrap_or_default() == values.first().map_or("", String::as_str);
    }
    node.is_mapping()
        && keys.iter().zip(values).all(|(key, value)| {
            node.get(key)
                .is_some_and(|field| field.text().unwrap_or_default() == value)
        })
}

fn ensure_key(node: &mut Node, key: &str, value: &str) {
    if node.is_mapping() && node.get(key).is_none() {
        node.set(key, Node::scalar(value));
    }
}

/// Whether an item is the one that is to be replaced: an empty value asks only for the key.
fn is_target(node: &Node, keys: &[String], values: &[String]) -> bool {
    keys.iter()
        .enumerate()
        .all(|(index, key)| match values.get(index) {
            Some(value) if key.is_empty() => node.is_scalar() && node.text() == Some(value),
            Some(value) => node
                .get(key)
                .is_some_and(|field| value.is_empty() || field.text() == Some(value)),
            None => index > 0,
        })
}

fn is_mapping_target(keys: &[String], values: &[String]) -> bool {
    keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|value| !value.is_empty())
}

/// Takes the items with these key values out of the old list, and empty items with them.
fn delete(old: &mut Old, keys: &[String], values: &[String]) {
    for slot in old.iter_mut() {
        let Some(node) = slot else { continue };
        let empty = node.is_null() || is_empty_mapping(node);
        let kept = !node.is_mapping() && is_mapping_target(keys, values);
        if empty || (!kept && is_target(node, keys, values)) {
            *slot = None;
        }
    }
}

/// Puts an item in the place of the one with the same key values, or at the end.
fn put(made: &mut Vec<Item>, old: &Old, item: Item, keys: &[String], values: &[String]) {
    let mut found = false;
    for slot in made.iter_mut() {
        if node_of(slot, old).is_some_and(|node| is_target(node, keys, values)) {
            *slot = item.clone();
            found = true;
        }
    }
    if !found {
        made.push(item);
    }
}

/// Brings the old items in: those that were merged stay where the merge put them, the others follow.
fn append_old(made: &mut Vec<Item>, old: &Old, keys: &[String]) {
    for (index, node) in old.iter().enumerate() {
        let Some(node) = node else { continue };
        if keys.first().is_some_and(String::is_empty) {
            let values = [node.text().unwrap_or_default().to_owned()];
            put(made, old, Item::Old(index), keys, &values);
            continue;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            match node.get(key) {
                Some(value) => values.push(value.text().unwrap_or_default().to_owned()),
                None => made.push(Item::Old(index)),
            }
        }
        if keys.len() > 1 {
            made.retain(|item| node_of(item, old).is_none_or(|node| !is_target(node, keys, &values)));
        }
        put(made, old, Item::Old(index), keys, &values);
    }
}
