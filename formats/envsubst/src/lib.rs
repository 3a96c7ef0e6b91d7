//! Variables in text, as Flux replaces them after a build.
//!
//! Takes a text with `${name}` expressions and a lookup, and gives the text with the expressions replaced. The operators
//! are those of Flux's envsubst (a subset of a shell's: defaults, length, case, substrings, pattern trimming,
//! replacement), with its deviations from a shell; see [`substitute`]. It deliberately does not read the environment,
//! run commands, or know `$name` without braces, which stays as it is.
//!
//! ```
//! use flux_envsubst::{Limits, Mode, substitute};
//!
//! let lookup = |name: &str| (name == "region").then_some("eu-west-1");
//! let text = "region: ${region}, zone: ${zone:-${region}a}, kept: $${region} $region";
//! assert_eq!(
//!     substitute(text, &lookup, Mode::Strict, &Limits::default())?,
//!     "region: eu-west-1, zone: eu-west-1a, kept: ${region} $region",
//! );
//! # Ok::<(), flux_envsubst::Error>(())
//! ```

mod error;
mod eval;
mod glob;
mod operators;

pub use error::{Error, ErrorKind};
pub use eval::{Limits, Mode, is_valid_name, substitute};

#[cfg(test)]
mod tests;
