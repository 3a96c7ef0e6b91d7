//! OpenAPI documents for clients that validate and explain: one for each group and version in version 3, and one for
//! everything in version 2. They are made when they are asked for, since few ask.

mod document;
mod paths;
mod schemas;

pub(crate) use document::{document, index, v2};
