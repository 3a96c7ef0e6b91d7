//! `*semver.Version` as a value.

use std::any::Any;

use flux_semver::Version;

use super::time::of_value;
use crate::{Error, GoStr, Kind, Method, Object, Repr, Scope, Ty, UintKind, Value};

/// `*semver.Version`, or `semver.Version` when it is the result of raising one.
#[derive(Clone, Debug)]
pub(crate) struct VersionObject {
    version: Version,
    pointer: bool,
}

const POINTER: &str = "*semver.Version";

pub(crate) fn version_value(version: Version) -> Value {
    Value::object(VersionObject {
        version,
        pointer: true,
    })
}

impl VersionObject {
    pub(crate) fn version(&self) -> &Version {
        &self.version
    }
}

impl Object for VersionObject {
    fn type_name(&self) -> &'static str {
        if self.pointer { POINTER } else { "semver.Version" }
    }

    fn kind(&self) -> Kind {
        if self.pointer { Kind::Pointer } else { Kind::Struct }
    }

    fn repr(&self) -> Repr {
        Repr::Opaque
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        METHODS.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<GoStr> {
        Some(GoStr::from(self.version.to_string()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn this(object: &dyn Object) -> Result<&Version, Error> {
    let version = object.as_any().downcast_ref::<VersionObject>();
    version
        .map(|object| &object.version)
        .ok_or_else(|| Error::new("not a version"))
}

fn other(args: &[Value]) -> Result<&Version, Error> {
    let version = args.first().and_then(of_value::<VersionObject>);
    version
        .map(|object| &object.version)
        .ok_or_else(|| Error::new("not a version"))
}

fn text(args: &[Value]) -> String {
    args[0]
        .as_str()
        .map(|text| text.to_text().into_owned())
        .unwrap_or_default()
}

/// A version that a method made: no pointer.
fn raised(numbers: [u64; 3]) -> Result<Value, Error> {
    let [major, minor, patch] = numbers;
    made(&format!("{major}.{minor}.{patch}"))
}

fn made(text: &str) -> Result<Value, Error> {
    let version = Version::parse(text).map_err(|error| Error::new(error.to_string()))?;
    Ok(Value::object(VersionObject {
        version,
        pointer: false,
    }))
}

type Call = fn(&dyn Object, &mut Scope<'_>, &[Value]) -> Result<Value, Error>;

const fn method(name: &'static str, params: &'static [Ty], call: Call) -> Method {
    Method {
        name,
        params,
        variadic: None,
        call,
    }
}

const ONE: &[Ty] = &[Ty::Named(POINTER)];

fn uint(number: u64) -> Value {
    Value::Uint(UintKind::Uint64, number)
}

static METHODS: [Method; 19] = [
    method("Major", &[], |object, _, _| Ok(uint(this(object)?.major()))),
    method("Minor", &[], |object, _, _| Ok(uint(this(object)?.minor()))),
    method("Patch", &[], |object, _, _| Ok(uint(this(object)?.patch()))),
    method("Prerelease", &[], |object, _, _| {
        Ok(this(object)?.prerelease().into())
    }),
    method("Metadata", &[], |object, _, _| {
        Ok(this(object)?.metadata().into())
    }),
    method("Original", &[], |object, _, _| {
        Ok(this(object)?.original().into())
    }),
    method("String", &[], |object, _, _| Ok(this(object)?.to_string().into())),
    method("Compare", ONE, |object, _, args| {
        Ok(Value::int(this(object)?.cmp(other(args)?) as i64))
    }),
    method("LessThan", ONE, |object, _, args| {
        Ok((this(object)? < other(args)?).into())
    }),
    method("LessThanEqual", ONE, |object, _, args| {
        Ok((this(object)? <= other(args)?).into())
    }),
    method("GreaterThan", ONE, |object, _, args| {
        Ok((this(object)? > other(args)?).into())
    }),
    method("GreaterThanEqual", ONE, |object, _, args| {
        Ok((this(object)? >= other(args)?).into())
    }),
    method("Equal", ONE, |object, _, args| {
        Ok((this(object)? == other(args)?).into())
    }),
    method("IncMajor", &[], |object, _, _| {
        raised([this(object)?.major() + 1, 0, 0])
    }),
    method("IncMinor", &[], |object, _, _| {
        let version = this(object)?;
        raised([version.major(), version.minor() + 1, 0])
    }),
    method("IncPatch", &[], |object, _, _| {
        let version = this(object)?;
        // Leaving a prerelease is step enough.
        let step = u64::from(version.prerelease().is_empty());
        raised([version.major(), version.minor(), version.patch() + step])
    }),
    method("SetPrerelease", &[Ty::Str], |object, _, args| {
        let version = this(object)?;
        let pre = text(args);
        if !pre.is_empty() {
            Version::parse(&format!("0.0.0-{pre}")).map_err(|_| Error::new("invalid prerelease string"))?;
        }
        made(&assemble(version, &pre, version.metadata()))
    }),
    method("SetMetadata", &[Ty::Str], |object, _, args| {
        let version = this(object)?;
        let metadata = text(args);
        if !metadata.is_empty() {
            Version::parse(&format!("0.0.0+{metadata}"))
                .map_err(|_| Error::new("invalid metadata string"))?;
        }
        made(&assemble(version, version.prerelease(), &metadata))
    }),
    method("MarshalText", &[], |object, _, _| {
        Ok(Value::bytes(this(object)?.to_string().into_bytes()))
    }),
];

fn assemble(version: &Version, prerelease: &str, metadata: &str) -> String {
    let mut text = format!("{}.{}.{}", version.major(), version.minor(), version.patch());
    if !prerelease.is_empty() {
        text = format!("{text}-{prerelease}");
    }
    if metadata.is_empty() {
        text
    } else {
        format!("{text}+{metadata}")
    }
}
