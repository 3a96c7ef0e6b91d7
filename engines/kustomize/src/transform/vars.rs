//! `vars`: values of fields, put where `$(NAME)` stands.

use std::collections::{BTreeMap, BTreeSet};

use flux_yaml::resolve::{Dialect, Resolved, resolve_value};
use flux_yaml::{Node, ScalarStyle, ScalarTag, Value};

use crate::config::VarRule;
use crate::error::{Error, Warning};
use crate::fieldspec::{Create, FieldSpec};
use crate::id::ResId;
use crate::node_ext::{kind_word, lookup, split_field_path};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// The vars of a build with the file each was declared in.
pub(crate) type Vars = BTreeMap<String, (String, VarRule)>;

/// A value as text and type; nothing for values that are no scalars.
type Found = Option<(String, ScalarTag)>;

/// Notes which objects the vars of one kustomization speak of, and adds the vars to those of the build.
pub(crate) fn declare(
    rules: &[VarRule],
    file: &str,
    objects: &mut ResMap,
    vars: &mut Vars,
) -> Result<(), Error> {
    for rule in rules {
        let wanted = ResId::new(rule.gvk.clone(), &rule.object_name, &rule.object_namespace);
        let by_namespace = !wanted.namespace.is_empty() || wanted.cluster;
        let is_wanted = |id: &ResId| {
            id.name == wanted.name
                && id.gvk == wanted.gvk
                && (!by_namespace || id.effective_namespace() == wanted.effective_namespace())
        };
        let mut matched: Vec<&mut Resource> = objects
            .list_mut()
            .iter_mut()
            .filter(|object| {
                object
                    .previous_ids()
                    .chain([object.id()])
                    .any(|id| is_wanted(&id))
            })
            .collect();
        if matched.len() > 1 {
            let message = format!(
                "found {} resId matches for var {} (unable to disambiguate)",
                matched.len(),
                rule.name
            );
            return Err(rule.place.name(Error::conflict(message), file));
        }
        if let Some(object) = matched.pop() {
            object.memory.var_names.push(rule.name.clone());
        }
    }
    rules.iter().try_for_each(|rule| add(vars, file, rule))
}

fn add(vars: &mut Vars, file: &str, rule: &VarRule) -> Result<(), Error> {
    match vars.insert(rule.name.clone(), (file.to_owned(), rule.clone())) {
        None => Ok(()),
        Some((first, _)) => {
            let message = format!("var '{}' already encountered, in {first}", rule.name);
            Err(rule.place.name(Error::conflict(message), file))
        }
    }
}

/// Adds the vars of a base.
pub(crate) fn merge(vars: &mut Vars, other: Vars) -> Result<(), Error> {
    other
        .into_values()
        .try_for_each(|(file, rule)| add(vars, &file, &rule))
}

/// Replaces the vars everywhere. Vars that nothing uses give a warning.
pub(crate) fn resolve(
    vars: &Vars,
    specs: &[FieldSpec],
    objects: &mut ResMap,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut values = BTreeMap::new();
    for (name, (file, rule)) in vars {
        let value = value_of(rule, objects).map_err(|error| rule.place.name(error, file))?;
        values.insert(name.as_str(), value);
    }
    let mut used = BTreeSet::new();
    for object in objects.edit() {
        for spec in specs {
            spec.apply(&mut object.node, Create::Never, &mut |node| {
                replace_in(node, &values, &mut used)
            })
            .map_err(|error| {
                error
                    .at(&object.place.file, object.place.line)
                    .object(object.id())
            })?;
        }
    }
    for (name, (file, rule)) in vars.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let message = format!("well-defined vars that were never replaced: {name}");
        warnings.push(Warning {
            message,
            file: file.clone(),
            line: rule.place.line,
            deprecated: false,
        });
    }
    Ok(())
}

