//! Values of Go types of their own: times, versions, certificates.

mod certificate;
mod semver;
mod time;

pub(crate) use certificate::{CERTIFICATE, CertificateObject};
pub(crate) use semver::{VersionObject, version_value};
pub(crate) use time::{DurationObject, TIME, TimeObject, duration_value, of_value, time_value};

use super::time as clock;
use crate::{GoStr, Object, Scope, Value};

/// How a value of its own type goes into JSON and YAML.
pub(crate) enum JsonForm {
    /// As a text: it has a `MarshalText` or `MarshalJSON`.
    Text(GoStr),
    /// As another value.
    Value(Value),
    /// By what it is made of.
    Own,
}

/// Which form.
pub(crate) fn json_form(object: &dyn Object) -> JsonForm {
    let any = object.as_any();
    if let Some(time) = any.downcast_ref::<TimeObject>() {
        return JsonForm::Text(time.0.format(clock::RFC3339_NANO).into());
    }
    if let Some(version) = any.downcast_ref::<VersionObject>() {
        return JsonForm::Text(version.version().to_string().into());
    }
    if let Some(duration) = any.downcast_ref::<DurationObject>() {
        return JsonForm::Value(Value::int64(duration.0));
    }
    JsonForm::Own
}

/// The machine's own time zone.
pub(crate) fn local_zone(scope: &Scope<'_>) -> clock::zone::Zone {
    clock::zone::Zone::local(&scope.host().local_zone())
}
