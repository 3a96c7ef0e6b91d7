//! What templates find under `.Files` and `.Capabilities`.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flux_gotemplate::{Error, GoStr, Kind, List, Map, MapType, Method, Object, Repr, Scope, Ty, Value};

use crate::capabilities::{Capabilities, HELM_BUILD, KubeVersion};
use crate::render::glob::Glob;

/// `.Files`: Helm's `engine.files`, a map from names to bytes with methods.
#[derive(Clone, Debug)]
pub(super) struct Files(Rc<BTreeMap<String, Bytes>>);

impl Files {
    pub(super) fn new<'f>(files: impl Iterator<Item = &'f crate::chart::File>) -> Self {
        Files(Rc::new(
            files.map(|file| (file.name.clone(), file.data.clone())).collect(),
        ))
    }

    fn of(object: &dyn Object) -> &Files {
        object
            .as_any()
            .downcast_ref::<Files>()
            .expect("methods of Files are called on Files only")
    }

    fn bytes(&self, name: &GoStr) -> &[u8] {
        name.as_str()
            .and_then(|name| self.0.get(name))
            .map_or(&[], |data| data)
    }

    /// The files by their last name, written as YAML.
    fn flattened(&self, scope: &mut Scope<'_>, convert: impl Fn(&[u8]) -> GoStr) -> Result<Value, Error> {
        let by_name = |(name, data): (&String, &Bytes)| {
            let name = name.rsplit('/').next().unwrap_or(name);
            (GoStr::from(name), Value::Str(convert(data)))
        };
        let entries = self.0.iter().map(by_name).collect();
        let map = Value::Map(Map::with_type(MapType::STRINGS, entries));
        let to_yaml = scope.set().functions().get("toYaml");
        match to_yaml {
            Some(to_yaml) => (to_yaml.call)(scope, &[map]),
            None => Ok(Value::from("")),
        }
    }
}

const BYTES: &MapType = &MapType {
    elem: &Ty::Bytes,
    name: None,
};

