//! The pure core: one request in, one answer out, over a store.
//!
//! Nothing here waits, sleeps or does input and output. The answer names the revision that must be durable before it
//! may leave; a watch is answered with a plan that the front turns into a stream.

mod admission;
mod aggregated;
mod autoscaler;
mod body;
mod convert;
mod core;
mod crd;
mod custom;
mod decode;
mod definition;
mod delete;
mod discovery;
mod failure;
mod fields;
pub(crate) mod go;
mod gotime;
pub(crate) mod internal;
pub(crate) mod json;
mod lookup;
mod managed;
mod meta;
mod negotiate;
mod nesting;
mod openapi;
mod patch;
mod policy;
mod quota;
mod rbac;
mod read;
mod registry;
mod render;
mod request;
mod response;
mod reviews;
mod scale;
mod schema_fields;
mod selector;
mod subresource;
mod tokens;
mod types;
mod version_parts;
mod warn;
mod watch;
mod write;

pub(crate) use self::core::{Core, Settings};
pub(crate) use failure::Failure;
pub(crate) use meta::secret_uid;
pub(crate) use rbac::Wanted;
pub(crate) use registry::{Resource, Served};
pub(crate) use render::full;
pub(crate) use request::{ApiRequest, Query, decode_path};
pub(crate) use response::{ApiResponse, Payload};
pub(crate) use tokens::ISSUER as AUDIENCE;
pub(crate) use watch::{WatchPlan, WatchRead};
