//! Types and kinds.

use std::borrow::Cow;
use std::fmt;

use super::{FloatKind, IntKind, UintKind};

/// A Go type, of a parameter or of the elements of a list or map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// `interface {}`.
    Any,
    /// `reflect.Value`: the value as it is, [`super::Value::Invalid`] included. For builtin functions.
    Reflect,
    /// `bool`.
    Bool,
    /// A signed integer.
    Int(IntKind),
    /// An unsigned integer.
    Uint(UintKind),
    /// A float.
    Float(FloatKind),
    /// `complex128`.
    Complex,
    /// `string`.
    Str,
    /// `[]uint8`.
    Bytes,
    /// A slice of something.
    List(&'static Ty),
    /// A map from strings to something.
    Map(&'static Ty),
    /// A type by its name, with its package: `time.Time`, `common.Values`.
    Named(&'static str),
}

/// Go's kinds of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Go's")]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex128,
    Array,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
}

impl Ty {
    /// Go's `int`.
    pub const INT: Self = Self::Int(IntKind::Int);
    /// Go's `int64`.
    pub const INT64: Self = Self::Int(IntKind::Int64);
    /// Go's `float64`.
    pub const FLOAT64: Self = Self::Float(FloatKind::Float64);
    /// `[]interface {}`.
    pub const LIST: Self = Self::List(&Ty::Any);
    /// `[]string`.
    pub const STRINGS: Self = Self::List(&Ty::Str);
    /// `map[string]interface {}`.
    pub const MAP: Self = Self::Map(&Ty::Any);

    /// Go's name of the type.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Complex => "complex128",
            Self::Bytes => "[]uint8",
            Self::List(Ty::Any) => "[]interface {}",
            Self::List(Ty::Str) => "[]string",
            Self::List(elem) => return Cow::Owned(format!("[]{}", elem.name())),
            Self::Map(Ty::Any) => "map[string]interface {}",
            Self::Map(elem) => return Cow::Owned(format!("map[string]{}", elem.name())),
            Self::Named(name) => name,
            Self::Bool => "bool",
            Self::Str => "string",
            Self::Int(kind) => kind.kind().name(),
            Self::Uint(kind) => kind.kind().name(),
            Self::Float(kind) => kind.kind().name(),
        })
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl From<Ty> for &'static Ty {
    /// For the element types that occur without a static of their own; anything else goes by reference.
    fn from(ty: Ty) -> Self {
        match ty {
            Ty::Str => &Ty::Str,
            Ty::Bool => &Ty::Bool,
            Ty::Bytes => &Ty::Bytes,
            Ty::INT => &Ty::INT,
            Ty::INT64 => &Ty::INT64,
            Ty::FLOAT64 => &Ty::FLOAT64,
            Ty::Int(IntKind::Int32) => &Ty::Int(IntKind::Int32),
            Ty::Uint(UintKind::Uint8) => &Ty::Uint(UintKind::Uint8),
            Ty::Map(Ty::Any) => &Ty::MAP,
            Ty::List(Ty::Str) => &Ty::STRINGS,
            Ty::List(Ty::Any) => &Ty::LIST,
            _ => &Ty::Any,
        }
    }
}

impl Kind {
    /// Go's name: `ptr` for a pointer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::Array => "array",
            Self::Func => "func",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Slice => "slice",
            Self::String => "string",
            Self::Struct => "struct",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
