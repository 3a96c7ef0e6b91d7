//! CEL expressions as Kubernetes evaluates them.
//!
//! Takes the text of an expression and JSON values for its variables ([`Program`]), or a structural schema with rules and an
//! object ([`Rules`]); gives the value, or the errors of the rules that fail, in the API server's words. The language is
//! the `cel` crate's; Kubernetes' function libraries (lists, regular expressions, sets, quantities) are added here. It
//! deliberately does no type checking beyond what it needs for messages and for the costs of rules.
//!
//! ```
//! use flux_cel::Program;
//! use serde_json::json;
//! let program = Program::compile("self.replicas > 1 && self.names.all(n, n.startsWith('a'))")?;
//! let object = json!({"replicas": 2, "names": ["a", "ab"]});
//! assert_eq!(program.eval(&[("self", &object)])?, json!(true));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cost;
mod functions;
mod program;
mod quantity;
mod rules;
mod scope;
mod typed;

pub use program::{CompileError, EvalError, Program};
pub use rules::{Outcome, Rules, check};
pub use scope::{Evaluated, Scope};
