//! Entries of the table of functions.

use crate::{Error, Function, Scope, Ty, Value};

/// What does it.
pub(super) type Call = fn(&mut Scope<'_>, &[Value]) -> Result<Value, Error>;

/// A function with so many parameters.
pub(super) const fn function(name: &'static str, params: &'static [Ty], call: Call) -> Function {
    Function {
        name,
        params,
        variadic: None,
        call,
    }
}

/// A function with any number of further arguments.
pub(super) const fn variadic(name: &'static str, params: &'static [Ty], more: Ty, call: Call) -> Function {
    Function {
        name,
        params,
        variadic: Some(more),
        call,
    }
}
