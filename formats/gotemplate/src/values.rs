//! The methods of Helm's `common.Values`, the type of `.Values`.

use crate::strconv::quote;
use crate::{Error, Map, MapMethod, MapType, Scope, Ty, Value};

/// The name of the type.
pub(crate) const TYPE: &str = "common.Values";

/// `.Values.AsMap`, `.Values.Table "a.b"`, `.Values.PathValue "a.b"`, `.Values.YAML`.
pub(crate) static METHODS: [MapMethod; 4] = [
    MapMethod {
        name: "AsMap",
        params: &[],
        variadic: None,
        call: as_map,
    },
    MapMethod {
        name: "PathValue",
        params: &[Ty::Str],
        variadic: None,
        call: path_value,
    },
    MapMethod {
        name: "Table",
        params: &[Ty::Str],
        variadic: None,
        call: table,
    },
    MapMethod {
        name: "YAML",
        params: &[],
        variadic: None,
        call: yaml,
    },
];

fn as_map(map: &Map, _: &mut Scope<'_>, _: &[Value]) -> Result<Value, Error> {
    Ok(Value::Map(if map.is_empty() {
        Map::new()
    } else {
        map.converted(MapType::ANY)
    }))
}

fn yaml(map: &Map, scope: &mut Scope<'_>, _: &[Value]) -> Result<Value, Error> {
    let functions = scope.set().functions();
    let to_yaml = functions
        .get("toYaml")
        .ok_or_else(|| Error::new("toYaml is not defined"))?;
    let text = (to_yaml.call)(scope, &[Value::Map(map.clone())])?;
    let mut text = text
        .as_str()
        .map(|text| text.as_bytes().to_vec())
        .unwrap_or_default();
    text.push(b'\n');
    Ok(Value::str(text))
}

fn table(map: &Map, _: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    find_table(map, &path(args)).map(Value::Map)
}

fn path_value(map: &Map, _: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let path = path(args);
    if path == [""] {
        return Err(Error::new("YAML path cannot be empty"));
    }
    let (key, tables) = path
        .split_last()
        .map_or(("", [].as_slice()), |(key, tables)| (key.as_str(), tables));
    let missing = || Error::new(format!("{} is not a value", quoted(key)));
    let map = find_table(map, tables).map_err(|_| missing())?;
    match map.get(key) {
        Some(Value::Map(map)) if map.ty().name.is_none() => Err(missing()),
        Some(value) => Ok(value),
        None => Err(missing()),
    }
}

fn path(args: &[Value]) -> Vec<String> {
    let path = args
        .first()
        .and_then(Value::as_str)
        .map(ToString::to_string)
        .unwrap_or_default();
    path.split('.').map(str::to_owned).collect()
}

fn find_table(map: &Map, path: &[String]) -> Result<Map, Error> {
    path.iter().try_fold(map.clone(), |map, key| match map.get(key) {
        Some(Value::Map(below)) => Ok(below.converted(map.ty())),
        _ => Err(Error::new(format!("{} is not a table", quoted(key)))),
    })
}

fn quoted(key: &str) -> String {
    let mut out = Vec::new();
    quote(&mut out, key.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}
