//! Reading and changing a tree by key and path.

use crate::node::{Mapping, Node, Scalar, Value};

/// Reading.
impl Node {
    /// The text of any scalar, whatever its type.
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar of type string.
    pub fn as_str(&self) -> Option<&str> {
        if self.is_string() { self.text() } else { None }
    }

    /// The value of a boolean (`true`/`false` in the three spellings of YAML 1.2).
    pub fn as_bool(&self) -> Option<bool> {
        if self.tag() != "!!bool" {
            return None;
        }
        match self.text()? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// The value of an integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        if self.tag() != "!!int" {
            return None;
        }
        crate::resolve::parse_i64(self.text()?)
    }

    /// The scalar.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar, for changing.
    pub fn as_scalar_mut(&mut self) -> Option<&mut Scalar> {
        match &mut self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The mapping, for changing.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(sequence) => Some(&sequence.items),
            _ => None,
        }
    }

    /// The items of a sequence, for changing.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Sequence(sequence) => Some(&mut sequence.items),
            _ => None,
        }
    }

    /// The entries of a mapping; nothing for other kinds.
    pub fn entries(&self) -> &[(Node, Node)] {
        self.as_mapping().map_or(&[], |mapping| &mapping.entries)
    }

    /// The entries of a mapping, for changing; nothing for other kinds.
    pub fn entries_mut(&mut self) -> &mut [(Node, Node)] {
        self.as_mapping_mut()
            .map_or(&mut [], |mapping| &mut mapping.entries)
    }

    /// The items of a sequence; nothing for other kinds.
    pub fn items(&self) -> &[Node] {
        self.as_sequence().unwrap_or_default()
    }

    /// The items of a sequence, for changing; nothing for other kinds.
    pub fn items_mut(&mut self) -> &mut [Node] {
        match &mut self.value {
            Value::Sequence(sequence) => &mut sequence.items,
            _ => &mut [],
        }
    }

    /// The value under a key, whose text decides (as in kyaml, the key's type does not matter).
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The value under a key, for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_mapping_mut()?.get_mut(key)
    }

    /// Goes down through mappings. The empty path is the node itself.
    pub fn get_path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Goes down through mappings, for changing.
    pub fn get_path_mut(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, key| node.get_mut(key))
    }

    /// The text of the scalar at a path, whatever its type.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.get_path(path)?.text()
    }
}

/// Changing.
impl Node {
    /// Replaces the value under a key, keeping its place, or appends. A node that is not a mapping becomes one.
    pub fn set(&mut self, key: &str, value: Node) {
        self.make_mapping().set(key, value);
    }

    /// Removes a key; gives the value that was there.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        self.as_mapping_mut()?.remove(key)
    }

    /// Goes down through mappings, making those that are missing (or that are null or of another kind).
    pub fn ensure_path(&mut self, path: &[&str]) -> &mut Node {
        let mut node = self;
        for key in path {
            node = node.make_mapping().entry(key);
        }
        node
    }

    /// Sets a value at a path, making the mappings on the way.
    pub fn set_path(&mut self, path: &[&str], value: Node) {
        *self.ensure_path(path) = value;
    }

    /// Turns the node into a mapping unless it is one, and gives it.
    pub fn make_mapping(&mut self) -> &mut Mapping {
        if !self.is_mapping() {
            self.value = Value::Mapping(Mapping::default());
        }
        match &mut self.value {
            Value::Mapping(mapping) => mapping,
            _ => unreachable!("made a mapping above"),
        }
    }
}

impl Mapping {
    /// The place of a key.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|(name, _)| name.text() == Some(key))
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// The value under a key, for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries
            .iter_mut()
            .find(|(name, _)| name.text() == Some(key))
            .map(|(_, value)| value)
    }

    /// Replaces the value under a key, keeping its place, or appends.
    pub fn set(&mut self, key: &str, value: Node) {
        match self.get_mut(key) {
            Some(slot) => *slot = value,
            None => self.entries.push((Node::string(key), value)),
        }
    }

    /// Puts a new entry at a place (clamped to the length), without looking for the key.
    pub fn insert(&mut self, index: usize, key: &str, value: Node) {
        let index = index.min(self.entries.len());
        self.entries.insert(index, (Node::string(key), value));
    }

    /// Removes a key; gives the value that was there.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let index = self.position(key)?;
        Some(self.entries.remove(index).1)
    }

    /// The value under a key, a null one being appended when it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Node {
        let index = self.position(key).unwrap_or_else(|| {
            self.entries.push((Node::string(key), Node::null()));
            self.entries.len() - 1
        });
        &mut self.entries[index].1
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The texts of the scalar keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|(key, _)| key.text())
    }
}
