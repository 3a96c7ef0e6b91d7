//! The types of built-in kinds: an arena of nodes, and references into it.

use std::fmt;

use serde_json::Value;

use super::facts::Facts;
use crate::type_ref::{ListKind, MapKind, PatchStrategy, Shape, TypeRef};

/// What a node is.
#[derive(Debug)]
pub(super) enum Body {
    /// A definition that stands elsewhere.
    Named(u32),
    Object(Vec<(&'static str, u32)>),
    Map(u32),
    List(u32),
    Scalar(Shape),
}

/// What the Go type writes for a field that nobody set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Zero {
    Object,
    Null,
    Text(&'static str),
    Number,
    False,
}

/// A type as one place uses it: the attributes of a field stand with the field, not with the definition it names.
#[derive(Debug)]
pub(super) struct TypeNode {
    pub(super) body: Body,
    pub(super) atomic: bool,
    pub(super) set: bool,
    pub(super) keys: Vec<String>,
    pub(super) patch: PatchStrategy,
    pub(super) merge_key: Option<&'static str>,
    pub(super) required: bool,
    pub(super) default: Option<&'static str>,
    /// The zero value where the Go type always writes the field.
    pub(super) zero: Option<Zero>,
}

impl TypeNode {
    pub(super) fn new(body: Body) -> TypeNode {
        TypeNode {
            body,
            atomic: false,
            set: false,
            keys: Vec::new(),
            patch: PatchStrategy::default(),
            merge_key: None,
            required: false,
            default: None,
            zero: None,
        }
    }
}

/// A reference to a type of a built-in kind.
#[derive(Clone, Copy)]
pub struct BuiltinType {
    pub(super) facts: &'static Facts,
    pub(super) node: u32,
}

impl fmt::Debug for BuiltinType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BuiltinType({})", self.node)
    }
}

impl BuiltinType {
    fn here(self) -> &'static TypeNode {
        &self.facts.types[self.node as usize]
    }

    fn at(self, node: u32) -> TypeRef<'static> {
        TypeRef::Builtin(BuiltinType {
            facts: self.facts,
            node,
        })
    }

    /// The name of the definition that this is or refers to, for example `io.k8s.api.core.v1.PodSpec`; none for types
    /// that stand in place. Slow: for writing schemas down.
    pub fn definition_name(self) -> Option<&'static str> {
        match self.here().body {
            Body::Named(node) => self.facts.name_of(node),
            _ => self.facts.name_of(self.node),
        }
    }

    /// The `default` of this field in an OpenAPI document: declared, or what the Go type writes where nothing is set.
    pub fn schema_default(self) -> Option<Value> {
        let node = self.here();
        match (node.default, node.zero?) {
            (Some(text), _) | (None, Zero::Text(text)) => Some(Value::from(text)),
            (None, Zero::Object) => Some(Value::Object(serde_json::Map::new())),
            (None, Zero::Number) => Some(Value::from(0)),
            (None, Zero::False) => Some(Value::from(false)),
            (None, Zero::Null) => None,
        }
    }

    /// The node behind a name. Definitions never name definitions, so one step is enough.
    fn target(self) -> &'static TypeNode {
        match self.here().body {
            Body::Named(node) => &self.facts.types[node as usize],
            _ => self.here(),
        }
    }

    pub(crate) fn shape(self) -> Shape {
        match self.target().body {
            Body::Object(_) => Shape::Object,
            Body::Map(_) => Shape::Map,
            Body::List(_) => Shape::List,
            Body::Scalar(shape) => shape,
            Body::Named(_) => Shape::Raw,
        }
    }

    pub(crate) fn field(self, name: &str) -> Option<TypeRef<'static>> {
        match &self.target().body {
            Body::Object(fields) => {
                let found = fields.binary_search_by(|(field, _)| (*field).cmp(name)).ok()?;
                Some(self.at(fields[found].1))
            }
            Body::Map(elem) => Some(self.at(*elem)),
            Body::Scalar(Shape::Raw) => Some(TypeRef::Deduced),
            _ => None,
        }
    }

    pub(crate) fn names_field(self, name: &str) -> bool {
        matches!(&self.target().body, Body::Object(fields) if fields.binary_search_by(|(field, _)| (*field).cmp(name)).is_ok())
    }

    pub(crate) fn fields(self) -> Vec<(&'static str, TypeRef<'static>)> {
        match &self.target().body {
            Body::Object(fields) => fields
                .iter()
                .map(|(name, node)| (*name, self.at(*node)))
                .collect(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn elem(self) -> Option<TypeRef<'static>> {
        match self.target().body {
            Body::Map(elem) | Body::List(elem) => Some(self.at(elem)),
            Body::Scalar(Shape::Raw) => Some(TypeRef::Deduced),
            _ => None,
        }
    }

    pub(crate) fn list_kind(self) -> ListKind<'static> {
        let node = self.here();
        if !node.keys.is_empty() {
            ListKind::Map(&node.keys)
        } else if node.set {
            ListKind::Set
        } else {
            ListKind::Atomic
        }
    }

    pub(crate) fn map_kind(self) -> MapKind {
        if self.here().atomic || self.target().atomic {
            MapKind::Atomic
        } else {
            MapKind::Granular
        }
    }

    pub(crate) fn patch_strategy(self) -> PatchStrategy {
        self.here().patch
    }

    pub(crate) fn merge_key(self) -> Option<&'static str> {
        self.here().merge_key
    }

    /// A declared default, else the zero value of a required scalar: that is what the Go types have where JSON has nothing.
    pub(crate) fn key_default(self) -> Option<Value> {
        let node = self.here();
        if let Some(text) = node.default {
            return Some(Value::from(text));
        }
        match (node.required, self.shape()) {
            (true, Shape::String) => Some(Value::from("")),
            (true, Shape::Int | Shape::Long) => Some(Value::from(0)),
            _ => None,
        }
    }

    /// Definitions that hold themselves do so behind pointers, so this ends.
    pub(crate) fn empty(self) -> Value {
        let Body::Object(fields) = &self.target().body else {
            return Value::Null;
        };
        let one = |(name, node): &(&'static str, u32)| {
            let value = match self.facts.types[*node as usize].zero? {
                Zero::Object => BuiltinType {
                    facts: self.facts,
                    node: *node,
                }
                .empty(),
                Zero::Null => Value::Null,
                Zero::Text(text) => Value::from(text),
                Zero::Number => Value::from(0),
                Zero::False => Value::from(false),
            };
            Some(((*name).to_owned(), value))
        };
        Value::Object(fields.iter().filter_map(one).collect())
    }

    pub(crate) fn required(self) -> Vec<&'static str> {
        match &self.target().body {
            Body::Object(fields) => {
                let needed = |node: &u32| self.facts.types[*node as usize].required;
                fields
                    .iter()
                    .filter(|(_, node)| needed(node))
                    .map(|(name, _)| *name)
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
