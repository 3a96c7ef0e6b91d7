//! Go's `text/template`: compiled once, executed on Go's dynamic values.
//!
//! Takes texts of templates and a table of functions (Go's own, or all of Helm's with [`Functions::helm`]) and gives a
//! [`TemplateSet`], which is immutable and shared between threads; a [`Scope`] executes its templates on a [`Value`] and
//! gives bytes. Values, printing, comparison and errors are Go's to the byte, with the option `missingkey`. It deliberately
//! has no clock, no randomness, no cluster: what functions need of the world they ask of a [`Host`]. It does not know
//! charts; Helm's engine is `flux-helm`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use flux_gotemplate::{Functions, NoHost, Options, Scope, TemplateSet, Value};
//!
//! let mut set = TemplateSet::new("gotpl", Functions::builtin());
//! set.parse("hello", "{{ range .names }}Hello, {{ . | printf \"%q\" }}!{{ end }}")?;
//!
//! let mut scope = Scope::new(Arc::new(set), &NoHost, Options::default());
//! let data = Value::map([("names", Value::strings(["Ann", "Bob"]))]);
//! assert_eq!(scope.execute("hello", data)?, r#"Hello, "Ann"!Hello, "Bob"!"#);
//! # Ok::<(), flux_gotemplate::Error>(())
//! ```

mod builtins;
mod error;
mod exec;
pub mod fmt;
mod function;
mod functions;
mod host;
mod limits;
mod parse;
mod set;
mod stack;
pub mod strconv;
mod value;
mod values;

pub use error::{Error, ErrorKind};
pub use exec::{Options, Scope};
pub use function::{Function, Functions, MapMethod};
pub use host::{Host, KeyKind, NoHost};
pub use limits::Limits;
pub use set::{Compiled, MissingKey, TemplateSet, Unnamed};
pub use value::{
    FloatKind, GoStr, IntKind, Kind, List, Map, MapType, Method, Mutated, Object, Repr, Runes, Ty, UintKind,
    Value,
};
