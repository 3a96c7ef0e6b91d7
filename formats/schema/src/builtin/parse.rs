//! Reads the two tables. They are compiled in and ours, so an odd line is skipped and the tests say so.

use std::collections::HashMap;

use super::facts::{KindFacts, SubresourceFacts};
use super::types::{Body, TypeNode, Zero};
use crate::type_ref::Shape;

pub(super) struct Types {
    pub(super) nodes: Vec<TypeNode>,
    pub(super) by_name: HashMap<&'static str, u32>,
    pub(super) by_kind: HashMap<(&'static str, &'static str, &'static str), u32>,
}

/// Reads the table of kinds: columns separated by tabs, subresources behind a slash.
pub(super) fn kinds(text: &'static str) -> Vec<KindFacts> {
    let mut kinds: Vec<KindFacts> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&'static str> = line.split('\t').collect();
        match columns[..] {
            ["/", name, group, version, kind, verbs] => {
                if let Some(parent) = kinds.last_mut() {
                    parent.subresources.push(SubresourceFacts {
                        name,
                        group,
                        version,
                        kind,
                        verbs: list(verbs),
                    });
                }
            }
            [
                group,
                version,
                kind,
                plural,
                singular,
                scope,
                verbs,
                short_names,
                categories,
            ] => kinds.push(KindFacts {
                group,
                version,
                kind,
                plural,
                singular,
                namespaced: scope == "Namespaced",
                verbs: list(verbs),
                short_names: list(short_names),
                categories: list(categories),
                subresources: Vec::new(),
            }),
            _ => {}
        }
    }
    kinds
}

fn list(text: &'static str) -> Vec<&'static str> {
    text.split(',').filter(|item| !item.is_empty()).collect()
}

/// Reads the table of types: definitions start with `=`, their fields follow indented.
pub(super) fn types(text: &'static str) -> Types {
    let mut types = Types {
        nodes: Vec::new(),
        by_name: HashMap::new(),
        by_kind: HashMap::new(),
    };
    // First the names, so that fields can refer to definitions that come later.
    for line in text.lines() {
        let Some(head) = line.strip_prefix('=') else {
            continue;
        };
        let name = head.split(' ').next().unwrap_or_default();
        let id = types.push(TypeNode::new(Body::Object(Vec::new())));
        types.by_name.insert(name, id);
    }
    let mut current = 0;
    for line in text.lines() {
        if let Some(head) = line.strip_prefix('=') {
            current = types.definition(head);
        } else if let Some(field) = line.strip_prefix(' ') {
            types.field(current, field);
        }
    }
    types
}

impl Types {
    fn push(&mut self, node: TypeNode) -> u32 {
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    fn definition(&mut self, head: &'static str) -> u32 {
        let mut words = head.split(' ');
        let id = words
            .next()
            .and_then(|name| self.by_name.get(name))
            .copied()
            .unwrap_or_default();
        for word in words {
            if let Some(gvk) = word.strip_prefix("gvk=") {
                if let [group, version, kind] = gvk.split('/').collect::<Vec<_>>()[..] {
                    self.by_kind.insert((group, version, kind), id);
                }
            } else if let Some(notation) = word.strip_prefix("is=") {
                self.nodes[id as usize].body = self.body(notation);
            } else {
                attribute(&mut self.nodes[id as usize], word);
            }
        }
        id
    }

    fn field(&mut self, owner: u32, line: &'static str) {
        let mut words = line.split(' ');
        let (Some(name), Some(notation)) = (words.next(), words.next()) else {
            return;
        };
        let mut node = TypeNode::new(self.body(notation));
        words.for_each(|word| attribute(&mut node, word));
        fall_back(&mut node);
        let id = self.push(node);
        if let Body::Object(fields) = &mut self.nodes[owner as usize].body {
            fields.push((name, id));
        }
    }

    fn body(&mut self, notation: &'static str) -> Body {
        if let Some(name) = notation.strip_prefix('@') {
            return match self.by_name.get(name) {
                Some(id) => Body::Named(*id),
                None => Body::Scalar(Shape::Raw),
            };
        }
        if let Some(inner) = notation.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Body::List(self.inner(inner));
        }
        if let Some(inner) = notation.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return Body::Map(self.inner(inner));
        }
        Body::Scalar(match notation {
            "string" => Shape::String,
            "bytes" => Shape::Bytes,
            "int" => Shape::Int,
            "long" => Shape::Long,
            "number" => Shape::Number,
            "bool" => Shape::Bool,
            "time" => Shape::Time,
            "quantity" => Shape::Quantity,
            "intorstring" => Shape::IntOrString,
            _ => Shape::Raw,
        })
    }

    fn inner(&mut self, notation: &'static str) -> u32 {
        let body = self.body(notation);
        self.push(TypeNode::new(body))
    }
}

fn attribute(node: &mut TypeNode, word: &'static str) {
    match word.split_once('=') {
        None => match word {
            "atomic" => node.atomic = true,
            "set" => node.set = true,
            "required" => node.required = true,
            _ => {}
        },
        Some(("keys", keys)) => node.keys = keys.split(',').map(str::to_owned).collect(),
        Some(("mergekey", key)) => node.merge_key = Some(key),
        Some(("zero", code)) => {
            node.zero = match code {
                "o" => Some(Zero::Object),
                "n" => Some(Zero::Null),
                "s" => Some(Zero::Text("")),
                "q" => Some(Zero::Text("0")),
                "d" => Some(Zero::Text("0s")),
                "0" => Some(Zero::Number),
                "f" => Some(Zero::False),
                _ => None,
            }
        }
        Some(("default", text)) => node.default = Some(text),
        Some(("patch", strategies)) => {
            for strategy in strategies.split(',') {
                match strategy {
                    "merge" => node.patch.merge = true,
                    "retainKeys" => node.patch.retain_keys = true,
                    "replace" => node.patch.replace = true,
                    _ => {}
                }
            }
        }
        Some(_) => {}
    }
}

/// A list without a list type takes it from its patch strategy.
fn fall_back(node: &mut TypeNode) {
    let untold = !node.atomic && !node.set && node.keys.is_empty();
    if !matches!(node.body, Body::List(_)) || !untold || !node.patch.merge {
        return;
    }
    match node.merge_key {
        Some(key) => node.keys = vec![key.to_owned()],
        None => node.set = true,
    }
}