fn value_of(rule: &VarRule, objects: &ResMap) -> Result<Found, Error> {
    let object = objects
        .iter()
        .find(|object| object.memory.var_names.contains(&rule.name))
        .ok_or_else(|| {
            Error::conflict(format!(
                "var '{}' cannot be mapped to a field in the set of known resources",
                rule.name
            ))
        })?;
    let path = split_indexes(split_field_path(&rule.field_path));
    let node = lookup(&object.node, &path).ok_or_else(|| {
        let message = format!(
            "field {} specified in var '{}' not found in corresponding resource",
            rule.field_path, rule.name
        );
        Error::conflict(message).object(object.id())
    })?;
    Ok(node.as_scalar().map(|scalar| {
        (
            scalar.text.to_string(),
            if scalar.tag == ScalarTag::Auto {
                ScalarTag::Str
            } else {
                scalar.tag
            },
        )
    }))
}

/// `ports[0]` is two steps.
fn split_indexes(path: Vec<String>) -> Vec<String> {
    let mut parts = Vec::with_capacity(path.len());
    for part in path {
        match part.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                if !name.is_empty() {
                    parts.push(name.to_owned());
                }
                parts.push(index.to_owned());
            }
            _ => parts.push(part),
        }
    }
    parts
}

fn replace_in<'v>(
    node: &mut Node,
    values: &BTreeMap<&'v str, Found>,
    used: &mut BTreeSet<&'v str>,
) -> Result<(), Error> {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.value {
        Value::Scalar(_) => replace_scalar(node, values, used),
        Value::Mapping(mapping) => mapping
            .entries
            .iter_mut()
            .for_each(|(_, value)| replace_scalar(value, values, used)),
        Value::Sequence(sequence) => {
            for item in &mut sequence.items {
                if !item.is_string() {
                    return Err(Error::conflict(format!(
                        "invalid value type expect a string, found {}",
                        kind_word(item)
                    )));
                }
                replace_scalar(item, values, used);
            }
        }
        Value::Alias(_) => return Err(Error::conflict("expected a string, found an alias")),
    }
    Ok(())
}

fn replace_scalar<'v>(node: &mut Node, values: &BTreeMap<&'v str, Found>, used: &mut BTreeSet<&'v str>) {
    if !node.is_string() {
        return;
    }
    let Some(scalar) = node.as_scalar_mut() else {
        return;
    };
    if !scalar.text.contains('$') {
        return;
    }
    let (text, tag) = expand(&scalar.text, values, used);
    let style = if tag == ScalarTag::Str && text.contains('\n') {
        ScalarStyle::Literal
    } else {
        ScalarStyle::Plain
    };
    *scalar = flux_yaml::Scalar {
        text: text.into(),
        style,
        tag,
    };
}

/// The text with vars replaced; a text that is one var takes over the type of its value.
fn expand<'v>(
    input: &str,
    values: &BTreeMap<&'v str, Found>,
    used: &mut BTreeSet<&'v str>,
) -> (String, ScalarTag) {
    let mut out = String::with_capacity(input.len());
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(inner) = after.strip_prefix('(') {
            let Some((name, behind)) = inner.split_once(')') else {
                out.push_str("$(");
                rest = inner;
                continue;
            };
            match values.get_key_value(name) {
                Some((name, Some((text, tag)))) => {
                    used.insert(name);
                    if at == 0 && behind.is_empty() && rest.len() == input.len() {
                        return typed(text, *tag);
                    }
                    out.push_str(text);
                }
                _ => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = behind;
        } else if let Some(behind) = after.strip_prefix('$') {
            out.push('$');
            rest = behind;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    (out, ScalarTag::Str)
}

fn typed(text: &str, tag: ScalarTag) -> (String, ScalarTag) {
    match (tag, resolve_value(text, Dialect::V3)) {
        (ScalarTag::Int, Resolved::Int(value)) => (value.to_string(), tag),
        (ScalarTag::Int | ScalarTag::Float | ScalarTag::Bool, _) => (text.to_owned(), tag),
        _ => (text.to_owned(), ScalarTag::Str),
    }
}
