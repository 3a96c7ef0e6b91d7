//! The schema as a tree.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use crate::builtin::Facts;
use crate::type_ref::{ListKind, MapKind, Shape, TypeRef};

/// The `type` of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// An object.
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
}

impl JsonType {
    /// The word in schemas and messages.
    pub fn name(self) -> &'static str {
        match self {
            JsonType::Object => "object",
            JsonType::Array => "array",
            JsonType::String => "string",
            JsonType::Integer => "integer",
            JsonType::Number => "number",
            JsonType::Boolean => "boolean",
        }
    }
}

/// What `additionalProperties` says.
#[derive(Clone, Debug, Default)]
pub enum Additional {
    /// Nothing: keys that are not named are pruned.
    #[default]
    None,
    /// Any key with any value.
    Any,
    /// Any key with values of this schema.
    Schema(Box<Node>),
}

/// `x-kubernetes-list-type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    /// One value as a whole; also where nothing is said.
    #[default]
    Atomic,
    /// Unique values.
    Set,
    /// Unique keys.
    Map,
}

/// One entry of `x-kubernetes-validations`. Rules are kept, not evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The CEL expression.
    pub rule: String,
    /// The message of a failure; empty: one is made from the rule.
    pub message: String,
    /// A CEL expression that makes the message.
    pub message_expression: String,
    /// The reason of a failure, for example `FieldValueInvalid`.
    pub reason: String,
    /// Where the failure is reported, relative to the place of the rule.
    pub field_path: String,
    /// Whether the rule also runs without an old value.
    pub optional_old_self: bool,
}

/// The value checks of a schema.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// `format`.
    pub format: String,
    /// `pattern`, with its source.
    pub pattern: Option<(String, Regex)>,
    /// `enum`.
    pub allowed: Vec<Value>,
    /// `minimum`, and whether it is exclusive.
    pub minimum: Option<(serde_json::Number, bool)>,
    /// `maximum`, and whether it is exclusive.
    pub maximum: Option<(serde_json::Number, bool)>,
    /// `multipleOf`.
    pub multiple_of: Option<serde_json::Number>,
    /// `minLength` in code points.
    pub min_length: Option<u64>,
    /// `maxLength` in code points.
    pub max_length: Option<u64>,
    /// `minItems`.
    pub min_items: Option<u64>,
    /// `maxItems`.
    pub max_items: Option<u64>,
    /// `minProperties`.
    pub min_properties: Option<u64>,
    /// `maxProperties`.
    pub max_properties: Option<u64>,
    /// `allOf`.
    pub all_of: Vec<Node>,
    /// `anyOf`.
    pub any_of: Vec<Node>,
    /// `oneOf`.
    pub one_of: Vec<Node>,
    /// `not`.
    pub not: Option<Box<Node>>,
}

/// A place in a schema.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// `type`; none for int-or-string and for places that take anything.
    pub ty: Option<JsonType>,
    /// `x-kubernetes-int-or-string`.
    pub int_or_string: bool,
    /// `nullable`.
    pub nullable: bool,
    /// `default`.
    pub default: Option<Value>,
    /// `x-kubernetes-preserve-unknown-fields`.
    pub preserve_unknown: bool,
    /// `x-kubernetes-embedded-resource`.
    pub embedded: bool,
    /// Whether this is the root, which has apiVersion, kind and metadata without saying so.
    pub root: bool,
    /// `properties`.
    pub properties: BTreeMap<String, Node>,
    /// `additionalProperties`.
    pub additional: Additional,
    /// `items`.
    pub items: Option<Box<Node>>,
    /// `required`.
    pub required: Vec<String>,
    /// `x-kubernetes-list-type`.
    pub list_type: ListType,
    /// `x-kubernetes-list-map-keys`.
    pub list_map_keys: Vec<String>,
    /// `x-kubernetes-map-type: atomic`.
    pub atomic: bool,
    /// `x-kubernetes-validations`.
    pub rules: Vec<Rule>,
    /// The value checks.
    pub checks: Checks,
}

