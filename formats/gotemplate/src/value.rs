//! Go's dynamic values, as templates see them.

use std::borrow::Cow;
use std::rc::Rc;

mod gostr;
mod list;
mod map;
mod number;
mod object;
mod ty;

pub use gostr::{GoStr, Runes};
pub use list::List;
pub use map::{Map, MapType, Mutated};
pub use number::{FloatKind, IntKind, UintKind};
pub use object::{Method, Object, Repr};
pub use ty::{Kind, Ty};

/// A Go value of a type known at run time. Cheap to clone: what is big is shared. Not `Send`.
///
/// Two of Go's nothings are told apart, because templates do: [`Value::Nil`] is a nil `interface {}` (a key that a
/// `map[string]interface {}` lacks, a null of YAML), and [`Value::Invalid`] is no value at all (the same nil after it
/// went through a pipeline). A field of the first is an error, a field of the second is nothing again. Functions get
/// and give `Nil` only, unless a parameter is [`Ty::Reflect`].
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// No value: Go's zero `reflect.Value`.
    #[default]
    Invalid,
    /// A nil `interface {}`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// A signed integer of one of Go's kinds.
    Int(IntKind, i64),
    /// An unsigned integer of one of Go's kinds.
    Uint(UintKind, u64),
    /// A float of one of Go's kinds; a `float32` is held as the `f64` of the same value.
    Float(FloatKind, f64),
    /// `complex128`: real and imaginary part.
    Complex(f64, f64),
    /// `string`.
    Str(GoStr),
    /// `[]uint8`; `None` is nil.
    Bytes(Option<Rc<[u8]>>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A type of its own, with methods or with a name.
    Object(Rc<dyn Object>),
}

impl Value {
    /// Go's `int`.
    pub fn int(number: i64) -> Self {
        Self::Int(IntKind::Int, number)
    }

    /// Go's `int64`.
    pub fn int64(number: i64) -> Self {
        Self::Int(IntKind::Int64, number)
    }

    /// Go's `float64`.
    pub fn float(number: f64) -> Self {
        Self::Float(FloatKind::Float64, number)
    }

    /// Go's `string`.
    pub fn str(text: impl Into<GoStr>) -> Self {
        Self::Str(text.into())
    }

    /// Go's `[]uint8`.
    pub fn bytes(bytes: impl Into<Rc<[u8]>>) -> Self {
        Self::Bytes(Some(bytes.into()))
    }

    /// `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Self {
        Self::List(List::new(items))
    }

    /// `[]string`.
    pub fn strings<S: Into<GoStr>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::List(List::of(
            Ty::Str,
            items.into_iter().map(|item| Self::Str(item.into())).collect(),
        ))
    }

    /// A new `map[string]interface {}`.
    pub fn map<K: Into<GoStr>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Map(Map::from_entries(entries))
    }

    /// A value with its own type.
    pub fn object(object: impl Object) -> Self {
        Self::Object(Rc::new(object))
    }

    /// The text of a `string` (of that type, not of one that is based on it).
    pub fn as_str(&self) -> Option<&GoStr> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is one of the two nothings.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Invalid | Self::Nil)
    }

    /// Go's kind of the value that an `interface {}` holds: `reflect.Invalid` for nil.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Invalid | Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(kind, _) => kind.kind(),
            Self::Uint(kind, _) => kind.kind(),
            Self::Float(kind, _) => kind.kind(),
            Self::Complex(..) => Kind::Complex128,
            Self::Str(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Object(object) => object.kind(),
        }
    }

    /// Go's name of the type, as `%T` prints it: `map[string]interface {}`, `<nil>`.
    pub fn type_name(&self) -> Cow<'static, str> {
        match self {
            Self::Invalid | Self::Nil => Cow::Borrowed("<nil>"),
            Self::Map(map) => map.ty().name(),
            Self::Object(object) => Cow::Borrowed(object.type_name()),
            _ => self.ty().name(),
        }
    }

    /// The type, as far as [`Ty`] can say it; nothings are [`Ty::Any`].
    pub fn ty(&self) -> Ty {
        match self {
            Self::Invalid | Self::Nil => Ty::Any,
            Self::Bool(_) => Ty::Bool,
            Self::Int(kind, _) => Ty::Int(*kind),
            Self::Uint(kind, _) => Ty::Uint(*kind),
            Self::Float(kind, _) => Ty::Float(*kind),
            Self::Complex(..) => Ty::Complex,
            Self::Str(_) => Ty::Str,
            Self::Bytes(_) => Ty::Bytes,
            Self::List(list) => list.ty(),
            Self::Map(map) => match map.ty() {
                MapType { name: Some(name), .. } => Ty::Named(name),
                MapType { elem, .. } => Ty::Map(elem),
            },
            Self::Object(object) => Ty::Named(object.type_name()),
        }
    }

    /// Go's truth: whether the value is not the zero or the empty one of its type.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Invalid | Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(_, number) => *number != 0,
            Self::Uint(_, number) => *number != 0,
            Self::Float(_, number) => *number != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => bytes.as_ref().is_some_and(|bytes| !bytes.is_empty()),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => match object.repr() {
                Repr::Value(value) => value.is_true(),
                Repr::Struct(_) | Repr::Opaque => true,
            },
        }
    }

    /// The value below a type of its own name: the list below a `chart.VersionSet`, the text below a `json.Number`.
    /// Everything else is itself.
    pub fn underlying(&self) -> Cow<'_, Value> {
        if let Self::Object(object) = self
            && let Repr::Value(value) = object.repr()
        {
            return Cow::Owned(value);
        }
        Cow::Borrowed(self)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::str(text)
    }
}

impl From<GoStr> for Value {
    fn from(text: GoStr) -> Self {
        Self::Str(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

#[cfg(test)]
mod tests;
