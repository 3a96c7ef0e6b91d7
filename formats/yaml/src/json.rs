//! Between YAML and JSON, as Kubernetes tools do it.
//!
//! [`Dialect::V2`] is sigs.k8s.io/yaml, which reads API objects: YAML 1.1 booleans, keys of any scalar type made
//! strings. [`Dialect::V3`] is how kustomize turns its nodes into JSON before printing: YAML 1.2 booleans, dates made
//! times, keys must be strings below the top level.

mod errors;
mod go_syntax;
mod numbers;
mod order;
mod timestamps;
mod write;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Number, Value as Json};

use crate::error::{Error, ErrorKind};
use crate::expand::{Budget, MAX_DEPTH, check_mapping, is_merge};
use crate::limits::Limits;
use crate::node::{Mapping, Node, Pos, Scalar, ScalarStyle, Value};
pub use crate::resolve::Dialect;
use crate::resolve::{Resolved, ScalarTag, resolve_value};

pub use errors::conversion_error;
pub use numbers::{format_float_g, format_json_float};
pub use order::sort_keys;
pub use write::{
    from_json, json_number, json_to_yaml, json_to_yaml_in_byte_order, node_to_yaml, sort_mapping,
};

/// What a second occurrence of a key means in [`Dialect::V2`]. In [`Dialect::V3`] it is always an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The last one wins (`yaml.Unmarshal`).
    LastWins,
    /// An error (`yaml.UnmarshalStrict`).
    Error,
}

/// The JSON form of a tree: aliases and merge keys expanded, scalars and keys by the dialect.
///
/// Fails on values that have no JSON form (`.inf`, `.nan`), on keys that have no text, on tags that do not fit their
/// value, on duplicate keys where they are an error, and on aliases as [`crate::expand_aliases`] does.
pub fn to_json(root: &Node, dialect: Dialect, duplicates: Duplicates) -> Result<Json, Error> {
    let mut targets = HashMap::new();
    find_targets(root, &mut HashMap::new(), &mut targets);
    let mut converter = Converter {
        dialect,
        duplicates,
        targets,
        open: HashSet::new(),
        budget: Budget::default(),
        depth: 0,
        flow: 0,
    };
    converter.value(root)
}

/// The JSON form of the first document of a text by sigs.k8s.io/yaml; null when there is none.
pub fn parse_json(text: &str, duplicates: Duplicates, limits: &Limits) -> Result<Json, Error> {
    match crate::parse_one_without_comments(text, limits)? {
        Some(document) => to_json(&document.root, Dialect::V2, duplicates),
        None => Ok(Json::Null),
    }
}

/// What each alias stands for: the last node with its anchor that begins before it.
fn find_targets<'n>(
    node: &'n Node,
    anchors: &mut HashMap<&'n str, &'n Node>,
    targets: &mut HashMap<*const Node, &'n Node>,
) {
    if let Some(name) = node.anchor() {
        anchors.insert(name, node);
    }
    match &node.value {
        Value::Alias(name) => {
            if let Some(target) = anchors.get(&**name) {
                targets.insert(std::ptr::from_ref(node), target);
            }
        }
        Value::Mapping(mapping) => {
            for (key, value) in &mapping.entries {
                find_targets(key, anchors, targets);
                find_targets(value, anchors, targets);
            }
        }
        Value::Sequence(sequence) => sequence
            .items
            .iter()
            .for_each(|item| find_targets(item, anchors, targets)),
        Value::Scalar(_) => {}
    }
}

/// The text of a scalar after it was printed and read again in its style. The emitter adds an empty line to some folded texts.
///
/// Fails where what the emitter prints cannot be read.
pub fn printed_text(scalar: &Scalar) -> Result<String, Error> {
    let node = Node::from(Value::Scalar(scalar.clone()));
    let printed = crate::parse_one(&crate::to_string(&node), &Limits::default())?;
    let text = printed.and_then(|document| document.root.text().map(str::to_owned));
    Ok(text.unwrap_or_default())
}

/// How the error begins for a key that has no text; the type, the key and the value follow.
const UNSUPPORTED_KEY: &str = "unsupported map key of type: ";

