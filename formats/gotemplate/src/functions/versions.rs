//! Functions on semantic versions.

use flux_semver::{Constraint, Version};

use super::convert::text;
use super::objects::version_value;
use super::table::function;
use crate::{Error, Function, Scope, Ty, Value};

fn parse(value: &Value) -> Result<Version, Error> {
    Version::parse(&text(value).to_text()).map_err(|error| Error::new(error.to_string()))
}

fn semver(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    parse(&args[0]).map(version_value)
}

fn semver_compare(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let constraint =
        Constraint::parse(&text(&args[0]).to_text()).map_err(|error| Error::new(error.to_string()))?;
    Ok(Value::Bool(constraint.matches(&parse(&args[1])?)))
}

pub(super) static TABLE: &[Function] = &[
    function("semver", &[Ty::Str], semver),
    function("semverCompare", &[Ty::Str, Ty::Str], semver_compare),
];
