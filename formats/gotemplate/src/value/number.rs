//! Kinds of numbers.

use super::Kind;

/// Which of Go's signed integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntKind {
    /// `int`, 64 bits.
    Int,
    /// `int8`.
    Int8,
    /// `int16`.
    Int16,
    /// `int32`, also a rune.
    Int32,
    /// `int64`.
    Int64,
}

/// Which of Go's unsigned integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UintKind {
    /// `uint`, 64 bits.
    Uint,
    /// `uint8`, also a byte.
    Uint8,
    /// `uint16`.
    Uint16,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
    /// `uintptr`.
    Uintptr,
}

/// Which of Go's floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatKind {
    /// `float32`.
    Float32,
    /// `float64`.
    Float64,
}

impl IntKind {
    /// Go's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Int => Kind::Int,
            Self::Int8 => Kind::Int8,
            Self::Int16 => Kind::Int16,
            Self::Int32 => Kind::Int32,
            Self::Int64 => Kind::Int64,
        }
    }

    /// Width in bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::Int8 => 8,
            Self::Int16 => 16,
            Self::Int32 => 32,
            Self::Int | Self::Int64 => 64,
        }
    }
}

impl UintKind {
    /// Go's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Uint => Kind::Uint,
            Self::Uint8 => Kind::Uint8,
            Self::Uint16 => Kind::Uint16,
            Self::Uint32 => Kind::Uint32,
            Self::Uint64 => Kind::Uint64,
            Self::Uintptr => Kind::Uintptr,
        }
    }

    /// Width in bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::Uint8 => 8,
            Self::Uint16 => 16,
            Self::Uint32 => 32,
            Self::Uint | Self::Uint64 | Self::Uintptr => 64,
        }
    }
}

impl FloatKind {
    /// Go's kind.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float32,
            Self::Float64 => Kind::Float64,
        }
    }
}
