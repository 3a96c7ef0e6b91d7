//! Values of types of their own.

use std::any::Any;
use std::fmt;

use super::{GoStr, Kind, Ty, Value};
use crate::{Error, Scope};

/// A value of a type with its own name, fields or methods: a `*semver.Version`, a `time.Time`, `.Files`.
pub trait Object: Any + fmt::Debug {
    /// Go's name of the type, as `%T` prints it, `*` of a pointer included.
    fn type_name(&self) -> &'static str;

    /// Go's kind of the type.
    fn kind(&self) -> Kind;

    /// What lies below the name.
    fn repr(&self) -> Repr;

    /// An exported field of a struct.
    fn field(&self, name: &str) -> Option<Value> {
        let _ = name;
        None
    }

    /// The name of an exported field in JSON: its `json` tag.
    fn json_name(&self, field: &'static str) -> &'static str {
        field
    }

    /// A method.
    fn method(&self, name: &str) -> Option<&'static Method> {
        let _ = name;
        None
    }

    /// The text of its `Error()` or `String()`, which `%v`, `%s` and templates print in place of the value.
    fn text(&self) -> Option<GoStr> {
        None
    }

    /// Go's `==` between two values of this type; `None` where they cannot be compared.
    fn equal(&self, other: &Value) -> Option<bool> {
        let _ = other;
        None
    }

    /// To find the Rust type again. Always `self`.
    fn as_any(&self) -> &dyn Any;
}

/// What a value of its own type is made of.
#[derive(Clone, Debug)]
pub enum Repr {
    /// A list, map, number or text with another name (or with methods): it ranges, indexes, prints and counts as this.
    Value(Value),
    /// A struct, or a pointer to one: its fields in order, those that are not exported included, as `%v` prints them.
    Struct(Vec<(&'static str, Value)>),
    /// Nothing that a template could look into.
    Opaque,
}

/// A method of an [`Object`]. Arguments are checked and converted before the call, as with a [`crate::Function`].
#[derive(Debug)]
pub struct Method {
    /// The name.
    pub name: &'static str,
    /// Types of the fixed parameters, the receiver excluded.
    pub params: &'static [Ty],
    /// Type of each further argument, when there can be any.
    pub variadic: Option<Ty>,
    /// Does it.
    pub call: fn(&dyn Object, &mut Scope<'_>, &[Value]) -> Result<Value, Error>,
}