struct Converter<'n> {
    dialect: Dialect,
    duplicates: Duplicates,
    targets: HashMap<*const Node, &'n Node>,
    /// Aliases that are being followed.
    open: HashSet<*const Node>,
    budget: Budget,
    depth: usize,
    /// Flow collections around the current node.
    flow: usize,
}

impl<'n> Converter<'n> {
    fn value(&mut self, node: &'n Node) -> Result<Json, Error> {
        self.budget.spend(1, !self.open.is_empty(), node.pos)?;
        match &node.value {
            Value::Scalar(scalar) if self.dialect == Dialect::V3 => self.printed_scalar(node, scalar),
            Value::Scalar(scalar) => scalar_json(node, scalar, self.dialect),
            Value::Alias(_) => self.follow(node, Self::value),
            Value::Sequence(sequence) => {
                self.flow += usize::from(sequence.flow);
                let items = self.nested(node.pos, |converter| {
                    sequence
                        .items
                        .iter()
                        .map(|item| converter.value(item))
                        .collect::<Result<_, _>>()
                })?;
                self.flow -= usize::from(sequence.flow);
                Ok(Json::Array(items))
            }
            Value::Mapping(mapping) => {
                let mut map = Map::new();
                self.flow += usize::from(mapping.flow);
                self.nested(node.pos, |converter| converter.mapping(mapping, &mut map))?;
                self.flow -= usize::from(mapping.flow);
                Ok(Json::Object(map))
            }
        }
    }

    /// kustomize prints a node and reads that again to make JSON. Two texts do not survive this: nothing in a flow
    /// collection is printed as `''`, and the emitter adds an empty line to some folded scalars.
    fn printed_scalar(&self, node: &Node, scalar: &Scalar) -> Result<Json, Error> {
        if self.flow > 0 && scalar.text.is_empty() && node.explicit_tag().is_none() {
            return Ok(Json::String(String::new()));
        }
        if scalar.style == ScalarStyle::Folded && node.explicit_tag().is_none() && self.flow == 0 {
            return printed_text(scalar).map(Json::String);
        }
        scalar_json(node, scalar, self.dialect)
    }

