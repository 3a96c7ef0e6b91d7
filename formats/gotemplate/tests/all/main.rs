//! The language, held to what Go prints.

mod errors;
mod helper;
mod language;
mod limits;
mod printing;
