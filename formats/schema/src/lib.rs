//! What Kubernetes knows about the shape of its objects.
//!
//! Takes group, version and kind of a built-in kind, or the OpenAPI v3 schema of a custom resource; gives type navigation
//! ([`TypeRef`]: fields, list kinds, merge keys), discovery facts ([`KindFacts`]), and for custom resources pruning,
//! defaulting and validation ([`Structural`]). It deliberately does not evaluate CEL rules (they are kept and exposed), does
//! not default or validate built-in kinds, and never touches a cluster.
//!
//! ```
//! use flux_schema::{Facts, ListKind};
//! let deployment = Facts::builtin().kind("apps", "v1", "Deployment").ok_or("no such kind")?;
//! assert_eq!(deployment.plural, "deployments");
//! let ty = Facts::builtin().type_of("apps", "v1", "Deployment").ok_or("no such type")?;
//! let containers = ["spec", "template", "spec", "containers"].iter().fold(ty, |ty, field| ty.field(field).unwrap_or(ty));
//! assert_eq!(containers.list_kind(), ListKind::Map(&["name".to_string()]));
//! # Ok::<(), &str>(())
//! ```

mod builtin;
mod field_error;
mod structural;
mod type_ref;

pub use builtin::{BuiltinType, Facts, KindFacts, SubresourceFacts};
pub use field_error::{FieldError, FieldErrorKind};
pub use structural::{Additional, Checks, JsonType, ListType, Node, Rule, Structural};
pub use type_ref::{ListKind, MapKind, PatchStrategy, Shape, TypeRef};