    fn nested<T>(
        &mut self,
        pos: Pos,
        convert: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::new(
                ErrorKind::Limit,
                pos,
                format!("exceeded max depth of {MAX_DEPTH}"),
            ));
        }
        self.depth += 1;
        let converted = convert(self);
        self.depth -= 1;
        converted
    }

    fn follow<T>(
        &mut self,
        alias: &'n Node,
        convert: impl FnOnce(&mut Self, &'n Node) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let name = if let Value::Alias(name) = &alias.value {
            &**name
        } else {
            ""
        };
        let fail = |message| Err(Error::new(ErrorKind::Alias, alias.pos, message));
        let Some(target) = self.targets.get(&std::ptr::from_ref(alias)).copied() else {
            return fail(format!("unknown anchor '{name}' referenced"));
        };
        if !self.open.insert(alias) {
            return fail(format!("anchor '{name}' value contains itself"));
        }
        let converted = self.nested(alias.pos, |converter| convert(converter, target));
        self.open.remove(&std::ptr::from_ref(alias));
        converted
    }

    fn mapping(&mut self, mapping: &'n Mapping, into: &mut Map<String, Json>) -> Result<(), Error> {
        match self.dialect {
            Dialect::V2 => self.mapping_v2(mapping, into),
            Dialect::V3 => self.mapping_v3(mapping, into),
        }
    }

    /// Entries in order; a merge overwrites what came before it.
    fn mapping_v2(&mut self, mapping: &'n Mapping, into: &mut Map<String, Json>) -> Result<(), Error> {
        for (key, value) in &mapping.entries {
            if is_merge(key) {
                self.merge(value, into, |converter, part, into| {
                    converter.mapping_v2(part, into)
                })?;
                continue;
            }
            let name = self
                .key(key)
                .map_err(|error| go_syntax::with_value(error, last_of_same_key(mapping, key, value)))?;
            let converted = self.value(value)?;
            if self.duplicates == Duplicates::Error && into.contains_key(&name) {
                let message = format!("key {name:?} already set in map");
                return Err(Error::new(ErrorKind::DuplicateKey, key.pos, message));
            }
            into.insert(name, converted);
        }
        Ok(())
    }

    /// The mapping's own entries win over merged ones.
    fn mapping_v3(&mut self, mapping: &'n Mapping, into: &mut Map<String, Json>) -> Result<(), Error> {
        check_mapping(mapping)?;
        let mut own = Map::new();
        let mut merge = None;
        for (key, value) in &mapping.entries {
            if is_merge(key) {
                merge = Some(value);
                continue;
            }
            let name = self.key(key)?;
            let converted = self.value(value)?;
            own.insert(name, converted);
        }
        if let Some(value) = merge {
            self.merge(value, into, |converter, part, into| {
                converter.mapping_v3(part, into)
            })?;
        }
        into.extend(own);
        Ok(())
    }

    fn merge(
        &mut self,
        value: &'n Node,
        into: &mut Map<String, Json>,
        fold: impl Fn(&mut Self, &'n Mapping, &mut Map<String, Json>) -> Result<(), Error> + Copy,
    ) -> Result<(), Error> {
        // Of several, the first wins, so it comes last.
        let parts = match &value.value {
            Value::Sequence(sequence) => sequence.items.iter().rev().collect(),
            _ => vec![value],
        };
        for part in parts {
            self.budget.spend(1, !self.open.is_empty(), part.pos)?;
            match &part.value {
                Value::Mapping(mapping) => {
                    self.nested(part.pos, |converter| fold(converter, mapping, into))?
                }
                Value::Alias(_) => self.follow(part, |converter, target| match &target.value {
                    Value::Mapping(mapping) => fold(converter, mapping, into),
                    _ => Err(not_a_map(part.pos)),
                })?,
                _ => return Err(not_a_map(part.pos)),
            }
        }
        Ok(())
    }

    fn key(&mut self, key: &'n Node) -> Result<String, Error> {
        self.budget.spend(1, !self.open.is_empty(), key.pos)?;
        match &key.value {
            Value::Scalar(scalar) => key_text(key, scalar, self.dialect, self.depth == 1),
            Value::Alias(_) => self.follow(key, Self::key),
            Value::Mapping(_) | Value::Sequence(_) => Err(Error::new(
                ErrorKind::Value,
                key.pos,
                format!("invalid map key: {}", go_syntax::of(key)),
            )),
        }
    }
}

/// The value that a key without a text has in the end: of several such keys the last one wins.
fn last_of_same_key<'n>(mapping: &'n Mapping, key: &Node, value: &'n Node) -> &'n Node {
    let is_null = |node: &Node| match &node.value {
        Value::Scalar(scalar) => matches!(
            resolve_scalar(node, scalar, Dialect::V2),
            Ok(Some(Resolved::Null))
        ),
        _ => false,
    };
    if !is_null(key) {
        return value;
    }
    let last = mapping.entries.iter().rev().find(|(key, _)| is_null(key));
    last.map_or(value, |(_, value)| value)
}

fn not_a_map(pos: Pos) -> Error {
    Error::new(
        ErrorKind::Alias,
        pos,
        "map merge requires map or sequence of maps as the value",
    )
}

/// A scalar's value by its tag and text. A string comes as `None`.
fn resolve_scalar(node: &Node, scalar: &Scalar, dialect: Dialect) -> Result<Option<Resolved>, Error> {
    let Some(tag) = node.explicit_tag() else {
        let plain = scalar.style == ScalarStyle::Plain;
        return Ok(match scalar.tag {
            ScalarTag::Auto if plain => Some(resolve_value(&scalar.text, dialect)),
            ScalarTag::Auto | ScalarTag::Str => plain_string_of_v3(scalar, dialect),
            ScalarTag::Merge => None,
            _ => Some(resolve_value(&scalar.text, dialect)),
        }
        .filter(|value| *value != Resolved::Str));
    };
    if tag == "!!str" || !matches!(tag, "!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp") {
        return Ok(None);
    }
    let value = resolve_value(&scalar.text, dialect);
    match (tag, value) {
        ("!!float", Resolved::Int(int)) => Ok(Some(Resolved::Float(int as f64))),
        _ if value.tag().short() == tag => Ok(Some(value)),
        _ => {
            let found = value.tag().short();
            let message = format!("cannot decode {found} `{}` as a {tag}", scalar.text);
            Err(Error::new(ErrorKind::Value, node.pos, message))
        }
    }
}