static FILES_METHODS: &[Method] = &[
    Method {
        name: "Get",
        params: &[Ty::Str],
        variadic: None,
        call: |files, _, arguments| {
            let name = arguments
                .first()
                .and_then(Value::as_str)
                .cloned()
                .unwrap_or_default();
            Ok(Value::Str(GoStr::from(Files::of(files).bytes(&name))))
        },
    },
    Method {
        name: "GetBytes",
        params: &[Ty::Str],
        variadic: None,
        call: |files, _, arguments| {
            let name = arguments
                .first()
                .and_then(Value::as_str)
                .cloned()
                .unwrap_or_default();
            Ok(Value::bytes(Files::of(files).bytes(&name)))
        },
    },
    Method {
        name: "Glob",
        params: &[Ty::Str],
        variadic: None,
        call: |files, _, arguments| {
            let pattern = arguments
                .first()
                .and_then(Value::as_str)
                .cloned()
                .unwrap_or_default();
            let glob = Glob::new(&pattern.to_text());
            let files = Files::of(files).0.iter();
            let found = files.filter(|(name, _)| glob.matches(name));
            let found = found.map(|(name, data)| (name.clone(), data.clone())).collect();
            Ok(Value::object(Files(Rc::new(found))))
        },
    },
    Method {
        name: "AsConfig",
        params: &[],
        variadic: None,
        call: |files, scope, _| Files::of(files).flattened(scope, |data| GoStr::from(data)),
    },
    Method {
        name: "AsSecrets",
        params: &[],
        variadic: None,
        call: |files, scope, _| Files::of(files).flattened(scope, |data| STANDARD.encode(data).into()),
    },
    Method {
        name: "Lines",
        params: &[Ty::Str],
        variadic: None,
        call: |files, _, arguments| {
            let name = arguments
                .first()
                .and_then(Value::as_str)
                .cloned()
                .unwrap_or_default();
            let data = Files::of(files).bytes(&name);
            if data.is_empty() {
                return Ok(Value::strings(std::iter::empty::<GoStr>()));
            }
            let data = data.strip_suffix(b"\n").unwrap_or(data);
            Ok(Value::strings(data.split(|byte| *byte == b'\n').map(GoStr::from)))
        },
    },
];

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn repr(&self) -> Repr {
        let entry = |(name, data): (&String, &Bytes)| (GoStr::from(name.as_str()), Value::bytes(&**data));
        Repr::Value(Value::Map(Map::with_type(
            BYTES,
            self.0.iter().map(entry).collect(),
        )))
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        FILES_METHODS.iter().find(|method| method.name == name)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities`: a pointer to a struct.
#[derive(Clone, Debug)]
pub(super) struct CapabilitiesObject(pub(super) Rc<Capabilities>);

impl Object for CapabilitiesObject {
    fn type_name(&self) -> &'static str {
        "*common.Capabilities"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn repr(&self) -> Repr {
        Repr::Struct(
            ["KubeVersion", "APIVersions", "HelmVersion"]
                .into_iter()
                .filter_map(|name| Some((name, self.field(name)?)))
                .collect(),
        )
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "KubeVersion" => Value::object(KubeVersionObject(self.0.kube_version.clone())),
            "APIVersions" => Value::object(VersionSet(self.0.clone())),
            "HelmVersion" => Value::object(HelmVersion),
            _ => return None,
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.KubeVersion`; prints as its numbers.
#[derive(Clone, Debug)]
struct KubeVersionObject(KubeVersion);

impl Object for KubeVersionObject {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn repr(&self) -> Repr {
        Repr::Struct(vec![
            ("Version", Value::from(&*self.0.version)),
            ("normalizedVersion", Value::from(&*self.0.normalized)),
            ("Major", Value::from(&*self.0.major)),
            ("Minor", Value::from(&*self.0.minor)),
        ])
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::from(match name {
            "Version" => &*self.0.version,
            "Major" => &*self.0.major,
            "Minor" => &*self.0.minor,
            _ => return None,
        }))
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        static METHODS: &[Method] = &[
            Method {
                name: "GitVersion",
                params: &[],
                variadic: None,
                call: |version, _, _| Ok(version.field("Version").unwrap_or_default()),
            },
            Method {
                name: "String",
                params: &[],
                variadic: None,
                call: |version, _, _| Ok(version.text().map_or_else(Value::default, Value::Str)),
            },
        ];
        METHODS.iter().find(|method| method.name == name)
    }

    fn text(&self) -> Option<GoStr> {
        Some(GoStr::from(&*self.0.normalized))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.APIVersions`: a list with a method.
#[derive(Clone, Debug)]
struct VersionSet(Rc<Capabilities>);

impl Object for VersionSet {
    fn type_name(&self) -> &'static str {
        "common.VersionSet"
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn repr(&self) -> Repr {
        let versions = self.0.api_versions.iter();
        let versions = versions.map(|version| Value::from(version.as_str())).collect();
        Repr::Value(Value::List(List::of(Ty::Str, versions)))
    }

    fn method(&self, name: &str) -> Option<&'static Method> {
        static HAS: Method = Method {
            name: "Has",
            params: &[Ty::Str],
            variadic: None,
            call: |set, _, arguments| {
                let wanted = arguments.first().and_then(Value::as_str);
                let set = set.as_any().downcast_ref::<VersionSet>();
                let found = set.zip(wanted).is_some_and(|(set, wanted)| {
                    let mut versions = set.0.api_versions.iter();
                    versions.any(|version| version.as_bytes() == wanted.as_bytes())
                });
                Ok(Value::Bool(found))
            },
        };
        (name == "Has").then_some(&HAS)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.HelmVersion`.
#[derive(Clone, Copy, Debug)]
struct HelmVersion;

const HELM_FIELDS: [&str; 5] = [
    "Version",
    "GitCommit",
    "GitTreeState",
    "GoVersion",
    "KubeClientVersion",
];

const HELM_JSON_NAMES: [&str; 5] = [
    "version",
    "git_commit",
    "git_tree_state",
    "go_version",
    "kube_client_version",
];

impl Object for HelmVersion {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn repr(&self) -> Repr {
        let fields = HELM_FIELDS.into_iter().zip(HELM_BUILD);
        Repr::Struct(fields.map(|(name, value)| (name, Value::from(value))).collect())
    }

    fn field(&self, name: &str) -> Option<Value> {
        let at = HELM_FIELDS.iter().position(|field| *field == name)?;
        Some(Value::from(HELM_BUILD[at]))
    }

    fn json_name(&self, field: &'static str) -> &'static str {
        let at = HELM_FIELDS.iter().position(|name| *name == field);
        at.map_or(field, |at| HELM_JSON_NAMES[at])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
