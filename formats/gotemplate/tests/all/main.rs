//! The language, held to what Go prints.

#![expect(clippy::unwrap_used, reason = "tests")]

mod charts;
mod differential;
mod errors;
mod helper;
mod language;
mod limits;
mod printing;
mod properties;
mod random;
