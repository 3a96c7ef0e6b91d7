//! The functions that Helm adds to sprig, or has in place of sprig's.

use super::convert::{claim, text, weight};
use super::json::{self, Style, Wanted};
use super::objects::local_zone;
use super::table::{Call, function};
use super::toml;
use super::yaml;
use crate::{Error, Function, GoStr, Scope, Ty, Value};

/// What a text of a value will take counts before it is made.
fn charge(scope: &mut Scope<'_>, value: &Value) -> Result<(), Error> {
    let limit = scope.options().limits.output;
    claim(scope, weight(value, limit))
}

fn without_newline(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

fn to_yaml(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    charge(scope, &args[0])?;
    Ok(yaml::write(&args[0])
        .map(without_newline)
        .unwrap_or_default()
        .into())
}

fn must_to_yaml(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    charge(scope, &args[0])?;
    yaml::write(&args[0])
        .map(|text| without_newline(text).into())
        .map_err(Error::new)
}

fn to_yaml_pretty(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    charge(scope, &args[0])?;
    Ok(yaml::write_pretty(&args[0])
        .map(without_newline)
        .unwrap_or_default()
        .into())
}

/// A map whose key `Error` says what is wrong.
fn error_map(error: String) -> Value {
    Value::map([("Error", Value::str(error))])
}

fn error_list(error: String) -> Value {
    Value::list(vec![Value::str(error)])
}

fn from_yaml(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let read = yaml::read(&text(&args[0]).to_text(), Wanted::Object);
    Ok(read.map_or_else(error_map, |value| {
        value.unwrap_or_else(|| Value::Map(crate::Map::new()))
    }))
}

fn from_yaml_array(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let read = yaml::read(&text(&args[0]).to_text(), Wanted::Array);
    Ok(read.map_or_else(error_list, |value| {
        value.unwrap_or_else(|| Value::list(Vec::new()))
    }))
}

fn json_text(scope: &mut Scope<'_>, args: &[Value], style: Style, must: bool) -> Result<Value, Error> {
    charge(scope, &args[0])?;
    match json::write(&args[0], style) {
        Ok(text) => Ok(text.into()),
        Err(error) if must => Err(Error::new(error)),
        Err(_) => Ok(Value::str("")),
    }
}

const HTML: Style = Style {
    html: true,
    pretty: false,
};
const PRETTY: Style = Style {
    html: true,
    pretty: true,
};
const RAW: Style = Style {
    html: false,
    pretty: false,
};

fn from_json(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(match json::read(text(&args[0]).as_bytes(), Wanted::Object) {
        Ok(Value::Nil) => Value::Map(crate::Map::nil(crate::MapType::ANY)),
        Ok(value) => value,
        Err(json::Fault {
            text,
            read: Some(Value::Map(map)),
        }) => {
            map.insert("Error", Value::str(text));
            Value::Map(map)
        }
        Err(fault) => error_map(fault.text),
    })
}

fn from_json_array(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(match json::read(text(&args[0]).as_bytes(), Wanted::Array) {
        Ok(Value::Nil) => Value::List(crate::List::nil(Ty::Any)),
        Ok(value) => value,
        Err(fault) => error_list(fault.text),
    })
}

fn must_from_json(_: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    json::read(text(&args[0]).as_bytes(), Wanted::Anything).map_err(|fault| Error::new(fault.text))
}

fn to_toml(scope: &mut Scope<'_>, args: &[Value], must: bool) -> Result<Value, Error> {
    charge(scope, &args[0])?;
    match toml::write(&args[0]) {
        Ok(text) => Ok(text.into()),
        Err(toml::Fault::Encoding(error)) if !must => Ok(Value::str(error)),
        Err(toml::Fault::Encoding(error)) => Err(Error::new(error)),
        Err(toml::Fault::Panic(error)) => Err(error),
    }
}

fn from_toml(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let local = local_zone(scope);
    Ok(toml::read(&text(&args[0]).to_text(), &local).unwrap_or_else(error_map))
}

fn include(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let name = text(&args[0]).to_text();
    scope.include(&name, args[1].clone()).map(Value::Str)
}

fn tpl(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    scope.tpl(text(&args[0]), args[1].clone()).map(Value::Str)
}

/// Helm puts these marks around the text; what reports the error finds it by them, however deeply it is wrapped.
fn stop(message: &GoStr) -> Error {
    Error::new(format!("HELM_ERR_START{}HELM_ERR_END", message.to_text()))
}

fn required(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let value = &args[1];
    let missing = value.is_nothing() || matches!(value, Value::Str(text) if text.is_empty());
    if !missing {
        return Ok(value.clone());
    }
    if scope.options().lint {
        return Ok(Value::str(""));
    }
    Err(stop(text(&args[0])))
}

fn fail(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    if scope.options().lint {
        return Ok(Value::str(""));
    }
    Err(stop(text(&args[0])))
}

fn lookup(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    let [api_version, kind, namespace, name] = [0, 1, 2, 3].map(|index| text(&args[index]).to_text());
    scope.host().lookup(&api_version, &kind, &namespace, &name)
}

fn host_by_name(scope: &mut Scope<'_>, args: &[Value]) -> Result<Value, Error> {
    Ok(Value::str(scope.host().host_by_name(&text(&args[0]).to_text())))
}

const ONE: &[Ty] = &[Ty::Any];
const TEXT: &[Ty] = &[Ty::Str];
const NAMED: &[Ty] = &[Ty::Str, Ty::Any];

const RAW_JSON: Call = |scope, args| json_text(scope, args, RAW, true);

pub(super) static TABLE: &[Function] = &[
    function("toYaml", ONE, to_yaml),
    function("mustToYaml", ONE, must_to_yaml),
    function("toYamlPretty", ONE, to_yaml_pretty),
    function("fromYaml", TEXT, from_yaml),
    function("fromYamlArray", TEXT, from_yaml_array),
    function("toJson", ONE, |scope, args| json_text(scope, args, HTML, false)),
    function("mustToJson", ONE, |scope, args| {
        json_text(scope, args, HTML, true)
    }),
    function("toPrettyJson", ONE, |scope, args| {
        json_text(scope, args, PRETTY, false)
    }),
    function("mustToPrettyJson", ONE, |scope, args| {
        json_text(scope, args, PRETTY, true)
    }),
    function("toRawJson", ONE, RAW_JSON),
    function("mustToRawJson", ONE, RAW_JSON),
    function("fromJson", TEXT, from_json),
    function("fromJsonArray", TEXT, from_json_array),
    function("mustFromJson", TEXT, must_from_json),
    function("toToml", ONE, |scope, args| to_toml(scope, args, false)),
    function("mustToToml", ONE, |scope, args| to_toml(scope, args, true)),
    function("fromToml", TEXT, from_toml),
    function("include", NAMED, include),
    function("tpl", NAMED, tpl),
    function("required", NAMED, required),
    function("fail", TEXT, fail),
    function("lookup", &[Ty::Str, Ty::Str, Ty::Str, Ty::Str], lookup),
    function("getHostByName", TEXT, host_by_name),
];