/// A plain string of a parsed tree was typed by v3's rules; v2 sees more in it, `yes` for example.
fn plain_string_of_v3(scalar: &Scalar, dialect: Dialect) -> Option<Resolved> {
    let parsed_plain = scalar.style == ScalarStyle::Plain && dialect == Dialect::V2;
    parsed_plain.then(|| match resolve_value(&scalar.text, Dialect::V2) {
        value @ Resolved::Bool(_) if resolve_value(&scalar.text, Dialect::V3) == Resolved::Str => value,
        _ => Resolved::Str,
    })
}

fn scalar_json(node: &Node, scalar: &Scalar, dialect: Dialect) -> Result<Json, Error> {
    let text = || Json::String(scalar.text.to_string());
    if node.explicit_tag() == Some("!!binary") {
        return binary(node, scalar).map(Json::String);
    }
    Ok(match resolve_scalar(node, scalar, dialect)? {
        None | Some(Resolved::Str) => text(),
        Some(Resolved::Timestamp) if dialect == Dialect::V2 => text(),
        Some(Resolved::Timestamp) => timestamps::to_rfc3339(&scalar.text).map_or_else(text, Json::String),
        Some(Resolved::Null) => Json::Null,
        Some(Resolved::Bool(value)) => Json::Bool(value),
        Some(Resolved::Int(value)) => Json::from(value),
        Some(Resolved::Uint(value)) => Json::from(value),
        // Go's JSON has a negative zero; what kustomize prints of it has none.
        Some(Resolved::Float(value))
            if value == 0.0 && value.is_sign_negative() && dialect == Dialect::V2 =>
        {
            Json::from(value)
        }
        Some(Resolved::Float(value)) => Json::Number(float(value, node.pos)?),
    })
}

/// A whole number is written without a fraction in JSON, and so becomes an integer.
fn float(value: f64, pos: Pos) -> Result<Number, Error> {
    if let Some(whole) = numbers::whole(value) {
        return Ok(whole);
    }
    Number::from_f64(value).ok_or_else(|| {
        let name = if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Error::new(ErrorKind::Value, pos, format!("json: unsupported value: {name}"))
    })
}

fn binary(node: &Node, scalar: &Scalar) -> Result<String, Error> {
    numbers::decode_base64(&scalar.text)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                node.pos,
                "!!binary value contains invalid base64 data",
            )
        })
}

fn key_text(node: &Node, scalar: &Scalar, dialect: Dialect, top: bool) -> Result<String, Error> {
    if node.explicit_tag() == Some("!!binary") {
        return binary(node, scalar);
    }
    let value = resolve_scalar(node, scalar, dialect)?;
    if dialect == Dialect::V3 {
        // The top level is read into a map of strings, which takes the text of any scalar.
        return match value {
            None => Ok(scalar.text.to_string()),
            // Printed as `''`.
            Some(Resolved::Null) if top || scalar.text.is_empty() => Ok(String::new()),
            Some(_) if top => Ok(scalar.text.to_string()),
            Some(_) => {
                let message = format!(
                    "json: unsupported type: map with the key {} that is no string",
                    scalar.text
                );
                Err(Error::new(ErrorKind::Value, node.pos, message))
            }
        };
    }
    Ok(match value {
        None | Some(Resolved::Str | Resolved::Timestamp) => scalar.text.to_string(),
        Some(Resolved::Bool(value)) => value.to_string(),
        Some(Resolved::Int(value)) => value.to_string(),
        Some(Resolved::Float(value)) => numbers::format_float32_g(value),
        Some(Resolved::Uint(value)) => {
            let message = format!("{UNSUPPORTED_KEY}uint64, key: {value:#x}");
            return Err(Error::new(ErrorKind::Value, node.pos, message));
        }
        Some(Resolved::Null) => {
            return Err(Error::new(
                ErrorKind::Value,
                node.pos,
                format!("{UNSUPPORTED_KEY}%!s(<nil>), key: <nil>"),
            ));
        }
    })
}

#[cfg(test)]
mod tests;
