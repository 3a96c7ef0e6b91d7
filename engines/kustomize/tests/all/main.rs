//! The engine from outside: trees of files in, YAML or an error out.

mod cases;
mod conformance;
mod files;
mod limits;
mod remote;
