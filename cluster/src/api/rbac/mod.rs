//! Authorization by roles: who may do what, as the objects of `rbac.authorization.k8s.io` say.
//!
//! Members of `system:masters` may do everything. Everyone else may do what a rule of a role allows that a binding gives
//! them; there are no rules that take something away.

mod access;
mod escalate;
mod impersonate;
mod rule;
mod table;

pub(crate) use access::{Attributes, Decision, forbidden};
pub(crate) use impersonate::{Modes, Wanted};
pub(crate) use rule::Rule;
pub(crate) use table::Roles;