/// The structural schema of one version of a custom resource.
#[derive(Clone, Debug)]
pub struct Structural {
    /// The root, always an object.
    pub root: Node,
}

impl Structural {
    /// The type of the objects, for patches and managed fields.
    pub fn type_ref(&self) -> TypeRef<'_> {
        TypeRef::Structural(&self.root)
    }
}

impl Node {
    /// Whether this place holds an object with apiVersion, kind and metadata.
    pub(super) fn is_resource(&self) -> bool {
        self.root || self.embedded
    }

    /// Whether there is a CEL rule here or below.
    pub fn has_rules(&self) -> bool {
        let below = match &self.additional {
            Additional::Schema(node) => node.has_rules(),
            _ => false,
        };
        !self.rules.is_empty()
            || below
            || self.items.as_ref().is_some_and(|node| node.has_rules())
            || self.properties.values().any(Node::has_rules)
    }

    pub(crate) fn shape(&self) -> Shape {
        if self.int_or_string {
            return Shape::IntOrString;
        }
        match self.ty {
            Some(JsonType::Array) => Shape::List,
            Some(JsonType::String) => Shape::String,
            Some(JsonType::Integer) => Shape::Long,
            Some(JsonType::Number) => Shape::Number,
            Some(JsonType::Boolean) => Shape::Bool,
            Some(JsonType::Object)
                if self.properties.is_empty() && !matches!(self.additional, Additional::None) =>
            {
                Shape::Map
            }
            Some(JsonType::Object) => Shape::Object,
            None => Shape::Raw,
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<TypeRef<'_>> {
        if self.is_resource() && matches!(name, "metadata" | "apiVersion" | "kind") {
            let meta = Facts::builtin().object_meta();
            return if name == "metadata" {
                Some(meta)
            } else {
                meta.field("name")
            };
        }
        if let Some(node) = self.properties.get(name) {
            return Some(TypeRef::Structural(node));
        }
        match &self.additional {
            Additional::Schema(node) => Some(TypeRef::Structural(node)),
            Additional::Any => Some(TypeRef::Deduced),
            Additional::None if self.preserve_unknown || self.ty.is_none() => Some(TypeRef::Deduced),
            Additional::None => None,
        }
    }

    pub(crate) fn names_field(&self, name: &str) -> bool {
        self.properties.contains_key(name)
            || (self.is_resource() && matches!(name, "metadata" | "apiVersion" | "kind"))
    }

    pub(crate) fn fields(&self) -> Vec<(&str, TypeRef<'_>)> {
        let mut fields: Vec<_> = self
            .properties
            .iter()
            .map(|(name, node)| (name.as_str(), TypeRef::Structural(node)))
            .collect();
        if self.is_resource() {
            fields.retain(|(name, _)| !matches!(*name, "metadata" | "apiVersion" | "kind"));
            fields.extend(
                ["apiVersion", "kind", "metadata"]
                    .iter()
                    .filter_map(|name| Some((*name, self.field(name)?))),
            );
            fields.sort_by_key(|(name, _)| *name);
        }
        fields
    }

    pub(crate) fn elem(&self) -> Option<TypeRef<'_>> {
        match (&self.items, &self.additional) {
            (Some(items), _) => Some(TypeRef::Structural(items)),
            (None, Additional::Schema(node)) => Some(TypeRef::Structural(node)),
            (None, Additional::Any) => Some(TypeRef::Deduced),
            (None, Additional::None) if self.ty.is_none() => Some(TypeRef::Deduced),
            (None, Additional::None) => None,
        }
    }

    pub(crate) fn list_kind(&self) -> ListKind<'_> {
        match self.list_type {
            ListType::Atomic => ListKind::Atomic,
            ListType::Set => ListKind::Set,
            ListType::Map => ListKind::Map(&self.list_map_keys),
        }
    }

    pub(crate) fn map_kind(&self) -> MapKind {
        if self.atomic {
            MapKind::Atomic
        } else {
            MapKind::Granular
        }
    }
}
