//! Navigation over types, the same for built-in kinds, custom resources and values without a schema.

use serde_json::Value;

use crate::builtin::BuiltinType;
use crate::structural::Node;

/// The shape of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Named fields.
    Object,
    /// Free keys with values of one type.
    Map,
    /// A list.
    List,
    /// Text.
    String,
    /// Text in base64.
    Bytes,
    /// An integer of 32 bits.
    Int,
    /// An integer of 64 bits.
    Long,
    /// An integer or text.
    IntOrString,
    /// True or false.
    Bool,
    /// Any number.
    Number,
    /// A resource quantity such as `500m`: text or number.
    Quantity,
    /// A time in RFC 3339.
    Time,
    /// Anything.
    Raw,
}

/// How the elements of a list are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind<'a> {
    /// The list is one value.
    Atomic,
    /// Elements are told apart by their whole value.
    Set,
    /// Elements are told apart by these fields.
    Map(&'a [String]),
}

/// Whether the fields of an object are owned one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// One by one.
    Granular,
    /// The object is one value.
    Atomic,
}

/// How a strategic merge patch treats a field (`patchStrategy` in the Go types).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchStrategy {
    /// Lists are merged by key or by value instead of being replaced.
    pub merge: bool,
    /// Keys that the patch does not list in `$retainKeys` are dropped.
    pub retain_keys: bool,
    /// The field is replaced as a whole.
    pub replace: bool,
}

/// A reference to a type: cheap to copy, valid as long as the schema it points into.
#[derive(Clone, Copy, Debug)]
pub enum TypeRef<'a> {
    /// A type of a built-in kind.
    Builtin(BuiltinType),
    /// A place in the structural schema of a custom resource.
    Structural(&'a Node),
    /// No schema: objects are granular, lists are atomic.
    Deduced,
}

impl<'a> TypeRef<'a> {
    /// The shape of values.
    pub fn shape(self) -> Shape {
        match self {
            TypeRef::Builtin(ty) => ty.shape(),
            TypeRef::Structural(node) => node.shape(),
            TypeRef::Deduced => Shape::Raw,
        }
    }

    /// The type of a field of an object or of a value of a map; none when the schema has no such field.
    pub fn field(self, name: &str) -> Option<TypeRef<'a>> {
        match self {
            TypeRef::Builtin(ty) => ty.field(name),
            TypeRef::Structural(node) => node.field(name),
            TypeRef::Deduced => Some(TypeRef::Deduced),
        }
    }

    /// Whether the schema names this field (rather than allowing any key).
    pub fn names_field(self, name: &str) -> bool {
        match self {
            TypeRef::Builtin(ty) => ty.names_field(name),
            TypeRef::Structural(node) => node.names_field(name),
            TypeRef::Deduced => false,
        }
    }

    /// The fields that the schema names, sorted.
    pub fn fields(self) -> Vec<(&'a str, TypeRef<'a>)> {
        match self {
            TypeRef::Builtin(ty) => ty.fields(),
            TypeRef::Structural(node) => node.fields(),
            TypeRef::Deduced => Vec::new(),
        }
    }

    /// The type of the elements of a list or of the values of a map.
    pub fn elem(self) -> Option<TypeRef<'a>> {
        match self {
            TypeRef::Builtin(ty) => ty.elem(),
            TypeRef::Structural(node) => node.elem(),
            TypeRef::Deduced => Some(TypeRef::Deduced),
        }
    }

    /// How list elements are told apart; atomic for anything that is not a list.
    pub fn list_kind(self) -> ListKind<'a> {
        match self {
            TypeRef::Builtin(ty) => ty.list_kind(),
            TypeRef::Structural(node) => node.list_kind(),
            TypeRef::Deduced => ListKind::Atomic,
        }
    }

    /// Whether fields are owned one by one.
    pub fn map_kind(self) -> MapKind {
        match self {
            TypeRef::Builtin(ty) => ty.map_kind(),
            TypeRef::Structural(node) => node.map_kind(),
            TypeRef::Deduced => MapKind::Granular,
        }
    }

    /// How a strategic merge patch treats this field. Custom resources have none.
    pub fn patch_strategy(self) -> PatchStrategy {
        match self {
            TypeRef::Builtin(ty) => ty.patch_strategy(),
            TypeRef::Structural(_) | TypeRef::Deduced => PatchStrategy::default(),
        }
    }

    /// The one key by which a strategic merge patch matches list elements.
    pub fn merge_key(self) -> Option<&'a str> {
        match self {
            TypeRef::Builtin(ty) => ty.merge_key(),
            TypeRef::Structural(_) | TypeRef::Deduced => None,
        }
    }

    /// The value that this field has where it is absent, as far as it matters for list keys.
    pub fn key_default(self) -> Option<Value> {
        match self {
            TypeRef::Builtin(ty) => ty.key_default(),
            TypeRef::Structural(node) => node.default.clone(),
            TypeRef::Deduced => None,
        }
    }

    /// The object before anything is set. The Go types behind built-in kinds always write some fields (`spec: {}`,
    /// `strategy: {}`, `containers: null`); custom resources start empty. Null for what is no object.
    pub fn empty(self) -> Value {
        match self {
            TypeRef::Builtin(ty) => ty.empty(),
            TypeRef::Structural(_) | TypeRef::Deduced => Value::Object(serde_json::Map::new()),
        }
    }

    /// The names of the fields that must be there.
    pub fn required(self) -> Vec<&'a str> {
        match self {
            TypeRef::Builtin(ty) => ty.required(),
            TypeRef::Structural(node) => node.required.iter().map(String::as_str).collect(),
            TypeRef::Deduced => Vec::new(),
        }
    }

    /// Whether null is a value of its own. Built-in types read null as absent.
    pub fn nullable(self) -> bool {
        match self {
            TypeRef::Builtin(_) => false,
            TypeRef::Structural(node) => node.nullable,
            TypeRef::Deduced => true,
        }
    }
}
