//! Functions that templates call.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::{Error, Map, Scope, Ty, Value};

/// A function of a template language, as an entry of a static table.
///
/// The executor counts and converts the arguments before the call, with Go's words where they do not fit: `call` gets
/// exactly `params.len()` values of those types, then any number of `variadic` ones. A nothing for a [`Ty::Any`] is
/// [`Value::Nil`].
#[derive(Debug)]
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// Types of the fixed parameters.
    pub params: &'static [Ty],
    /// Type of each further argument, when there can be any.
    pub variadic: Option<Ty>,
    /// Does it. An error becomes `error calling NAME: …` at the place of the call.
    pub call: fn(&mut Scope<'_>, &[Value]) -> Result<Value, Error>,
}

/// A method of a map type with a name of its own, such as `common.Values`. It comes before a key of its name.
#[derive(Debug)]
pub struct MapMethod {
    /// The name.
    pub name: &'static str,
    /// Types of the fixed parameters, the receiver excluded.
    pub params: &'static [Ty],
    /// Type of each further argument, when there can be any.
    pub variadic: Option<Ty>,
    /// Does it.
    pub call: fn(&Map, &mut Scope<'_>, &[Value]) -> Result<Value, Error>,
}

/// Which functions templates know. Given when a template is compiled: an unknown name is an error then.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    by_name: HashMap<&'static str, &'static Function, BuildHasherDefault<NameHasher>>,
    methods: Vec<(&'static str, &'static [MapMethod])>,
}

/// FNV-1a. Nobody can choose the names in the table, only what is looked up in it.
#[derive(Clone, Copy, Debug)]
struct NameHasher(u64);

impl Default for NameHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Functions {
    /// None at all, not even the builtin ones.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a table. A name that is there already is replaced.
    #[must_use]
    pub fn with(mut self, table: &'static [Function]) -> Self {
        self.by_name
            .extend(table.iter().map(|function| (function.name, function)));
        self
    }

    /// Adds the methods of a map type, by the name of the type.
    #[must_use]
    pub fn with_methods(mut self, type_name: &'static str, table: &'static [MapMethod]) -> Self {
        self.methods.push((type_name, table));
        self
    }

    /// A method of a map type.
    pub fn method(&self, type_name: &str, name: &str) -> Option<&'static MapMethod> {
        let tables = self.methods.iter().filter(|(known, _)| *known == type_name);
        tables
            .flat_map(|(_, table)| *table)
            .find(|method| method.name == name)
    }

    /// The function of a name.
    pub fn get(&self, name: &str) -> Option<&'static Function> {
        self.by_name.get(name).copied()
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_name.keys().copied()
    }
}
