//! The engine from outside: trees of files in, YAML or an error out.

mod cases;
mod conformance;
mod explain;
mod files;
mod helm;
mod hostile;
mod limits;
mod remote;
