//! Go's `text/template`: compiled once, executed on Go's dynamic values.
//!
//! Takes texts of templates and a table of functions and gives a [`TemplateSet`], which is immutable and shared between
//! threads; a [`Scope`] executes its templates on a [`Value`] and gives bytes. Values, printing, comparison and errors are
//! Go's to the byte, with the option `missingkey`. It deliberately has no clock, no randomness, no cluster: what
//! functions need of the world they ask of a [`Host`]. It does not know charts; Helm's engine is `flux-helm`.
//!
//! ```
//! use flux_gotemplate::{Map, Value};
//!
//! let values = Map::from_entries([("name", Value::from("web"))]);
//! values.insert("replicas", Value::int64(3));
//! assert_eq!(Value::Map(values).type_name(), "map[string]interface {}");
//! ```

mod error;
mod function;
mod host;
mod limits;
mod scope;
mod set;
mod value;

pub use error::{Error, ErrorKind};
pub use function::{Function, Functions};
pub use host::{Host, KeyKind, NoHost};
pub use limits::Limits;
pub use scope::{Options, Scope};
pub use set::{MissingKey, TemplateSet};
pub use value::{
    FloatKind, GoStr, IntKind, Kind, List, Map, MapType, Method, Mutated, Object, Repr, Runes, Ty, UintKind,
    Value,
};
